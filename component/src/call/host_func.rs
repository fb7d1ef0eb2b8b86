//! Host functions as guests see them. A wrapped closure is monomorphised over its parameters and result: the core function
//! that the guest calls lifts straight into Rust values; no allocation but what the values themselves are.

use std::marker::PhantomData;
use std::sync::Arc;

use plugbay_engine as engine;

use super::guest::{lifting, viewing};
use super::{GuestMemory, Options};
use crate::abi::flat::low_half;
use crate::abi::flatten::{FlatFunc, Side};
use crate::abi::layout::{CoreType, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS};
use crate::abi::lift::lift_values;
use crate::abi::lower::lower_values;
use crate::error::{Error, Result};
use crate::instance::{HostContext, StoreData};
use crate::link::Pass;
use crate::marshal::{self, ComponentType, Lift, Lower, LowerContext, Params, View};
use crate::types::{FuncType, TypeMismatch, ValType};
use crate::value::Val;

/// Where a component function is lowered: what the core function needs to know.
#[derive(Debug, Clone)]
pub(crate) struct LowerSite {
    pub(crate) options: Options,
    /// The component instance that calls.
    pub(crate) instance: u32,
    pub(crate) ty: FuncType,
    /// The resources that the function's type mentions.
    pub(crate) mentioned: Arc<[u32]>,
}

impl LowerSite {
    /// The type of the core function.
    pub(crate) fn core_type(&self) -> engine::FuncType {
        let flat = FlatFunc::new(&self.ty, Side::Lower);
        let params: Vec<_> = flat.params().map(core).collect();
        let results: Vec<_> = flat.result.into_iter().map(core).collect();
        engine::FuncType::new(params, results)
    }

    /// Core parameters before the return pointer.
    pub(crate) fn param_slots(&self) -> usize {
        let flat = FlatFunc::new(&self.ty, Side::Lower);
        flat.params().count() - usize::from(flat.result_spills)
    }
}

impl LowerSite {
    /// Whether its calls need a borrow scope: whether there are resources in its type.
    #[inline]
    fn scoped(&self) -> bool {
        !self.mentioned.is_empty()
    }

    /// The caller, to be given the result.
    #[inline]
    fn guest<'a, 'b, T>(&'a self, cx: &'a mut engine::Context<'b, StoreData<T>>) -> GuestMemory<'a, 'b, T> {
        GuestMemory::new(cx, &self.options, self.instance, &self.mentioned)
    }
}

fn core(ty: CoreType) -> engine::ValType {
    match ty {
        CoreType::I32 => engine::ValType::I32,
        CoreType::I64 => engine::ValType::I64,
        CoreType::F32 => engine::ValType::F32,
        CoreType::F64 => engine::ValType::F64,
    }
}

/// A function that the host defines.
pub(crate) trait HostFunc<T>: Send + Sync {
    /// Whether it can stand for a function of type `ty`.
    fn typecheck(&self, ty: &FuncType) -> Result<(), TypeMismatch>;

    /// The types that it has in Rust: of its parameters and its result. `None` when it is of whatever type is asked for.
    ///
    /// # Errors
    /// When a Rust type does not say which component type it is.
    fn rust_type(&self) -> Result<Option<(Vec<ValType>, Option<ValType>)>>;

