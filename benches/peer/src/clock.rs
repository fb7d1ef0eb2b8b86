//! Readings of processor time and memory of this process, and the named times of a start.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::worker::Figures;

/// Whose processor time.
#[derive(Clone, Copy)]
pub(crate) enum Clock {
    /// The calling thread's.
    Thread,
    /// The whole process's.
    Process,
}

/// Processor time so far: on a shared machine it holds still where wall time does not.
pub(crate) fn now(clock: Clock) -> Duration {
    let time = clock_gettime(match clock {
        Clock::Thread => ClockId::ThreadCPUTime,
        Clock::Process => ClockId::ProcessCPUTime,
    });
    Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
}

/// A line of `/proc/self/status`, in KiB: `VmHWM`, `VmRSS`, `VmPTE`.
pub(crate) fn status_kib(key: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
}

/// The stages of one start, as they end.
pub(crate) struct Stages {
    start: (Instant, Duration),
    last: (Instant, Duration),
    resident: f64,
    figures: Figures,
}

impl Stages {
    pub(crate) fn new() -> Self {
        let resident = status_kib("VmRSS");
        let cpu = now(Clock::Process);
        let start = (Instant::now(), cpu);
        Self { start, last: start, resident, figures: Figures::new() }
    }

    /// Ends a stage.
    pub(crate) fn mark(&mut self, name: &str) {
        let (wall, cpu) = (Instant::now(), now(Clock::Process));
        self.push(name, wall - self.last.0, cpu.saturating_sub(self.last.1));
        self.last = (Instant::now(), cpu);
    }

    /// Adds a figure.
    pub(crate) fn note(&mut self, name: &str, value: f64) {
        self.figures.push((name.to_owned(), value));
    }

    /// All figures, with totals and memory.
    pub(crate) fn done(mut self) -> Figures {
        self.push("total", self.last.0 - self.start.0, self.last.1.saturating_sub(self.start.1));
        let peak = status_kib("VmHWM");
        self.note("peak_kib", peak);
        self.note("grown_kib", peak - self.resident);
        self.figures
    }

    fn push(&mut self, name: &str, wall: Duration, cpu: Duration) {
        self.figures.push((format!("{name}_ns"), wall.as_nanos() as f64));
        self.figures.push((format!("{name}_cpu_ns"), cpu.as_nanos() as f64));
    }
}
