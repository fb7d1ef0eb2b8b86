//! The verbs of the command, one file or folder each.

pub(crate) mod audit;
pub(crate) mod bindgen;
pub(crate) mod cache;
mod cache_flags;
pub(crate) mod check;
pub(crate) mod compile;
pub(crate) mod decide;
mod export;
pub(crate) mod inspect;
pub(crate) mod pack;
pub(crate) mod permissions;
mod rule_flags;
pub(crate) mod run;
pub(crate) mod sign;
pub(crate) mod wit;

use crate::exit::Failure;
use plugbay::{Compiled, Host, Package, Source, WorldType};
use std::io::Read as _;
use std::path::Path;

/// Compiles the plugin at `path`: a package in any of its forms, or a component without a manifest.
fn compile(host: &Host<()>, path: &Path) -> Result<Compiled<()>, Failure> {
    if let Some(package) = Package::try_open(path)? {
        return Ok(host.compile_package(&package)?);
    }
    Ok(host.compile(Source::file(path))?)
}

/// The world of the component at `path`, which is not compiled.
fn world(path: &Path) -> Result<WorldType, Failure> {
    let mut bytes = std::fs::read(path)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))?;
    if is_core_module(path) {
        bytes = plugbay::componentize(&bytes)?;
    }
    WorldType::read(&bytes).map_err(|error| Failure::guest(format!("{}: {error}", path.display())))
}

/// Whether the file begins as a core module does. What cannot be read is left for the library to say.
fn is_core_module(path: &Path) -> bool {
    let mut preamble = [0; 8];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut preamble)).is_ok()
        && preamble == *b"\0asm\x01\0\0\0"
}
