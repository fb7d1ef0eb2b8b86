//! `Kind`: what a meter counts.

use crate::limits::Limits;

/// What a [`Meter`](super::Meter) counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Files and directories that are open.
    Files,
    /// Sockets that are open.
    Sockets,
    /// Pollables that wait for a clock.
    Timers,
    /// Pollables of all kinds, those that wait for a clock included.
    Pollables,
    /// Bytes that host functions keep for the plugin: captured output, buffers of streams, bodies and fields of HTTP.
    HostBytes,
    /// Bytes that the plugin wrote to the log in the call under way. Spent, not taken: nothing gives them back, and the next
    /// call starts again.
    LogBytes,
    /// Bytes that the plugin wrote to files. Spent, not taken: what is written stays.
    WrittenBytes,
}

impl Kind {
    /// All of them, each at the index that it has as a number.
    pub(super) const ALL: [Self; 7] = [
        Self::Files,
        Self::Sockets,
        Self::Timers,
        Self::Pollables,
        Self::HostBytes,
        Self::LogBytes,
        Self::WrittenBytes,
    ];

    /// The field of [`Limits`] that bounds it.
    pub(crate) const fn knob(self) -> &'static str {
        match self {
            Self::Files => "open_files",
            Self::Sockets => "sockets",
            Self::Timers => "timers",
            Self::Pollables => "pollables",
            Self::HostBytes => "host_bytes",
            Self::LogBytes => "log_bytes",
            Self::WrittenBytes => "written_bytes",
        }
    }

    pub(super) fn limit(self, limits: &Limits) -> u64 {
        match self {
            Self::Files => limits.open_files.into(),
            Self::Sockets => limits.sockets.into(),
            Self::Timers => limits.timers.into(),
            Self::Pollables => limits.pollables.into(),
            Self::HostBytes => limits.host_bytes,
            Self::LogBytes => limits.log_bytes,
            Self::WrittenBytes => limits.written_bytes,
        }
    }

    /// Whether it is counted anew in each call.
    pub(super) const fn per_call(self) -> bool {
        matches!(self, Self::LogBytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_own_place() {
        for (index, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, index, "{kind:?}");
        }
    }
}
