//! `wasi:filesystem` on capability handles: a guest names paths only relative to a descriptor, the first of which are the
//! granted directories. Paths are resolved below their descriptor by cap-std, which neither `..` nor absolute paths nor
//! links leave. What may be changed is one value per descriptor, `Access`, inherited by everything opened through it.

mod define;
mod descriptor;
mod directory;
mod error_code;
mod open;
mod paths;
mod stat;
#[cfg(test)]
mod tests;
mod times;
mod types;

pub(super) use define::{define_preopens, define_types};
pub(super) use descriptor::{OpenFile, OpenFiles};
pub(in crate::wasi) use error_code::ErrorCode;
