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
    engine::Func::wrap_integers(cx, &ty, move |cx, [rep, ..]| {
        let state = &mut cx.data_mut().state;
        state.check_may_leave(instance)?;
        Ok(state.guest_lower_own(instance, resource, low_half(rep)).map(u64::from)?)
    })
}

/// `resource.rep`: the representation behind a handle.
pub(crate) fn resource_rep<T: 'static>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    resource: u32,
    instance: u32,
) -> Made {
    let ty = engine::FuncType::new([I32], [I32]);
    engine::Func::wrap_integers(cx, &ty, move |cx, [index, ..]| {
        let state = &mut cx.data_mut().state;
        Ok(state.guest_rep(instance, resource, low_half(index)).map(u64::from)?)
    })
}

/// `resource.drop`: removes a handle, and destroys the resource if the handle owned it.
pub(crate) fn resource_drop<T: 'static>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    resource: u32,
    instance: u32,
) -> Made {
    let ty = engine::FuncType::new([I32], []);
    engine::Func::wrap_integers(cx, &ty, move |cx, [index, ..]| {
        let state = &mut cx.data_mut().state;
        state.check_may_leave(instance)?;
        if let Some(rep) = state.guest_drop(instance, resource, low_half(index))? {
            drop_resource(cx, resource, rep, Some(instance))?;
        }
        Ok(0)
    })
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
            dtor.call(cx, [u64::from(rep)])?;
            let state = &mut cx.data_mut().state;
            state.scopes.check_returned()?;
            state.leave(instance, caller);
            Ok(())
        }
    }
}
