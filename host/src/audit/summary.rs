//! `EventSummary`: many events in a table: who did what, how often, to how many targets.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde::ser::SerializeSeq as _;

use super::{Event, Verdict, clean};

/// How many targets of one row are kept apart.
const MAX_TARGETS: usize = 10_000;

/// Events, counted by plugin, capability, operation and verdict.
///
/// Its `Display` is a table; it serializes to a list of objects.
#[derive(Clone, Debug, Default)]
pub struct EventSummary {
    rows: BTreeMap<(String, String, String, Verdict), Row>,
    events: u64,
}

#[derive(Clone, Debug)]
struct Row {
    count: u64,
    targets: BTreeSet<String>,
    duration: Option<Duration>,
    last: SystemTime,
}

/// A row as it is serialized.
#[derive(Serialize)]
struct Line<'a> {
    plugin: &'a str,
    capability: &'a str,
    operation: &'a str,
    verdict: Verdict,
    count: u64,
    targets: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<u128>,
    last: u128,
}

impl EventSummary {
    /// Counts one event.
    pub fn add(&mut self, event: &Event) {
        self.events = self.events.saturating_add(1);
        let Event { plugin, capability, operation, verdict, .. } = event;
        let key = (plugin.clone(), capability.clone(), operation.clone(), *verdict);
        let new = || Row { count: 0, targets: BTreeSet::new(), duration: None, last: event.time };
        let row = self.rows.entry(key).or_insert_with(new);
        row.count = row.count.saturating_add(event.count);
        row.last = row.last.max(event.time);
        if let Some(duration) = event.duration {
            row.duration = Some(row.duration.unwrap_or_default().saturating_add(duration));
        }
        if let Some(target) = &event.target
            && row.targets.len() < MAX_TARGETS
        {
            row.targets.insert(target.clone());
        }
    }

    /// How many events were counted.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// How often something was denied.
    #[must_use]
    pub fn denied(&self) -> u64 {
        let denied = self.rows.iter().filter(|((.., verdict), _)| verdict.is_denial());
        denied.fold(0, |sum, (_, row)| sum.saturating_add(row.count))
    }
}

impl Extend<Event> for EventSummary {
    fn extend<I: IntoIterator<Item = Event>>(&mut self, events: I) {
        events.into_iter().for_each(|event| self.add(&event));
    }
}

impl Serialize for EventSummary {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.rows.len()))?;
        for ((plugin, capability, operation, verdict), row) in &self.rows {
            list.serialize_element(&Line {
                plugin,
                capability,
                operation,
                verdict: *verdict,
                count: row.count,
                targets: row.targets.len(),
                duration: row.duration.map(|duration| duration.as_micros()),
                last: row.last.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_micros(),
            })?;
        }
        list.end()
    }
}

impl fmt::Display for EventSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut above = None;
        for ((plugin, capability, operation, verdict), row) in &self.rows {
            if above != Some(plugin) {
                writeln!(f, "{}", clean(plugin))?;
                above = Some(plugin);
            }
            let what = format!("{} {}", clean(capability), clean(operation));
            write!(f, "  {:<9} {:>9}×  {what}", verdict.to_string(), row.count)?;
            match row.targets.len() {
                0 => {}
                1 => write!(f, "  {}", row.targets.first().map(|target| clean(target)).unwrap_or_default())?,
                many => write!(f, "  {many} targets")?,
            }
            if let Some(duration) = row.duration {
                write!(f, "  {duration:.1?}")?;
            }
            writeln!(f)?;
        }
        write!(f, "{} events, {} denials", self.events, self.denied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_counted_by_what_they_are_about() {
        let event = |call: u64, target: &str, verdict| Event {
            time: SystemTime::UNIX_EPOCH,
            plugin: "p\u{1b}[2J".into(),
            version: None,
            digest: None,
            call,
            capability: "wasi:filesystem".into(),
            operation: "open-at".into(),
            target: Some(target.into()),
            verdict,
            rule: "r".into(),
            count: 3,
            duration: Some(Duration::from_micros(5)),
        };
        let mut summary = EventSummary::default();
        summary.extend([
            event(1, "/a", Verdict::Allowed),
            event(2, "/b", Verdict::Allowed),
            event(2, "/etc/passwd", Verdict::Denied),
        ]);
        assert_eq!((summary.events(), summary.denied()), (3, 3));
        let text = summary.to_string();
        assert!(!text.contains('\u{1b}'), "{text:?}");
        assert!(text.contains("6×  wasi:filesystem open-at  2 targets  10.0µs"), "{text}");
        assert!(text.contains("3×  wasi:filesystem open-at  /etc/passwd"), "{text}");
        assert!(text.ends_with("3 events, 3 denials"), "{text}");
    }
}
