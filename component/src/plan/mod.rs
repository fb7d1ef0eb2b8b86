//! Planning: component tree → flat list of steps.
//!
//! A component is a program that runs once, when it is instantiated: its definitions create core instances, wrap
//! functions, make resource types and instantiate other components inside it. Interpreting that program for every new
//! plugin instance would mean looking up names, following aliases and walking types each time, although the outcome is
//! always the same: nothing in it depends on a value. So it is run *here*, once, on symbols instead of values.
//!
//! Nested instantiation is inlined. Each component that is instantiated gets a [frame](frame::Frame) with its index spaces;
//! an entry of a space does not say "alias 3 of instance 2" but what that finally is: an export of core instance 5, the
//! function lifted by step 9, the host function imported as `wasi:clocks/wall-clock now`. Aliases, instances made of
//! exports, re-exports and arguments then cost nothing: they copy such entries about and leave no trace in the plan.
//! What remains are the [steps](step::Step) that really do something, in the order in which they must be done:
//!
//! ```text
//!   Instantiate   a core module, with the externs for its imports in the module's order
//!   Lower         make a core function that calls a component function (a host's, or another component's)
//!   Lift          note a component function: core function, type, memory, realloc, post-return
//!   Resource      a resource type comes to life, perhaps with a destructor
//!   ResourceNew   ResourceDrop   ResourceRep     make the core functions of these names
//! ```
//!
//! Types are resolved in the same walk. wasmparser names a resource type by an identifier that is local to the
//! component that speaks of it; every frame maps these to the plan's own numbering ([`bind`]), in which one number is one
//! resource type of the running store. Function types are then converted to self-contained [`crate::types`] once, so
//! nothing later needs wasmparser.
//!
//! The alternative, keeping the tree and instantiating recursively, makes each instantiation as slow as this walk and
//! puts recursion driven by guest bytes on the path of every plugin start. The price of inlining is that the plan can be
//! larger than the binary: a component that instantiates a component twice, which instantiates another twice, and so
//! on, doubles with every level. Hence the limits below, checked as the plan grows.

mod bind;
mod build;
mod convert;
mod definition;
mod export;
mod frame;
mod import;
mod mentioned;
mod step;
#[cfg(test)]
mod tests;

pub(crate) use build::build;
pub(crate) use export::{ExportFunc, Exports};
pub(crate) use step::{CoreDef, FuncSource, OptionsPlan, Plan, ResourceOrigin, ResourcePlan, Step};

/// Steps a plan may have.
pub(crate) const MAX_STEPS: usize = 10_000;
/// Component instances that may be nested in one another.
pub(crate) const MAX_NESTING: u32 = 100;
/// Levels that types of values may be nested. A value is moved by recursion over its type, at worst on what is left of
/// the stack when a guest calls the host with its own part used up.
pub(crate) const MAX_TYPE_DEPTH: u32 = 32;
/// Definitions, arguments, exports and types that may be visited while planning.
pub(crate) const MAX_WORK: u64 = 4_000_000;
