//! The store and what lives in it: instances, functions, memories, tables, globals, limits, deadlines.
//!
//! This is the safe face of `vm/` and `sys/`: everything here is ordinary Rust on indices and checked slices. Handles
//! ([`Func`], [`Memory`], …) are a store's number and indices; each use checks that they belong to the store at hand.

mod backtrace;
mod bulk;
mod context;
mod deadline;
mod exception;
mod exceptions;
mod func;
mod global;
mod instance;
mod instantiate;
mod integers;
mod limits;
mod memory;
pub(crate) mod number;
pub(crate) mod pool;
mod shared;
pub(crate) mod signature;
mod slots;
mod store;
mod table;
mod tag;
pub(crate) mod template;
mod typed;
mod value;
mod watchdog;

pub use context::Context;
pub use deadline::{CallClock, CancelToken};
pub use exception::{Exception, ExnRef};
pub use func::Func;
pub use global::Global;
pub use instance::Instance;
pub use integers::IntegerFunc;
pub use limits::StoreLimits;
pub use memory::{Memory, QuickMemory};
pub use number::{Number, Params, Returns};
pub use shared::SharedWords;
pub use store::Store;
pub(crate) use store::StoreInner;
pub use table::Table;
pub use tag::Tag;
pub use typed::TypedFunc;
pub use value::{Extern, Val};
pub(crate) use watchdog::call_seen;
