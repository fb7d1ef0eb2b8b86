//! Linear memories: handles, bytes and growth.

use super::Context;
use crate::error::Result;
use crate::types::MemoryType;

/// A handle to a linear memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Memory {
    store: u64,
    instance: u32,
    index: u32,
}

impl Memory {
    /// A new memory of zeros.
    ///
    /// # Errors
    /// `Limit` when the store's limits do not allow it, `Os` when the system refuses the address space.
    pub fn new<T>(_cx: &mut Context<'_, T>, _ty: MemoryType) -> Result<Self> {
        todo!()
    }

    /// The declared type with the current size in pages as minimum.
    pub fn ty<T>(&self, _cx: &Context<'_, T>) -> MemoryType {
        todo!()
    }

    /// The current size in pages of 64 KiB; 0 for a handle of another store.
    pub fn pages<T>(&self, _cx: &Context<'_, T>) -> u64 {
        todo!()
    }

    /// The bytes; empty for a handle of another store.
    pub fn data<'a, T>(&self, _cx: &'a Context<'_, T>) -> &'a [u8] {
        todo!()
    }

    /// The bytes, to change; empty for a handle of another store.
    pub fn data_mut<'a, T>(&self, _cx: &'a mut Context<'_, T>) -> &'a mut [u8] {
        todo!()
    }

    /// The bytes and the application's data, both to change.
    pub fn data_and_host<'a, T>(&self, _cx: &'a mut Context<'_, T>) -> (&'a mut [u8], &'a mut T) {
        todo!()
    }

    /// Grows by `delta` pages and returns the old size in pages.
    ///
    /// # Errors
    /// `Limit` when the maximum or the store's limits do not allow it, `Misuse` for a handle of another store.
    pub fn grow<T>(&self, _cx: &mut Context<'_, T>, _delta: u64) -> Result<u64> {
        todo!()
    }
}
