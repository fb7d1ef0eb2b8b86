//! Stands for the compiled module until decoding lands; to be replaced by it.

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::types::ExternType;

/// A compiled module. Cheap to clone; safe to share between threads.
#[derive(Clone, Debug)]
pub struct Module(Engine);

impl Module {
    /// Decodes, validates and compiles a module.
    ///
    /// # Errors
    /// `Malformed`, `Invalid`, `Unsupported`, `Limit` or `Compile`.
    pub fn new(_engine: &Engine, _bytes: &[u8]) -> Result<Self> {
        Err(Error::internal("modules are not decoded yet"))
    }

    /// The engine it was compiled by.
    pub fn engine(&self) -> &Engine {
        &self.0
    }

    /// The imports, in order: module, name, type.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = (&str, &str, ExternType)> {
        std::iter::empty()
    }

    /// The exports, in order: name, type.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = (&str, ExternType)> {
        std::iter::empty()
    }
}
