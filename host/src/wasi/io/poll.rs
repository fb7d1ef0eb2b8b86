//! `wasi:io/poll`: waiting for clocks, streams and whatever else can be subscribed to, never past the deadline of the call.

use std::sync::Arc;

use plugbay_component::{Borrow, LinkerInstance, Resource, Result};

use super::wait::{Condition, pause, ready};
use crate::state::PluginState;
use crate::usage::{Kind, Slot};
use crate::wasi::clocks::Timer;
use crate::wasi::{Cx, Wasi, mistake, refused, stopped};

/// The most pollables that one call waits for.
const MAX_POLLABLES: usize = 10_000;

/// The resource `pollable`.
#[derive(Debug)]
pub(in crate::wasi) struct Pollable {
    condition: Arc<dyn Condition>,
    /// When a virtual clock will show what it waits for.
    virtual_time: Option<u64>,
    /// Its places among the pollables, and the timers.
    _slots: (Slot, Option<Slot>),
}

impl Wasi {
    /// A pollable that is a child: `parent` cannot be dropped before it.
    pub(in crate::wasi) fn pollable_of<P: 'static>(
        &mut self,
        parent: Borrow<P>,
        condition: Arc<dyn Condition>,
    ) -> Result<Resource<Pollable>> {
        let pollable = self.make(condition)?;
        self.table.push_child(pollable, parent).map_err(refused)
    }

    pub(in crate::wasi) fn timer(&mut self, timer: Timer) -> Result<Resource<Pollable>> {
        let slot = self.meter.take(Kind::Timers)?;
        let mut pollable = self.make(timer.condition)?;
        (pollable.virtual_time, pollable._slots.1) = (timer.virtual_time, Some(slot));
        self.table.push(pollable).map_err(refused)
    }

    fn make(&self, condition: Arc<dyn Condition>) -> Result<Pollable> {
        let slot = self.meter.take(Kind::Pollables)?;
        Ok(Pollable { condition, virtual_time: None, _slots: (slot, None) })
    }

    /// The indices of those that are ready, after waiting until there is one.
    fn poll(&mut self, list: &[Borrow<Pollable>]) -> Result<Vec<u32>> {
        let pollables: Vec<&Pollable> =
            list.iter().map(|this| self.table.get(this).map_err(refused)).collect::<Result<_>>()?;
        let conditions: Vec<_> = pollables.iter().map(|pollable| pollable.condition.clone()).collect();
        let earliest = pollables.iter().filter_map(|pollable| pollable.virtual_time).min();
        loop {
            self.waiter.check().map_err(stopped)?;
            let ready = ready(&conditions);
            if !ready.is_empty() {
                return Ok(ready);
            }
            // A clock that is only there for the plugin need not be waited for.
            if !earliest.is_some_and(|time| self.clock.skip_to(time)) {
                pause(&conditions, &self.waiter).map_err(stopped)?;
            }
        }
    }
}

pub(in crate::wasi) fn define<T: 'static>(instance: &mut LinkerInstance<'_, PluginState<T>>) -> Result<()> {
    instance.resource::<Pollable>("pollable", |cx: &mut Cx<'_, T>, rep| {
        cx.data_mut().wasi.table.delete(Resource::<Pollable>::own(rep)).map(drop).map_err(refused)
    })?;
    instance.func_wrap("[method]pollable.ready", |cx: &mut Cx<'_, T>, (this,): (Borrow<Pollable>,)| {
        Ok(cx.data_mut().wasi.table.get(this).map_err(refused)?.condition.holds())
    })?;
    instance.func_wrap("[method]pollable.block", |cx: &mut Cx<'_, T>, (this,): (Borrow<Pollable>,)| {
        cx.data_mut().wasi.poll(&[this]).map(drop)
    })?;
    instance.func_wrap("poll", |cx: &mut Cx<'_, T>, (list,): (Vec<Borrow<Pollable>>,)| {
        if list.is_empty() {
            return Err(mistake("`wasi:io/poll#poll` was called with an empty list"));
        }
        if list.len() > MAX_POLLABLES {
            return Err(mistake(format!(
                "`wasi:io/poll#poll` was called with more than {MAX_POLLABLES} pollables"
            )));
        }
        cx.data_mut().wasi.poll(&list)
    })?;
    Ok(())
}
