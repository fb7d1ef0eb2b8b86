//! Dynamic calls: `Val`s in, `Val` out, by the function's type. The application's, and the inner half of adapters.

use plugbay_engine as engine;

use super::GuestMemory;
use super::guest::lifting;
use super::typed::{end, finish, poison, refused};
use crate::abi::layout::{MAX_FLAT_PARAMS, MAX_FLAT_RESULTS};
use crate::abi::lift::lift_value;
use crate::abi::lower::lower_laid_out;
use crate::error::Result;
use crate::instance::{Lifted, StoreData};
use crate::marshal::LowerContext;
use crate::value::Val;

/// A call from the application.
pub(crate) fn call_dynamic<T>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    lifted: &Lifted,
    args: &[Val],
) -> Result<Option<Val>> {
    cx.data_mut().state.begin_call(lifted.instance, lifted.scoped())?;
    let mut slots = [0u64; MAX_FLAT_PARAMS];
    if let Err(error) = lower_args(cx, lifted, args, &mut slots) {
        return Err(refused(cx, lifted, error));
    }
    let result = run(cx, lifted, slots).and_then(|(result, returned)| {
        finish(cx, lifted, returned)?;
        Ok(result)
    });
    match result {
        Ok(result) => Ok(result),
        Err(error) => Err(poison(cx, error)),
    }
}

/// A call from component instance `caller`: errors end the caller's call too.
pub(super) fn call_from<T>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    lifted: &Lifted,
    caller: u32,
    args: &[Val],
) -> Result<Option<Val>> {
    cx.data_mut().state.enter(lifted.instance, Some(caller))?;
    let mut slots = [0u64; MAX_FLAT_PARAMS];
    lower_args(cx, lifted, args, &mut slots)?;
    let (result, returned) = run(cx, lifted, slots)?;
    end(cx, lifted, returned)?;
    cx.data_mut().state.leave(lifted.instance, Some(caller));
    Ok(result)
}

fn lower_args<T>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    lifted: &Lifted,
    args: &[Val],
    slots: &mut [u64; MAX_FLAT_PARAMS],
) -> Result<()> {
    let mut guest = GuestMemory::new(cx, &lifted.options, lifted.instance, &lifted.mentioned).revocable();
    let (types, layout) = (lifted.ty.params().iter().map(|(_, ty)| ty), &lifted.params);
    match lower_laid_out(
        &mut LowerContext::new(&mut guest),
        (types, layout),
        args,
        MAX_FLAT_PARAMS,
        None,
        slots,
    ) {
        Ok(()) => guest.release(),
        Err(error) => {
            guest.take_back();
            return Err(error);
        }
    }
    Ok(())
}

/// Runs the core function; gives the result, and what was returned for it.
fn run<T>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    lifted: &Lifted,
    slots: [u64; MAX_FLAT_PARAMS],
) -> Result<(Option<Val>, u64)> {
    let returned = lifted.core.call(cx, slots)?;
    let Some(ty) = lifted.ty.result() else { return Ok((None, returned)) };
    let result = lifting(cx, &lifted.options, lifted.instance, &lifted.mentioned, |lift| {
        lift_value(lift, ty, MAX_FLAT_RESULTS, &[returned])
    })?;
    Ok((Some(result), returned))
}
