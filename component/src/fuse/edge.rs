//! Edges: the steps of a plan that lower one component's lifted function for another. Neighbours share a module, as all
//! that they need exists by the first of them.

use crate::plan::{CoreDef, FuncSource, OptionsPlan, Plan, Step};
#[cfg(feature = "compile")]
use crate::types::FuncType;

/// The most edges whose adapters are in one module.
const MAX_EDGES: usize = 256;

/// The most adapter modules of one component: a short description may make very many instances that call each other, and
/// each would cost a module. Later edges go without.
const MAX_GROUPS: usize = 256;

/// The edges of one adapter module: numbers of steps, in order.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) steps: Box<[u32]>,
}

impl Group {
    /// The place of a step in the group.
    pub(crate) fn edge(&self, step: usize) -> Option<u32> {
        let step = u32::try_from(step).ok()?;
        self.steps.binary_search(&step).ok().and_then(|edge| u32::try_from(edge).ok())
    }
}

/// All edges of a plan.
pub(crate) struct Edges<'p> {
    #[cfg(feature = "compile")]
    plan: &'p Plan,
    /// The steps that lift, by the number of the lifted function.
    #[cfg(feature = "compile")]
    lifts: Vec<&'p Step>,
    pub(crate) groups: Vec<Group>,
    #[cfg(not(feature = "compile"))]
    plan: std::marker::PhantomData<&'p Plan>,
}

/// One edge.
#[cfg(feature = "compile")]
pub(super) struct Edge<'p> {
    pub(super) caller: Half<'p>,
    pub(super) callee: Half<'p>,
    pub(super) ty: &'p FuncType,
    /// The component instances that such a call enters: the callee, and those around it that the caller is not in.
    pub(super) entered: Vec<u32>,
}

/// One side of an edge.
#[cfg(feature = "compile")]
#[derive(Clone, Copy)]
pub(super) struct Half<'p> {
    pub(super) options: &'p OptionsPlan,
    pub(super) instance: u32,
}

impl<'p> Edges<'p> {
    /// The edges of a plan, grouped. Two groups never depend on each other's later steps.
    pub(crate) fn new(plan: &'p Plan) -> Self {
        Self {
            #[cfg(feature = "compile")]
            plan,
            #[cfg(feature = "compile")]
            lifts: plan.steps.iter().filter(|step| matches!(step, Step::Lift { .. })).collect(),
            groups: groups(plan),
            #[cfg(not(feature = "compile"))]
            plan: std::marker::PhantomData,
        }
    }

    /// The edge that a step is.
    #[cfg(feature = "compile")]
    pub(super) fn edge(&self, step: u32) -> Option<Edge<'p>> {
        let Step::Lower { source: FuncSource::Lift(lift), options, instance, .. } =
            self.plan.steps.get(step as usize)?
        else {
            return None;
        };
        let caller = Half { options, instance: *instance };
        let Step::Lift { ty, options, instance, .. } = self.lifts.get(*lift as usize)? else { return None };
        let callee = Half { options, instance: *instance };
        let entered = self.entered(callee.instance, caller.instance);
        Some(Edge { caller, callee, ty, entered })
    }

    #[cfg(feature = "compile")]
    fn entered(&self, callee: u32, caller: u32) -> Vec<u32> {
        let around =
            |of: u32| std::iter::successors(Some(of), |of| self.plan.instances.get(*of as usize)?.parent);
        around(callee).take_while(|outer| !around(caller).any(|of| of == *outer)).collect()
    }
}

fn groups(plan: &Plan) -> Vec<Group> {
    let (mut groups, mut open) = (Vec::new(), Vec::new());
    let (mut made, mut first) = (0_u32, 0_u32);
    let mut close = |open: &mut Vec<u32>| {
        if !open.is_empty() {
            groups.push(Group { steps: std::mem::take(open).into() });
        }
    };
    for (step, number) in plan.steps.iter().zip(0_u32..) {
        match step {
            Step::Instantiate { .. } | Step::Lift { .. } => close(&mut open),
            Step::Lower { source: FuncSource::Lift(_), options, .. } => {
                if open.len() >= MAX_EDGES || uses_since(options, first) {
                    close(&mut open);
                }
                if open.is_empty() {
                    first = made;
                }
                open.push(number);
                made = made.saturating_add(1);
            }
            Step::Resource { .. } => {}
            _ => made = made.saturating_add(1),
        }
    }
    close(&mut open);
    groups.truncate(MAX_GROUPS);
    groups
}

/// Whether the options name a core function that a step made, the first one with this number or a later one.
fn uses_since(options: &OptionsPlan, first: u32) -> bool {
    let made = |def: &Option<CoreDef>| matches!(def, Some(CoreDef::Func(index)) if *index >= first);
    made(&options.realloc) || made(&options.post_return) || made(&options.memory)
}
