//! Plugins that were built against an older world: what a host may do so that they still fit ([`Compat`]), whether it
//! suffices for a function ([`Plan`]), and the values on their way between the two types. Only functions whose types differ
//! come here; they are called with dynamic values.
//!
//! What the rules are and why is told by [`Change`](crate::reflect::Change), which is their only home.

mod adaptation;
mod adapter;
mod plan;
mod rules;

pub use adaptation::Adaptation;
pub use plan::Plan;
pub use rules::Compat;

pub(crate) use adapter::Adapter;
