//! `outgoing-body`, `incoming-body`, `future-trailers`.

use std::sync::Arc;

use plugbay_component::{Borrow, Resource, Result};

use super::fields::Held;
use super::{Instance, resource};
use crate::wasi::http::error_code::ErrorCode;
use crate::wasi::http::request::OutgoingBody;
use crate::wasi::http::response::{FutureTrailers, IncomingBody};
use crate::wasi::http::streams::{BodySink, BodySource, EndCame};
use crate::wasi::io::{InputStream, OutputStream};
use crate::wasi::{Cx, Wasi, refused};

/// What `future-trailers.get` returns.
type Got = Option<Result<Result<Option<Resource<Held>>, ErrorCode>, ()>>;

impl Wasi {
    fn write_body(&mut self, this: Borrow<OutgoingBody>) -> Result<Result<Resource<OutputStream>, ()>> {
        let body = self.table.get_mut(&this).map_err(refused)?;
        if std::mem::replace(&mut body.written, true) {
            return Ok(Err(()));
        }
        let stream = OutputStream::sink(Arc::new(BodySink(body.outlet.clone())));
        self.table.push_child(stream, this).map(Ok).map_err(refused)
    }

    fn finish_body(
        &mut self,
        this: Resource<OutgoingBody>,
        trailers: Option<Resource<Held>>,
    ) -> Result<Result<(), ErrorCode>> {
        let body = self.table.delete(this).map_err(refused)?;
        let trailers = trailers.map(|trailers| self.release(trailers)).transpose()?;
        Ok(body.finish(trailers.filter(|trailers| trailers.len() > 0)))
    }

    fn read_body(&mut self, this: Borrow<IncomingBody>) -> Result<Result<Resource<InputStream>, ()>> {
        let body = self.table.get_mut(&this).map_err(refused)?;
        if std::mem::replace(&mut body.read, true) {
            return Ok(Err(()));
        }
        let stream = InputStream::source(Arc::new(BodySource(body.call.inlet.clone())));
        self.table.push_child(stream, this).map(Ok).map_err(refused)
    }

    fn finish_reading(&mut self, this: Resource<IncomingBody>) -> Result<Resource<FutureTrailers>> {
        let IncomingBody { call, .. } = self.table.delete(this).map_err(refused)?;
        call.inlet.discard();
        self.table.push(FutureTrailers { call, taken: false }).map_err(refused)
    }

    fn get_trailers(&mut self, this: Borrow<FutureTrailers>) -> Result<Got> {
        let future = self.table.get_mut(this).map_err(refused)?;
        let Some(ending) = future.call.inlet.ending() else { return Ok(None) };
        if std::mem::replace(&mut future.taken, true) {
            return Ok(Some(Err(())));
        }
        let trailers = match ending {
            Ok(Some(trailers)) => Ok(Some(self.show(&trailers)?)),
            Ok(None) => Ok(None),
            Err(code) => Err(code),
        };
        Ok(Some(Ok(trailers)))
    }
}

pub(super) fn define<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    resource!(instance, "outgoing-body", OutgoingBody);
    instance.func_wrap(
        "[method]outgoing-body.write",
        |cx: &mut Cx<'_, T>, (this,): (Borrow<OutgoingBody>,)| cx.data_mut().wasi.write_body(this),
    )?;
    instance.func_wrap(
        "[static]outgoing-body.finish",
        |cx: &mut Cx<'_, T>, (this, trailers): (Resource<OutgoingBody>, Option<Resource<Held>>)| {
            cx.data_mut().wasi.finish_body(this, trailers)
        },
    )?;
    resource!(instance, "incoming-body", IncomingBody);
    instance.func_wrap(
        "[method]incoming-body.stream",
        |cx: &mut Cx<'_, T>, (this,): (Borrow<IncomingBody>,)| cx.data_mut().wasi.read_body(this),
    )?;
    instance.func_wrap(
        "[static]incoming-body.finish",
        |cx: &mut Cx<'_, T>, (this,): (Resource<IncomingBody>,)| cx.data_mut().wasi.finish_reading(this),
    )?;
    resource!(instance, "future-trailers", FutureTrailers);
    instance.func_wrap(
        "[method]future-trailers.subscribe",
        |cx: &mut Cx<'_, T>, (this,): (Borrow<FutureTrailers>,)| {
            let wasi = &mut cx.data_mut().wasi;
            let inlet = wasi.table.get(&this).map_err(refused)?.call.inlet.clone();
            wasi.pollable_of(this, Arc::new(EndCame(inlet)))
        },
    )?;
    instance.func_wrap(
        "[method]future-trailers.get",
        |cx: &mut Cx<'_, T>, (this,): (Borrow<FutureTrailers>,)| cx.data_mut().wasi.get_trailers(this),
    )?;
    Ok(())
}
