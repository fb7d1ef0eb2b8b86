//! `Limits`: what one instance may use on the component level. Memory, tables and stack are the engine's `StoreLimits`.

use std::time::Instant;

/// Limits of one instance; every field has a default that fits ordinary plugins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Resource handles alive at once, guest and host side together. Default: 100,000.
    pub handles: u32,
    /// Bytes of host memory that the values of one call may take. Default: 128 MiB.
    pub value_bytes: u64,
    /// When instantiating is stopped, start functions included; holds until
    /// [`Instance::set_deadline`](crate::Instance::set_deadline). Default: never.
    pub deadline: Option<Instant>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { handles: 100_000, value_bytes: 128 << 20, deadline: None }
    }
}
