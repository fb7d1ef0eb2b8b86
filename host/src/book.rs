//! The code in the pages of the book (`docs/src`), which is compiled and run as documentation tests, and nothing else.

#[doc = include_str!("../../docs/src/concepts.md")]
mod concepts {}

#[doc = include_str!("../../docs/src/embedding.md")]
mod embedding {}

#[doc = include_str!("../../docs/src/grants.md")]
mod grants {}

#[doc = include_str!("../../docs/src/files.md")]
mod files {}

#[doc = include_str!("../../docs/src/manifest.md")]
mod manifest {}

#[doc = include_str!("../../docs/src/wasi.md")]
mod wasi {}

#[cfg(feature = "http")]
#[doc = include_str!("../../docs/src/network.md")]
mod network {}

#[doc = include_str!("../../docs/src/packages.md")]
mod packages {}

#[doc = include_str!("../../docs/src/audit.md")]
mod audit {}

#[doc = include_str!("../../docs/src/bindings.md")]
mod bindings {}

#[doc = include_str!("../../docs/src/resources.md")]
mod resources {}

#[doc = include_str!("../../docs/src/composition.md")]
mod composition {}

#[doc = include_str!("../../docs/src/cli.md")]
mod cli {}

#[doc = include_str!("../../docs/src/evolution.md")]
mod evolution {}

#[doc = include_str!("../../docs/src/powers.md")]
mod powers {}
