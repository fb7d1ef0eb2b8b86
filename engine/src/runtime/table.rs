//! Tables: handles, elements and growth.

use super::{Context, Val};
use crate::error::Result;
use crate::types::TableType;

/// A handle to a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Table {
    store: u64,
    instance: u32,
    index: u32,
}

impl Table {
    /// A new table with every element `init`.
    ///
    /// # Errors
    /// `Limit` when the store's limits do not allow it, `Misuse` when `init` is not of the element type.
    pub fn new<T>(_cx: &mut Context<'_, T>, _ty: TableType, _init: Val) -> Result<Self> {
        todo!()
    }

    /// The declared type with the current number of elements as minimum.
    pub fn ty<T>(&self, _cx: &Context<'_, T>) -> TableType {
        todo!()
    }

    /// The current number of elements; 0 for a handle of another store.
    pub fn size<T>(&self, _cx: &Context<'_, T>) -> u64 {
        todo!()
    }

    /// The element at `index`.
    ///
    /// # Errors
    /// `Trap` (out of bounds table access), `Misuse` for a handle of another store.
    pub fn get<T>(&self, _cx: &Context<'_, T>, _index: u64) -> Result<Val> {
        todo!()
    }

    /// Sets the element at `index`.
    ///
    /// # Errors
    /// `Trap` (out of bounds table access), `Misuse` when the value is not of the element type or a handle is of
    /// another store.
    pub fn set<T>(&self, _cx: &mut Context<'_, T>, _index: u64, _value: Val) -> Result<()> {
        todo!()
    }

    /// Grows by `delta` elements of value `init` and returns the old size.
    ///
    /// # Errors
    /// `Limit` when the maximum or the store's limits do not allow it, `Misuse` as for [`Table::set`].
    pub fn grow<T>(&self, _cx: &mut Context<'_, T>, _delta: u64, _init: Val) -> Result<u64> {
        todo!()
    }
}
