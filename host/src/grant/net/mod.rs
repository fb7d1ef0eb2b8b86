//! Hosts, addresses and ports as rules speak of them: what a name and an address are, what kind of address one is, and what
//! a rule about the network covers. Pure functions, apart from `resolve`, which asks the system for addresses. `wasi:sockets`
//! and `wasi:http` share all of it.
//!
//! A name is checked twice: before it is resolved (only rules with names count), and again with each address that was found.
//! What was checked is what is connected to: nobody resolves a second time. An address that is not of the public internet is
//! covered only by a rule that names it: the address, a network inside its class, or the class by its word.

mod address;
mod host;
mod pattern;
mod port;
mod resolve;
mod rule;
#[cfg(test)]
mod tests;

pub use address::Class;
pub use host::{Host, HostName};
pub use pattern::HostPattern;
pub(crate) use pattern::Target;
pub use port::Ports;
pub(crate) use resolve::{Lookup, Resolver};
pub use resolve::{Resolve, ResolveError, SystemResolver};
#[cfg(feature = "http")]
pub(crate) use rule::split_port;
pub use rule::{Direction, NetRequest, NetRule, Protocol};
