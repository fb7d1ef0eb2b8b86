//! Globals: handles and values.

use super::{Context, Val};
use crate::error::Result;
use crate::types::GlobalType;

/// A handle to a global.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Global {
    store: u64,
    instance: u32,
    index: u32,
}

impl Global {
    /// A new global.
    ///
    /// # Errors
    /// `Misuse` when the value is not of the type.
    pub fn new<T>(_cx: &mut Context<'_, T>, _ty: GlobalType, _value: Val) -> Result<Self> {
        todo!()
    }

    /// The type; an immutable i32 for a handle of another store.
    pub fn ty<T>(&self, _cx: &Context<'_, T>) -> GlobalType {
        todo!()
    }

    /// The value; an i32 of 0 for a handle of another store.
    pub fn get<T>(&self, _cx: &Context<'_, T>) -> Val {
        todo!()
    }

    /// Sets the value.
    ///
    /// # Errors
    /// `Misuse` when the global is immutable, the value is of another type or a handle is of another store.
    pub fn set<T>(&self, _cx: &mut Context<'_, T>, _value: Val) -> Result<()> {
        todo!()
    }
}
