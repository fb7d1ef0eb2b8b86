//! `Gauge`: one number that rises and falls below a limit, and how high it was.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// How much is in use, how much was at most, and how much may be.
#[derive(Debug)]
pub(super) struct Gauge {
    now: AtomicU64,
    peak: AtomicU64,
    limit: u64,
    /// Above this someone wants to know. As `limit` or above: never.
    soft: u64,
    /// Whether it was told, since it was last well below.
    told: AtomicBool,
    /// The call (counted from 1) in which it was last told that the limit was reached.
    refused_in: AtomicU64,
}

/// What rising did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rise {
    /// There was room.
    Fine,
    /// There was room; there is little now, which was not told yet.
    Near,
}

impl Gauge {
    pub(super) fn new(limit: u64, soft: u64) -> Self {
        Self {
            now: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            limit,
            soft,
            told: AtomicBool::new(false),
            refused_in: AtomicU64::new(0),
        }
    }

    pub(super) fn now(&self) -> u64 {
        self.now.load(Relaxed)
    }

    pub(super) fn peak(&self) -> u64 {
        self.peak.load(Relaxed)
    }

    pub(super) fn limit(&self) -> u64 {
        self.limit
    }

    /// Adds `amount` if there is room for all of it; else says how much would have been in use.
    pub(super) fn rise(&self, amount: u64) -> Result<Rise, u64> {
        let more = |now: u64| now.checked_add(amount).filter(|after| *after <= self.limit);
        let before = match self.now.fetch_update(Relaxed, Relaxed, more) {
            Ok(before) => before,
            Err(now) => return Err(now.saturating_add(amount)),
        };
        let after = before.saturating_add(amount);
        self.peak.fetch_max(after, Relaxed);
        if after > self.soft && !self.told.swap(true, Relaxed) {
            return Ok(Rise::Near);
        }
        Ok(Rise::Fine)
    }

    /// Gives `amount` back.
    pub(super) fn fall(&self, amount: u64) {
        let less = |now: u64| Some(now.saturating_sub(amount));
        let before = self.now.fetch_update(Relaxed, Relaxed, less).unwrap_or_default();
        // Half way down, so that one who goes up and down at the line is told of once.
        if before.saturating_sub(amount) < self.soft / 2 {
            self.told.store(false, Relaxed);
        }
    }

    /// Starts again from nothing.
    pub(super) fn reset(&self) {
        self.now.store(0, Relaxed);
        self.told.store(false, Relaxed);
    }

    /// Whether this is the first time in call `call` that there was no room.
    pub(super) fn is_first_refusal(&self, call: u64) -> bool {
        // One more than the number of the call, as 0 means never.
        let mark = call.saturating_add(1);
        self.refused_in.swap(mark, Relaxed) != mark
    }
}
