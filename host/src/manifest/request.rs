//! What a manifest asks for: one `Request` per capability, and limits.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::Place;
use crate::error::{Error, ErrorKind};
use crate::grant::RuleTable;
use crate::grant::name::Pattern;
use crate::limits::Limits;

/// A capability that a plugin asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub(super) pattern: Pattern,
    pub(super) reason: String,
    pub(super) required: bool,
    pub(super) files: Vec<FileAccess>,
    pub(super) names: Vec<String>,
    pub(crate) allow: Vec<RuleTable>,
    pub(crate) deny: Vec<RuleTable>,
    /// Where it stands.
    pub(super) place: Place,
}

/// A directory that a plugin asks to see.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileAccess {
    /// Where the plugin wants it: an absolute guest path.
    pub path: String,
    /// Whether it wants to change it.
    pub write: bool,
}

impl Request {
    /// The interface, package or function, as in [`Grants::allow`](crate::Grants::allow).
    #[must_use]
    pub fn interface(&self) -> &str {
        self.pattern.as_str()
    }

    /// Why, in the author's words. Nobody has checked them.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Whether the plugin is of no use without it.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.required
    }

    /// The directories it wants, for `wasi:filesystem`.
    #[must_use]
    pub fn files(&self) -> &[FileAccess] {
        &self.files
    }

    /// The environment variables it wants, for `wasi:cli/environment`.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What it wants of the capability; all that is granted, when there is nothing.
    #[must_use]
    pub fn allow(&self) -> &[RuleTable] {
        &self.allow
    }

    /// What it will never use of the capability.
    #[must_use]
    pub fn deny(&self) -> &[RuleTable] {
        &self.deny
    }

    /// A mistake in it.
    pub(crate) fn mistake(&self, problem: String) -> Error {
        Error::new(ErrorKind::Manifest(self.place.error(problem)))
    }

    pub(crate) fn covers(&self, import: &str) -> bool {
        self.pattern.matches(import)
    }
}

/// The limits that a plugin asks for. A number that is absent leaves the host's.
///
/// Serializes to an object of numbers with the names of the manifest; times as microseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct LimitRequest {
    /// [`Limits::memory`].
    pub memory: Option<u64>,
    /// [`Limits::table_elements`].
    pub table_elements: Option<u64>,
    /// [`Limits::handles`].
    pub handles: Option<u32>,
    /// [`Limits::open_files`].
    pub open_files: Option<u32>,
    /// [`Limits::sockets`].
    pub sockets: Option<u32>,
    /// [`Limits::timers`].
    pub timers: Option<u32>,
    /// [`Limits::pollables`].
    pub pollables: Option<u32>,
    /// [`Limits::deadline`].
    #[serde(serialize_with = "micros")]
    pub deadline: Option<Duration>,
    /// [`Limits::fuel`].
    pub fuel: Option<u64>,
    /// [`Limits::fuel_per_call`].
    pub fuel_per_call: Option<u64>,
    /// [`Limits::host_bytes`].
    pub host_bytes: Option<u64>,
    /// [`Limits::log_bytes`].
    pub log_bytes: Option<u64>,
    /// [`Limits::value_bytes`].
    pub call_bytes: Option<u64>,
    /// [`Limits::captured_output`].
    pub captured_output: Option<usize>,
    /// [`Limits::output_rate`].
    pub output_rate: Option<u64>,
}

impl LimitRequest {
    /// The smaller of what is asked for and what the host allows, limit by limit.
    #[must_use]
    pub fn within(&self, ceiling: &Limits) -> Limits {
        let mut limits = ceiling.clone();
        lower(&mut limits.memory, self.memory);
        lower(&mut limits.table_elements, self.table_elements);
        lower(&mut limits.handles, self.handles);
        lower(&mut limits.open_files, self.open_files);
        lower(&mut limits.sockets, self.sockets);
        lower(&mut limits.timers, self.timers);
        lower(&mut limits.pollables, self.pollables);
        lower(&mut limits.host_bytes, self.host_bytes);
        lower(&mut limits.log_bytes, self.log_bytes);
        lower(&mut limits.value_bytes, self.call_bytes);
        lower(&mut limits.captured_output, self.captured_output);
        limits.output_rate = least(limits.output_rate, self.output_rate);
        limits.deadline = least(limits.deadline, self.deadline);
        // Whether fuel is counted at all is the host's choice: code without counting cannot be given any.
        if ceiling.fuel.is_some() || ceiling.fuel_per_call.is_some() {
            limits.fuel = least(limits.fuel, self.fuel);
            limits.fuel_per_call = least(limits.fuel_per_call, self.fuel_per_call);
        }
        limits
    }
}

fn lower<N: Ord + Copy>(limit: &mut N, asked: Option<N>) {
    *limit = asked.map_or(*limit, |asked| asked.min(*limit));
}

fn least<N: Ord>(ceiling: Option<N>, asked: Option<N>) -> Option<N> {
    match (ceiling, asked) {
        (Some(ceiling), Some(asked)) => Some(ceiling.min(asked)),
        (ceiling, asked) => ceiling.or(asked),
    }
}

#[expect(clippy::ref_option, reason = "serde gives the field so")]
fn micros<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX)).serialize(serializer)
}
