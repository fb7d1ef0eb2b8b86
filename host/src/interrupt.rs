//! Stopping a host call that waits. The engine stops guest code by itself; a host function that sleeps or polls asks here
//! how long it may.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use plugbay_component::engine::CallClock;

use crate::plugin::Canceller;

/// Why a host call that waits had to give up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stop {
    #[error("the deadline of the call passed while the plugin waited")]
    Deadline,
    #[error("the call was cancelled while the plugin waited")]
    Cancelled,
}

/// How long a wait for something that cannot wake us may take before it looks for a cancellation.
pub(crate) const SLICE: Duration = Duration::from_millis(10);

/// Shared by a plugin and its [`Canceller`](crate::Canceller)s.
#[derive(Debug, Default)]
pub(crate) struct Interrupt {
    cancelled: AtomicBool,
    lock: Mutex<()>,
    wake: Condvar,
    /// The plugins that this one waits for, which are to be stopped as well.
    callees: Mutex<Vec<Canceller>>,
}

impl Interrupt {
    pub(crate) fn cancel(&self) {
        let guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.cancelled.store(true, Ordering::Release);
        self.wake.notify_all();
        drop(guard);
        self.callees.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(Canceller::cancel);
    }

    /// Something happened that the plugin may wait for ([`Waiter::wait_until`]).
    pub(crate) fn wake(&self) {
        let _guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.wake.notify_all();
    }

    /// The plugin calls another one: whoever cancels it stops the other one too, until the guard is dropped.
    pub(crate) fn calling(&self, callee: Canceller) -> Result<Calling<'_>, Stop> {
        self.callees.lock().unwrap_or_else(PoisonError::into_inner).push(callee);
        let calling = Calling(self);
        if self.is_cancelled() { Err(Stop::Cancelled) } else { Ok(calling) }
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }
}

/// A call into another plugin is under way.
pub(crate) struct Calling<'a>(&'a Interrupt);

impl Drop for Calling<'_> {
    fn drop(&mut self) {
        self.0.callees.lock().unwrap_or_else(PoisonError::into_inner).pop();
    }
}

/// What a host function that waits obeys: the deadline of the call and its cancellation.
#[derive(Debug)]
pub(crate) struct Waiter {
    pub(crate) interrupt: Arc<Interrupt>,
    /// While the plugin is instantiated.
    pub(crate) deadline: Option<Instant>,
    /// Of the plugin's calls, once it is.
    pub(crate) clock: Option<CallClock>,
}

impl Waiter {
    pub(crate) fn new(interrupt: Arc<Interrupt>) -> Self {
        Self { interrupt, deadline: None, clock: None }
    }

    /// When the call has to end.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline.or_else(|| self.clock.as_ref()?.deadline())
    }

    /// Whether the call may go on.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        if self.interrupt.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        match self.deadline() {
            Some(deadline) if Instant::now() >= deadline => Err(Stop::Deadline),
            _ => Ok(()),
        }
    }

    /// Sleeps until `until` (for ever if `None`), or until the call has to stop.
    pub(crate) fn sleep_until(&self, until: Option<Instant>) -> Result<(), Stop> {
        self.wait_until(until, || false)
    }

    /// Sleeps until `until` (for ever if `None`), until `happened` says so, or until the call has to stop. Who makes
    /// it happen calls [`Interrupt::wake`] afterwards, and holds no lock meanwhile that `happened` takes.
    pub(crate) fn wait_until(
        &self,
        until: Option<Instant>,
        mut happened: impl FnMut() -> bool,
    ) -> Result<(), Stop> {
        let mut guard = self.interrupt.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let deadline = self.deadline();
        loop {
            self.check()?;
            let now = Instant::now();
            let earliest = match (until, deadline) {
                (Some(until), Some(deadline)) => Some(until.min(deadline)),
                (until, deadline) => until.or(deadline),
            };
            if until.is_some_and(|until| now >= until) || happened() {
                return Ok(());
            }
            let wait = earliest
                .map_or(Duration::from_secs(3600), |earliest| earliest.saturating_duration_since(now));
            guard = match self.interrupt.wake.wait_timeout(guard, wait) {
                Ok((guard, _)) => guard,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    /// The longest single wait for something else (a file descriptor) that fits before `until` and the deadline.
    pub(crate) fn slice(&self, until: Option<Instant>) -> Duration {
        let now = Instant::now();
        let left = |time: Instant| time.saturating_duration_since(now);
        [until, self.deadline()].into_iter().flatten().map(left).fold(SLICE, Duration::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_ends_at_the_deadline_and_when_cancelled() {
        let interrupt = Arc::new(Interrupt::default());
        let mut waiter = Waiter::new(interrupt.clone());
        let soon = Instant::now() + Duration::from_millis(5);
        assert_eq!(waiter.sleep_until(Some(soon)), Ok(()));
        waiter.deadline = Some(Instant::now() + Duration::from_millis(5));
        assert_eq!(waiter.sleep_until(None), Err(Stop::Deadline));
        waiter.deadline = None;
        let other = std::thread::spawn(move || interrupt.cancel());
        assert_eq!(waiter.sleep_until(None), Err(Stop::Cancelled));
        other.join().unwrap();
    }

    #[test]
    fn a_sleep_ends_when_what_it_waits_for_happened() {
        let interrupt = Arc::new(Interrupt::default());
        let waiter = Waiter::new(interrupt.clone());
        let happened = Arc::new(AtomicBool::new(false));
        let other = std::thread::spawn({
            let happened = happened.clone();
            move || {
                happened.store(true, Ordering::Release);
                interrupt.wake();
            }
        });
        assert_eq!(waiter.wait_until(None, || happened.load(Ordering::Acquire)), Ok(()));
        other.join().unwrap();
    }
}
