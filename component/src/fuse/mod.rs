//! Calls from component to component as compiled code: for each place where one component's lifted function is lowered
//! for another, an *adapter*, a function of a small core module that is made when the component is and that the engine
//! compiles like any other. It imports both memories, both `realloc`s and the callee, checks and copies as lifting and
//! lowering do, and calls the host only for what cannot be said in WebAssembly.
//!
//! ```text
//!   edge.rs       which steps of a plan are such places, and which of them share a module
//!   import.rs     what adapters import, as names: whoever links them needs nothing else
//!   generate/     types and canonical options → the module (with the compiler only)
//!   link.rs       instantiates a module for a store: names → memories, functions, flags
//!   host.rs       the host functions that adapters call: traps, strings, handles, scopes
//!   transcode.rs  strings from one encoding and memory to another
//! ```
//!
//! What has no adapter (a component that calls itself, types beyond the generator's limits, no compiler) goes through
//! `Val`s (`call/adapter.rs`). Both ways give the same values, traps and messages; tests compare them.

mod edge;
#[cfg(feature = "compile")]
mod generate;
mod host;
mod import;
mod link;
mod transcode;

pub(crate) use edge::{Edges, Group};
#[cfg(feature = "compile")]
pub(crate) use generate::Generator;
pub(crate) use link::{EdgeParts, Shared, link};
