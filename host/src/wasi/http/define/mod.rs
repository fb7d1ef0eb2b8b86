//! The functions of `wasi:http` for a linker: what belongs to which name. What they do is in the files beside.

mod bodies;
mod fields;
mod requests;
mod responses;

use plugbay_component::{Borrow, LinkerInstance, Resource, Result};

use super::request::{OutgoingRequest, RequestOptions};
use crate::state::PluginState;
use crate::wasi::io::IoError;
use crate::wasi::{Cx, refused};

type Instance<'a, T> = LinkerInstance<'a, PluginState<T>>;

/// Defines a resource whose destructor takes it from the table.
macro_rules! resource {
    ($instance:ident, $name:literal, $type:ty) => {
        $instance.resource::<$type>($name, |cx: &mut Cx<'_, T>, rep| {
            cx.data_mut().wasi.table.delete(Resource::<$type>::own(rep)).map(drop).map_err(refused)
        })?
    };
}
use resource;

pub(in crate::wasi) fn define_types<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    fields::define(instance)?;
    requests::define(instance)?;
    responses::define(instance)?;
    bodies::define(instance)?;
    instance.func_wrap("http-error-code", |cx: &mut Cx<'_, T>, (error,): (Borrow<IoError>,)| {
        Ok(cx.data_mut().wasi.table.get(error).map_err(refused)?.http.clone())
    })?;
    Ok(())
}

pub(in crate::wasi) fn define_handler<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    type Options = Option<Resource<RequestOptions>>;
    instance.func_wrap(
        "handle",
        |cx: &mut Cx<'_, T>, (request, options): (Resource<OutgoingRequest>, Options)| {
            cx.data_mut().wasi.handle_request(request, options)
        },
    )?;
    Ok(())
}
