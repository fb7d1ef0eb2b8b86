//! `wasi:io/streams`: the functions of `input-stream` and `output-stream`.

use plugbay_component::{Borrow, LinkerInstance, Resource, Result};
use plugbay_macro::{ComponentType, Lower};

use super::{Failure, InputStream, IoError, OutputStream};
use crate::state::PluginState;
use crate::wasi::{Cx, MAX_TRANSFER, Wasi, mistake, refused, stopped};

/// The variant `stream-error`.
#[derive(Debug, ComponentType, Lower)]
#[component(variant)]
enum StreamError {
    LastOperationFailed(Resource<IoError>),
    Closed,
}

type Outcome<R> = Result<Result<R, StreamError>>;

impl Wasi {
    /// The result of a stream operation as the guest sees it.
    fn outcome<R>(&mut self, result: Result<R, Failure>) -> Outcome<R> {
        match result {
            Ok(value) => Ok(Ok(value)),
            Err(Failure::Closed) => Ok(Err(StreamError::Closed)),
            Err(Failure::Failed(error)) => {
                Ok(Err(StreamError::LastOperationFailed(self.table.push(error).map_err(refused)?)))
            }
            Err(Failure::Stopped(stop)) => Err(stopped(stop)),
        }
    }

    fn read(&mut self, this: Borrow<InputStream>, len: u64, wait: bool) -> Outcome<Vec<u8>> {
        let stream = self.table.get_mut(this).map_err(refused)?;
        let result = match self.watch.may_use(stream.leads()) {
            true => stream.read(len, wait.then_some(&self.waiter)),
            false => Err(Failure::Closed),
        };
        self.outcome(result)
    }

    fn skip(&mut self, this: Borrow<InputStream>, len: u64, wait: bool) -> Outcome<u64> {
        Ok(self.read(this, len, wait)?.map(|bytes| bytes.len() as u64))
    }

    fn write(&mut self, this: Borrow<OutputStream>, contents: &[u8]) -> Outcome<()> {
        if contents.len() > MAX_TRANSFER {
            return Err(mistake(format!(
                "it wrote {} bytes to a stream at once, more than the {MAX_TRANSFER} that `check-write` permits",
                contents.len()
            )));
        }
        let stream = self.table.get_mut(this).map_err(refused)?;
        let result = match self.watch.may_use(stream.leads()) {
            true => stream.write(contents, &self.waiter),
            false => Err(Failure::Closed),
        };
        self.outcome(result)
    }

    fn write_zeroes(&mut self, this: Borrow<OutputStream>, len: u64) -> Outcome<()> {
        let len = usize::try_from(len).unwrap_or(usize::MAX).min(MAX_TRANSFER.saturating_add(1));
        self.write(this, &vec![0; len])
    }

    fn flush(&mut self, this: Borrow<OutputStream>) -> Outcome<()> {
        let stream = self.table.get_mut(this).map_err(refused)?;
        let result = if self.watch.may_use(stream.leads()) { stream.flush() } else { Err(Failure::Closed) };
        self.outcome(result)
    }

    fn check_write(&mut self, this: Borrow<OutputStream>) -> Outcome<u64> {
        let stream = self.table.get(this).map_err(refused)?;
        let result = if self.watch.may_use(stream.leads()) { stream.check() } else { Err(Failure::Closed) };
        self.outcome(result.map(|room| room as u64))
    }

    fn splice(
        &mut self,
        this: Borrow<OutputStream>,
        source: Borrow<InputStream>,
        len: u64,
        wait: bool,
    ) -> Outcome<u64> {
        let len = match self.check_write(Borrow::new(this.rep()))? {
            Ok(room) if !wait => len.min(room),
            Ok(_) => len,
            Err(error) => return Ok(Err(error)),
        };
        let bytes = match self.read(source, len, wait)? {
            Ok(bytes) => bytes,
            Err(error) => return Ok(Err(error)),
        };
        Ok(self.write(this, &bytes)?.map(|()| bytes.len() as u64))
    }
}

pub(in crate::wasi) fn define<T: 'static>(instance: &mut LinkerInstance<'_, PluginState<T>>) -> Result<()> {
    define_input(instance)?;
    define_output(instance)
}

fn define_input<T: 'static>(instance: &mut LinkerInstance<'_, PluginState<T>>) -> Result<()> {
    type This = Borrow<InputStream>;
    instance.resource::<InputStream>("input-stream", |cx: &mut Cx<'_, T>, rep| {
        cx.data_mut().wasi.table.delete(Resource::<InputStream>::own(rep)).map(drop).map_err(refused)
    })?;
    instance.func_wrap("[method]input-stream.read", |cx: &mut Cx<'_, T>, (this, len): (This, u64)| {
        cx.data_mut().wasi.read(this, len, false)
    })?;
    instance
        .func_wrap("[method]input-stream.blocking-read", |cx: &mut Cx<'_, T>, (this, len): (This, u64)| {
            cx.data_mut().wasi.read(this, len, true)
        })?;
    instance.func_wrap("[method]input-stream.skip", |cx: &mut Cx<'_, T>, (this, len): (This, u64)| {
        cx.data_mut().wasi.skip(this, len, false)
    })?;
    instance
        .func_wrap("[method]input-stream.blocking-skip", |cx: &mut Cx<'_, T>, (this, len): (This, u64)| {
            cx.data_mut().wasi.skip(this, len, true)
        })?;
    instance.func_wrap("[method]input-stream.subscribe", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        let wasi = &mut cx.data_mut().wasi;
        let pollable = wasi.table.get(this).map_err(refused)?.pollable();
        wasi.pollable(pollable)
    })?;
    Ok(())
}

fn define_output<T: 'static>(instance: &mut LinkerInstance<'_, PluginState<T>>) -> Result<()> {
    type This = Borrow<OutputStream>;
    instance.resource::<OutputStream>("output-stream", |cx: &mut Cx<'_, T>, rep| {
        cx.data_mut().wasi.table.delete(Resource::<OutputStream>::own(rep)).map(drop).map_err(refused)
    })?;
    instance.func_wrap("[method]output-stream.check-write", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.check_write(this)
    })?;
    for name in ["[method]output-stream.write", "[method]output-stream.blocking-write-and-flush"] {
        instance.func_wrap(name, |cx: &mut Cx<'_, T>, (this, contents): (This, Vec<u8>)| {
            cx.data_mut().wasi.write(this, &contents)
        })?;
    }
    for name in
        ["[method]output-stream.write-zeroes", "[method]output-stream.blocking-write-zeroes-and-flush"]
    {
        instance.func_wrap(name, |cx: &mut Cx<'_, T>, (this, len): (This, u64)| {
            cx.data_mut().wasi.write_zeroes(this, len)
        })?;
    }
    for name in ["[method]output-stream.flush", "[method]output-stream.blocking-flush"] {
        instance.func_wrap(name, |cx: &mut Cx<'_, T>, (this,): (This,)| cx.data_mut().wasi.flush(this))?;
    }
    instance.func_wrap("[method]output-stream.subscribe", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        let wasi = &mut cx.data_mut().wasi;
        let pollable = wasi.table.get(this).map_err(refused)?.pollable();
        wasi.pollable(pollable)
    })?;
    for (name, wait) in
        [("[method]output-stream.splice", false), ("[method]output-stream.blocking-splice", true)]
    {
        instance.func_wrap(
            name,
            move |cx: &mut Cx<'_, T>, (this, source, len): (This, Borrow<InputStream>, u64)| {
                cx.data_mut().wasi.splice(this, source, len, wait)
            },
        )?;
    }
    Ok(())
}
