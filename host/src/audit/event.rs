//! `Event`: one decision, and its form in JSON.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{clean, time};

/// A decision about a plugin.
///
/// Serializes to an object with the names of the fields; `time` and `duration` as microseconds. What is absent is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// When; as microseconds since 1970 when it is serialized.
    #[serde(serialize_with = "micros_since_1970", deserialize_with = "since_1970")]
    pub time: SystemTime,
    /// The plugin.
    pub plugin: String,
    /// Its version, for plugins that come with a manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The SHA-256 of its component, for plugins that come with a manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Which call into the plugin it was, counted from 1; 0 when it was linked or instantiated.
    pub call: u64,
    /// The interface, as the plugin imports it; `limits` for what it uses of its [`Limits`](crate::Limits).
    pub capability: String,
    /// The function; `link` when the plugin was linked, `revoke` when a grant was taken back, `ask` when a person was asked,
    /// the name of the limit for `limits`.
    pub operation: String,
    /// What it was done to: a path, a host and port, a name. Never a value or a secret. Control characters are escaped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What was decided.
    pub verdict: Verdict,
    /// By what: `granted`, `not granted`, `denied by …`, `revoked` …
    pub rule: String,
    /// How many times: uses that were allowed, and denials that repeat, are told together when the call has ended.
    #[serde(default = "once")]
    pub count: u64,
    /// How long the host function took, all `count` times together; as microseconds when it is serialized. Only where it is
    /// measured ([`HostBuilder::measure`](crate::HostBuilder::measure)).
    #[serde(
        default,
        serialize_with = "micros",
        deserialize_with = "of_micros",
        skip_serializing_if = "Option::is_none"
    )]
    pub duration: Option<Duration>,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Verdict {
    /// The plugin may, and did.
    #[serde(rename = "allow")]
    Allowed,
    /// It may not, and did not.
    #[serde(rename = "deny")]
    Denied,
    /// Somebody was asked, and said yes.
    #[serde(rename = "ask-allow")]
    AskAllowed,
    /// Somebody was asked, and said no (or nothing).
    #[serde(rename = "ask-deny")]
    AskDenied,
    /// Nothing was decided yet: there is little left of a limit.
    #[serde(rename = "near")]
    Near,
}

impl Verdict {
    /// Whether the plugin did not get what it wanted.
    #[must_use]
    pub fn is_denial(self) -> bool {
        matches!(self, Self::Denied | Self::AskDenied)
    }
}

impl fmt::Display for Event {
    /// One line for people, without anything that a terminal would obey.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {:<9}  {}", time::show(self.time), self.verdict.to_string(), clean(&self.plugin))?;
        if self.call > 0 {
            write!(f, " call {}", self.call)?;
        }
        write!(f, "  {} {}", clean(&self.capability), clean(&self.operation))?;
        if let Some(target) = &self.target {
            write!(f, "  {}", clean(target))?;
        }
        if self.count != 1 {
            write!(f, "  ×{}", self.count)?;
        }
        if let Some(duration) = self.duration {
            write!(f, "  {duration:.1?}")?;
        }
        write!(f, "  ({})", clean(&self.rule))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allowed => "allow",
            Self::Denied => "deny",
            Self::AskAllowed => "ask-allow",
            Self::AskDenied => "ask-deny",
            Self::Near => "near",
        })
    }
}

fn once() -> u64 {
    1
}

fn micros_since_1970<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    serializer.serialize_u64(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}

fn since_1970<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
    let micros = Duration::from_micros(u64::deserialize(deserializer)?);
    SystemTime::UNIX_EPOCH
        .checked_add(micros)
        .ok_or_else(|| serde::de::Error::custom("a time that this system cannot represent"))
}

#[expect(clippy::ref_option, reason = "serde gives the field so")]
fn micros<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    let micros = duration.unwrap_or_default().as_micros();
    serializer.serialize_u64(u64::try_from(micros).unwrap_or(u64::MAX))
}

fn of_micros<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_micros))
}
