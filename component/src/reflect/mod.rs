//! Reflection: what a component, or a world written in WIT, imports and exports with full types
//! ([`WorldType`]), the same as WIT text, how two worlds differ and who minds ([`Change`]), and JSON Schema of functions.
//! Everything here works on types; nothing of a component runs, and no file is read.

mod change;
mod compare;
mod names;
#[cfg(feature = "json")]
mod schema;
#[cfg(test)]
mod tests;
mod wit;
mod world;

pub use change::{Change, ChangeKind, Member, MemberChange, Side, Verdict};
pub use names::TypeNames;
pub use world::WorldType;

pub(crate) use compare::Comparison;
pub(crate) use names::address;

pub use compare::function_changes;
