//! `outgoing-request`, `request-options`, and `incoming-request`, which no guest ever gets.

use std::sync::Arc;

use plugbay_component::{Borrow, Resource, Result};

use super::fields::Held;
use super::{Instance, resource};
use crate::usage::Kind;
use crate::wasi::http::authority::content_length;
use crate::wasi::http::outlet::{CAPACITY, Outlet};
use crate::wasi::http::request::{OutgoingBody, OutgoingRequest, RequestOptions};
use crate::wasi::http::response::{IncomingBody, IncomingRequest};
use crate::wasi::http::types::{Method, Scheme};
use crate::wasi::{Cx, Wasi, mistake, refused};

type This = Borrow<OutgoingRequest>;

impl Wasi {
    /// A new body, whose length `headers` may say, and the queue that it writes to.
    pub(super) fn outgoing_body(&self, content_length: Option<u64>) -> Result<(OutgoingBody, Arc<Outlet>)> {
        let buffer = self.meter.take_many(Kind::HostBytes, CAPACITY as u64)?;
        let (limit, interrupt) = (self.http.limits.request_body, self.waiter.interrupt.clone());
        let outlet = Arc::new(Outlet::new(content_length, limit, interrupt));
        Ok((OutgoingBody { outlet: outlet.clone(), written: false, _buffer: buffer }, outlet))
    }

    fn request_body(&mut self, this: This) -> Result<Result<Resource<OutgoingBody>, ()>> {
        let rep = this.rep();
        let request = self.table.get(This::new(rep)).map_err(refused)?;
        if request.body.is_some() {
            return Ok(Err(()));
        }
        // What is no length is refused when the request is sent.
        let length = content_length(&request.headers).unwrap_or_default();
        let (body, outlet) = self.outgoing_body(length)?;
        self.outgoing_request(This::new(rep), |request| request.body = Some(outlet))?;
        self.table.push(body).map(Ok).map_err(refused)
    }
}

pub(super) fn define<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    define_outgoing(instance)?;
    define_parts(instance)?;
    define_options(instance)?;
    define_incoming(instance)
}

fn define_outgoing<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    resource!(instance, "outgoing-request", OutgoingRequest);
    instance.func_wrap(
        "[constructor]outgoing-request",
        |cx: &mut Cx<'_, T>, (headers,): (Resource<Held>,)| {
            let wasi = &mut cx.data_mut().wasi;
            let headers = wasi.release(headers)?;
            wasi.table.push(OutgoingRequest::new(headers)).map_err(refused)
        },
    )?;
    instance.func_wrap("[method]outgoing-request.body", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.request_body(this)
    })?;
    instance.func_wrap("[method]outgoing-request.headers", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        let wasi = &mut cx.data_mut().wasi;
        let headers = wasi.outgoing_request(this, |request| request.headers.clone())?;
        wasi.show(&headers)
    })?;
    Ok(())
}

fn define_parts<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.func_wrap("[method]outgoing-request.method", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.outgoing_request(this, |request| request.method.clone())
    })?;
    instance.func_wrap(
        "[method]outgoing-request.set-method",
        |cx: &mut Cx<'_, T>, (this, method): (This, Method)| {
            cx.data_mut().wasi.outgoing_request(this, |request| request.set_method(method))
        },
    )?;
    instance.func_wrap(
        "[method]outgoing-request.path-with-query",
        |cx: &mut Cx<'_, T>, (this,): (This,)| {
            cx.data_mut().wasi.outgoing_request(this, |request| request.path.clone())
        },
    )?;
    instance.func_wrap(
        "[method]outgoing-request.set-path-with-query",
        |cx: &mut Cx<'_, T>, (this, path): (This, Option<String>)| {
            cx.data_mut().wasi.outgoing_request(this, |request| request.set_path(path))
        },
    )?;
    instance.func_wrap("[method]outgoing-request.scheme", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.outgoing_request(this, |request| request.scheme.clone())
    })?;
    instance.func_wrap(
        "[method]outgoing-request.set-scheme",
        |cx: &mut Cx<'_, T>, (this, scheme): (This, Option<Scheme>)| {
            cx.data_mut().wasi.outgoing_request(this, |request| request.set_scheme(scheme))
        },
    )?;
    instance.func_wrap("[method]outgoing-request.authority", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.outgoing_request(this, |request| request.authority.clone())
    })?;
    instance.func_wrap(
        "[method]outgoing-request.set-authority",
        |cx: &mut Cx<'_, T>, (this, authority): (This, Option<String>)| {
            cx.data_mut().wasi.outgoing_request(this, |request| request.set_authority(authority))
        },
    )?;
    Ok(())
}

fn define_options<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    type This = Borrow<RequestOptions>;
    type Time = fn(&mut RequestOptions) -> &mut Option<u64>;
    resource!(instance, "request-options", RequestOptions);
    instance.func_wrap("[constructor]request-options", |cx: &mut Cx<'_, T>, (): ()| {
        cx.data_mut().wasi.table.push(RequestOptions::default()).map_err(refused)
    })?;
    let times: [(&str, &str, Time); 3] = [
        (
            "[method]request-options.connect-timeout",
            "[method]request-options.set-connect-timeout",
            |options| &mut options.connect,
        ),
        (
            "[method]request-options.first-byte-timeout",
            "[method]request-options.set-first-byte-timeout",
            |options| &mut options.first_byte,
        ),
        (
            "[method]request-options.between-bytes-timeout",
            "[method]request-options.set-between-bytes-timeout",
            |options| &mut options.between_bytes,
        ),
    ];
    for (get, set, time) in times {
        instance.func_wrap(get, move |cx: &mut Cx<'_, T>, (this,): (This,)| {
            Ok(*time(cx.data_mut().wasi.table.get_mut(this).map_err(refused)?))
        })?;
        instance.func_wrap(set, move |cx: &mut Cx<'_, T>, (this, value): (This, Option<u64>)| {
            *time(cx.data_mut().wasi.table.get_mut(this).map_err(refused)?) = value;
            Ok(Ok::<(), ()>(()))
        })?;
    }
    Ok(())
}

fn define_incoming<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    type This = Borrow<IncomingRequest>;
    resource!(instance, "incoming-request", IncomingRequest);
    fn none<R>() -> Result<R> {
        Err(mistake("it used an `incoming-request`, and nobody gave it one"))
    }
    instance
        .func_wrap("[method]incoming-request.method", |_: &mut Cx<'_, T>, (_,): (This,)| none::<Method>())?;
    for name in ["[method]incoming-request.path-with-query", "[method]incoming-request.authority"] {
        instance.func_wrap(name, |_: &mut Cx<'_, T>, (_,): (This,)| none::<Option<String>>())?;
    }
    instance.func_wrap("[method]incoming-request.scheme", |_: &mut Cx<'_, T>, (_,): (This,)| {
        none::<Option<Scheme>>()
    })?;
    instance.func_wrap("[method]incoming-request.headers", |_: &mut Cx<'_, T>, (_,): (This,)| {
        none::<Resource<Held>>()
    })?;
    instance.func_wrap("[method]incoming-request.consume", |_: &mut Cx<'_, T>, (_,): (This,)| {
        none::<Result<Resource<IncomingBody>, ()>>()
    })?;
    Ok(())
}
