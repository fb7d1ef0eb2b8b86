//! `Limits`: what one instance may use on the component level. Memory, tables and stack are the engine's `StoreLimits`.

use std::time::Instant;

/// Limits of one instance; every field has a default that fits ordinary plugins. What exceeds one ends the call with an
/// error of kind [`Limit`](crate::ErrorKind::Limit) that names the field, what was asked for and the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Resource handles alive at once, guest and host side together. Default: 100,000.
    pub handles: u32,
    /// How often handles may be lent in the calls under way: a guest can lend one handle many times in one call, and each
    /// time is remembered, once more when it is the host that borrows. Default: 200,000.
    pub lends: u32,
    /// Bytes that the values which a guest gives to the host in one call may take, strings, lists and dynamic values
    /// together. What the host owns is counted as it lies there (a dynamic value with its names and boxes), what it only
    /// borrows as it lies in the guest. Default: 128 MiB.
    pub value_bytes: u64,
    /// Bytes of one string that a guest gives to the host, as it lies in the guest. Default: 64 MiB. (No string has more
    /// than 2^28 − 1, says the specification.)
    pub string_bytes: u32,
    /// Elements of one list that a guest gives to the host; those of a `list<u8>` are its bytes. Default: 67,108,864.
    pub list_elements: u32,
    /// When instantiating is stopped, start functions included; holds until
    /// [`Instance::set_deadline`](crate::Instance::set_deadline). Default: never.
    pub deadline: Option<Instant>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handles: 100_000,
            lends: 200_000,
            value_bytes: 128 << 20,
            string_bytes: 64 << 20,
            list_elements: 64 << 20,
            deadline: None,
        }
    }
}
