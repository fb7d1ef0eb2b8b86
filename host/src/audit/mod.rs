//! Who did what: every decision about a plugin as an event. Here are the event, how decisions of one call are gathered, and the
//! sinks that events go to; deciding is `grant`'s and `wasi`'s.

mod asked;
mod ears;
mod event;
mod filter;
#[cfg(feature = "json")]
mod lines;
#[cfg(feature = "json")]
mod read;
mod summary;
mod tally;
mod target;
mod time;

pub(crate) use asked::Asked;
pub(crate) use ears::Ears;
pub use event::{Event, Verdict};
pub use filter::EventFilter;
#[cfg(feature = "json")]
pub use lines::JsonLines;
#[cfg(feature = "json")]
pub use read::EventLog;
pub use summary::EventSummary;
pub(crate) use tally::{Note, Tally, Used};
pub(crate) use target::clean;
pub use time::parse_time;

/// Where events go ([`HostBuilder::audit`](crate::HostBuilder::audit)). Any closure over an event is one.
pub trait Sink: Send + Sync {
    /// Takes an event. It is called where the decision is made: one that takes long holds the plugin up.
    fn record(&self, event: &Event);
}

impl<F: Fn(&Event) + Send + Sync> Sink for F {
    fn record(&self, event: &Event) {
        self(event);
    }
}

/// Whether the log takes denials.
#[inline]
pub(crate) fn log_hears_denials() -> bool {
    tracing::enabled!(target: "plugbay::audit", tracing::Level::WARN)
}

/// Tells the log about an event; what was denied as a warning.
pub(crate) fn trace(event: &Event) {
    let Event { plugin, call, capability, operation, rule, count, verdict, .. } = event;
    let target = event.target.as_deref().unwrap_or_default();
    match verdict {
        Verdict::Allowed | Verdict::AskAllowed => {
            tracing::debug!(target: "plugbay::audit", %plugin, call, %capability, %operation, object = target, %rule, count, "{verdict}");
        }
        Verdict::Denied | Verdict::AskDenied | Verdict::Near => {
            tracing::warn!(target: "plugbay::audit", %plugin, call, %capability, %operation, object = target, %rule, count, "{verdict}");
        }
    }
}
