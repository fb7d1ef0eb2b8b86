//! Instances: carrying out a plan (`run.rs`), who may enter and leave which component instance (`reentry.rs`), and the
//! instance that the application holds (`live.rs`).

mod limits;
mod live;
mod reentry;
mod run;
mod store;

pub use limits::Limits;
pub use live::Instance;
pub use store::HostContext;

pub(crate) use live::Lifted;
#[cfg(feature = "compile")]
pub(crate) use reentry::{ENTERED, HELD};
pub(crate) use run::instantiate;
pub(crate) use store::{HostDtor, StoreData};
