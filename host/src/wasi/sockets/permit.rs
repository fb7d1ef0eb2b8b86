//! The one place that asks the rules whether a plugin may use an address or a name, and tells the audit.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::ErrorCode;
use crate::audit::Verdict;
use crate::grant::net::{Direction, HostName, NetRequest, Protocol, Target};
use crate::wasi::Wasi;

/// The most addresses that are remembered with the names they were found for; the oldest are forgotten.
const MAX_PINS: usize = 1024;

/// What `wasi:sockets` keeps for one live plugin.
#[derive(Debug, Default)]
pub(in crate::wasi) struct Net {
    /// Addresses that this plugin's lookups found, and for which name: a rule with that name allows to connect to them.
    pins: VecDeque<(IpAddr, HostName)>,
    /// As many clones as lookups are under way.
    pub(super) lookups: Arc<()>,
}

/// A function that asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operation {
    pub(super) interface: &'static str,
    pub(super) function: &'static str,
}

impl Operation {
    pub(super) const fn tcp(function: &'static str) -> Self {
        Self { interface: "wasi:sockets/tcp", function }
    }

    pub(super) const fn udp(function: &'static str) -> Self {
        Self { interface: "wasi:sockets/udp", function }
    }
}

impl Net {
    /// The names that lookups found `address` for.
    fn names(&self, address: IpAddr) -> Vec<HostName> {
        self.pins.iter().filter(|(pinned, _)| *pinned == address).map(|(_, name)| name.clone()).collect()
    }

    /// Remembers what a lookup found.
    pub(super) fn pin(&mut self, name: &HostName, addresses: &[IpAddr]) {
        for address in addresses {
            if self.pins.iter().any(|(pinned, known)| pinned == address && known == name) {
                continue;
            }
            if self.pins.len() >= MAX_PINS {
                self.pins.pop_front();
            }
            self.pins.push_back((*address, name.clone()));
        }
    }
}

impl Wasi {
    /// Whether the rules allow `direction` with `address`. Tells the audit.
    pub(super) fn permit(
        &mut self,
        operation: Operation,
        protocol: Protocol,
        direction: Direction,
        address: SocketAddr,
    ) -> Result<(), ErrorCode> {
        let names = self.net.names(address.ip());
        let request = NetRequest {
            target: Target::address(address.ip(), &names),
            port: Some(address.port()),
            protocol: Some(protocol),
            direction,
        };
        let decided = self.authority.net.check(&request);
        if decided.is_ok() {
            self.watch.learn(&self.authority.net, &request);
        }
        self.tell(operation, &target(protocol, address, &names), decided.map_err(|denial| denial.to_string()))
    }

    /// Whether the rules allow to look `name` up. Tells the audit.
    pub(super) fn permit_lookup(&mut self, operation: Operation, name: &HostName) -> Result<(), ErrorCode> {
        let request = NetRequest {
            target: Target::name(name),
            port: None,
            protocol: None,
            direction: Direction::Lookup,
        };
        let decided = self.authority.net.check(&request);
        if decided.is_ok() {
            self.watch.learn(&self.authority.net, &request);
        }
        self.tell(operation, name.as_str(), decided.map_err(|denial| denial.to_string()))
    }

    /// Whether the rules allow to listen at `address`, without telling anyone.
    pub(super) fn could_listen(&self, protocol: Protocol, address: SocketAddr) -> bool {
        let request = NetRequest {
            target: Target::address(address.ip(), &[]),
            port: Some(address.port()),
            protocol: Some(protocol),
            direction: Direction::Listen,
        };
        self.authority.net.check(&request).is_ok()
    }

    /// Whether no rule denies that `peer` came to a plugin that listens. Denials are told.
    pub(super) fn admit(
        &mut self,
        operation: Operation,
        protocol: Protocol,
        peer: SocketAddr,
    ) -> Result<(), ErrorCode> {
        let names = self.net.names(peer.ip());
        let direction = if protocol == Protocol::Tcp { Direction::Connect } else { Direction::Receive };
        let request = NetRequest {
            target: Target::address(peer.ip(), &names),
            port: Some(peer.port()),
            protocol: Some(protocol),
            direction,
        };
        match self.authority.net.denial(&request) {
            None => Ok(()),
            Some(denial) => self.tell(operation, &target(protocol, peer, &names), Err(denial.to_string())),
        }
    }

    fn tell(
        &mut self,
        operation: Operation,
        target: &str,
        decided: Result<(), String>,
    ) -> Result<(), ErrorCode> {
        let (verdict, rule) = match &decided {
            Ok(()) => (Verdict::Allowed, "granted"),
            Err(denial) => (Verdict::Denied, denial.as_str()),
        };
        self.note(operation.interface, operation.function, target, verdict, rule);
        decided.map_err(|_| ErrorCode::AccessDenied)
    }
}

/// `tcp 192.0.2.1:80 (api.acme.dev)`.
fn target(protocol: Protocol, address: SocketAddr, names: &[HostName]) -> String {
    let protocol = match protocol {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
    };
    match names.first() {
        Some(name) => format!("{protocol} {address} ({name})"),
        None => format!("{protocol} {address}"),
    }
}
