//! Stopping a guest from outside: deadlines and cancelling.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use super::store::StoreInner;
use super::watchdog;
use crate::trap::TrapKind;
use crate::vm::store::{NO_DEADLINE, VMStore, epoch, nanoseconds};

/// Stops a store's guest from any thread. Cheap to clone; outlives the store harmlessly.
#[derive(Clone)]
pub struct CancelToken(Arc<VMStore>);

impl CancelToken {
    pub(super) fn new(vm: &Arc<VMStore>) -> Self {
        Self(Arc::clone(vm))
    }

    /// Ends the call that is running in the store, if any, with [`TrapKind::Cancelled`](crate::TrapKind::Cancelled),
    /// and every later one: a cancelled store stays cancelled.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, SeqCst);
        self.0.interrupt.store(1, SeqCst);
        // A running guest is interrupted by the watchdog. Without one (no thread could be started) it stops when it next
        // leaves guest code.
        let _ = watchdog::watch(&self.0, 0);
    }

    /// Whether the store was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(SeqCst)
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelToken").field("cancelled", &self.is_cancelled()).finish()
    }
}

/// Tells when the call that is under way in a store has to end, from any thread.
#[derive(Clone)]
pub struct CallClock(Arc<VMStore>);

impl CallClock {
    pub(super) fn new(vm: &Arc<VMStore>) -> Self {
        Self(Arc::clone(vm))
    }

    /// When the call under way will be stopped, as far as is known: a call that has just begun counts from now on.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let limit = self.0.call.get()?;
        let since = self.0.call.since().unwrap_or_else(|| nanoseconds(Instant::now()));
        epoch().checked_add(Duration::from_nanos(since.saturating_add(limit)))
    }
}

impl fmt::Debug for CallClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallClock").field("deadline", &self.deadline()).finish()
    }
}

impl StoreInner {
    /// Sets how long each call may take.
    pub(super) fn set_call_limit(&mut self, limit: Option<Duration>) {
        let limit = limit.map(|limit| u64::try_from(limit.as_nanos()).unwrap_or(NO_DEADLINE));
        self.vm().call.set(limit);
        if limit.is_some() {
            // Each time: a limit that is shorter than the last one may need an earlier look.
            watchdog::watch_calls(self.vm());
            self.watched = true;
        }
    }

    /// Sets when the guest must stop.
    pub(super) fn set_deadline(&mut self, deadline: Option<Instant>) {
        let Some(deadline) = deadline else {
            self.vm().deadline.store(NO_DEADLINE, SeqCst);
            return;
        };
        let deadline = nanoseconds(deadline);
        self.vm().deadline.store(deadline, SeqCst);
        let told = if self.watched {
            watchdog::deadline_set(self.vm(), deadline)
        } else {
            watchdog::watch(self.vm(), deadline)
        };
        if told.is_ok() {
            self.watched = true;
        } else {
            // Nobody could enforce the deadline: rather stop at once than never.
            self.vm().deadline.store(0, SeqCst);
            self.vm().interrupt.store(1, SeqCst);
        }
    }

    /// Whether the guest must stop now, asked only if somebody hinted at it.
    pub(crate) fn interrupted(&self) -> Option<TrapKind> {
        self.vm().interrupted()
    }
}
