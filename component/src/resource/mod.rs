//! Resources: who owns which handle, and for how long.
//!
//! The state here follows "Resource State" and "Table State" of the Canonical ABI. Three kinds of table exist in a
//! store, and a *representation* (`rep`, a `u32` that only the resource's definer understands) travels between them:
//!
//! ```text
//!   guest handle table          per component instance; index from 1; entries own or borrow     handle.rs
//!   host handle table           what the host holds of any resource, as `ResourceAny`           any.rs
//!   ResourceTable               what a host resource's rep means: the host's own data           table.rs
//! ```
//!
//! `state.rs` joins them into [`ComponentState`], moves representations between tables while values are lifted and
//! lowered, and keeps the books that the rules need: a handle that is lent out cannot be given away (`lends`), and a
//! callee must drop every borrow that it was given before it returns (`scope.rs`). No linear memory is read here.

mod any;
mod handle;
mod scope;
mod state;
mod table;
mod typed;

pub use any::ResourceAny;
pub use handle::HandleError;
pub use state::ComponentState;
pub use table::{ResourceTable, ResourceTableError};
pub use typed::{Borrow, Resource};

pub(crate) use any::HostHandles;
pub(crate) use handle::{Handle, HandleTable};
pub(crate) use scope::Scopes;
pub(crate) use state::{InstanceState, ResourceDefinition, ResourceKind};
