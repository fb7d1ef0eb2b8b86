//! The Component Model of plugbay: decode, plan, canonical ABI, resources, linking. It knows neither where bytes come
//! from nor what is permitted; both are `plugbay`'s.
//!
//! ```text
//!   decode/     bytes → component tree                        wasmparser validates
//!   plan/       component tree → flat list of steps           names matched, nesting inlined
//!   link/       imports ↔ host definitions                    compatible versions
//!   instance/   walks the steps; who may enter and leave
//!   call/       typed, dynamic, host and component-to-component calls
//!   abi/        the canonical ABI: layout, flatten, load, store, lift, lower, strings
//!   marshal/    safe traits between Rust values and the ABI; value/ dynamic values; types/ what types are
//!   compat/     plugins of an older world: values between two types
//!   reflect/    worlds as types and as WIT text, how they differ, JSON Schema
//!   resource/   handle tables, borrow scopes, the host's own table
//! ```

#![forbid(unsafe_code)]

mod abi;
mod call;
mod compat;
mod component;
mod decode;
mod error;
mod fuse;
mod instance;
mod link;
pub mod marshal;
mod plan;
pub mod reflect;
mod resource;
pub mod types;
mod value;

pub use call::{Func, TypedFunc};
pub use compat::{Adaptation, Compat, Plan as CompatPlan};
pub use component::Component;
pub use error::{AbiTrap, Error, ErrorKind, Fault, Result, Stage};
pub use instance::{HostContext, Instance, Limits};
pub use link::{Gate, InstancePre, Linker, LinkerInstance, MissingImport};
pub use marshal::{ComponentType, Lift, ListView, Lower, Owned, View};
/// The engine underneath, for those who make one and look at its traps.
pub use plugbay_engine as engine;
pub use resource::{ResourceTable, ResourceTableError};
#[cfg(feature = "json")]
pub use value::json;
pub use value::{Borrow, BorrowAny, Record, Resource, ResourceAny, Val, wave};
