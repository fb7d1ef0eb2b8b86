mod any;
mod handle;
mod scope;
mod state;
mod table;

pub use table::{ResourceTable, ResourceTableError};

pub(crate) use state::{ComponentState, InstanceState, ResourceDefinition, ResourceKind};
