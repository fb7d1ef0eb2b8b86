//! `wasi:io/streams`: the functions of `input-stream` and `output-stream`. Those that block are the others in a loop, with a
//! wait for what a subscriber waits for.

use plugbay_component::{Borrow, LinkerInstance, Resource, Result};
use plugbay_macro::{ComponentType, Lower};

use super::wait::pause;
use super::{Failure, InputStream, IoError, OutputStream};
use crate::interrupt::Waiter;
use crate::state::PluginState;
use crate::wasi::{Cx, MAX_TRANSFER, Wasi, mistake, refused, stopped};

/// The most bytes that `blocking-write-and-flush` and `blocking-write-zeroes-and-flush` take.
const MAX_BLOCKING_WRITE: u64 = 4096;

static ZEROES: [u8; MAX_TRANSFER] = [0; MAX_TRANSFER];

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

    fn try_read(
        &mut self,
        this: &Borrow<InputStream>,
        len: u64,
        wait: bool,
    ) -> Result<Result<Vec<u8>, Failure>> {
        let stream = self.table.get_mut(this).map_err(refused)?;
        loop {
            if !self.watch.may_use(stream.leads()) {
                return Ok(Err(Failure::Closed));
            }
            match stream.read(len) {
                Ok(bytes) if wait && bytes.is_empty() && len > 0 => {
                    if let Err(stop) = pause(&[stream.condition()], &self.waiter) {
                        return Ok(Err(stop.into()));
                    }
                }
                other => return Ok(other),
            }
        }
    }

    fn read(&mut self, this: &Borrow<InputStream>, len: u64, wait: bool) -> Outcome<Vec<u8>> {
        let result = self.try_read(this, len, wait)?;
        self.outcome(result)
    }

    fn skip(&mut self, this: &Borrow<InputStream>, len: u64, wait: bool) -> Outcome<u64> {
        let result = self.try_read(this, len, wait)?;
        self.outcome(result.map(|bytes| bytes.len() as u64))
    }

    /// Does something with an output stream, if it was not taken back.
    fn with_output<R>(
        &mut self,
        this: &Borrow<OutputStream>,
        work: impl FnOnce(&mut OutputStream, &Waiter) -> Result<R, Failure>,
    ) -> Outcome<R> {
        let stream = self.table.get_mut(this).map_err(refused)?;
        let result = match self.watch.may_use(stream.leads()) {
            true => work(stream, &self.waiter),
            false => Err(Failure::Closed),
        };
        self.outcome(result)
    }

    fn check_write(&mut self, this: &Borrow<OutputStream>) -> Outcome<u64> {
        self.with_output(this, |stream, _| Ok(stream.check()? as u64))
    }

    /// Traps when `check-write` did not permit so many bytes.
    fn permitted(&self, this: &Borrow<OutputStream>, len: u64) -> Result<()> {
        match self.table.get(this).map_err(refused)?.permits(len) {
            true => Ok(()),
            false => {
                Err(mistake(format!("it wrote {len} bytes to a stream, more than `check-write` permitted")))
            }
        }
    }

    fn write(&mut self, this: &Borrow<OutputStream>, contents: &[u8]) -> Outcome<()> {
        self.permitted(this, contents.len() as u64)?;
        self.with_output(this, |stream, waiter| stream.write(contents, waiter))
    }

    fn write_zeroes(&mut self, this: &Borrow<OutputStream>, len: u64) -> Outcome<()> {
        self.permitted(this, len)?;
        // What was permitted is not more than there are zeroes.
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        self.write(this, ZEROES.get(..len).unwrap_or(&ZEROES))
    }

    /// Writes all and flushes, however long it takes.
    fn write_and_flush(&mut self, this: &Borrow<OutputStream>, contents: &[u8]) -> Outcome<()> {
        let mut rest = contents;
        while !rest.is_empty() {
            let written = self.with_output(this, |stream, waiter| {
                let room = stream.check()?;
                let Some(chunk) = rest.get(..room.min(rest.len())).filter(|chunk| !chunk.is_empty()) else {
                    pause(&[stream.condition()], waiter)?;
                    return Ok(0);
                };
                stream.write(chunk, waiter)?;
                Ok(chunk.len())
            })?;
            match written {
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(error) => return Ok(Err(error)),
            }
        }
        self.blocking_flush(this)
    }

    fn blocking_flush(&mut self, this: &Borrow<OutputStream>) -> Outcome<()> {
        self.with_output(this, |stream, waiter| {
            while !stream.flush()? {
                pause(&[stream.condition()], waiter)?;
            }
            Ok(())
        })
    }

    fn splice(
        &mut self,
        this: &Borrow<OutputStream>,
        source: &Borrow<InputStream>,
        len: u64,
        wait: bool,
    ) -> Outcome<u64> {
        let room = loop {
            match self.check_write(this)? {
                Ok(0) if wait && len > 0 => {
                    let stream = self.table.get_mut(this).map_err(refused)?;
                    pause(&[stream.condition()], &self.waiter).map_err(stopped)?;
                }
                Ok(room) => break room,
                Err(error) => return Ok(Err(error)),
            }
        };
        let bytes = match self.read(source, len.min(room), wait && room > 0)? {
            Ok(bytes) => bytes,
            Err(error) => return Ok(Err(error)),
        };
        Ok(self.write(this, &bytes)?.map(|()| bytes.len() as u64))
    }
}

