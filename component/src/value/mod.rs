//! Dynamic values: `Val`, the handle values shared with typed calls, and the WAVE text form.

mod handle;
mod val;
pub mod wave;

pub use handle::{Borrow, BorrowAny, Resource, ResourceAny};
pub use val::Val;
