//! The store and what lives in it: instances, functions, memories, tables, globals, limits, deadlines.
//!
//! This is the safe face of `vm/` and `sys/`: everything here is ordinary Rust on indices and checked slices. Handles
//! ([`Func`], [`Memory`], …) are a store's number and indices; each use checks that they belong to the store at hand.

#![expect(clippy::todo, reason = "signatures first: the bodies follow")]

mod context;
mod func;
mod global;
mod instance;
mod limits;
mod memory;
mod store;
mod table;
mod value;

pub use context::Context;
pub use func::Func;
pub use global::Global;
pub use instance::Instance;
pub use limits::StoreLimits;
pub use memory::Memory;
pub use store::{CancelToken, Store};
pub use table::Table;
pub use value::{Extern, Val};
