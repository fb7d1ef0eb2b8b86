//! Calls in both directions whose parameters and result travel in registers, where the conventions of host and guest have
//! them at the same places: no trampoline is in between.

use std::arch::naked_asm;
use std::marker::PhantomData;

use super::arch::{float_from_guest, from_guest};
use super::enter::{self, Entry, Refusal, Registers, Stop};
use super::host_func::{self, Header, HostFunc, WithClosure};
use super::store::{StoreRef, VMStore};
use crate::error::{Error, Result};
use crate::runtime::Context;
use crate::runtime::number::{Params, Returns};
use crate::types::FuncType;

/// A guest function of a type that `P` and `R` stand for, with the store it belongs to.
pub(crate) struct Direct<P, R> {
    entry: Entry,
    store: u64,
    types: PhantomData<fn(P) -> R>,
}

impl<P, R> Clone for Direct<P, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, R> Copy for Direct<P, R> {}

impl<P: Params, R: Returns> Direct<P, R> {
    /// The way to a function of the type `ty` in the store with this number.
    ///
    /// # Errors
    /// An internal error if `ty` is not what `P` and `R` stand for, or the parameters do not fit into registers.
    pub(crate) fn new((entry, store): (Entry, u64), ty: &FuncType) -> Result<Self> {
        if !P::IN_REGISTERS || ty.params() != P::TYPES || ty.results() != R::TYPES {
            return Err(Error::internal("a typed function of another type"));
        }
        Ok(Self { entry, store, types: PhantomData })
    }
}

/// Calls a guest function.
#[inline(always)]
pub(crate) fn call<T, P: Params, R: Returns>(
    store: &mut StoreRef<'_, T>,
    Direct { entry, store: id, .. }: Direct<P, R>,
    params: P,
) -> Result<R, Stop> {
    if store.number() != id {
        return Err(Refusal::Foreign.into());
    }
    let registers = params.to_registers();
    // SAFETY: `Direct::new` checked the type of the function, and that what `P` has fits into registers.
    let bits = unsafe {
        match (P::HAS_FLOATS, R::IS_FLOAT) {
            (false, false) => enter::call_integers(store, entry, registers.integers),
            (true, false) => enter::call_mixed::<T, false>(store, entry, registers),
            (_, true) => enter::call_mixed::<T, true>(store, entry, registers),
        }
    }?;
    Ok(R::from_bits(bits))
}

/// A host function for a store with header `vm` and data of type `T`, of the signature with the number `type_id` that `P` and
/// `R` make, which takes `slots` slots. Guests call it on registers if `in_registers`, where `P` fits.
pub(crate) fn host_func<T, P, R, F>(
    vm: *const VMStore,
    type_id: u32,
    slots: usize,
    in_registers: bool,
    call: F,
) -> HostFunc
where
    P: Params,
    R: Returns,
    F: Fn(&mut Context<'_, T>, P) -> Result<R> + Send + Sync + 'static,
{
    let code = match (in_registers && P::IN_REGISTERS, R::IS_FLOAT) {
        (true, false) => integer_from_guest::<T, P, R, F> as *const (),
        (true, true) => float_result_from_guest::<T, P, R, F> as *const (),
        (false, _) => std::ptr::null(),
    };
    HostFunc::with_calls(vm, type_id, slots, call, array_call::<T, P, R, F>, code.expose_provenance())
}

/// # Safety
/// As for the slot calls of `host_func`, for a function made by [`host_func`] with these types.
unsafe extern "C" fn array_call<T, P, R, F>(host: *const Header, _caller: *const u64, values: *mut u64) -> u32
where
    P: Params,
    R: Returns,
    F: Fn(&mut Context<'_, T>, P) -> Result<R> + Send + Sync + 'static,
{
    // SAFETY: the caller's promise; generated code (or `call_directly`) lends the slots to this call alone.
    let slots = unsafe { host_func::slots(host, values) };
    let params = P::from_slots(slots);
    // SAFETY: the caller's promise.
    let result = unsafe { call_closure::<T, P, R, F>(host, params) };
    if let (Some(result), Some(slot), false) = (result, slots.first_mut(), R::TYPES.is_empty()) {
        *slot = result;
    }
    u32::from(result.is_none())
}

/// Calls the closure; returns its result's register, or nothing when the guest must not go on.
///
/// # Safety
/// `host` is the header of a function made by [`host_func`] with these types for a store that the running call borrows.
#[inline(always)]
unsafe fn call_closure<T, P, R, F>(host: *const Header, params: P) -> Option<u64>
where
    P: Params,
    R: Returns,
    F: Fn(&mut Context<'_, T>, P) -> Result<R> + Send + Sync + 'static,
{
    // SAFETY: the caller's promise; the function lives until its store is dropped.
    let function = unsafe { &*host.cast::<WithClosure<F>>() };
    // SAFETY: as above; the header outlives the store's functions.
    unsafe { host_func::run::<T, _>(&*function.header.vm, |cx| (function.call)(cx, params)) }.map(R::to_bits)
}

/// What `from_guest` expects: a result that is no float, and 0, or anything else for an error that was recorded.
#[repr(C)]
struct Integer {
    value: u64,
    failed: u64,
}

/// What `float_from_guest` expects.
#[repr(C)]
struct Float {
    failed: u64,
    value: f64,
}

macro_rules! direct_call {
    ($name:ident, $from_guest:ident, $entry:ident, $returned:ident, |$result:ident| $value:expr) => {
        /// Called by generated code, through the function below, with whatever the registers hold that `P` does not take.
        ///
        /// # Safety
        /// As for [`call_closure`].
        unsafe extern "C" fn $name<T, P, R, F>(
            host: *const Header,
            _caller: *const u64,
            a: u64,
            b: u64,
            c: u64,
            d: u64,
            e: f64,
            f: f64,
            g: f64,
            h: f64,
            i: f64,
            j: f64,
            k: f64,
            l: f64,
        ) -> $returned
        where
            P: Params,
            R: Returns,
            F: Fn(&mut Context<'_, T>, P) -> Result<R> + Send + Sync + 'static,
        {
            let registers = Registers { integers: [a, b, c, d], floats: [e, f, g, h, i, j, k, l] };
            // SAFETY: the caller's promise.
            let $result = unsafe { call_closure::<T, P, R, F>(host, P::from_registers(&registers)) };
            let failed = u64::from($result.is_none());
            let $result = $result.unwrap_or(0);
            $returned { failed, value: $value }
        }

        /// A function of WebAssembly's convention, whose own context is the header of the host function.
        ///
        /// # Safety
        /// As for [`call_closure`]; called by generated code only.
        #[unsafe(naked)]
        unsafe extern "C" fn $entry<T, P, R, F>()
        where
            P: Params,
            R: Returns,
            F: Fn(&mut Context<'_, T>, P) -> Result<R> + Send + Sync + 'static,
        {
            $from_guest!($name::<T, P, R, F>)
        }
    };
}

direct_call!(integer_call, from_guest, integer_from_guest, Integer, |result| result);
direct_call!(float_call, float_from_guest, float_result_from_guest, Float, |result| f64::from_bits(result));
