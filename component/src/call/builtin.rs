//! The resource built-ins: `resource.new`, `resource.drop`, `resource.rep`, and the destructors behind `resource.drop`.

use std::sync::Arc;

use plugbay_engine as engine;
use plugbay_engine::ValType::I32;

use crate::abi::flat::low_half;
use crate::error::{Error, Result};
use crate::instance::{HostContext, StoreData};
use crate::resource::ResourceKind;

type Made = Result<engine::Func, engine::Error>;

/// `resource.new`: an own of `resource` in the table of `instance`.
pub(crate) fn resource_new<T: 'static>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    resource: u32,
    instance: u32,
) -> Made {
    let ty = engine::FuncType::new([I32], [I32]);
    engine::Func::raw(cx, ty, move |cx, slots| {
        let state = &mut cx.data_mut().state;
        state.check_may_leave(instance)?;
        with_slot(slots, |rep| state.guest_lower_own(instance, resource, rep))
    })
}

/// `resource.rep`: the representation behind a handle.
pub(crate) fn resource_rep<T: 'static>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    resource: u32,
    instance: u32,
) -> Made {
    let ty = engine::FuncType::new([I32], [I32]);
    engine::Func::raw(cx, ty, move |cx, slots| {
        let state = &mut cx.data_mut().state;
        with_slot(slots, |index| state.guest_rep(instance, resource, index))
    })
}

/// `resource.drop`: removes a handle, and destroys the resource if the handle owned it.
pub(crate) fn resource_drop<T: 'static>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    resource: u32,
    instance: u32,
) -> Made {
    let ty = engine::FuncType::new([I32], []);
    engine::Func::raw(cx, ty, move |cx, slots| {
        let index = slots.first().map_or(0, |slot| low_half(*slot));
        let state = &mut cx.data_mut().state;
        let mut drop = || {
            state.check_may_leave(instance)?;
            state.guest_drop(instance, resource, index)
        };
        match drop()? {
            Some(rep) => drop_resource(cx, resource, rep, Some(instance)).map_err(engine::Error::from),
            None => Ok(()),
        }
    })
}

fn with_slot(slots: &mut [u64], work: impl FnOnce(u32) -> Result<u32>) -> Result<(), engine::Error> {
    let slot = slots.first_mut().ok_or_else(|| Error::internal("a built-in without slots"))?;
    *slot = u64::from(work(low_half(*slot))?);
    Ok(())
}

/// Runs the destructor of a resource that nobody owns any more; `caller` is the instance that dropped it, if it was not
/// the host.
pub(crate) fn drop_resource<T>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    resource: u32,
    rep: u32,
    caller: Option<u32>,
) -> Result<()> {
    let data = cx.data_mut();
    match data.state.kind(data.state.canonical(resource)) {
        ResourceKind::Pending => Err(Error::internal("a handle of a resource type that does not exist yet")),
        ResourceKind::Host { dtor, .. } => {
            let dtor = data.host_dtors.get(dtor as usize).map(Arc::clone);
            let dtor = dtor.ok_or_else(|| Error::internal("destructor index"))?;
            dtor(&mut HostContext::new(data), rep)
        }
        ResourceKind::Guest { dtor: None, instance } => {
            data.state.enter(instance, caller)?;
            data.state.leave(instance, caller);
            Ok(())
        }
        ResourceKind::Guest { dtor: Some(dtor), instance } => {
            let dtor = data.guest_dtors.get(dtor as usize).copied();
            let dtor = dtor.ok_or_else(|| Error::internal("destructor index"))?;
            data.state.enter(instance, caller)?;
            dtor.call_raw(cx, &mut [u64::from(rep)])?;
            let state = &mut cx.data_mut().state;
            state.scopes.check_returned()?;
            state.leave(instance, caller);
            Ok(())
        }
    }
}
