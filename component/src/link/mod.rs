//! Linking: what the host defines (`linker.rs`), under which names (`name.rs`, compatible versions), what a component
//! misses (`missing.rs`), what stands before its functions (`gate.rs`), and the component with every import matched (`pre.rs`).

mod adapt;
mod gate;
mod linker;
mod missing;
mod name;
mod pre;

pub use gate::Gate;
pub use linker::{Linker, LinkerInstance};
pub use missing::MissingImport;
pub use pre::InstancePre;

pub(crate) use gate::Pass;
pub(crate) use linker::ResourceDef;
pub(crate) use name::Name;
