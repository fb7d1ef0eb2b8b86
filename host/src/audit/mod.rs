//! Who did what: every decision about a plugin as an event. Here are the event and the sinks that it goes to; deciding, and noting
//! that it was decided, is `grant`'s.

#[cfg(feature = "json")]
mod lines;

use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

#[cfg(feature = "json")]
pub use lines::JsonLines;

/// A decision about a plugin.
///
/// Serializes to an object with the names of the fields; `time` and `duration` as microseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// When; as microseconds since 1970 when it is serialized.
    #[serde(serialize_with = "micros_since_1970")]
    pub time: SystemTime,
    /// The plugin.
    pub plugin: String,
    /// The SHA-256 of its component, for plugins that come with a manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Which call into the plugin it was, counted from 1; 0 when it was linked or instantiated.
    pub call: u64,
    /// The interface, as the plugin imports it.
    pub capability: String,
    /// The function; `link` when the plugin was linked, `revoke` when a grant was taken back.
    pub operation: String,
    /// What was decided.
    pub verdict: Verdict,
    /// By what: `granted`, `not granted`, `denied by …`, `revoked` …
    pub rule: String,
    /// How many times: uses that were allowed are told together when the call has ended.
    pub count: u64,
    /// How long the call into the plugin took that it was part of; as microseconds when it is serialized.
    #[serde(serialize_with = "micros", skip_serializing_if = "Option::is_none")]
    pub duration: Option<Duration>,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Verdict {
    /// The plugin may, and did.
    Allowed,
    /// It may not, and did not.
    Denied,
}

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

/// Tells the log about an event; what was denied as a warning.
pub(crate) fn trace(event: &Event) {
    let Event { plugin, call, capability, operation, rule, count, .. } = event;
    match event.verdict {
        Verdict::Allowed => {
            tracing::debug!(target: "plugbay::audit", %plugin, call, %capability, %operation, %rule, count, "allowed");
        }
        Verdict::Denied => {
            tracing::warn!(target: "plugbay::audit", %plugin, call, %capability, %operation, %rule, count, "denied");
        }
    }
}

fn micros_since_1970<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    serializer.serialize_u64(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}

#[expect(clippy::ref_option, reason = "serde gives the field so")]
fn micros<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    let micros = duration.unwrap_or_default().as_micros();
    serializer.serialize_u64(u64::try_from(micros).unwrap_or(u64::MAX))
}
