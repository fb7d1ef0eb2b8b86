//! One direction of an edge: which memories, whose `realloc`, which encodings; room in the destination, and the budget.

use wasm_encoder::{BlockType, ValType};

use super::super::edge::Edge;
use super::super::import::{Common, Import, Part, Side};
use super::Features;
use super::body::Body;
use super::module::Module;
use super::survey::EdgeNeeds;
use crate::abi::options::StringEncoding;
use crate::abi::trap::AbiTrap;
use crate::instance::HELD;

/// The numbers of what values of one direction need; absent where they do not need it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crossing {
    pub(super) features: Features,
    pub(super) trap: u32,
    pub(super) memory_from: Option<u32>,
    pub(super) memory_to: Option<u32>,
    realloc: Option<u32>,
    flags_to: Option<u32>,
    exhausted: Option<u32>,
    budget: Option<u32>,
    left: u32,
    pub(super) encoding_from: StringEncoding,
    pub(super) encoding_to: StringEncoding,
    pub(super) validate: Option<u32>,
    pub(super) measure: Option<u32>,
    pub(super) transcode: Option<u32>,
    pub(super) own: Option<u32>,
    pub(super) borrow: Option<u32>,
    pub(super) instance_from: u32,
    pub(super) instance_to: u32,
    /// The function that copies strings, once there is one: pointer and length of the one to those of the other.
    pub(super) string: Option<u32>,
    /// Whether values behind pointers go in this direction.
    contents: bool,
}

impl Crossing {
    /// The direction in which values come from `from`. All imports of the module are known.
    pub(super) fn new(
        module: &Module,
        number: u32,
        edge: &Edge<'_>,
        needs: &EdgeNeeds,
        from: Side,
    ) -> Option<Self> {
        let part = |part| module.imported(Import::Edge(number, part));
        let common = |common| module.imported(Import::Common(common));
        let (source, destination, needs) = match from {
            Side::Caller => (edge.caller, edge.callee, needs.params),
            Side::Callee => (edge.callee, edge.caller, needs.result),
        };
        Some(Self {
            features: module.features,
            trap: common(Common::Trap)?,
            memory_from: part(Part::Memory(from)),
            memory_to: part(Part::Memory(from.other())),
            realloc: part(Part::Realloc(from.other())),
            flags_to: module.imported(Import::Flags(destination.instance)),
            exhausted: common(Common::Exhausted),
            budget: common(Common::Budget),
            left: module.left(),
            encoding_from: source.options.encoding,
            encoding_to: destination.options.encoding,
            validate: part(Part::Validate(from)),
            measure: part(Part::Measure(from)),
            transcode: part(Part::Transcode(from)),
            own: common(Common::Own),
            borrow: common(Common::Borrow),
            instance_from: source.instance,
            instance_to: destination.instance,
            string: None,
            contents: needs.contents(),
        })
    }

    /// What comes before the first value: the whole budget.
    pub(super) fn begin(&self, body: &mut Body) -> Option<()> {
        if self.contents {
            body.ops().global_get(self.budget?).global_set(self.left);
        }
        Some(())
    }

    /// Spends the bytes in an i64 local.
    pub(super) fn charge(&self, body: &mut Body, bytes: u32) -> Option<()> {
        let exhausted = self.exhausted?;
        let left = self.left;
        body.ops().local_get(bytes).global_get(left).i64_gt_u();
        body.ops().if_(BlockType::Empty);
        body.ops().local_get(bytes).global_get(left).call(exhausted).unreachable();
        body.ops().end();
        body.ops().global_get(left).local_get(bytes).i64_sub().global_set(left);
        Some(())
    }

    /// Asks the destination for the bytes in an i32 local; the address comes into a new local, checked. Meanwhile the
    /// destination may not call out.
    pub(super) fn allocate(&self, body: &mut Body, align: u32, bytes: u32) -> Option<u32> {
        let (flags, realloc, memory) = (self.flags_to?, self.realloc?, self.memory_to?);
        let (before, ptr) = (body.local(ValType::I32), body.local(ValType::I32));
        let mut ops = body.ops();
        ops.global_get(flags).local_tee(before).i32_const(HELD.cast_signed()).i32_or().global_set(flags);
        ops.i32_const(0).i32_const(0).i32_const(align.cast_signed()).local_get(bytes);
        ops.call(realloc).local_set(ptr);
        ops.local_get(before).global_set(flags);
        body.check_aligned(ptr, align, AbiTrap::ReallocUnaligned);
        body.ops().local_get(bytes).i64_extend_i32_u();
        body.check_inside(ptr, memory, AbiTrap::ReallocOutOfBounds);
        Some(ptr)
    }
}
