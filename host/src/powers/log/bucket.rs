//! A rate with a reserve: a bucket of tokens that fills up at an even pace.

use std::time::{Duration, Instant};

/// As many tokens as `capacity`, and `per_second` new ones.
#[derive(Debug)]
pub(super) struct Bucket {
    capacity: u64,
    per_second: u64,
    tokens: u64,
    /// Up to when new tokens were put in.
    filled: Instant,
}

impl Bucket {
    /// A full bucket.
    pub(super) fn new(capacity: u64, per_second: u64, now: Instant) -> Self {
        Self { capacity, per_second, tokens: capacity, filled: now }
    }

    /// Whether there are `count` tokens now.
    pub(super) fn has(&mut self, count: u64, now: Instant) -> bool {
        self.fill(now);
        self.tokens >= count
    }

    /// Takes tokens out, as far as there are.
    pub(super) fn take(&mut self, count: u64) {
        self.tokens = self.tokens.saturating_sub(count);
    }

    fn fill(&mut self, now: Instant) {
        if self.tokens >= self.capacity {
            self.filled = now;
            return;
        }
        let Some(nanos_each) = 1_000_000_000_u64.checked_div(self.per_second).map(|nanos| nanos.max(1))
        else {
            return;
        };
        let passed = u64::try_from(now.saturating_duration_since(self.filled).as_nanos()).unwrap_or(u64::MAX);
        let new = passed / nanos_each;
        if new >= self.capacity - self.tokens {
            (self.tokens, self.filled) = (self.capacity, now);
        } else {
            self.tokens += new;
            // What is left of a token's time counts for the next one.
            self.filled += Duration::from_nanos(new * nanos_each);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_its_reserve_and_fills_at_its_pace() {
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        let mut bucket = Bucket::new(10, 100, start);
        assert!(bucket.has(10, start) && !bucket.has(11, start));
        bucket.take(10);
        assert!(!bucket.has(1, after(9)));
        assert!(bucket.has(1, after(15)) && !bucket.has(2, after(15)));
        assert!(bucket.has(2, after(20)), "the half that was left at 15 is not lost");
        assert!(bucket.has(10, after(1_000_000)) && !bucket.has(11, after(1_000_000)));
        bucket.take(10);
        assert!(!bucket.has(1, start), "a clock that goes back gives nothing");
    }

    #[test]
    fn no_rate_means_the_reserve_only_and_no_number_overflows() {
        let start = Instant::now();
        let late = start + Duration::from_secs(1 << 40);
        let mut none = Bucket::new(1, 0, start);
        none.take(1);
        assert!(!none.has(1, late));
        let mut endless = Bucket::new(u64::MAX, u64::MAX, start);
        endless.take(u64::MAX);
        assert!(!endless.has(1, start) && endless.has(u64::MAX, late));
    }
}
