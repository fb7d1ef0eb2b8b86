//! `plugbay:host/log`: lines of plugins, held to a rate and a length, for `tracing` and for the application. Here: what
//! the application sets up, and the logger of one linked plugin.

mod bucket;
mod define;
mod escape;
mod rule;
mod trace;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use plugbay_macro::{ComponentType, Lift, Lower};
use serde::{Deserialize, Serialize};

pub(crate) use define::define;
pub use rule::LogRule;

use crate::grant::Power;
use bucket::Bucket;

/// How much a line of a plugin's log matters.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ComponentType,
    Lift,
    Lower,
)]
#[serde(rename_all = "lowercase")]
#[component(enum)]
pub enum LogLevel {
    /// For whoever looks for a mistake in the plugin.
    Trace,
    /// For the plugin's author.
    Debug,
    /// What it does.
    Info,
    /// Something is odd.
    Warn,
    /// Something did not work.
    Error,
    /// The plugin cannot go on. `tracing` calls it an error.
    Critical,
}

/// A line that a plugin wrote. Nothing in it drives a terminal, and it is one line: control characters are escaped.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct LogLine<'a> {
    /// The plugin.
    pub plugin: &'a str,
    /// How much it matters.
    pub level: LogLevel,
    /// The text.
    pub message: &'a str,
    /// Names and values.
    pub fields: &'a [(String, String)],
    /// How many lines before this one were dropped because there were too many. The line is the host's then, and says so.
    pub dropped: Option<u64>,
}

/// Where lines of plugins go: implemented for functions that take a [`LogLine`].
pub trait LogSink: Send + Sync {
    /// A line was written. It is called by the plugin's thread, while the plugin waits.
    fn line(&self, line: &LogLine<'_>);
}

impl<F: Fn(&LogLine<'_>) + Send + Sync> LogSink for F {
    fn line(&self, line: &LogLine<'_>) {
        self(line);
    }
}

/// What becomes of the lines that plugins write ([`HostBuilder::log`](crate::HostBuilder::log)), and how many there may
/// be. The rates are those of one linked plugin, all its instances together.
///
/// ```
/// use plugbay::powers::{LogConfig, LogLevel, LogLine};
/// let config = LogConfig::new()
///     .level(LogLevel::Info)
///     .rate(100, 1_000) // lines a second, and in reserve
///     .sink(|line: &LogLine<'_>| println!("{} {}: {}", line.level, line.plugin, line.message));
/// # let _ = config;
/// ```
#[derive(Clone)]
#[must_use]
pub struct LogConfig {
    level: LogLevel,
    lines: (u64, u64),
    bytes: (u64, u64),
    line_bytes: usize,
    sinks: Vec<Arc<dyn LogSink>>,
}

/// The most names and values of one line.
const MAX_FIELDS: usize = 32;

/// The longest name of a value, in bytes.
const MAX_NAME: usize = 64;

impl Default for LogConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl LogConfig {
    /// Lines of every level, up to 8 KiB each; 100 a second with 1,000 in reserve, and 64 KiB a second with 1 MiB in
    /// reserve. They go to [`tracing`], under the target `plugin::<id>`.
    pub fn new() -> Self {
        Self {
            level: LogLevel::Trace,
            lines: (100, 1_000),
            bytes: (64 << 10, 1 << 20),
            line_bytes: 8 << 10,
            sinks: Vec::new(),
        }
    }

    /// The least important level that is wanted. Lines below are not counted.
    pub fn level(mut self, level: LogLevel) -> Self {
        self.level = level;
        self
    }

    /// How many lines a second, and how many at once after a silence.
    pub fn rate(mut self, per_second: u64, reserve: u64) -> Self {
        self.lines = (per_second, reserve);
        self
    }

    /// How many bytes a second, and how many at once after a silence.
    pub fn byte_rate(mut self, per_second: u64, reserve: u64) -> Self {
        self.bytes = (per_second, reserve);
        self
    }

    /// How many bytes of a line are kept, its values included; what is more is cut off.
    pub fn line_bytes(mut self, bytes: usize) -> Self {
        self.line_bytes = bytes;
        self
    }

