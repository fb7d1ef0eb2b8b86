//! Resources: the handle tables of guests and of the host, borrow scopes and lend counts (CanonicalABI.md, "Resource
//! State"), and the table that host functions keep their own data in.

mod any;
mod handle;
mod scope;
mod state;
mod table;

pub use table::{ResourceTable, ResourceTableError};

pub(crate) use state::{ComponentState, Given, ResourceDefinition, ResourceKind};
