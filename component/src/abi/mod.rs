//! The canonical ABI, in files named after the sections of CanonicalABI.md. It knows types, bytes and slots; whose
//! memory they are is behind the traits of `marshal/context.rs`, so none of this needs an engine to be tested.

pub(crate) mod flat;
pub(crate) mod flatten;
pub(crate) mod layout;
pub(crate) mod lift;
pub(crate) mod load;
pub(crate) mod lower;
pub(crate) mod options;
pub(crate) mod store;
pub(crate) mod strings;
pub(crate) mod trap;
pub(crate) mod view;

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod trap_tests;
