//! `wasi:clocks`: the time of day, and a monotonic clock that starts with the plugin (so that it tells nothing about the
//! machine). Both are the machine's, in steps that may be coarse, or the application's.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use plugbay_component::{LinkerInstance, Result};
use plugbay_macro::{ComponentType, Lift, Lower};

use super::Cx;
use super::io::{Cause, Condition};
use crate::grant::clock::{Clock, Time, Virtual};
use crate::state::PluginState;

const SECOND: u64 = 1_000_000_000;

/// The record `datetime`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(record)]
pub(super) struct Datetime {
    pub(super) seconds: u64,
    pub(super) nanoseconds: u32,
}

impl Datetime {
    /// `None` when the nanoseconds make a second or more, or the system cannot represent the time.
    pub(super) fn to_system(self) -> Option<SystemTime> {
        if u64::from(self.nanoseconds) >= SECOND {
            return None;
        }
        SystemTime::UNIX_EPOCH.checked_add(Duration::new(self.seconds, self.nanoseconds))
    }

    fn of(since: Duration) -> Self {
        Self { seconds: since.as_secs(), nanoseconds: since.subsec_nanos() }
    }
}

/// The clock of one instance.
#[derive(Debug)]
pub(super) struct PluginClock {
    clock: Clock,
    /// When the instance was made, on the machine's clock and on a virtual one.
    started: (Instant, u64),
    /// The steps in which it is seen, in nanoseconds; not 0.
    resolution: u64,
}

/// What a timer waits for.
#[derive(Debug)]
pub(super) struct Timer {
    pub(super) condition: Arc<dyn Condition>,
    /// When a virtual clock will show it.
    pub(super) virtual_time: Option<u64>,
}

/// The machine's clock shows a time; `None` for one that it never shows.
#[derive(Debug)]
struct RealTime(Option<Instant>);

/// A virtual clock shows a time.
#[derive(Debug)]
struct VirtualTime(Arc<Virtual>, u64);

impl std::fmt::Debug for Virtual {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Virtual(+{} ns)", self.elapsed())
    }
}

impl Condition for RealTime {
    fn holds(&self) -> bool {
        self.0.is_some_and(|time| Instant::now() >= time)
    }

    fn cause(&self) -> Cause<'_> {
        // Nobody brings about what never comes.
        self.0.map_or(Cause::Thread, Cause::Time)
    }
}

impl Condition for VirtualTime {
    fn holds(&self) -> bool {
        self.0.elapsed() >= self.1
    }

    fn cause(&self) -> Cause<'_> {
        Cause::Unseen
    }
}

impl PluginClock {
    /// A clock that starts now.
    pub(super) fn new(clock: &Clock) -> Self {
        let start = match &clock.time {
            Time::Real => 0,
            Time::Virtual(clock) => clock.elapsed(),
        };
        let resolution = u64::try_from(clock.resolution.as_nanos()).unwrap_or(u64::MAX).max(1);
        Self { clock: clock.clone(), started: (Instant::now(), start), resolution }
    }

    /// Nanoseconds since the instance was made, in whole steps.
    fn monotonic(&self) -> u64 {
        let now = match &self.clock.time {
            Time::Real => u64::try_from(self.started.0.elapsed().as_nanos()).unwrap_or(u64::MAX),
            Time::Virtual(clock) => clock.elapsed().saturating_sub(self.started.1),
        };
        now.checked_div(self.resolution).map_or(now, |steps| steps.saturating_mul(self.resolution))
    }

    /// The time of day, in whole steps since 1970; that itself for any time before.
    fn wall(&self) -> Datetime {
        let since = self.clock.now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let over = since.as_nanos().checked_rem(self.resolution.into()).unwrap_or(0);
        let over = Duration::from_nanos(u64::try_from(over).unwrap_or(0));
        Datetime::of(since.saturating_sub(over))
    }

    /// Until the monotonic clock shows `when`.
    fn timer(&self, when: u64) -> Timer {
        // It shows it, or more, from the first step on that is not before.
        let when = when.checked_next_multiple_of(self.resolution);
        match &self.clock.time {
            Time::Real => {
                let time = when.and_then(|when| self.started.0.checked_add(Duration::from_nanos(when)));
                Timer { condition: Arc::new(RealTime(time)), virtual_time: None }
            }
            Time::Virtual(clock) => match when.and_then(|when| self.started.1.checked_add(when)) {
                Some(time) => {
                    let condition = Arc::new(VirtualTime(clock.clone(), time));
                    Timer { condition, virtual_time: Some(time) }
                }
                None => Timer { condition: Arc::new(RealTime(None)), virtual_time: None },
            },
        }
    }

