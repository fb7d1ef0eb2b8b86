//! `future-incoming-response`, `incoming-response`, `outgoing-response`, and `response-outparam`, of which there are none.

use std::sync::Arc;

use plugbay_component::{Borrow, Resource, Result};

use super::fields::Held;
use super::{Instance, resource};
use crate::wasi::http::authority::content_length;
use crate::wasi::http::error_code::ErrorCode;
use crate::wasi::http::request::OutgoingBody;
use crate::wasi::http::response::{
    FutureIncomingResponse, IncomingBody, IncomingResponse, OutgoingResponse, ResponseOutparam,
};
use crate::wasi::http::streams::HeadCame;
use crate::wasi::{Cx, Wasi, mistake, refused};

/// What `future-incoming-response.get` returns.
type Got = Option<Result<Result<Resource<IncomingResponse>, ErrorCode>, ()>>;

impl Wasi {
    fn get_response(&mut self, this: Borrow<FutureIncomingResponse>) -> Result<Got> {
        let future = self.table.get_mut(this).map_err(refused)?;
        let Some(head) = future.inlet.head() else { return Ok(None) };
        // Taken by an earlier call.
        let Some(call) = future.call.take() else { return Ok(Some(Err(()))) };
        let response = match head {
            Ok(head) => {
                let response =
                    IncomingResponse { status: head.status, headers: head.headers, call: Some(call) };
                Ok(self.table.push(response).map_err(refused)?)
            }
            Err(code) => Err(code),
        };
        Ok(Some(Ok(response)))
    }

    fn consume_response(
        &mut self,
        this: Borrow<IncomingResponse>,
    ) -> Result<Result<Resource<IncomingBody>, ()>> {
        let response = self.table.get_mut(this).map_err(refused)?;
        match response.call.take() {
            Some(call) => self.table.push(IncomingBody { call, read: false }).map(Ok).map_err(refused),
            None => Ok(Err(())),
        }
    }

    fn response_body(
        &mut self,
        this: Borrow<OutgoingResponse>,
    ) -> Result<Result<Resource<OutgoingBody>, ()>> {
        let rep = this.rep();
        let response = self.table.get(this).map_err(refused)?;
        if response.body.is_some() {
            return Ok(Err(()));
        }
        let length = content_length(&response.headers).unwrap_or_default();
        let (body, outlet) = self.outgoing_body(length)?;
        self.table.get_mut(Borrow::<OutgoingResponse>::new(rep)).map_err(refused)?.body = Some(outlet);
        self.table.push(body).map(Ok).map_err(refused)
    }
}

pub(super) fn define<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    define_future(instance)?;
    define_incoming(instance)?;
    define_outgoing(instance)?;
    define_outparam(instance)
}

fn define_future<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    type This = Borrow<FutureIncomingResponse>;
    resource!(instance, "future-incoming-response", FutureIncomingResponse);
    instance.func_wrap(
        "[method]future-incoming-response.subscribe",
        |cx: &mut Cx<'_, T>, (this,): (This,)| {
            let wasi = &mut cx.data_mut().wasi;
            let inlet = wasi.table.get(&this).map_err(refused)?.inlet.clone();
            wasi.pollable_of(this, Arc::new(HeadCame(inlet)))
        },
    )?;
    instance.func_wrap("[method]future-incoming-response.get", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.get_response(this)
    })?;
    Ok(())
}

fn define_incoming<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    type This = Borrow<IncomingResponse>;
    resource!(instance, "incoming-response", IncomingResponse);
    instance.func_wrap("[method]incoming-response.status", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        Ok(cx.data_mut().wasi.table.get(this).map_err(refused)?.status)
    })?;
    instance.func_wrap("[method]incoming-response.headers", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        let wasi = &mut cx.data_mut().wasi;
        let headers = wasi.table.get(this).map_err(refused)?.headers.clone();
        wasi.show(&headers)
    })?;
    instance.func_wrap("[method]incoming-response.consume", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.consume_response(this)
    })?;
    Ok(())
}

fn define_outgoing<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    type This = Borrow<OutgoingResponse>;
    resource!(instance, "outgoing-response", OutgoingResponse);
    instance.func_wrap(
        "[constructor]outgoing-response",
        |cx: &mut Cx<'_, T>, (headers,): (Resource<Held>,)| {
            let wasi = &mut cx.data_mut().wasi;
            let headers = wasi.release(headers)?;
            wasi.table.push(OutgoingResponse { status: 200, headers, body: None }).map_err(refused)
        },
    )?;
    instance.func_wrap("[method]outgoing-response.status-code", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        Ok(cx.data_mut().wasi.table.get(this).map_err(refused)?.status)
    })?;
    instance.func_wrap(
        "[method]outgoing-response.set-status-code",
        |cx: &mut Cx<'_, T>, (this, status): (This, u16)| {
            let response = cx.data_mut().wasi.table.get_mut(this).map_err(refused)?;
            if !(100..=599).contains(&status) {
                return Ok(Err(()));
            }
            response.status = status;
            Ok(Ok(()))
        },
    )?;
    instance.func_wrap("[method]outgoing-response.headers", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        let wasi = &mut cx.data_mut().wasi;
        let headers = wasi.table.get(this).map_err(refused)?.headers.clone();
        wasi.show(&headers)
    })?;
    instance.func_wrap("[method]outgoing-response.body", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.response_body(this)
    })?;
    Ok(())
}

fn define_outparam<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    type Answer = Result<Resource<OutgoingResponse>, ErrorCode>;
    resource!(instance, "response-outparam", ResponseOutparam);
    instance.func_wrap(
        "[static]response-outparam.set",
        |_: &mut Cx<'_, T>, (_, _): (Resource<ResponseOutparam>, Answer)| -> Result<()> {
            Err(mistake("it used a `response-outparam`, and nobody gave it one"))
        },
    )?;
    Ok(())
}
