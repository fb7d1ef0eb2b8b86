//! `outgoing-handler`: whether a request may be sent, and sending it.

use std::sync::Arc;

use plugbay_component::{Borrow, Resource, Result};

use super::CAPABILITY;
use super::authority::Prepared;
use super::error_code::ErrorCode;
use super::exchange::{self, Bell, Job};
use super::fields::FieldMap;
use super::inlet::Inlet;
use super::outlet::CAPACITY;
use super::request::{OutgoingRequest, RequestOptions};
use super::response::{Call, FutureIncomingResponse};
use crate::audit::Verdict;
use crate::grant::watch::Leads;
use crate::usage::Kind;
use crate::wasi::{Wasi, refused};

/// What one request takes of the host's memory: queue, buffers, and what TLS keeps.
const BUFFERS: u64 = 2 * CAPACITY as u64;

impl Wasi {
    pub(super) fn handle_request(
        &mut self,
        request: Resource<OutgoingRequest>,
        options: Option<Resource<RequestOptions>>,
    ) -> Result<Result<Resource<FutureIncomingResponse>, ErrorCode>> {
        let request = self.table.delete(request).map_err(refused)?;
        let options = match options {
            Some(options) => self.table.delete(options).map_err(refused)?,
            None => RequestOptions::default(),
        };
        match self.begin(request, options)? {
            Ok(future) => self.table.push(future).map(Ok).map_err(refused),
            Err(code) => Ok(Err(code)),
        }
    }

    fn begin(
        &mut self,
        mut request: OutgoingRequest,
        options: RequestOptions,
    ) -> Result<Result<FutureIncomingResponse, ErrorCode>> {
        let mut prepared = match Prepared::new(&request) {
            Ok(prepared) => prepared,
            Err(code) => return Ok(Err(code)),
        };
        if let Err(code) = self.decide(&mut prepared) {
            return Ok(Err(code));
        }
        if request.body.is_none() && prepared.content_length.is_some_and(|length| length > 0) {
            return Ok(Err(ErrorCode::HttpRequestBodySize(Some(0))));
        }
        let buffers = self.meter.take_many(Kind::HostBytes, BUFFERS)?;
        let Ok(socket) = self.meter.take(Kind::Sockets) else {
            return Ok(Err(ErrorCode::ConnectionLimitReached));
        };
        let Some(open) = self.http.open.open(self.http.limits.requests, [buffers, socket]) else {
            return Ok(Err(ErrorCode::ConnectionLimitReached));
        };
        // Out of descriptors: somebody else's connections are in the way.
        let Ok((bell, ear)) = Bell::new() else { return Ok(Err(ErrorCode::ConnectionLimitReached)) };
        let inlet = Arc::new(Inlet::new(self.waiter.interrupt.clone(), bell.clone()));
        let job = Job {
            request: prepared,
            outlet: request.body.take(),
            inlet: inlet.clone(),
            bell,
            power: self.authority.http.power.clone(),
            resolver: self.authority.resolver.clone(),
            tls: self.authority.http.tls.clone(),
            limits: options.narrow(&self.http.limits),
            watch: self.watch.clone(),
            call: self.meter.call(),
            _open: open.clone(),
        };
        if let Err(code) = exchange::start(job, ear) {
            return Ok(Err(code));
        }
        let call = Call { inlet: inlet.clone(), _open: open };
        Ok(Ok(FutureIncomingResponse { inlet, call: Some(call) }))
    }

    /// Whether the rules allow the request as it is written, and each secret in it to go with it.
    fn decide(&mut self, request: &mut Prepared) -> Result<(), ErrorCode> {
        let target = request.shown().to_string();
        let decided = self.authority.http.power.check(&request.for_rules());
        let decided = decided.map_err(|denial| denial.to_string());
        let decided = decided.and_then(|()| request.reveal(&self.authority.powers.secrets));
        let revoked = request.has_secrets() && !self.watch.may_use(Leads::Secrets);
        match decided
            .and_then(|()| if revoked { Err("the secret was taken back".to_owned()) } else { Ok(()) })
        {
            Ok(()) => {
                self.watch.learn(&self.authority.http.power, &request.for_rules());
                self.note(CAPABILITY, "handle", &target, Verdict::Allowed, "granted");
                Ok(())
            }
            Err(rule) => {
                self.note(CAPABILITY, "handle", &target, Verdict::Denied, &rule);
                Err(request.denied())
            }
        }
    }

    /// Whether fields are not more than a message may have.
    pub(super) fn check_fields(&self, map: &FieldMap) -> Result<()> {
        let limits = &self.http.limits;
        let within = |knob: &'static str, asked: usize, limit: u32| {
            let (asked, limit) = (asked as u64, u64::from(limit));
            if asked > limit { Err(plugbay_component::Error::limit(knob, asked, limit)) } else { Ok(()) }
        };
        within("http.fields", map.len(), limits.fields)?;
        within("http.field_bytes", map.size(), limits.field_bytes)
    }

    pub(super) fn outgoing_request<R>(
        &mut self,
        this: Borrow<OutgoingRequest>,
        f: impl FnOnce(&mut OutgoingRequest) -> R,
    ) -> Result<R> {
        Ok(f(self.table.get_mut(this).map_err(refused)?))
    }
}
