//! Calls across a component's boundary.
//!
//! ```text
//!   typed.rs        application → guest, Rust values                 no allocation, no lookup by name
//!   dynamic.rs      application → guest, `Val`s
//!   host_func.rs    guest → host, both kinds
//!   adapter.rs      guest → guest: lift in the one, lower in the other, through `Val`s (`fuse/` does it in compiled code)
//!   builtin.rs      guest → resource.new, resource.drop, resource.rep
//! ```
//!
//! All of them are the same dance: check that one may leave and the other be entered, open a borrow scope, move the values
//! (`lift` reads a guest's, `lower` writes them), run, move the result, close the scope. What lifting and lowering see of a
//! guest is in `guest.rs`; the canonical options at run time in `options.rs`. Errors travel through guest frames as the
//! engine's and come out as they were: the two conversions are in `error.rs` of the crate.

mod adapter;
mod builtin;
mod dynamic;
mod guest;
mod host_func;
mod options;
mod typed;

pub use typed::{Func, TypedFunc};

pub(crate) use adapter::{between_guests, lower_component_func};
pub(crate) use builtin::{drop_resource, resource_drop, resource_new, resource_rep};
pub(crate) use dynamic::call_dynamic;
pub(crate) use guest::GuestMemory;
pub(crate) use host_func::{DynamicFunc, HostFunc, LowerSite, ViewFunc, WrappedFunc, rust_type};
pub(crate) use options::{CoreFunc, Options};
