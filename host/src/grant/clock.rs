//! What time it is for a plugin. A value; `wasi/clocks` reads it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// The clocks of a plugin: the time of day, and the time since it was made.
///
/// Clones of a virtual clock are the same clock, so that the application can move it while a plugin looks at it:
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use plugbay::{Clock, Grants};
/// let clock = Clock::virtual_at(SystemTime::UNIX_EPOCH);
/// let grants = Grants::none().clock(clock.clone());
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now(), SystemTime::UNIX_EPOCH + Duration::from_secs(60));
/// # let _ = grants;
/// ```
#[derive(Clone)]
pub struct Clock {
    pub(crate) time: Time,
    /// The steps in which it is seen; not 0.
    pub(crate) resolution: Duration,
}

/// Whose time it is.
#[derive(Clone)]
pub(crate) enum Time {
    /// The machine's.
    Real,
    Virtual(Arc<Virtual>),
}

/// The finest steps.
const FINEST: Duration = Duration::from_nanos(1);

/// A clock that only the application moves.
pub(crate) struct Virtual {
    start: SystemTime,
    /// Nanoseconds since then.
    elapsed: AtomicU64,
    skips: bool,
}

impl Clock {
    /// The machine's clocks, as precise as they are.
    pub fn real() -> Self {
        Self::coarse(FINEST)
    }

    /// The machine's clocks, in steps of `resolution`. Coarse clocks are of little use for measuring what other programs on the
    /// machine do.
    pub fn coarse(resolution: Duration) -> Self {
        Self { time: Time::Real, resolution: resolution.max(FINEST) }
    }

    /// A clock that shows `time` and stands still until the application moves it with [`advance`](Self::advance). A plugin that
    /// waits for a time waits for that, up to its deadline.
    pub fn virtual_at(time: SystemTime) -> Self {
        Self::made(time, false)
    }

    /// A clock that shows `time` and stands still until a plugin waits for a later one: it then shows that at once, and nobody
    /// waits. What a plugin computes from it is the same in every run.
    pub fn skipping_from(time: SystemTime) -> Self {
        Self::made(time, true)
    }

    /// Moves a virtual clock on. Says whether it is one; a real clock is not moved.
    pub fn advance(&self, by: Duration) -> bool {
        let Time::Virtual(clock) = &self.time else { return false };
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        let moved = |elapsed: u64| Some(elapsed.saturating_add(by));
        let _ = clock.elapsed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, moved);
        true
    }

    /// The time of day that it shows.
    pub fn now(&self) -> SystemTime {
        match &self.time {
            Time::Real => SystemTime::now(),
            Time::Virtual(clock) => {
                let elapsed = Duration::from_nanos(clock.elapsed());
                clock.start.checked_add(elapsed).unwrap_or(clock.start)
            }
        }
    }

    fn made(start: SystemTime, skips: bool) -> Self {
        let clock = Arc::new(Virtual { start, elapsed: AtomicU64::new(0), skips });
        Self { time: Time::Virtual(clock), resolution: FINEST }
    }

    /// The same in steps of at least `steps`.
    pub(crate) fn in_steps(mut self, steps: Duration) -> Self {
        self.resolution = self.resolution.max(steps);
        self
    }

    /// This clock where the host has `hosts`: not finer, and that one if the host moves it.
    pub(crate) fn under(self, hosts: &Self) -> Self {
        let clock = if matches!(hosts.time, Time::Virtual(_)) { hosts.clone() } else { self };
        clock.in_steps(hosts.resolution)
    }
}

impl Virtual {
    /// Nanoseconds since it was made.
    pub(crate) fn elapsed(&self) -> u64 {
        self.elapsed.load(Ordering::Relaxed)
    }

    /// Shows `elapsed` if it skips what is waited for; says whether it does.
    pub(crate) fn skip_to(&self, elapsed: u64) -> bool {
        if self.skips {
            self.elapsed.fetch_max(elapsed, Ordering::Relaxed);
        }
        self.skips
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::real()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.time {
            Time::Real => write!(f, "Real({:?})", self.resolution),
            Time::Virtual(clock) => write!(f, "Virtual(+{:?})", Duration::from_nanos(clock.elapsed())),
        }
    }
}