    /// Lets a virtual clock show `time`, if it skips what is waited for; says whether it does.
    pub(super) fn skip_to(&self, time: u64) -> bool {
        match &self.clock.time {
            Time::Real => false,
            Time::Virtual(clock) => clock.skip_to(time),
        }
    }
}

pub(super) fn define_wall<T: 'static>(instance: &mut LinkerInstance<'_, PluginState<T>>) -> Result<()> {
    instance.func_wrap("now", |cx: &mut Cx<'_, T>, (): ()| Ok(cx.data_mut().wasi.clock.wall()))?;
    instance.func_wrap("resolution", |cx: &mut Cx<'_, T>, (): ()| {
        Ok(Datetime::of(Duration::from_nanos(cx.data_mut().wasi.clock.resolution)))
    })?;
    Ok(())
}

pub(super) fn define_monotonic<T: 'static>(instance: &mut LinkerInstance<'_, PluginState<T>>) -> Result<()> {
    instance.func_wrap("now", |cx: &mut Cx<'_, T>, (): ()| Ok(cx.data_mut().wasi.clock.monotonic()))?;
    instance.func_wrap("resolution", |cx: &mut Cx<'_, T>, (): ()| Ok(cx.data_mut().wasi.clock.resolution))?;
    instance.func_wrap("subscribe-instant", |cx: &mut Cx<'_, T>, (when,): (u64,)| {
        let wasi = &mut cx.data_mut().wasi;
        let timer = wasi.clock.timer(when);
        wasi.timer(timer)
    })?;
    instance.func_wrap("subscribe-duration", |cx: &mut Cx<'_, T>, (duration,): (u64,)| {
        let wasi = &mut cx.data_mut().wasi;
        let timer = wasi.clock.timer(wasi.clock.monotonic().saturating_add(duration));
        wasi.timer(timer)
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
        let before = Clock::virtual_at(SystemTime::UNIX_EPOCH - Duration::from_secs(1));
        let before = PluginClock::new(&before).wall();
        assert_eq!(before, Datetime { seconds: 0, nanoseconds: 0 });
    }

    #[test]
    fn a_coarse_clock_shows_whole_steps_and_its_timers_end_with_one() {
        let step = Duration::from_millis(20);
        let clock = PluginClock::new(&Clock::coarse(step));
        let nanos = 20_000_000;
        assert_eq!((clock.resolution, clock.monotonic() % nanos), (nanos, 0));
        assert_eq!(clock.wall().nanoseconds % 20_000_000, 0);
        let timer = clock.timer(1);
        let Cause::Time(time) = timer.condition.cause() else { panic!("{timer:?}") };
        assert_eq!(time, clock.started.0 + step);
        assert!(clock.timer(0).condition.holds());
        let coarser = PluginClock::new(&Clock::real().in_steps(Duration::from_secs(1)));
        assert_eq!((coarser.monotonic(), coarser.wall().nanoseconds), (0, 0));
        let finer = PluginClock::new(&Clock::coarse(step).in_steps(Duration::from_nanos(5)));
        assert_eq!(finer.resolution, nanos, "what is granted cannot be refined");
    }

    #[test]
    fn a_virtual_clock_moves_when_the_application_says_so() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let clock = Clock::virtual_at(start);
        clock.advance(Duration::from_secs(5));
        let seen = PluginClock::new(&clock);
        assert_eq!((seen.monotonic(), seen.wall().seconds), (0, 1005));
        let timer = seen.timer(SECOND);
        assert!(!timer.condition.holds() && !seen.skip_to(u64::MAX));
        clock.advance(Duration::from_secs(1));
        assert!(timer.condition.holds());
        assert_eq!((seen.monotonic(), seen.wall().seconds), (SECOND, 1006));
        clock.advance(Duration::MAX);
        assert_eq!(seen.monotonic(), u64::MAX - 5 * SECOND);
        assert!(!Clock::real().advance(Duration::from_secs(1)));
    }

    #[test]
    fn a_skipping_clock_shows_what_is_waited_for() {
        let clock = PluginClock::new(&Clock::skipping_from(SystemTime::UNIX_EPOCH));
        let timer = clock.timer(3600 * SECOND);
        assert!(clock.skip_to(timer.virtual_time.unwrap()));
        assert!(timer.condition.holds());
        assert_eq!(clock.wall().seconds, 3600);
        assert!(clock.skip_to(1), "it does not go back");
        assert_eq!(clock.monotonic(), 3600 * SECOND);
    }

    #[test]
    fn times_that_never_come_do_not_come() {
        for clock in
            [Clock::real(), Clock::coarse(Duration::from_secs(1)), Clock::virtual_at(SystemTime::now())]
        {
            clock.advance(Duration::from_secs(1));
            let clock = PluginClock::new(&clock);
            let never = clock.timer(u64::MAX);
            assert!(!never.condition.holds(), "{clock:?}");
        }
    }
}
