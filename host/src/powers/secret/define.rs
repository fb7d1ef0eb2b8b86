//! The functions of `plugbay:host/secret`.

use std::sync::Arc;

use plugbay_component::{Borrow, Error, LinkerInstance, Resource, Result};
use plugbay_macro::{ComponentType, Lower};

use crate::audit::Verdict;
use crate::powers::{Cx, SECRET};
use crate::state::PluginState;
use crate::wasi::refused;

/// The resource `secret`: a name and its stand-in, and no secret.
#[derive(Debug)]
pub(crate) struct Held {
    name: Arc<str>,
    stand_in: Arc<str>,
}

/// The enum `error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lower)]
#[component(enum)]
enum NoSecret {
    Unknown,
}

/// How much of a name is told to the audit.
const MAX_TARGET: usize = 64;

type Opened = Result<Resource<Held>, NoSecret>;

pub(crate) fn define<T: 'static>(instance: &mut LinkerInstance<'_, PluginState<T>>) -> Result<()> {
    instance.resource::<Held>("secret", |cx: &mut Cx<'_, T>, rep| {
        cx.data_mut().table().delete(Resource::<Held>::own(rep)).map(drop).map_err(refused)
    })?;
    instance.func_view::<(&'static str,), Opened, _>("open", |cx: &mut Cx<'_, T>, (name,)| {
        let state = cx.data_mut();
        match state.powers().secrets.stand_in(name).map_err(Error::host)? {
            Some((name, stand_in)) => state.table().push(Held { name, stand_in }).map(Ok).map_err(refused),
            None => {
                let target = name.get(..name.floor_char_boundary(MAX_TARGET)).unwrap_or_default();
                state.wasi.note(SECRET, "open", target, Verdict::Denied, "not granted");
                Ok(Err(NoSecret::Unknown))
            }
        }
    })?;
    instance.func_wrap("names", |cx: &mut Cx<'_, T>, (): ()| {
        Ok(cx.data().powers().secrets.names().map(str::to_owned).collect::<Vec<_>>())
    })?;
    instance.func_wrap("[method]secret.name", |cx: &mut Cx<'_, T>, (this,): (Borrow<Held>,)| {
        cx.data_mut().table().get(this).map(|held| held.name.to_string()).map_err(refused)
    })?;
    instance.func_wrap("[method]secret.header-value", |cx: &mut Cx<'_, T>, (this,): (Borrow<Held>,)| {
        cx.data_mut().table().get(this).map(|held| held.stand_in.to_string()).map_err(refused)
    })?;
    Ok(())
}
