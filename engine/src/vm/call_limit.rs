//! How long each call of the application may take. A call takes no note of the time: it has a number, and the watchdog,
//! who looks every now and then, notes when it first saw the number. So a call is stopped when it took its time and a
//! little more (up to one [`tick`]), never before.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

use super::store::NO_DEADLINE;

/// The number of a call and its limit. Only the thread that uses the store writes `number` and `limit`, only the watchdog
/// the rest.
#[derive(Debug)]
pub(crate) struct CallLimit {
    number: AtomicU64,
    /// In nanoseconds; [`NO_DEADLINE`] for none.
    limit: AtomicU64,
    /// The number of the call that took too long.
    overdue: AtomicU64,
    /// When the watchdog first saw the call `seen`.
    since: AtomicU64,
    seen: AtomicU64,
}

/// The longest and the shortest time between two looks, in nanoseconds.
const TICKS: (u64, u64) = (1_000_000, 100_000_000);

impl CallLimit {
    pub(super) const fn none() -> Self {
        Self {
            number: AtomicU64::new(1),
            limit: AtomicU64::new(NO_DEADLINE),
            overdue: AtomicU64::new(0),
            since: AtomicU64::new(0),
            seen: AtomicU64::new(0),
        }
    }

    /// The next call begins.
    #[inline(always)]
    pub(crate) fn begin(&self) {
        self.number.store(self.number.load(Relaxed).wrapping_add(1), Relaxed);
    }

    /// The call under way, or the last one.
    pub(crate) fn number(&self) -> u64 {
        self.number.load(SeqCst)
    }

    /// Sets how long each call may take.
    pub(crate) fn set(&self, limit: Option<u64>) {
        self.limit.store(limit.map_or(NO_DEADLINE, |limit| limit.min(NO_DEADLINE - 1)), SeqCst);
    }

    /// How long each call may take.
    pub(crate) fn get(&self) -> Option<u64> {
        let limit = self.limit.load(SeqCst);
        (limit != NO_DEADLINE).then_some(limit)
    }

    /// How long to wait between two looks.
    pub(crate) fn tick(limit: u64) -> u64 {
        (limit / 16).clamp(TICKS.0, TICKS.1)
    }

    /// The watchdog saw this call for the first time.
    pub(crate) fn note(&self, number: u64, now: u64) {
        self.since.store(now, SeqCst);
        self.seen.store(number, SeqCst);
    }

    /// When the watchdog first saw the call under way, if it did.
    pub(crate) fn since(&self) -> Option<u64> {
        (self.seen.load(SeqCst) == self.number.load(Relaxed)).then(|| self.since.load(SeqCst))
    }

    /// The watchdog found that this call took too long.
    pub(crate) fn expire(&self, number: u64) {
        self.overdue.store(number, SeqCst);
    }

    /// Whether the call under way took too long. Async-signal-safe.
    pub(super) fn is_overdue(&self) -> bool {
        self.overdue.load(Relaxed) == self.number.load(Relaxed) && self.limit.load(Relaxed) != NO_DEADLINE
    }
}
