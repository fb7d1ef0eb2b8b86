//! `Meter`: the counters of one live plugin. Takes and gives back from any thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::Kind;
use super::gauge::{Gauge, Rise};
use crate::grant::watch::Watch;
use crate::limits::Limits;

/// What host functions hold for one live plugin, each kind below its limit. Clones count together.
///
/// ```ignore
/// let slot = wasi.meter.take(Kind::Sockets)?;   // an error of the call that names the limit; or map it to the interface's own
/// Socket { fd, _slot: slot }                    // dropping the socket gives it back
/// ```
#[derive(Clone, Debug)]
pub(crate) struct Meter(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    gauges: [Gauge; Kind::ALL.len()],
    /// Calls into the plugin that have begun.
    calls: AtomicU64,
    /// The call in which kinds that count by call were last spent.
    spent_in: AtomicU64,
    watch: Arc<Watch>,
}

/// There is no room for what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} would be {asked}, at most {limit} are allowed", kind.knob())]
pub(crate) struct Exhausted {
    pub(crate) kind: Kind,
    /// How much would have been in use.
    pub(crate) asked: u64,
    pub(crate) limit: u64,
}

/// A part of what a meter counts; given back when it is dropped.
#[derive(Debug)]
#[must_use = "what is dropped is given back"]
pub(crate) struct Slot {
    meter: Meter,
    kind: Kind,
    amount: u64,
}

impl Meter {
    pub(crate) fn new(limits: &Limits, watch: Arc<Watch>) -> Self {
        let gauges = Kind::ALL.map(|kind| {
            let limit = kind.limit(limits);
            Gauge::new(limit, limits.soft(limit))
        });
        Self(Arc::new(Shared { gauges, calls: AtomicU64::new(0), spent_in: AtomicU64::new(0), watch }))
    }

    /// Takes one.
    ///
    /// # Errors
    /// The limit is reached.
    pub(crate) fn take(&self, kind: Kind) -> Result<Slot, Exhausted> {
        self.take_many(kind, 1)
    }

    /// Takes so many (bytes) at once, all or none.
    ///
    /// # Errors
    /// The limit would be exceeded.
    pub(crate) fn take_many(&self, kind: Kind, amount: u64) -> Result<Slot, Exhausted> {
        self.rise(kind, amount)?;
        Ok(Slot { meter: self.clone(), kind, amount })
    }

    /// Uses up so many (bytes), for kinds that nothing gives back.
    ///
    /// # Errors
    /// The limit would be exceeded; nothing is used up then.
    pub(crate) fn spend(&self, kind: Kind, amount: u64) -> Result<(), Exhausted> {
        self.rise(kind, amount)
    }

    /// A call into the plugin begins.
    #[inline]
    pub(crate) fn begin_call(&self) {
        // The plugin's owner alone calls, so no update is lost.
        let calls = self.0.calls.load(Relaxed);
        self.0.calls.store(calls.wrapping_add(1), Relaxed);
    }

    /// The call under way, counted from 1; 0 before the first.
    #[inline]
    pub(crate) fn call(&self) -> u64 {
        self.0.calls.load(Relaxed)
    }

    /// How much of `kind` is in use.
    pub(crate) fn now(&self, kind: Kind) -> u64 {
        if kind.per_call() && self.0.spent_in.load(Relaxed) != self.call() {
            return 0;
        }
        self.gauge(kind).map_or(0, Gauge::now)
    }

    /// How much of it was in use at most.
    pub(crate) fn peak(&self, kind: Kind) -> u64 {
        self.gauge(kind).map_or(0, Gauge::peak)
    }

    /// How much of it may be in use.
    pub(crate) fn limit(&self, kind: Kind) -> u64 {
        self.gauge(kind).map_or(0, Gauge::limit)
    }

    fn gauge(&self, kind: Kind) -> Option<&Gauge> {
        self.0.gauges.get(kind as usize)
    }

    fn rise(&self, kind: Kind, amount: u64) -> Result<(), Exhausted> {
        let Some(gauge) = self.gauge(kind) else { return Ok(()) };
        let call = self.call();
        if kind.per_call() && self.0.spent_in.swap(call, Relaxed) != call {
            gauge.reset();
        }
        match gauge.rise(amount) {
            Ok(Rise::Fine) => Ok(()),
            Ok(Rise::Near) => {
                self.0.watch.near(kind.knob(), call, gauge.now(), gauge.limit());
                Ok(())
            }
            Err(asked) => {
                if gauge.is_first_refusal(call) {
                    self.0.watch.exhausted(kind.knob(), call, asked, gauge.limit());
                }
                Err(Exhausted { kind, asked, limit: gauge.limit() })
            }
        }
    }
}

