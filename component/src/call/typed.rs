//! Typed calls from the application: `TypedFunc`. The type is checked once; a call then moves slots and bytes.

use std::marker::PhantomData;

use plugbay_engine as engine;

use super::GuestMemory;
use super::guest::lifting;
use crate::abi::layout::MAX_FLAT_PARAMS;
use crate::error::{Error, ErrorKind, Result};
use crate::instance::{Instance, Lifted, StoreData};
use crate::marshal::{self, Lift, Lower, LowerContext, Params};

/// A function that an instance exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Func {
    /// The instance it belongs to.
    pub(crate) store: u32,
    /// Its number among the exported functions.
    pub(crate) index: u32,
}

impl Func {
    /// Checks that the function takes `P` (a tuple) and gives `R` (`()` for nothing).
    ///
    /// # Errors
    /// How the types differ; misuse, when the function is of another instance.
    pub fn typed<P, R>(&self, instance: &Instance<impl Sized + 'static>) -> Result<TypedFunc<P, R>>
    where
        P: Params + Lower,
        R: Lift,
    {
        let lifted = instance.lifted_index(*self)?;
        let export = instance.export_func(*self)?;
        P::typecheck_params(export.ty.params())
            .and_then(|()| {
                R::typecheck_optional(export.ty.result()).map_err(|error| error.within("the result"))
            })
            .map_err(|mismatch| Error::from(mismatch).within(format!("function `{}`", export.name)))?;
        Ok(TypedFunc { store: self.store, lifted, marker: PhantomData })
    }
}

/// A function of an instance with Rust types for parameters and result.
pub struct TypedFunc<P, R> {
    store: u32,
    lifted: u32,
    /// Covariant in `P`: a function kept with parameters of `'static` can be called with shorter borrows.
    marker: PhantomData<fn() -> (P, R)>,
}

impl<P, R> Clone for TypedFunc<P, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, R> Copy for TypedFunc<P, R> {}

impl<P, R> std::fmt::Debug for TypedFunc<P, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TypedFunc").field("lifted", &self.lifted).finish_non_exhaustive()
    }
}

impl<P: Params + Lower, R: Lift> TypedFunc<P, R> {
    /// Calls the function, its `post-return` included.
    ///
    /// # Errors
    /// Whatever ended the call: a trap, a broken canonical ABI, the error of a host function. The instance is then
    /// poisoned, unless the arguments were refused before anything ran.
    pub fn call<T: 'static>(&self, instance: &mut Instance<T>, params: P) -> Result<R> {
        let (mut cx, lifted) = instance.parts(self.store, self.lifted)?;
        call(&mut cx, lifted, &params)
    }
}

fn call<T, P: Lower, R: Lift>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    lifted: &Lifted,
    params: &P,
) -> Result<R> {
    cx.data_mut().state.enter(lifted.instance, None)?;
    let mut slots = [0u64; MAX_FLAT_PARAMS];
    if let Err(error) = lower_params(cx, lifted, params, &mut slots) {
        return Err(refused(cx, lifted, error));
    }
    let result = run(cx, lifted, &mut slots);
    if result.is_err() {
        cx.data_mut().state.poisoned = true;
    }
    result
}

/// Arguments that the embedder got wrong do not hurt the instance; anything else does.
pub(super) fn refused<T>(cx: &mut engine::Context<'_, StoreData<T>>, lifted: &Lifted, error: Error) -> Error {
    let state = &mut cx.data_mut().state;
    match error.kind() {
        ErrorKind::Misuse(_) | ErrorKind::Value { .. } | ErrorKind::Type(_) => {
            state.leave(lifted.instance, None)
        }
        _ => state.poisoned = true,
    }
    error
}

#[inline]
fn lower_params<T, P: Lower>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    lifted: &Lifted,
    params: &P,
    slots: &mut [u64; MAX_FLAT_PARAMS],
) -> Result<()> {
    let mut guest = GuestMemory {
        cx,
        options: &lifted.options,
        instance: lifted.instance,
        mentioned: &lifted.mentioned,
        given: Some(Vec::new()),
    };
    let result = marshal::call::lower_params(&mut LowerContext::new(&mut guest), params, slots);
    if result.is_err() {
        guest.take_back();
    }
    result
}

#[inline]
fn run<T, R: Lift>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    lifted: &Lifted,
    slots: &mut [u64; MAX_FLAT_PARAMS],
) -> Result<R> {
    lifted.core.call_raw(cx, slots)?;
    let returned = slots[0];
    let result = lift_result(cx, lifted, returned)?;
    finish(cx, lifted, None, returned)?;
    Ok(result)
}

#[inline]
fn lift_result<T, R: Lift>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    lifted: &Lifted,
    returned: u64,
) -> Result<R> {
    lifting(cx, &lifted.options, lifted.instance, &lifted.mentioned, |lift| {
        marshal::call::lift_result(lift, &[returned])
    })
}

/// The end of a call whose result is lifted: borrows returned, `post-return`, scope closed.
pub(super) fn finish<T>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    lifted: &Lifted,
    caller: Option<u32>,
    returned: u64,
) -> Result<()> {
    cx.data_mut().state.scopes.check_returned()?;
    if let Some(post_return) = lifted.options.post_return {
        cx.data_mut().state.set_may_leave(lifted.instance, false);
        post_return.call_raw(cx, &mut [returned])?;
        cx.data_mut().state.set_may_leave(lifted.instance, true);
    }
    cx.data_mut().state.leave(lifted.instance, caller);
    Ok(())
}
