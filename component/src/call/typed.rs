//! Typed calls from the application: `TypedFunc`. The type is checked once; a call then moves slots and bytes.

use std::marker::PhantomData;

use plugbay_engine as engine;

use super::GuestMemory;
use super::guest::{lifting, viewing};
use crate::abi::layout::{MAX_FLAT_PARAMS, MAX_FLAT_RESULTS};
use crate::error::{Error, ErrorKind, Result};
use crate::instance::{Instance, Lifted, StoreData};
use crate::marshal::{self, ComponentType, Lift, Lower, LowerContext, Params, View};

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
        R: ComponentType,
    {
        let lifted = instance.lifted_index(*self)?;
        let export = instance.export_func(*self)?;
        let check = || {
            P::typecheck_params(export.ty.params())?;
            R::typecheck_optional(export.ty.result()).map_err(|error| error.within("the result"))
        };
        instance
            .known_resources(lifted)
            .during(check)
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

impl<P, R> TypedFunc<P, R> {
    /// Stands for the function numbered `number` of somebody else, who calls it in another way; [`call`](Self::call) refuses
    /// it.
    #[must_use]
    pub fn stand_in(number: u32) -> Self {
        Self { store: STAND_IN, lifted: number, marker: PhantomData }
    }

    /// The number that was given to [`stand_in`](Self::stand_in).
    #[inline]
    #[must_use]
    pub fn stands_for(&self) -> Option<u32> {
        (self.store == STAND_IN).then_some(self.lifted)
    }
}

/// No instance has this number.
const STAND_IN: u32 = u32::MAX;

impl<P: Params + Lower, R: Lift> TypedFunc<P, R> {
    /// Calls the function, its `post-return` included.
    ///
    /// # Errors
    /// Whatever ended the call: a trap, a broken canonical ABI, the error of a host function. The instance is then
    /// poisoned, unless the arguments were refused before anything ran.
    #[inline]
    pub fn call<T: 'static>(&self, instance: &mut Instance<T>, params: P) -> Result<R> {
        let (mut cx, lifted) = instance.parts(self.store, self.lifted)?;
        call(&mut cx, lifted, &params, |cx, lifted, returned| lift_result(cx, lifted, returned))
    }
}

impl<P: Params + Lower, V: View> TypedFunc<P, V> {
    /// Calls the function and looks at its result where it lies, in the guest's memory: `with` gets it beside the host's
    /// data. When `with` has returned, `post-return` runs, with which the guest frees the result.
    ///
    /// ```
    /// # fn longest(instance: &mut plugbay_component::Instance<()>) -> plugbay_component::Result<usize> {
    /// use plugbay_component::ListView;
    ///
    /// let words = instance.func("words").unwrap().typed::<(&str,), ListView<'static, str>>(instance)?;
    /// words.call_with(instance, ("a few words",), |_, words| words.iter().map(str::len).max().unwrap_or(0))
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`TypedFunc::call`].
    #[inline]
    pub fn call_with<T: 'static, R>(
        &self,
        instance: &mut Instance<T>,
        params: P,
        with: impl for<'m> FnOnce(&mut T, V::Of<'m>) -> R,
    ) -> Result<R> {
        let (mut cx, lifted) = instance.parts(self.store, self.lifted)?;
        call(&mut cx, lifted, &params, |cx, lifted, returned| {
            let (options, mentioned) = (&lifted.options, &*lifted.mentioned);
            let slots = (&[returned][..], MAX_FLAT_RESULTS);
            viewing::<T, V, R>(cx, options, lifted.instance, mentioned, slots, |data, view| {
                Ok(with(&mut data.host, view))
            })
        })
    }
}

/// How many slots parameters take that travel as four integers or fewer, be it only the address of where they are.
const FEW: usize = 4;

#[inline]
fn call<T, P: Lower, R>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    lifted: &Lifted,
    params: &P,
    lift: impl FnOnce(&mut engine::Context<'_, StoreData<T>>, &Lifted, u64) -> Result<R>,
) -> Result<R> {
    cx.data_mut().state.begin_call(lifted.instance, lifted.scoped())?;
    let returned = if const { P::LAYOUT.flat.fits(FEW) || !P::LAYOUT.flat.fits(MAX_FLAT_PARAMS) } {
        enter::<T, P, FEW>(cx, lifted, params)?
    } else {
        enter::<T, P, MAX_FLAT_PARAMS>(cx, lifted, params)?
    };
    let result = lift(cx, lifted, returned).and_then(|result| {
        finish(cx, lifted, returned)?;
        Ok(result)
    });
    match result {
        Ok(result) => Ok(result),
        Err(error) => Err(poison(cx, error)),
    }
}

/// Lowers the parameters and runs the core function.
#[inline]
fn enter<T, P: Lower, const N: usize>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    lifted: &Lifted,
    params: &P,
) -> Result<u64> {
    let mut slots = [0; N];
    if const { P::LAYOUT.plain && P::LAYOUT.flat.fits(MAX_FLAT_PARAMS) } {
        marshal::call::lower_plain(params, &mut slots)?;
    } else {
        let mut guest = GuestMemory::new(cx, &lifted.options, lifted.instance, &lifted.mentioned).revocable();
        match marshal::call::lower_params(&mut LowerContext::new(&mut guest), params, &mut slots) {
            Ok(()) => guest.release(),
            Err(error) => {
                guest.take_back();
                return Err(refused(cx, lifted, error));
            }
        }
    }
    lifted.core.call(cx, slots).map_err(|error| poison(cx, error))
}

/// After this error nothing can be called any more.
#[cold]
pub(super) fn poison<T>(cx: &mut engine::Context<'_, StoreData<T>>, error: Error) -> Error {
    cx.data_mut().state.poisoned = true;
    error
}

/// Arguments that the embedder got wrong do not hurt the instance; anything else does.
#[cold]
pub(super) fn refused<T>(cx: &mut engine::Context<'_, StoreData<T>>, lifted: &Lifted, error: Error) -> Error {
    let state = &mut cx.data_mut().state;
    match error.kind() {
        ErrorKind::Misuse(_) | ErrorKind::Value { .. } | ErrorKind::Type(_) => {
            state.end_call(lifted.instance, lifted.scoped())
        }
        _ => state.poisoned = true,
    }
    error
}

#[inline]
fn lift_result<T, R: Lift>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    lifted: &Lifted,
    returned: u64,
) -> Result<R> {
    if const { R::LAYOUT.plain && R::LAYOUT.flat.fits(MAX_FLAT_RESULTS) } {
        return marshal::call::lift_plain(&[returned]);
    }
    lifting(cx, &lifted.options, lifted.instance, &lifted.mentioned, |lift| {
        marshal::call::lift_result(lift, &[returned])
    })
}

/// The end of a call from the host whose result is lifted: borrows returned, `post-return`, scope closed.
#[inline]
pub(super) fn finish<T>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    lifted: &Lifted,
    returned: u64,
) -> Result<()> {
    end(cx, lifted, returned)?;
    cx.data_mut().state.end_call(lifted.instance, lifted.scoped());
    Ok(())
}

/// Borrows returned, and `post-return`.
#[inline]
pub(super) fn end<T>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    lifted: &Lifted,
    returned: u64,
) -> Result<()> {
    if lifted.scoped() {
        cx.data_mut().state.scopes.check_returned()?;
    }
    if let Some(post_return) = lifted.options.post_return {
        cx.data_mut().state.set_may_leave(lifted.instance, false);
        post_return.call(cx, [returned])?;
        cx.data_mut().state.set_may_leave(lifted.instance, true);
    }
    Ok(())
}
