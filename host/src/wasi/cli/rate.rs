//! `Bucket`: so many bytes each second, a second's worth at once.

use std::time::{Duration, Instant};

/// What a write should at least have room for, so that a plugin at the limit does not write byte by byte.
const LEAST: u64 = 4096;

/// Fills with time and is emptied by writes.
#[derive(Debug)]
pub(super) struct Bucket {
    /// Bytes each second, and at most in it; `None` for as many as there are.
    rate: Option<u64>,
    left: u64,
    /// The moment up to which it was filled.
    filled: Instant,
}

impl Bucket {
    pub(super) fn new(rate: Option<u64>, now: Instant) -> Self {
        Self { rate, left: rate.unwrap_or(0), filled: now }
    }

    /// How many bytes may go now.
    pub(super) fn room(&mut self, now: Instant) -> u64 {
        let Some(rate) = self.rate else { return u64::MAX };
        let since = now.saturating_duration_since(self.filled);
        let more = since.as_nanos().saturating_mul(rate.into()) / 1_000_000_000;
        if let Ok(more @ 1..) = u64::try_from(more) {
            self.left = self.left.saturating_add(more).min(rate);
            self.filled = now;
        }
        if self.left >= LEAST.min(rate) { self.left } else { 0 }
    }

    /// So many bytes went.
    pub(super) fn take(&mut self, bytes: u64) {
        if self.rate.is_some() {
            self.left = self.left.saturating_sub(bytes);
        }
    }

    /// When there is room; `None` when there never is.
    pub(super) fn refilled(&self) -> Option<Instant> {
        let Some(rate) = self.rate else { return Some(self.filled) };
        let lacking = LEAST.min(rate).saturating_sub(self.left);
        let nanos = u128::from(lacking).saturating_mul(1_000_000_000).div_ceil(rate.max(1).into());
        let nanos = u64::try_from(nanos).ok().filter(|_| rate > 0)?;
        self.filled.checked_add(Duration::from_nanos(nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_brings_a_seconds_worth_and_no_more_is_kept() {
        let start = Instant::now();
        let mut bucket = Bucket::new(Some(10_000), start);
        assert_eq!(bucket.room(start), 10_000);
        bucket.take(10_000);
        assert_eq!(bucket.room(start), 0);
        let ready = bucket.refilled().unwrap();
        assert!(ready > start + Duration::from_millis(400) && ready < start + Duration::from_millis(420));
        assert_eq!(bucket.room(ready - Duration::from_millis(50)), 0);
        assert!(bucket.room(ready) >= LEAST);
        assert_eq!(bucket.room(start + Duration::from_secs(3600)), 10_000);
    }

    #[test]
    fn small_calls_lose_nothing_by_rounding() {
        let start = Instant::now();
        let mut bucket = Bucket::new(Some(1000), start);
        bucket.take(1000);
        for n in 0..10_000_u64 {
            bucket.room(start + Duration::from_micros(100 * n));
        }
        assert!(bucket.left >= 990, "{}", bucket.left);
    }

    #[test]
    fn no_rate_is_no_limit_and_a_rate_of_nothing_lets_nothing_through() {
        let now = Instant::now();
        assert_eq!(Bucket::new(None, now).room(now), u64::MAX);
        let mut nothing = Bucket::new(Some(0), now);
        nothing.take(1);
        assert_eq!(nothing.room(now + Duration::from_secs(9)), 0);
        assert_eq!(nothing.refilled(), None);
    }
}
