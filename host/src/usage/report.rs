//! `Usage`: what a live plugin uses, for programs and for people.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

/// How much of one thing a plugin uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Amount {
    /// At the moment.
    pub now: u64,
    /// The most since it was instantiated.
    pub peak: u64,
    /// How much it may use.
    pub limit: u64,
}

impl Amount {
    pub(crate) fn new(now: u64, peak: u64, limit: u64) -> Self {
        Self { now, peak, limit }
    }
}

/// What a plugin uses of its [`Limits`](crate::Limits): of each field, how much now, how much at most so far, and how much it may.
///
/// Its `Display` is a table for people; it serializes to an object with the names of the fields, times as microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Usage {
    /// Bytes of all linear memories together. They never shrink, so the peak is what there is now.
    pub memory: Amount,
    /// Elements of all tables together. They never shrink either.
    pub table_elements: Amount,
    /// Resource handles that the guest holds or was lent.
    pub handles: Amount,
    /// Host objects that stand behind handles; bounded by [`Limits::handles`](crate::Limits::handles) too.
    pub host_resources: Amount,
    /// Bytes that the values which the plugin gave to the host in one call took: how much at most, against
    /// [`Limits::value_bytes`](crate::Limits::value_bytes). None of it is in use between calls.
    pub value_bytes: Amount,
    /// Open files and directories.
    pub open_files: Amount,
    /// Open sockets.
    pub sockets: Amount,
    /// Pollables that wait for a clock.
    pub timers: Amount,
    /// Pollables of all kinds.
    pub pollables: Amount,
    /// Bytes that host functions keep for the plugin.
    pub host_bytes: Amount,
    /// Bytes written to the log: in the last call, and in the call that wrote most.
    pub log_bytes: Amount,
    /// Fuel that was used in all, and of how much; `None` if the host does not count it.
    pub fuel: Option<Amount>,
    /// Fuel that one call used at most, against [`Limits::fuel_per_call`](crate::Limits::fuel_per_call).
    pub fuel_per_call: Option<Amount>,
    /// Calls into the plugin that were begun.
    pub calls: u64,
    /// How long they took together, host functions and waiting included; only where it is measured
    /// ([`HostBuilder::measure`](crate::HostBuilder::measure)).
    #[serde(serialize_with = "micros")]
    pub time: Option<Duration>,
    /// The longest of them.
    #[serde(serialize_with = "micros")]
    pub longest_call: Option<Duration>,
    /// How long one may take.
    #[serde(serialize_with = "micros")]
    pub deadline: Option<Duration>,
}

#[expect(clippy::ref_option, reason = "serde gives the field so")]
fn micros<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => serializer.serialize_u64(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)),
        None => serializer.serialize_none(),
    }
}

impl fmt::Display for Usage {
    /// One line for each limit of which something was used.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<16}{:>12}{:>12}{:>12}", "", "now", "at most", "limit")?;
        for (name, amount) in [
            ("memory", self.memory),
            ("value bytes", self.value_bytes),
            ("host bytes", self.host_bytes),
            ("log bytes", self.log_bytes),
        ] {
            row(f, name, amount, bytes)?;
        }
        let fuel = self.fuel.unwrap_or_default();
        let per_call = self.fuel_per_call.unwrap_or_default();
        for (name, amount) in [
            ("table elements", self.table_elements),
            ("handles", self.handles),
            ("host resources", self.host_resources),
            ("open files", self.open_files),
            ("sockets", self.sockets),
            ("timers", self.timers),
            ("pollables", self.pollables),
            ("fuel", fuel),
            ("fuel per call", per_call),
        ] {
            row(f, name, amount, |count| count.to_string())?;
        }
        write!(f, "\n{:<16}{:>12}", "calls", self.calls)?;
        if let (Some(time), Some(longest)) = (self.time, self.longest_call) {
            let limit = self.deadline.map_or_else(|| "none".to_owned(), |limit| format!("{limit:.1?}"));
            write!(f, "\n{:<16}{:>12}", "time", format!("{time:.1?}"))?;
            write!(f, "\n{:<16}{:>12}{:>12}{:>12}", "longest call", "", format!("{longest:.1?}"), limit)?;
        }
        Ok(())
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, amount: Amount, show: impl Fn(u64) -> String) -> fmt::Result {
    let Amount { now, peak, limit } = amount;
    if peak == 0 {
        return Ok(());
    }
    let limit = if limit >= i64::MAX.cast_unsigned() { "none".to_owned() } else { show(limit) };
    write!(f, "\n{name:<16}{:>12}{:>12}{limit:>12}", show(now), show(peak))
}

/// A number of bytes in the largest unit that leaves a digit before the point.
fn bytes(count: u64) -> String {
    const UNITS: [(&str, u32); 3] = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    match UNITS.into_iter().find(|(_, shift)| count >> shift > 0) {
        Some((unit, shift)) if count.trailing_zeros() >= shift => format!("{} {unit}", count >> shift),
        Some((unit, shift)) => {
            let tenths = u128::from(count) * 10 / (1_u128 << shift);
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
        None => format!("{count} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_in_units() {
        for (count, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (65536, "64 KiB"),
            (1536, "1.5 KiB"),
            (u64::MAX, "17179869183.9 GiB"),
            (256 << 20, "256 MiB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn only_what_was_used_is_shown() {
        let nothing = Amount::new(0, 0, 10);
        let usage = Usage {
            memory: Amount::new(65536, 65536, 256 << 20),
            table_elements: nothing,
            handles: nothing,
            host_resources: nothing,
            value_bytes: nothing,
            open_files: Amount::new(1, 3, 256),
            sockets: nothing,
            timers: nothing,
            pollables: nothing,
            host_bytes: nothing,
            log_bytes: nothing,
            fuel: None,
            fuel_per_call: None,
            calls: 7,
            time: Some(Duration::from_millis(3)),
            longest_call: Some(Duration::from_millis(2)),
            deadline: None,
        };
        let text = usage.to_string();
        let words: Vec<Vec<_>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(
            words,
            [
                vec!["now", "at", "most", "limit"],
                vec!["memory", "64", "KiB", "64", "KiB", "256", "MiB"],
                vec!["open", "files", "1", "3", "256"],
                vec!["calls", "7"],
                vec!["time", "3.0ms"],
                vec!["longest", "call", "2.0ms", "none"],
            ],
            "{text}"
        );
    }
}
