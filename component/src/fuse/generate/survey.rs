//! What an edge needs: whether it is within the generator's limits, and which imports its adapter takes.

use super::super::edge::{Edge, Half};
use crate::abi::flatten::{FlatFunc, Side};
use crate::types::ValType;

/// The most parts that the types of one edge may have, counted as often as they occur: code is made for each. Types
/// share their parts, so that a short description may mean very many.
const MAX_PARTS: u32 = 1_000;

/// The most parts that the edges of one component may have together; those that come later go without adapters.
pub(super) const MAX_ALL_PARTS: u32 = 50_000;

/// What an edge counts as besides the parts of its types.
const EDGE_PARTS: u32 = 20;

/// What the values of one direction need.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Needs {
    pub(super) strings: bool,
    pub(super) lists: bool,
    pub(super) owns: bool,
    pub(super) borrows: bool,
    /// The values travel in memory themselves.
    pub(super) spill: bool,
    parts: u32,
}

/// What the two directions of an edge need.
#[derive(Debug, Clone, Copy)]
pub(super) struct EdgeNeeds {
    pub(super) params: Needs,
    pub(super) result: Needs,
}

impl Needs {
    /// Whether there must be memories on both sides.
    pub(super) fn memory(&self) -> bool {
        self.spill || self.contents()
    }

    /// Whether there are values behind pointers, which need room in the destination and are counted.
    pub(super) fn contents(&self) -> bool {
        self.strings || self.lists
    }

    /// Looks at a type; `None` when there is too much to it. The nesting of types is bounded where they are made.
    fn add(&mut self, ty: &ValType) -> Option<()> {
        self.parts = self.parts.checked_add(1).filter(|parts| *parts <= MAX_PARTS)?;
        match ty {
            ValType::String => self.strings = true,
            ValType::List(ty) => {
                self.lists = true;
                self.add(ty.element())?;
            }
            ValType::Record(ty) => ty.fields().iter().try_for_each(|(_, ty)| self.add(ty))?,
            ValType::Tuple(ty) => ty.types().iter().try_for_each(|ty| self.add(ty))?,
            ValType::Variant(ty) => {
                let cases = u32::try_from(ty.cases().len()).ok()?;
                self.parts = self.parts.checked_add(cases)?;
                ty.cases().iter().filter_map(|(_, ty)| ty.as_ref()).try_for_each(|ty| self.add(ty))?;
            }
            ValType::Option(ty) => self.add(ty.some())?,
            ValType::Result(ty) => ty.ok().into_iter().chain(ty.err()).try_for_each(|ty| self.add(ty))?,
            ValType::Own(_) => self.owns = true,
            ValType::Borrow(_) => self.borrows = true,
            _ => {}
        }
        Some(())
    }
}

/// Whether an adapter can be made for the edge, and what it needs; `left` is how many parts there may still be.
pub(super) fn survey(edge: &Edge<'_>, left: &mut u32) -> Option<EdgeNeeds> {
    // A component that calls itself has one memory, in which what is read and what is written may overlap.
    if edge.caller.instance == edge.callee.instance {
        return None;
    }
    let flat = FlatFunc::new(edge.ty, Side::Lift);
    let (mut params, mut result) = (Needs::default(), Needs::default());
    edge.ty.params().iter().try_for_each(|(_, ty)| params.add(ty))?;
    edge.ty.result().into_iter().try_for_each(|ty| result.add(ty))?;
    params.spill = flat.params_spill;
    result.spill = flat.result_spills;
    let has_memory = |half: Half<'_>| half.options.memory.is_some();
    let memories = has_memory(edge.caller) && has_memory(edge.callee);
    let complete = (memories || !(params.memory() || result.memory()))
        && (edge.callee.options.realloc.is_some() || !params.memory())
        && (edge.caller.options.realloc.is_some() || !result.contents());
    if !complete {
        return None;
    }
    let parts = params.parts.checked_add(result.parts)?.checked_add(EDGE_PARTS)?;
    *left = left.checked_sub(parts)?;
    Some(EdgeNeeds { params, result })
}
