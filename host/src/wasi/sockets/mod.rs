//! `wasi:sockets`: TCP, UDP and names. Every address that a plugin binds to, connects to, sends to or hears from is checked
//! against its rules (`grant/net`) at the call; what was checked is what the system is told. All sockets are non-blocking:
//! who waits, waits in `wasi:io`, where the deadline of the call and its cancellation are obeyed.
//!
//! `socket` is what TCP and UDP share, `tcp` and `udp` are the state machines of the specification, `*_stream` what flows,
//! `lookup` names; `permit` is the one place that asks the rules; `define_*` say which function has which name.

mod define_network;
mod define_tcp;
mod define_udp;
mod error_code;
mod lookup;
mod permit;
mod socket;
mod tcp;
mod tcp_stream;
#[cfg(test)]
mod tests;
mod types;
mod udp;
mod udp_stream;

pub(super) use define_network::{
    define_create_tcp, define_create_udp, define_instance_network, define_lookup, define_network,
};
pub(super) use define_tcp::define as define_tcp;
pub(super) use define_udp::define as define_udp;
pub(super) use error_code::ErrorCode;
pub(super) use permit::Net;

/// The resource `network`: there is one, and what may be done with it the rules say.
#[derive(Debug)]
struct Network;
