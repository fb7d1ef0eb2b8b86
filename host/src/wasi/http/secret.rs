//! Values that a guest uses but never reads: a secret as the value of a field of a request.

use std::fmt;
use std::sync::Arc;

use super::rule::{HttpRequest, HttpRule};
use crate::grant::rule::Rule as _;

/// A secret that may be the value of a field. The guest names it; it never sees it, nor does the audit.
///
/// It is sent only with requests that one of its rules covers: without a rule, with none.
#[derive(Clone)]
pub(crate) struct SecretValue {
    value: Arc<[u8]>,
    only_to: Arc<[HttpRule]>,
}

impl SecretValue {
    #[allow(dead_code, reason = "the provider of `plugbay:host/secret` makes them")]
    pub(crate) fn new(value: impl Into<Arc<[u8]>>, only_to: impl Into<Arc<[HttpRule]>>) -> Self {
        Self { value: value.into(), only_to: only_to.into() }
    }

    /// Only for writing it on the wire.
    pub(super) fn expose(&self) -> &[u8] {
        &self.value
    }

    pub(super) fn may_go_with(&self, request: &HttpRequest<'_>) -> bool {
        // A server that is asked to `TRACE` sends back what it was sent.
        !request.method.eq_ignore_ascii_case("TRACE") && self.only_to.iter().any(|rule| rule.matches(request))
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue(…)")
    }
}
