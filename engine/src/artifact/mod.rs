//! Compiled code as flat bytes, in memory and on disk alike.
//!
//! ```text
//!   bytes, table     shared bytes; tables of fixed-size records that are read in place
//!   code             a text and what is known about it
//!   wire             numbers, texts and lists in bytes, every read checked
//!   info, constant   what a module declares, to bytes and back
//!   layout           the parts of an artifact and its header
//!   made_for         which build, settings and processor the code is for
//!   seal             the key and the code that proves who made an artifact
//!   writer           modules → artifact
//!   open             artifact → verified bytes
//!   module           verified bytes → modules
//!   dylib, elf       artifacts as native shared libraries
//!   error            why an artifact is refused
//! ```
//! Nothing here opens paths: it reads slices and files that it is given. What keeps a hostile artifact from being run is
//! `seal`; that everything else survives hostile bytes too is a second line of defence.

pub(crate) mod bytes;
pub(crate) mod code;
mod constant;
#[cfg(feature = "dylib")]
pub(crate) mod dylib;
#[cfg(feature = "dylib")]
mod elf;
pub(crate) mod error;
mod info;
mod layout;
mod made_for;
mod module;
mod open;
mod seal;
pub(crate) mod table;
#[cfg(test)]
#[cfg(feature = "compile")]
mod tests;
mod wire;
#[cfg(feature = "compile")]
mod writer;

pub use error::ArtifactError;
pub use open::Artifact;
pub(crate) use open::Remembered;
pub use seal::{SealKey, SourceHash};
#[cfg(feature = "compile")]
pub use writer::ArtifactWriter;
