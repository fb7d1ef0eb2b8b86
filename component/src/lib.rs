//! The Component Model of plugbay: decode, plan, canonical ABI, resources, linking. It knows neither where bytes come
//! from nor what is permitted; both are `plugbay`'s.

#![forbid(unsafe_code)]

mod abi;
mod error;
pub mod marshal;
pub mod types;
mod value;

pub use error::{AbiTrap, Error, ErrorKind, Fault, Result, Stage};
pub use marshal::{ComponentType, Lift, Lower};
pub use value::{Borrow, BorrowAny, Resource, ResourceAny, Val};
