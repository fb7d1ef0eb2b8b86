//! Addresses as guests write them, and as the system does.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use plugbay_macro::{ComponentType, Lift, Lower};

use super::ErrorCode;
use crate::grant::net::Class;

/// The enum `ip-address-family`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(enum)]
pub(super) enum Family {
    Ipv4,
    Ipv6,
}

/// The type `ipv4-address`.
type Four = (u8, u8, u8, u8);
/// The type `ipv6-address`.
type Six = (u16, u16, u16, u16, u16, u16, u16, u16);

/// The variant `ip-address`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(variant)]
pub(super) enum IpAddress {
    Ipv4(Four),
    Ipv6(Six),
}

/// The record `ipv4-socket-address`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(record)]
pub(super) struct Ipv4SocketAddress {
    port: u16,
    address: Four,
}

/// The record `ipv6-socket-address`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(record)]
pub(super) struct Ipv6SocketAddress {
    port: u16,
    flow_info: u32,
    address: Six,
    scope_id: u32,
}

/// The variant `ip-socket-address`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(variant)]
pub(super) enum IpSocketAddress {
    Ipv4(Ipv4SocketAddress),
    Ipv6(Ipv6SocketAddress),
}

/// The enum `shutdown-type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(enum)]
pub(super) enum ShutdownType {
    Receive,
    Send,
    Both,
}

fn four(address: Ipv4Addr) -> Four {
    let [a, b, c, d] = address.octets();
    (a, b, c, d)
}

fn six(address: Ipv6Addr) -> Six {
    let [a, b, c, d, e, f, g, h] = address.segments();
    (a, b, c, d, e, f, g, h)
}

impl From<IpAddr> for IpAddress {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::Ipv4(four(address)),
            IpAddr::V6(address) => Self::Ipv6(six(address)),
        }
    }
}

impl From<SocketAddr> for IpSocketAddress {
    fn from(address: SocketAddr) -> Self {
        let port = address.port();
        match address {
            SocketAddr::V4(address) => Self::Ipv4(Ipv4SocketAddress { port, address: four(*address.ip()) }),
            SocketAddr::V6(address) => Self::Ipv6(Ipv6SocketAddress {
                port,
                flow_info: address.flowinfo(),
                address: six(*address.ip()),
                scope_id: address.scope_id(),
            }),
        }
    }
}

impl From<IpSocketAddress> for SocketAddr {
    fn from(address: IpSocketAddress) -> Self {
        match address {
            IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (a, b, c, d) }) => {
                SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), port).into()
            }
            IpSocketAddress::Ipv6(Ipv6SocketAddress { port, flow_info, address, scope_id }) => {
                let (a, b, c, d, e, f, g, h) = address;
                SocketAddrV6::new(Ipv6Addr::new(a, b, c, d, e, f, g, h), port, flow_info, scope_id).into()
            }
        }
    }
}

impl Family {
    /// Whether a socket of this family can use `address` at all: it is of the family, and no IPv4 address in disguise.
    pub(super) fn check(self, address: SocketAddr) -> Result<(), ErrorCode> {
        let fits = match address {
            SocketAddr::V4(_) => self == Self::Ipv4,
            SocketAddr::V6(address) => self == Self::Ipv6 && address.ip().to_ipv4_mapped().is_none(),
        };
        if fits { Ok(()) } else { Err(ErrorCode::InvalidArgument) }
    }

    /// Whether something can be sent to `address` by a socket of this family.
    pub(super) fn check_remote(self, address: SocketAddr) -> Result<(), ErrorCode> {
        self.check(address)?;
        if address.ip().is_unspecified() || address.port() == 0 {
            return Err(ErrorCode::InvalidArgument);
        }
        Ok(())
    }

    /// Whether it is an address of one machine, too.
    pub(super) fn check_unicast(self, address: SocketAddr) -> Result<(), ErrorCode> {
        self.check(address)?;
        if Class::of(address.ip()).is_unicast() { Ok(()) } else { Err(ErrorCode::InvalidArgument) }
    }
}
