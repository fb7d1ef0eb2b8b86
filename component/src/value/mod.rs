//! Dynamic values: `Val`, its ways to and from Rust types, the handle values shared with typed calls, the WAVE text form,
//! and JSON.

mod handle;
#[cfg(feature = "json")]
pub mod json;
mod record;
mod typed;
mod val;
pub mod wave;

pub use handle::{Borrow, BorrowAny, Resource, ResourceAny};
pub use record::Record;
pub use val::Val;
