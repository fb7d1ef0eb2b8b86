//! Functions: handles, calls from the application, and host functions.

use super::{Context, Val};
use crate::error::Result;
use crate::types::FuncType;

/// A handle to a function, of the guest or of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Func {
    store: u64,
    index: u32,
}

impl Func {
    /// A host function of any type. It gets parameters that have the declared types and must write results that do;
    /// results start as zeros and nulls.
    ///
    /// An error that it returns ends the guest's call and comes back to the guest's caller unchanged; a panic ends it
    /// with an error of kind `Host` that carries the panic's text.
    pub fn new<T>(
        _cx: &mut Context<'_, T>,
        _ty: FuncType,
        _call: impl Fn(&mut Context<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        todo!()
    }

    /// A host function on slots: parameters are in the slots on entry, results on return; there are as many as the
    /// larger of the two numbers. i32 and f32 take the low half of a slot (the rest is zero on entry).
    ///
    /// # Errors
    /// `Misuse` unless all parameters and results are numbers.
    pub fn raw<T>(
        _cx: &mut Context<'_, T>,
        _ty: FuncType,
        _call: impl Fn(&mut Context<'_, T>, &mut [u64]) -> Result<()> + Send + Sync + 'static,
    ) -> Result<Self> {
        todo!()
    }

    /// The function's type.
    ///
    /// # Panics
    /// Never; a handle of another store has the type of no parameters and no results.
    pub fn ty<T>(&self, _cx: &Context<'_, T>) -> FuncType {
        todo!()
    }

    /// Calls the function with checked values.
    ///
    /// # Errors
    /// `Misuse` when number or types of the arguments differ from the function's, or a handle is of another store;
    /// `Trap` when the guest traps; whatever error a host function on the way returned.
    pub fn call<T>(&self, _cx: &mut Context<'_, T>, _args: &[Val]) -> Result<Vec<Val>> {
        todo!()
    }

    /// Calls a function of numbers on slots: parameters in `slots` on entry, results on return; i32 and f32 take the low
    /// half of a slot. This is the fast path: nothing is allocated, hashed or locked.
    ///
    /// # Errors
    /// As [`Func::call`]; `Misuse` when a parameter or result is not a number or there are too few slots.
    pub fn call_raw<T>(&self, _cx: &mut Context<'_, T>, _slots: &mut [u64]) -> Result<()> {
        todo!()
    }
}