    /// Calls it with values of those types.
    ///
    /// # Errors
    /// When the values are not of the types, or a type has no dynamic form; what the function returns.
    fn call_values(&self, cx: &mut HostContext<'_, T>, args: Vec<Val>) -> Result<Option<Val>>;

    /// Makes the core function for one place where it is lowered.
    fn lower(
        self: Arc<Self>,
        cx: &mut engine::Context<'_, StoreData<T>>,
        site: LowerSite,
        pass: Option<Pass<T>>,
    ) -> Result<engine::Func, engine::Error>;
}

/// A closure over Rust values.
pub(crate) struct WrappedFunc<P, R, F> {
    call: F,
    marker: PhantomData<fn(P) -> R>,
}

impl<P, R, F> WrappedFunc<P, R, F> {
    pub(crate) fn new(call: F) -> Self {
        Self { call, marker: PhantomData }
    }
}

impl<T, P, R, F> HostFunc<T> for WrappedFunc<P, R, F>
where
    T: 'static,
    P: Params + Lift + 'static,
    R: Lower + 'static,
    F: Fn(&mut HostContext<'_, T>, P) -> Result<R> + Send + Sync + 'static,
{
    fn typecheck(&self, ty: &FuncType) -> Result<(), TypeMismatch> {
        P::typecheck_params(ty.params())?;
        R::typecheck_optional(ty.result()).map_err(|mismatch| mismatch.within("the result"))
    }

    fn rust_type(&self) -> Result<Option<(Vec<ValType>, Option<ValType>)>> {
        rust_type::<P, R>().map(Some)
    }

    fn call_values(&self, cx: &mut HostContext<'_, T>, args: Vec<Val>) -> Result<Option<Val>> {
        Val::from_result(&(self.call)(cx, Val::to_params(args)?)?)
    }

    fn lower(
        self: Arc<Self>,
        cx: &mut engine::Context<'_, StoreData<T>>,
        site: LowerSite,
        pass: Option<Pass<T>>,
    ) -> Result<engine::Func, engine::Error> {
        core_func(cx, site, pass, move |cx, site, slots| call_wrapped(cx, site, slots, &self.call))
    }
}

/// Makes the core function of a place where a function is lowered: on registers if they are few integers.
fn core_func<T: 'static>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    site: LowerSite,
    pass: Option<Pass<T>>,
    call: impl Fn(&mut engine::Context<'_, StoreData<T>>, &LowerSite, &mut [u64]) -> Result<()>
    + Send
    + Sync
    + 'static,
) -> Result<engine::Func, engine::Error> {
    match pass {
        None => ungated(cx, site, call),
        Some(pass) => ungated(cx, site, move |cx, site, slots| pass.through(cx, |cx| call(cx, site, slots))),
    }
}

fn ungated<T: 'static>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    site: LowerSite,
    call: impl Fn(&mut engine::Context<'_, StoreData<T>>, &LowerSite, &mut [u64]) -> Result<()>
    + Send
    + Sync
    + 'static,
) -> Result<engine::Func, engine::Error> {
    let ty = site.core_type();
    if engine::Func::takes_integers(&ty) {
        return engine::Func::wrap_integers(cx, &ty, move |cx, mut slots| {
            call(cx, &site, &mut slots)?;
            let [result, ..] = slots;
            Ok(result)
        });
    }
    engine::Func::raw(cx, ty, move |cx, slots| call(cx, &site, slots).map_err(engine::Error::from))
}

#[inline]
fn call_wrapped<T, P: Lift, R: Lower>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    site: &LowerSite,
    slots: &mut [u64],
    call: impl Fn(&mut HostContext<'_, T>, P) -> Result<R>,
) -> Result<()> {
    cx.data_mut().state.leave_to_host(site.instance, site.scoped())?;
    let params: P = if const { P::LAYOUT.plain && P::LAYOUT.flat.fits(MAX_FLAT_PARAMS) } {
        marshal::call::lift_plain(slots)?
    } else {
        lifting(cx, &site.options, site.instance, &site.mentioned, |lift| {
            marshal::call::lift_params(lift, slots)
        })?
    };
    let result = call(&mut HostContext::new(cx.data_mut()), params)?;
    let out = const { marshal::call::result_pointer(&P::LAYOUT, &R::LAYOUT) };
    give_result(cx, site, &result, out, slots)
}

/// The end of a call to the host: its result is lowered, its scope closed.
#[inline]
fn give_result<T, R: Lower>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    site: &LowerSite,
    result: &R,
    out: Option<usize>,
    slots: &mut [u64],
) -> Result<()> {
    if const { R::LAYOUT.plain && R::LAYOUT.flat.fits(MAX_FLAT_RESULTS) } {
        marshal::call::lower_plain(result, slots)?;
    } else {
        let out = out.map_or(0, |index| return_pointer(slots, index));
        let mut guest = site.guest(cx);
        marshal::call::lower_result(&mut LowerContext::new(&mut guest), result, out, slots)?;
        guest.release();
    }
    cx.data_mut().state.back_from_host(site.scoped());
    Ok(())
}

/// A closure over values that may be borrowed from the guest's memory.
pub(crate) struct ViewFunc<P, R, F> {
    call: F,
    marker: PhantomData<fn(P) -> R>,
}

impl<P, R, F> ViewFunc<P, R, F> {
    pub(crate) fn new(call: F) -> Self {
        Self { call, marker: PhantomData }
    }
}

impl<T, P, R, F> HostFunc<T> for ViewFunc<P, R, F>
where
    T: 'static,
    P: Params + View + 'static,
    R: Lower + 'static,
    F: for<'m> Fn(&mut HostContext<'_, T>, P::Of<'m>) -> Result<R> + Send + Sync + 'static,
{
    fn typecheck(&self, ty: &FuncType) -> Result<(), TypeMismatch> {
        P::typecheck_params(ty.params())?;
        R::typecheck_optional(ty.result()).map_err(|mismatch| mismatch.within("the result"))
    }

    fn rust_type(&self) -> Result<Option<(Vec<ValType>, Option<ValType>)>> {
        rust_type::<P, R>().map(Some)
    }

    fn call_values(&self, cx: &mut HostContext<'_, T>, args: Vec<Val>) -> Result<Option<Val>> {
        let result = Val::view_params::<P, R>(args, |params| (self.call)(cx, params))?;
        Val::from_result(&result)
    }

    fn lower(
        self: Arc<Self>,
        cx: &mut engine::Context<'_, StoreData<T>>,
        site: LowerSite,
        pass: Option<Pass<T>>,
    ) -> Result<engine::Func, engine::Error> {
        core_func(cx, site, pass, move |cx, site, slots| call_view::<T, P, R>(cx, site, slots, &self.call))
    }
}

fn call_view<T, P: View, R: Lower>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    site: &LowerSite,
    slots: &mut [u64],
    call: impl for<'m> Fn(&mut HostContext<'_, T>, P::Of<'m>) -> Result<R>,
) -> Result<()> {
    cx.data_mut().state.leave_to_host(site.instance, site.scoped())?;
    let (options, mentioned) = (&site.options, &*site.mentioned);
    let result = viewing::<T, P, R>(
        cx,
        options,
        site.instance,
        mentioned,
        (slots, MAX_FLAT_PARAMS),
        |data, params| call(&mut HostContext::new(data), params),
    )?;
    let out = const { marshal::call::result_pointer(&P::LAYOUT, &R::LAYOUT) };
    give_result(cx, site, &result, out, slots)
}

