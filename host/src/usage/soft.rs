//! `SoftLimit`: there is little left of a limit.

use serde::Serialize;

/// There is little left of a limit, which is told once before it is reached
/// ([`HostBuilder::on_soft_limit`](crate::HostBuilder::on_soft_limit)).
///
/// Of what host functions hold (files, sockets, pollables, bytes) it is told when it is taken; of memory, tables, handles, fuel and
/// time when the call that crossed the line has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SoftLimit<'a> {
    /// The plugin.
    pub plugin: &'a str,
    /// The call into it, counted from 1; 0 while it was instantiated.
    pub call: u64,
    /// The field of [`Limits`](crate::Limits).
    pub knob: &'static str,
    /// How much is in use, in the unit of that field; time in milliseconds.
    pub used: u64,
    /// How much may be.
    pub limit: u64,
}

impl<'a> SoftLimit<'a> {
    pub(crate) fn new(plugin: &'a str, call: u64, knob: &'static str, used: u64, limit: u64) -> Self {
        Self { plugin, call, knob, used, limit }
    }
}
