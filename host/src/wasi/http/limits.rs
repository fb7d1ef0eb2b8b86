//! `HttpLimits`: how much of `wasi:http` a plugin may use.

use std::time::Duration;

/// How many requests a plugin may send, how much may go over the wire in each direction, and how long that may take.
///
/// Part of [`Limits`](crate::Limits). What is too much in a request or a response is an `error-code` that the plugin gets;
/// more fields than these end its call, as with all limits.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpLimits {
    /// Requests at one time: those that are under way, and responses that were not read and dropped yet. Default 32.
    pub requests: u32,
    /// Fields of one message. Default 256.
    pub fields: u32,
    /// Bytes of the fields of one message. Default 64 KiB.
    pub field_bytes: u32,
    /// Bytes of the body of a request. Default 128 MiB.
    pub request_body: u64,
    /// Bytes of the body of a response, as they are sent: nothing is decompressed. Default 128 MiB.
    pub response_body: u64,
    /// How long finding the host, connecting and agreeing on encryption may take. Default 10 seconds.
    pub connect: Duration,
    /// How long the first byte of a response may take after the request was sent. Default 30 seconds.
    pub first_byte: Duration,
    /// How long a pause in the body of a response, or before more of the request is taken, may last. Default 30 seconds.
    pub between_bytes: Duration,
    /// How long a request and its response may take together, whatever happens. Default 2 minutes.
    pub total: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            requests: 32,
            fields: 256,
            field_bytes: 64 << 10,
            request_body: 128 << 20,
            response_body: 128 << 20,
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(30),
            between_bytes: Duration::from_secs(30),
            total: Duration::from_secs(120),
        }
    }
}