/// The component types of Rust's parameters and result.
pub(crate) fn rust_type<P: ComponentType, R: ComponentType>() -> Result<(Vec<ValType>, Option<ValType>)> {
    let params = match ValType::of_optional::<P>()? {
        Some(ValType::Tuple(params)) => params.types().to_vec(),
        Some(other) => vec![other],
        None => Vec::new(),
    };
    Ok((params, ValType::of_optional::<R>()?))
}

/// A closure over dynamic values, for whatever type the component asks for.
pub(crate) struct DynamicFunc<F> {
    call: F,
}

impl<F> DynamicFunc<F> {
    pub(crate) fn new(call: F) -> Self {
        Self { call }
    }
}

impl<T, F> HostFunc<T> for DynamicFunc<F>
where
    T: 'static,
    F: Fn(&mut HostContext<'_, T>, &FuncType, &[Val]) -> Result<Option<Val>> + Send + Sync + 'static,
{
    fn typecheck(&self, _ty: &FuncType) -> Result<(), TypeMismatch> {
        Ok(())
    }

    fn rust_type(&self) -> Result<Option<(Vec<ValType>, Option<ValType>)>> {
        Ok(None)
    }

    fn call_values(&self, _: &mut HostContext<'_, T>, _: Vec<Val>) -> Result<Option<Val>> {
        Err(Error::internal("a dynamic function has no types of its own"))
    }

    fn lower(
        self: Arc<Self>,
        cx: &mut engine::Context<'_, StoreData<T>>,
        site: LowerSite,
        pass: Option<Pass<T>>,
    ) -> Result<engine::Func, engine::Error> {
        let param_slots = site.param_slots();
        engine::Func::raw(cx, site.core_type(), move |cx, slots| {
            cx.data_mut().state.leave_to_host(site.instance, true)?;
            let call = |cx: &mut engine::Context<'_, StoreData<T>>, args: &[Val]| {
                (self.call)(&mut HostContext::new(cx.data_mut()), &site.ty, args)
            };
            let mut run = |cx: &mut engine::Context<'_, StoreData<T>>| {
                lowered_dynamic(cx, &site, param_slots, slots, call)
            };
            match &pass {
                Some(pass) => pass.through(cx, run)?,
                None => run(cx)?,
            }
            cx.data_mut().state.end_scope();
            Ok(())
        })
    }
}

/// The caller's half of a dynamic call: lifts the arguments out of it, and lowers the result into it.
pub(super) fn lowered_dynamic<T>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    site: &LowerSite,
    param_slots: usize,
    slots: &mut [u64],
    call: impl FnOnce(&mut engine::Context<'_, StoreData<T>>, &[Val]) -> Result<Option<Val>>,
) -> Result<()> {
    let args = lifting(cx, &site.options, site.instance, &site.mentioned, |lift| {
        lift_values(lift, site.ty.params().iter().map(|(_, ty)| ty), MAX_FLAT_PARAMS, slots)
    })?;
    let result = call(cx, &args)?;
    if result.is_some() != site.ty.result().is_some() {
        return Err(Error::misuse("the host function must give a result exactly when its type has one"));
    }
    let mut guest = site.guest(cx);
    let mut lower = LowerContext::new(&mut guest);
    let out = Some(return_pointer(slots, param_slots));
    let results: &[Val] = result.as_slice();
    lower_values(&mut lower, site.ty.result().into_iter(), results, MAX_FLAT_RESULTS, out, slots)?;
    guest.release();
    Ok(())
}

/// The pointer in slot `index`, behind the parameters; 0 when there is none.
fn return_pointer(slots: &[u64], index: usize) -> u32 {
    slots.get(index).copied().map_or(0, low_half)
}
