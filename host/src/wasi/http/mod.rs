//! `wasi:http`: requests of a plugin to servers. What it may ask for is decided by `HttpRule`s before anything is resolved, and
//! again for each address that a name led to; then one thread for each request talks HTTP/1.1 with that address, over TLS
//! unless a rule allows `http`. Redirects are the plugin's to follow, by new requests, which are decided anew. Nothing is
//! taken from the environment, kept between requests, or decompressed.
//!
//! `fields`, `request`, `response` are what the guest holds, `outlet` and `inlet` the queues between it and the thread in
//! `exchange`, `define` the functions.

mod authority;
mod define;
mod error_code;
mod exchange;
mod fields;
mod handler;
mod inlet;
mod limits;
mod outlet;
mod request;
mod response;
mod rule;
mod slots;
mod streams;
mod syntax;
mod tls;
mod types;

pub use limits::HttpLimits;
pub use rule::{HttpRequest, HttpRule};
pub(crate) use tls::Tls;
pub use tls::TlsRoots;

pub(super) use define::{define_handler, define_types};
pub(super) use error_code::ErrorCode;

/// What the audit calls it.
const CAPABILITY: &str = "wasi:http";

/// What one linked plugin may do.
#[derive(Clone, Debug)]
pub(crate) struct HttpAuthority {
    pub(crate) power: crate::grant::Power<HttpRule>,
    pub(crate) tls: Tls,
}

/// What a live plugin has of `wasi:http`.
#[derive(Debug)]
pub(super) struct Client {
    limits: HttpLimits,
    open: slots::OpenRequests,
}

impl Client {
    pub(super) fn new(limits: HttpLimits) -> Self {
        Self { limits, open: slots::OpenRequests::default() }
    }
}
