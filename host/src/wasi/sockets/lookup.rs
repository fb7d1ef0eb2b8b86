//! The resource `resolve-address-stream`: a name is resolved on a thread for it, its addresses are remembered with it.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use plugbay_component::{Borrow, Result};

use super::ErrorCode;
use super::permit::Operation;
use super::types::IpAddress;
use crate::grant::net::{Host, HostName, Lookup, ResolveError};
use crate::wasi::io::{Always, Condition};
use crate::wasi::{Wasi, refused};

/// The most lookups that one plugin has under way.
const MAX_LOOKUPS: usize = 16;

const RESOLVE: Operation =
    Operation { interface: "wasi:sockets/ip-name-lookup", function: "resolve-addresses" };

/// The resource `resolve-address-stream`.
#[derive(Debug)]
pub(super) enum ResolveStream {
    /// Nobody has answered yet.
    Asked(HostName, Lookup),
    Found(VecDeque<IpAddr>),
    Failed(ResolveError),
}

impl Condition for Lookup {
    fn holds(&self) -> bool {
        self.is_answered()
    }
}

impl ResolveStream {
    pub(super) fn condition(&self) -> Arc<dyn Condition> {
        match self {
            Self::Asked(_, lookup) => Arc::new(lookup.clone()),
            _ => Arc::new(Always),
        }
    }
}

impl Wasi {
    /// `resolve-addresses`.
    pub(super) fn resolve_addresses(&mut self, name: &str) -> Result<ResolveStream, ErrorCode> {
        let name = match Host::parse(name).map_err(|_| ErrorCode::InvalidArgument)? {
            Host::Address(address) => return Ok(ResolveStream::Found([address.to_canonical()].into())),
            Host::Name(name) => name,
        };
        self.permit_lookup(RESOLVE, &name)?;
        let under_way = self.net.lookups.clone();
        if Arc::strong_count(&under_way).saturating_sub(2) >= MAX_LOOKUPS {
            return Err(ErrorCode::TemporaryResolverFailure);
        }
        let interrupt = self.waiter.interrupt.clone();
        let lookup = self.authority.resolver.start(&name, move || {
            drop(under_way);
            interrupt.wake();
        })?;
        Ok(ResolveStream::Asked(name, lookup))
    }

    /// `resolve-next-address`.
    pub(super) fn resolve_next_address(
        &mut self,
        this: Borrow<ResolveStream>,
    ) -> Result<Result<Option<IpAddress>, ErrorCode>> {
        let stream: &mut ResolveStream = self.table.get_mut(this).map_err(refused)?;
        if let ResolveStream::Asked(name, lookup) = stream {
            match lookup.answer() {
                None => return Ok(Err(ErrorCode::WouldBlock)),
                Some(Err(error)) => *stream = ResolveStream::Failed(error),
                Some(Ok(addresses)) => {
                    self.net.pin(name, &addresses);
                    *stream = ResolveStream::Found(addresses.into());
                }
            }
        }
        Ok(match stream {
            ResolveStream::Found(addresses) => Ok(addresses.pop_front().map(IpAddress::from)),
            ResolveStream::Failed(error) => Err((*error).into()),
            ResolveStream::Asked(..) => Err(ErrorCode::WouldBlock),
        })
    }
}
