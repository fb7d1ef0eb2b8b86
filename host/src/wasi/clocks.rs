//! `wasi:clocks`: the time of day, and a monotonic clock that starts with the plugin (so that it tells nothing about the
//! machine).

use std::time::{Duration, Instant, SystemTime};

use plugbay_component::{LinkerInstance, Result};
use plugbay_macro::{ComponentType, Lift, Lower};

use super::io::Pollable;
use super::{Cx, Wasi};
use crate::state::PluginState;

/// The record `datetime`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(record)]
pub(super) struct Datetime {
    pub(super) seconds: u64,
    pub(super) nanoseconds: u32,
}

impl Datetime {
    /// The time since 1970; `None` before it.
    pub(super) fn from_system(time: SystemTime) -> Option<Self> {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        Some(Self { seconds: since.as_secs(), nanoseconds: since.subsec_nanos() })
    }

    /// `None` when the nanoseconds make a second or more, or the system cannot represent the time.
    pub(super) fn to_system(self) -> Option<SystemTime> {
        if self.nanoseconds >= 1_000_000_000 {
            return None;
        }
        SystemTime::UNIX_EPOCH.checked_add(Duration::new(self.seconds, self.nanoseconds))
    }
}

impl Wasi {
    fn monotonic_now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// A pollable that is ready `nanoseconds` after `from`.
    fn timer(from: Instant, nanoseconds: u64) -> Pollable {
        from.checked_add(Duration::from_nanos(nanoseconds)).map_or(Pollable::Never, Pollable::At)
    }
}

pub(super) fn define_wall<T: 'static>(instance: &mut LinkerInstance<'_, PluginState<T>>) -> Result<()> {
    instance.func_wrap("now", |_: &mut Cx<'_, T>, (): ()| {
        let epoch = Datetime { seconds: 0, nanoseconds: 0 };
        Ok(Datetime::from_system(SystemTime::now()).unwrap_or(epoch))
    })?;
    instance.func_wrap("resolution", |_: &mut Cx<'_, T>, (): ()| {
        Ok(Datetime { seconds: 0, nanoseconds: 1_000 })
    })?;
    Ok(())
}

pub(super) fn define_monotonic<T: 'static>(instance: &mut LinkerInstance<'_, PluginState<T>>) -> Result<()> {
    instance.func_wrap("now", |cx: &mut Cx<'_, T>, (): ()| Ok(cx.data_mut().wasi.monotonic_now()))?;
    instance.func_wrap("resolution", |_: &mut Cx<'_, T>, (): ()| Ok(1_u64))?;
    instance.func_wrap("subscribe-instant", |cx: &mut Cx<'_, T>, (when,): (u64,)| {
        let wasi = &mut cx.data_mut().wasi;
        let timer = Wasi::timer(wasi.started, when);
        wasi.pollable(timer)
    })?;
    instance.func_wrap("subscribe-duration", |cx: &mut Cx<'_, T>, (duration,): (u64,)| {
        cx.data_mut().wasi.pollable(Wasi::timer(Instant::now(), duration))
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_the_system_cannot_represent_are_refused() {
        let time = |seconds, nanoseconds| Datetime { seconds, nanoseconds }.to_system();
        assert!(time(1, 999_999_999).is_some());
        assert_eq!(time(1, 1_000_000_000), None);
        assert_eq!(time(0, u32::MAX), None);
        assert_eq!(time(u64::MAX, 0), None);
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(Datetime::from_system(before), None);
    }
}
