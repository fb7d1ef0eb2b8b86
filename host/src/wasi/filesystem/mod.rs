//! `wasi:filesystem` on open directories: a guest names paths only relative to a descriptor, the first of which are the
//! granted directories. `resolve` finds what a path names below its descriptor, which neither `..` nor absolute paths nor links
//! leave; nothing else here gives a path of a guest to the system. What may be changed is one value per descriptor, `Access`,
//! inherited by everything opened through it; what is hidden, the granted directory knows.

mod define;
mod descriptor;
mod directory;
mod error_code;
mod file;
mod open;
mod paths;
mod refusal;
mod resolve;
mod stat;
#[cfg(test)]
mod tests;
mod times;
mod types;

pub(super) use define::{define_preopens, define_types};
pub(in crate::wasi) use error_code::ErrorCode;
pub(super) use file::OpenFile;
