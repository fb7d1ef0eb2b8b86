//! What a guest makes a request of: `outgoing-request`, `request-options`, `outgoing-body`.

use std::sync::Arc;
use std::time::Duration;

use super::authority;
use super::error_code::ErrorCode;
use super::fields::FieldMap;
use super::limits::HttpLimits;
use super::outlet::Outlet;
use super::syntax;
use super::types::{Method, Scheme};
use crate::usage::Slot;

/// The resource `outgoing-request`.
#[derive(Debug)]
pub(super) struct OutgoingRequest {
    pub(super) method: Method,
    pub(super) path: Option<String>,
    pub(super) scheme: Option<Scheme>,
    pub(super) authority: Option<String>,
    pub(super) headers: Arc<FieldMap>,
    /// Once the guest asked for it, until it is sent.
    pub(super) body: Option<Arc<Outlet>>,
}

impl OutgoingRequest {
    pub(super) fn new(headers: Arc<FieldMap>) -> Self {
        Self { method: Method::Get, path: None, scheme: None, authority: None, headers, body: None }
    }

    pub(super) fn set_method(&mut self, method: Method) -> Result<(), ()> {
        if !method.is_valid() {
            return Err(());
        }
        self.method = method;
        Ok(())
    }

    pub(super) fn set_path(&mut self, path: Option<String>) -> Result<(), ()> {
        if path.as_deref().is_some_and(|path| !syntax::is_path(path)) {
            return Err(());
        }
        self.path = path;
        Ok(())
    }

    pub(super) fn set_scheme(&mut self, scheme: Option<Scheme>) -> Result<(), ()> {
        if matches!(&scheme, Some(Scheme::Other(name)) if !syntax::is_scheme(name)) {
            return Err(());
        }
        self.scheme = scheme;
        Ok(())
    }

    pub(super) fn set_authority(&mut self, authority: Option<String>) -> Result<(), ()> {
        if authority.as_deref().is_some_and(|text| authority::parse(text).is_none()) {
            return Err(());
        }
        self.authority = authority;
        Ok(())
    }
}

impl Drop for OutgoingRequest {
    fn drop(&mut self) {
        // It was never sent, so nobody takes what is written to it.
        if let Some(outlet) = &self.body {
            outlet.close(None);
        }
    }
}

/// The resource `request-options`: times in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RequestOptions {
    pub(super) connect: Option<u64>,
    pub(super) first_byte: Option<u64>,
    pub(super) between_bytes: Option<u64>,
}

impl RequestOptions {
    /// The limits of the plugin, as far as the guest has not less patience.
    pub(super) fn narrow(self, limits: &HttpLimits) -> HttpLimits {
        let least =
            |own: Option<u64>, limit: Duration| own.map_or(limit, |own| limit.min(Duration::from_nanos(own)));
        HttpLimits {
            connect: least(self.connect, limits.connect),
            first_byte: least(self.first_byte, limits.first_byte),
            between_bytes: least(self.between_bytes, limits.between_bytes),
            ..limits.clone()
        }
    }
}

/// The resource `outgoing-body`.
#[derive(Debug)]
pub(super) struct OutgoingBody {
    pub(super) outlet: Arc<Outlet>,
    /// Whether its stream was taken.
    pub(super) written: bool,
    /// The memory of its queue.
    pub(super) _buffer: Slot,
}

impl OutgoingBody {
    pub(super) fn finish(self, trailers: Option<Arc<FieldMap>>) -> Result<(), ErrorCode> {
        self.outlet.finish(trailers)
    }
}

impl Drop for OutgoingBody {
    fn drop(&mut self) {
        // Nothing after `finish`.
        self.outlet.abandon();
    }
}
