//! Dynamic calls: `Val`s in, `Val` out, by the function's type. The application's, and the inner half of adapters.

use plugbay_engine as engine;

use super::GuestMemory;
use super::guest::lifting;
use super::typed::{finish, refused};
use crate::abi::layout::{MAX_FLAT_PARAMS, MAX_FLAT_RESULTS};
use crate::abi::lift::lift_values;
use crate::abi::lower::lower_values;
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
    cx.data_mut().state.enter(lifted.instance, None)?;
    let mut slots = [0u64; MAX_FLAT_PARAMS];
    if let Err(error) = lower_args(cx, lifted, args, &mut slots) {
        return Err(refused(cx, lifted, error));
    }
    let result = run(cx, lifted, None, &mut slots);
    if result.is_err() {
        cx.data_mut().state.poisoned = true;
    }
    result
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
    run(cx, lifted, Some(caller), &mut slots)
}

fn lower_args<T>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    lifted: &Lifted,
    args: &[Val],
    slots: &mut [u64; MAX_FLAT_PARAMS],
) -> Result<()> {
    let mut guest = GuestMemory {
        cx,
        options: &lifted.options,
        instance: lifted.instance,
        mentioned: &lifted.mentioned,
        given: Some(Vec::new()),
    };
    let types = lifted.ty.params().iter().map(|(_, ty)| ty);
    let result = lower_values(&mut LowerContext::new(&mut guest), types, args, MAX_FLAT_PARAMS, None, slots);
    if result.is_err() {
        guest.take_back();
    }
    result
}

fn run<T>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    lifted: &Lifted,
    caller: Option<u32>,
    slots: &mut [u64; MAX_FLAT_PARAMS],
) -> Result<Option<Val>> {
    lifted.core.call_raw(cx, slots)?;
    let returned = slots[0];
    let mut result = lifting(cx, &lifted.options, lifted.instance, &lifted.mentioned, |lift| {
        lift_values(lift, lifted.ty.result().into_iter(), MAX_FLAT_RESULTS, &[returned])
    })?;
    finish(cx, lifted, caller, returned)?;
    Ok(result.pop())
}
