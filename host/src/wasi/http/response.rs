//! What a guest gets back: `future-incoming-response`, `incoming-response`, `incoming-body`, `future-trailers`; and
//! `outgoing-response`, which nobody sends here.

use std::sync::Arc;

use super::fields::FieldMap;
use super::inlet::Inlet;
use super::outlet::Outlet;
use super::slots::OpenRequest;

/// The guest waits for a response; dropping it hangs up.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) inlet: Arc<Inlet>,
    pub(super) _open: Arc<OpenRequest>,
}

impl Drop for Call {
    fn drop(&mut self) {
        self.inlet.hang_up();
    }
}

/// The resource `future-incoming-response`.
#[derive(Debug)]
pub(super) struct FutureIncomingResponse {
    pub(super) inlet: Arc<Inlet>,
    /// Until the response was got.
    pub(super) call: Option<Call>,
}

/// The resource `incoming-response`.
#[derive(Debug)]
pub(super) struct IncomingResponse {
    pub(super) status: u16,
    pub(super) headers: Arc<FieldMap>,
    /// Until it was consumed.
    pub(super) call: Option<Call>,
}

/// The resource `incoming-body`.
#[derive(Debug)]
pub(super) struct IncomingBody {
    pub(super) call: Call,
    /// Whether its stream was taken.
    pub(super) read: bool,
}

/// The resource `future-trailers`.
#[derive(Debug)]
pub(super) struct FutureTrailers {
    pub(super) call: Call,
    /// Whether they were got.
    pub(super) taken: bool,
}

/// The resource `incoming-request`: a plugin is not asked, so there is none.
#[derive(Debug)]
pub(super) enum IncomingRequest {}

/// The resource `response-outparam`: the same.
#[derive(Debug)]
pub(super) enum ResponseOutparam {}

/// The resource `outgoing-response`.
#[derive(Debug)]
pub(super) struct OutgoingResponse {
    pub(super) status: u16,
    pub(super) headers: Arc<FieldMap>,
    pub(super) body: Option<Arc<Outlet>>,
}