impl Slot {
    /// Takes more into the same slot.
    ///
    /// # Errors
    /// The limit would be exceeded; the slot stays as it was.
    pub(crate) fn grow(&mut self, amount: u64) -> Result<(), Exhausted> {
        self.meter.rise(self.kind, amount)?;
        self.amount = self.amount.saturating_add(amount);
        Ok(())
    }

    /// Gives a part back.
    pub(crate) fn shrink(&mut self, amount: u64) {
        let amount = amount.min(self.amount);
        self.amount -= amount;
        if let Some(gauge) = self.meter.gauge(self.kind) {
            gauge.fall(amount);
        }
    }

    /// How much it holds.
    pub(crate) fn amount(&self) -> u64 {
        self.amount
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.shrink(self.amount);
    }
}

impl From<Exhausted> for plugbay_component::Error {
    fn from(exhausted: Exhausted) -> Self {
        Self::limit(exhausted.kind.knob(), exhausted.asked, exhausted.limit)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use super::*;
    use crate::audit::{Ears, Event, Verdict};

    fn meter(limits: &Limits) -> (Meter, Arc<Mutex<Vec<Event>>>) {
        let told = Arc::new(Mutex::new(Vec::new()));
        let sink = {
            let told = told.clone();
            move |event: &Event| told.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone())
        };
        let ears = Ears { sink: Some(Arc::new(sink)), ..Ears::default() };
        let watch = Watch::new("p".into(), None, None, ears);
        (Meter::new(limits, watch), told)
    }

    #[test]
    fn a_slot_is_given_back_and_the_peak_stays() {
        let (meter, _) = meter(&Limits::default().open_files(2));
        let first = meter.take(Kind::Files).unwrap();
        let second = meter.take(Kind::Files).unwrap();
        let error = meter.take(Kind::Files).unwrap_err();
        assert_eq!(error, Exhausted { kind: Kind::Files, asked: 3, limit: 2 });
        assert!(error.to_string().contains("open_files would be 3, at most 2"), "{error}");
        drop(first);
        assert_eq!((meter.now(Kind::Files), meter.peak(Kind::Files)), (1, 2));
        std::thread::spawn(move || drop(second)).join().unwrap();
        assert_eq!(meter.now(Kind::Files), 0);
        assert!(meter.take(Kind::Files).is_ok());
    }

    #[test]
    fn bytes_are_taken_whole_or_not_at_all() {
        let limits = Limits { host_bytes: 100, ..Limits::default() };
        let (meter, _) = meter(&limits);
        let mut slot = meter.take_many(Kind::HostBytes, 60).unwrap();
        assert!(meter.take_many(Kind::HostBytes, 41).is_err());
        slot.grow(40).unwrap();
        assert!(slot.grow(1).is_err() && slot.grow(u64::MAX).is_err());
        slot.shrink(90);
        assert_eq!((slot.amount(), meter.now(Kind::HostBytes)), (10, 10));
        drop(slot);
        assert_eq!((meter.now(Kind::HostBytes), meter.peak(Kind::HostBytes)), (0, 100));
    }

    #[test]
    fn what_is_spent_by_call_starts_again_with_the_next() {
        let limits = Limits { log_bytes: 10, ..Limits::default() };
        let (meter, _) = meter(&limits);
        meter.begin_call();
        meter.spend(Kind::LogBytes, 10).unwrap();
        assert!(meter.spend(Kind::LogBytes, 1).is_err());
        meter.begin_call();
        assert_eq!((meter.now(Kind::LogBytes), meter.peak(Kind::LogBytes)), (0, 10));
        meter.spend(Kind::LogBytes, 4).unwrap();
        assert_eq!(meter.now(Kind::LogBytes), 4);
    }

    #[test]
    fn a_warning_comes_once_before_the_limit_and_each_call_tells_of_one_refusal() {
        let (meter, told) = meter(&Limits::default().open_files(10));
        meter.begin_call();
        let mut slots: Vec<_> = (0..8).map(|_| meter.take(Kind::Files).unwrap()).collect();
        assert!(told.lock().unwrap().is_empty());
        slots.extend((0..2).map(|_| meter.take(Kind::Files).unwrap()));
        for _ in 0..1000 {
            assert!(meter.take(Kind::Files).is_err());
        }
        let verdicts = |told: &Mutex<Vec<Event>>| -> Vec<_> {
            told.lock().unwrap().iter().map(|event| (event.verdict, event.target.clone().unwrap())).collect()
        };
        assert_eq!(
            verdicts(&told),
            [(Verdict::Near, "9 of 10".to_owned()), (Verdict::Denied, "11 of 10".to_owned())]
        );
        meter.begin_call();
        assert!(meter.take(Kind::Files).is_err());
        assert_eq!(told.lock().unwrap().len(), 3);
        // Half way down it is armed again.
        slots.truncate(3);
        slots.extend((0..6).map(|_| meter.take(Kind::Files).unwrap()));
        assert_eq!(verdicts(&told).last().unwrap().0, Verdict::Near);
    }
}