    /// Tells `sink` as well. May be called several times.
    pub fn sink(mut self, sink: impl LogSink + 'static) -> Self {
        self.sinks.push(Arc::new(sink));
        self
    }
}

/// The log of one linked plugin.
pub(crate) struct Logger {
    plugin: Arc<str>,
    config: LogConfig,
    power: Power<LogRule>,
    sites: trace::Sites,
    flow: Mutex<Flow>,
}

/// What may still be written, and what was not.
#[derive(Debug)]
struct Flow {
    lines: Bucket,
    bytes: Bucket,
    dropped: u64,
}

impl Logger {
    pub(crate) fn new(plugin: Arc<str>, config: LogConfig, power: Power<LogRule>) -> Self {
        let now = Instant::now();
        let lines = Bucket::new(config.lines.1, config.lines.0, now);
        let bytes = Bucket::new(config.bytes.1, config.bytes.0, now);
        let flow = Mutex::new(Flow { lines, bytes, dropped: 0 });
        Self { sites: trace::sites(&plugin), plugin, config, power, flow }
    }

    fn wants(&self, level: LogLevel) -> bool {
        level >= self.config.level && self.power.check(&level).is_ok()
    }

    /// Writes a line, if there is room for it; `spend` says whether the plugin may write so many bytes in this call.
    fn line<'m>(
        &self,
        level: LogLevel,
        message: &str,
        fields: impl Iterator<Item = (&'m str, &'m str)>,
        spend: impl FnOnce(u64) -> bool,
    ) {
        if !self.wants(level) {
            return;
        }
        // Before anything is copied: a line of a flood costs a look at the clock. What its values add is
        // counted afterwards.
        let length = message.len().min(self.config.line_bytes);
        let Some(dropped) = self.admit(length as u64, spend) else { return };
        self.summarise(dropped);
        let message = escape::plain(message, self.config.line_bytes);
        let mut left = self.config.line_bytes.saturating_sub(length);
        let mut kept = Vec::new();
        for (name, value) in fields.take(MAX_FIELDS) {
            kept.push((escape::plain(name, MAX_NAME), escape::plain(value, left)));
            left = left.saturating_sub(name.len().min(MAX_NAME).saturating_add(value.len()));
        }
        let values = self.config.line_bytes.saturating_sub(length).saturating_sub(left);
        self.flow().bytes.take(values as u64);
        let plugin = &*self.plugin;
        self.tell(&LogLine { plugin, level, message: &message, fields: &kept, dropped: None });
    }

    /// How many lines were dropped before this one; nothing when it is dropped too.
    fn admit(&self, bytes: u64, spend: impl FnOnce(u64) -> bool) -> Option<u64> {
        let now = Instant::now();
        let mut flow = self.flow();
        if flow.lines.has(1, now) && flow.bytes.has(bytes.max(1), now) && spend(bytes) {
            flow.lines.take(1);
            flow.bytes.take(bytes);
            return Some(std::mem::take(&mut flow.dropped));
        }
        flow.dropped = flow.dropped.saturating_add(1);
        None
    }

    /// Says how many lines were dropped.
    fn summarise(&self, dropped: u64) {
        if dropped > 0 {
            let lines = if dropped == 1 { "line" } else { "lines" };
            let message = format!("{dropped} {lines} dropped: the plugin wrote more than it may");
            let (plugin, level) = (&*self.plugin, LogLevel::Warn);
            self.tell(&LogLine { plugin, level, message: &message, fields: &[], dropped: Some(dropped) });
        }
    }

    /// Tells what was dropped so far and not told yet: an instance has ended.
    pub(super) fn flush(&self) {
        let dropped = std::mem::take(&mut self.flow().dropped);
        self.summarise(dropped);
    }

    fn tell(&self, line: &LogLine<'_>) {
        trace::tell(&self.sites, line);
        self.config.sinks.iter().for_each(|sink| sink.line(line));
    }

    fn flow(&self) -> std::sync::MutexGuard<'_, Flow> {
        self.flow.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Critical => "critical",
        })
    }
}

impl fmt::Debug for LogConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { level, lines, bytes, line_bytes, sinks } = self;
        f.debug_struct("LogConfig")
            .field("level", level)
            .field("lines", lines)
            .field("bytes", bytes)
            .field("line_bytes", line_bytes)
            .field("sinks", &sinks.len())
            .finish()
    }
}

impl fmt::Debug for Logger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logger").field("plugin", &self.plugin).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