/// Traps when a blocking write has more bytes than the interface says.
fn check_blocking(len: u64) -> Result<()> {
    if len <= MAX_BLOCKING_WRITE {
        return Ok(());
    }
    Err(mistake(format!(
        "it wrote {len} bytes to a stream at once, more than the {MAX_BLOCKING_WRITE} that may block"
    )))
}

pub(in crate::wasi) fn define<T: 'static>(instance: &mut LinkerInstance<'_, PluginState<T>>) -> Result<()> {
    define_input(instance)?;
    define_output(instance)?;
    define_writes(instance)
}

fn define_input<T: 'static>(instance: &mut LinkerInstance<'_, PluginState<T>>) -> Result<()> {
    type This = Borrow<InputStream>;
    instance.resource::<InputStream>("input-stream", |cx: &mut Cx<'_, T>, rep| {
        cx.data_mut().wasi.table.delete(Resource::<InputStream>::own(rep)).map(drop).map_err(refused)
    })?;
    for (name, wait) in [("[method]input-stream.read", false), ("[method]input-stream.blocking-read", true)] {
        instance.func_wrap(name, move |cx: &mut Cx<'_, T>, (this, len): (This, u64)| {
            cx.data_mut().wasi.read(&this, len, wait)
        })?;
    }
    for (name, wait) in [("[method]input-stream.skip", false), ("[method]input-stream.blocking-skip", true)] {
        instance.func_wrap(name, move |cx: &mut Cx<'_, T>, (this, len): (This, u64)| {
            cx.data_mut().wasi.skip(&this, len, wait)
        })?;
    }
    instance.func_wrap("[method]input-stream.subscribe", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        let wasi = &mut cx.data_mut().wasi;
        let condition = wasi.table.get(&this).map_err(refused)?.condition();
        wasi.pollable_of(this, condition)
    })?;
    Ok(())
}

fn define_output<T: 'static>(instance: &mut LinkerInstance<'_, PluginState<T>>) -> Result<()> {
    type This = Borrow<OutputStream>;
    instance.resource::<OutputStream>("output-stream", |cx: &mut Cx<'_, T>, rep| {
        cx.data_mut().wasi.table.delete(Resource::<OutputStream>::own(rep)).map(drop).map_err(refused)
    })?;
    instance.func_wrap("[method]output-stream.check-write", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.check_write(&this)
    })?;
    instance.func_wrap("[method]output-stream.flush", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.with_output(&this, |stream, _| stream.flush().map(drop))
    })?;
    instance.func_wrap("[method]output-stream.blocking-flush", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.blocking_flush(&this)
    })?;
    instance.func_wrap("[method]output-stream.subscribe", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        let wasi = &mut cx.data_mut().wasi;
        let condition = wasi.table.get(&this).map_err(refused)?.condition();
        wasi.pollable_of(this, condition)
    })?;
    for (name, wait) in
        [("[method]output-stream.splice", false), ("[method]output-stream.blocking-splice", true)]
    {
        instance.func_wrap(
            name,
            move |cx: &mut Cx<'_, T>, (this, source, len): (This, Borrow<InputStream>, u64)| {
                cx.data_mut().wasi.splice(&this, &source, len, wait)
            },
        )?;
    }
    Ok(())
}

fn define_writes<T: 'static>(instance: &mut LinkerInstance<'_, PluginState<T>>) -> Result<()> {
    type This = Borrow<OutputStream>;
    instance.func_wrap(
        "[method]output-stream.write",
        |cx: &mut Cx<'_, T>, (this, contents): (This, Vec<u8>)| cx.data_mut().wasi.write(&this, &contents),
    )?;
    instance.func_wrap(
        "[method]output-stream.blocking-write-and-flush",
        |cx: &mut Cx<'_, T>, (this, contents): (This, Vec<u8>)| {
            check_blocking(contents.len() as u64)?;
            cx.data_mut().wasi.write_and_flush(&this, &contents)
        },
    )?;
    instance
        .func_wrap("[method]output-stream.write-zeroes", |cx: &mut Cx<'_, T>, (this, len): (This, u64)| {
            cx.data_mut().wasi.write_zeroes(&this, len)
        })?;
    instance.func_wrap(
        "[method]output-stream.blocking-write-zeroes-and-flush",
        |cx: &mut Cx<'_, T>, (this, len): (This, u64)| {
            check_blocking(len)?;
            let zeroes = ZEROES.get(..usize::try_from(len).unwrap_or(0)).unwrap_or_default();
            cx.data_mut().wasi.write_and_flush(&this, zeroes)
        },
    )?;
    Ok(())
}
