//! Plugins that use each other: [`Composition`] joins one plugin's import to another's export through the host, when both
//! run, without making a component of the two.
//!
//! Each plugin keeps what it has alone: memory and store of its own, limits, deadline, grants. A call crosses as a call of
//! a host function with dynamic values; a resource stays where it was made, and the other plugin holds a handle of the
//! host that stands for it. Every such edge needs a grant of the plugin that imports.
//!
//! ```text
//!   composition   which plugins, which edges; circles and long chains refused       build time
//!   fit           does the export have the type of the import: all differences      build time
//!   identity      which plugin defines a resource that several of them mention      link time
//!   crossing      the host function that stands for the other plugin's              each call
//!   handles       resources of one plugin as host resources of another              each call
//!   links         what a live plugin knows of the plugins that it may call          run time
//!   plugins       the live plugins, for the application
//! ```

mod composition;
mod crossing;
mod fit;
mod handles;
mod identity;
mod linked;
mod links;
mod plugins;

pub use composition::Composition;
pub use linked::LinkedComposition;
pub use plugins::{PluginRef, Plugins};

pub(crate) use links::Links;
