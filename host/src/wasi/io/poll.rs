//! `wasi:io/poll`: waiting for a clock or a stream, never past the deadline of the call.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant};

use plugbay_component::{Borrow, LinkerInstance, Resource, Result};

use super::input::stdin_is_ready;
use crate::interrupt::{Stop, Waiter};
use crate::state::PluginState;
use crate::wasi::{Cx, Wasi, mistake, refused, stopped};

/// The most pollables that one call waits for.
const MAX_POLLABLES: usize = 10_000;

/// The resource `pollable`.
#[derive(Clone, Debug)]
pub(in crate::wasi) enum Pollable {
    /// Ready at any time: files, output, streams that are at their end.
    Ready,
    /// Ready from a moment on.
    At(Instant),
    /// Never ready: a moment that the clock will not reach.
    Never,
    /// Ready when the standard input of this process can be read.
    Stdin,
    /// Ready when another thread has done something.
    When(Arc<dyn Condition>),
}

/// What another thread brings about. When it has, it wakes the plugin (`Interrupt::wake`).
pub(in crate::wasi) trait Condition: Debug + Send + Sync {
    /// Whether it has happened.
    fn holds(&self) -> bool;
}

impl Pollable {
    fn is_ready(&self, now: Instant) -> bool {
        match self {
            Self::Ready => true,
            Self::At(time) => now >= *time,
            Self::Never => false,
            Self::Stdin => stdin_is_ready(Duration::ZERO),
            Self::When(condition) => condition.holds(),
        }
    }
}

/// The indices of those that are ready, after waiting until there is one.
fn poll(pollables: &[Pollable], waiter: &Waiter) -> Result<Vec<u32>, Stop> {
    let earliest = pollables.iter().filter_map(|pollable| match pollable {
        Pollable::At(time) => Some(*time),
        _ => None,
    });
    let earliest = earliest.min();
    let stdin = pollables.iter().any(|pollable| matches!(pollable, Pollable::Stdin));
    loop {
        waiter.check()?;
        let now = Instant::now();
        // A list may name standard input many times; the system is asked once.
        let stdin_ready = stdin && Pollable::Stdin.is_ready(now);
        let ready = |pollable: &Pollable| match pollable {
            Pollable::Stdin => stdin_ready,
            other => other.is_ready(now),
        };
        let ready: Vec<u32> =
            (0u32..).zip(pollables).filter(|(_, pollable)| ready(pollable)).map(|(index, _)| index).collect();
        if !ready.is_empty() {
            return Ok(ready);
        }
        if stdin {
            stdin_is_ready(waiter.slice(earliest));
        } else {
            let happened =
                || pollables.iter().any(|pollable| matches!(pollable, Pollable::When(it) if it.holds()));
            waiter.wait_until(earliest, happened)?;
        }
    }
}

impl Wasi {
    pub(in crate::wasi) fn pollable(&mut self, pollable: Pollable) -> Result<Resource<Pollable>> {
        self.table.push(pollable).map_err(refused)
    }

    fn get_pollable(&self, pollable: Borrow<Pollable>) -> Result<Pollable> {
        self.table.get(pollable).cloned().map_err(refused)
    }
}

pub(in crate::wasi) fn define<T: 'static>(instance: &mut LinkerInstance<'_, PluginState<T>>) -> Result<()> {
    instance.resource::<Pollable>("pollable", |cx: &mut Cx<'_, T>, rep| {
        cx.data_mut().wasi.table.delete(Resource::<Pollable>::own(rep)).map(drop).map_err(refused)
    })?;
    instance.func_wrap("[method]pollable.ready", |cx: &mut Cx<'_, T>, (this,): (Borrow<Pollable>,)| {
        Ok(cx.data_mut().wasi.get_pollable(this)?.is_ready(Instant::now()))
    })?;
    instance.func_wrap("[method]pollable.block", |cx: &mut Cx<'_, T>, (this,): (Borrow<Pollable>,)| {
        let wasi = &mut cx.data_mut().wasi;
        let pollable = wasi.get_pollable(this)?;
        poll(&[pollable], &wasi.waiter).map(drop).map_err(stopped)
    })?;
    instance.func_wrap("poll", |cx: &mut Cx<'_, T>, (list,): (Vec<Borrow<Pollable>>,)| {
        let wasi = &mut cx.data_mut().wasi;
        if list.is_empty() {
            return Err(mistake("`wasi:io/poll#poll` was called with an empty list"));
        }
        if list.len() > MAX_POLLABLES {
            return Err(mistake(format!(
                "`wasi:io/poll#poll` was called with more than {MAX_POLLABLES} pollables"
            )));
        }
        let pollables = list.into_iter().map(|this| wasi.get_pollable(this)).collect::<Result<Vec<_>>>()?;
        poll(&pollables, &wasi.waiter).map_err(stopped)
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::interrupt::Interrupt;

    #[test]
    fn polling_waits_for_the_earliest_and_obeys_the_deadline() {
        let mut waiter = Waiter::new(Arc::new(Interrupt::default()));
        let soon = Instant::now() + Duration::from_millis(5);
        let late = soon + Duration::from_secs(60);
        assert_eq!(poll(&[Pollable::Never, Pollable::At(late), Pollable::At(soon)], &waiter), Ok(vec![2]));
        assert_eq!(poll(&[Pollable::At(late), Pollable::Ready], &waiter), Ok(vec![1]));
        waiter.deadline = Some(Instant::now() + Duration::from_millis(5));
        assert_eq!(poll(&[Pollable::Never], &waiter), Err(Stop::Deadline));
        assert_eq!(poll(&[Pollable::At(late)], &waiter), Err(Stop::Deadline));
    }
}
