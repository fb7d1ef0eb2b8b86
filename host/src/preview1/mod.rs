//! Core modules as plugins: one that was built for WASI preview 1, or carries the types that wit-bindgen wrote into it, is made
//! into a component when it is loaded. Here is what decides that, and the errors; `survey` looks at the module, `encode` makes
//! the component (both with the feature `preview1`). The cache knows such a plugin by its original bytes.

#[cfg(feature = "preview1")]
mod encode;
#[cfg(feature = "preview1")]
mod survey;

use std::borrow::Cow;

use plugbay_component::engine::{ModuleLimits, SourceHash};

use crate::error::{Error, ErrorKind, Fault, Result};

/// How a core module begins; a component has another version.
const MODULE: &[u8; 8] = b"\0asm\x01\0\0\0";

/// Whether these are the bytes of a core module.
pub(crate) fn is_module(bytes: &[u8]) -> bool {
    bytes.starts_with(MODULE)
}

/// The component that a core module becomes; other bytes as they are.
pub(crate) fn component<'a>(bytes: &'a [u8], limits: &ModuleLimits) -> Result<Cow<'a, [u8]>> {
    if !is_module(bytes) {
        return Ok(Cow::Borrowed(bytes));
    }
    make(bytes, limits).map(Cow::Owned)
}

/// What the cache knows the source by: its own bytes, and what a core module becomes a component with.
pub(crate) fn source_hash(bytes: &[u8]) -> SourceHash {
    #[cfg(feature = "preview1")]
    if is_module(bytes) {
        return encode::source_hash(bytes);
    }
    SourceHash::of(bytes)
}

/// Makes a component of a core module that imports WASI preview 1 (a command, or a reactor with types) or carries the types that
/// wit-bindgen writes into modules. [`Host::compile`](crate::Host::compile) does so by itself; this is for those who want
/// to look at the component.
///
/// # Errors
/// [`ErrorKind::Load`] when it is no such module, [`ErrorKind::Limit`] when it is too large.
pub fn componentize(module: &[u8]) -> Result<Vec<u8>> {
    match component(module, &ModuleLimits::default())? {
        Cow::Owned(component) => Ok(component),
        Cow::Borrowed(_) => Err(refused(None, "these bytes are no core module".to_owned())),
    }
}

#[cfg(feature = "preview1")]
fn make(bytes: &[u8], limits: &ModuleLimits) -> Result<Vec<u8>> {
    let survey = survey::Survey::of(bytes, limits)?;
    encode::encode(bytes, survey.adapter()?)
}

#[cfg(not(feature = "preview1"))]
fn make(_: &[u8], _: &ModuleLimits) -> Result<Vec<u8>> {
    Err(refused(
        None,
        "this is a core module, not a component, and this build of plugbay lacks the feature `preview1`, which makes \
         components of modules for WASI preview 1 and of those from wit-bindgen; build plugbay with it, or make a component \
         of the module with `wasm-tools component new`"
            .to_owned(),
    ))
}

/// The module is not made into a component.
fn refused(offset: Option<usize>, message: String) -> Error {
    Error::new(ErrorKind::Load { stage: "componentize".to_owned(), offset, message, fault: Fault::Plugin })
}
