mod any;
mod handle;
mod scope;
mod state;
mod table;

pub use state::ComponentState;
pub use table::{ResourceTable, ResourceTableError};

pub(crate) use state::{InstanceState, ResourceDefinition, ResourceKind};
