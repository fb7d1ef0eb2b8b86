//! The rules of `wasi:sockets`: hosts, ports, protocol and direction.

use serde::{Deserialize, Serialize};

use super::address::Class;
use super::pattern::{HostPattern, Target};
use super::port::Ports;
use crate::grant::{Risk, Rule};

/// One `allow` or `deny` entry of the capability `wasi:sockets`:
///
/// ```
/// use plugbay::grants::NetRule;
/// let rule = NetRule::new("api.acme.dev")?.ports("443")?;
/// let same = NetRule::from_flag("api.acme.dev:443")?;
/// assert_eq!(rule, same);
/// # Ok::<(), String>(())
/// ```
///
/// In TOML `{ host = "api.acme.dev", port = 443, protocol = "tcp", direction = "connect" }`. Only `host` must be there. An
/// `allow` rule without a direction allows to connect (and to look the name up), never to listen; a `deny` rule without one
/// denies everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetRule {
    host: HostPattern,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    port: Option<Ports>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    protocol: Option<Protocol>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    direction: Option<Direction>,
}

/// What carries the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Connections.
    Tcp,
    /// Datagrams.
    Udp,
}

/// Who begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The plugin connects to the host, or exchanges datagrams with it, and looks its name up.
    Connect,
    /// Others come to the plugin: the host is an address of this machine, and the port one of its own (0: any that is free).
    Listen,
    /// The plugin looks the name up.
    Lookup,
    /// The plugin sends datagrams to the host, and may hear nothing of it.
    Send,
    /// The plugin receives datagrams of the host, and may send it none.
    Receive,
}

/// What a plugin wants to do with the network.
#[derive(Clone, Copy, Debug)]
pub struct NetRequest<'a> {
    pub(crate) target: Target<'a>,
    /// `None` for a lookup.
    pub(crate) port: Option<u16>,
    /// `None` for a lookup.
    pub(crate) protocol: Option<Protocol>,
    pub(crate) direction: Direction,
}

impl NetRule {
    /// A rule about `host`, whatever the direction: a name, `*.name`, an address, a network or the word of a class
    /// ([`HostPattern`]).
    ///
    /// # Errors
    /// What is wrong with `host`, and what to write instead.
    pub fn new(host: &str) -> Result<Self, String> {
        Ok(Self { host: host.parse()?, port: None, protocol: None, direction: None })
    }

    /// A rule about connecting to `host`.
    ///
    /// # Errors
    /// What is wrong with `host`, and what to write instead.
    pub fn connect(host: &str) -> Result<Self, String> {
        Ok(Self::new(host)?.direction(Direction::Connect))
    }

    /// A rule about listening on the address `host` of this machine.
    ///
    /// # Errors
    /// What is wrong with `host`, and what to write instead.
    pub fn listen(host: &str) -> Result<Self, String> {
        let rule = Self::new(host)?.direction(Direction::Listen);
        Rule::check(&rule).map(|()| rule)
    }

    /// Only these ports: `443`, `8000-8999`, `80,443`.
    ///
    /// # Errors
    /// What is wrong with `ports`.
    pub fn ports(mut self, ports: &str) -> Result<Self, String> {
        self.port = Some(ports.parse()?);
        Ok(self)
    }

    /// Only by this protocol.
    #[must_use]
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = Some(protocol);
        self
    }

    /// In this direction.
    #[must_use]
    pub fn direction(mut self, direction: Direction) -> Self {
        self.direction = Some(direction);
        self
    }

    /// Reads the value of `--allow-net`: `HOST` or `HOST:PORT`, with IPv6 addresses in brackets. Of `--deny-net` as well.
    ///
    /// # Errors
    /// What is wrong, and what to write instead.
    pub fn from_flag(text: &str) -> Result<Self, String> {
        let (host, port) = split_port(text)?;
        let rule = Self::new(host)?;
        match port {
            Some(port) => rule.ports(port),
            None => Ok(rule),
        }
    }

    /// As [`from_flag`](Self::from_flag), for `--allow-listen`.
    ///
    /// # Errors
    /// What is wrong, and what to write instead.
    pub fn listen_from_flag(text: &str) -> Result<Self, String> {
        let rule = Self::from_flag(text)?.direction(Direction::Listen);
        Rule::check(&rule).map(|()| rule)
    }

    fn covers_port(&self, request: &NetRequest<'_>) -> bool {
        let port = match (&self.port, request.port) {
            (Some(ports), Some(port)) => ports.contains(port),
            _ => true,
        };
        let protocol = match (self.protocol, request.protocol) {
            (Some(rule), Some(asked)) => rule == asked,
            _ => true,
        };
        port && protocol
    }
}

/// `HOST:PORT` apart. A colon belongs to an IPv6 address where there is more than one and no bracket.
pub(crate) fn split_port(text: &str) -> Result<(&str, Option<&str>), String> {
    if let Some(rest) = text.strip_prefix('[') {
        let Some((address, after)) = rest.split_once(']') else {
            return Err(format!("`{}`: the bracket is not closed", text.escape_debug()));
        };
        return match after {
            "" => Ok((address, None)),
            _ => match after.strip_prefix(':') {
                Some(port) => Ok((address, Some(port))),
                None => Err(format!("`{}`: after `]` comes `:PORT` or nothing", text.escape_debug())),
            },
        };
    }
    match text.split_once(':') {
        Some((_, port)) if port.contains(':') => Ok((text, None)),
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((text, None)),
    }
}

impl Rule for NetRule {
    type Request<'a> = NetRequest<'a>;

    const EMPTY_WITHOUT_RULES: bool = true;

    fn only(request: &NetRequest<'_>) -> Option<Self> {
        Some(Self {
            host: HostPattern::only(&request.target)?,
            port: match request.port {
                Some(port) => Some(port.to_string().parse().ok()?),
                None => None,
            },
            protocol: request.protocol,
            direction: Some(request.direction),
        })
    }

    fn matches(&self, request: &NetRequest<'_>) -> bool {
        use Direction::{Connect, Listen, Lookup, Receive, Send};
        let direction = match self.direction.unwrap_or(Connect) {
            Connect => request.direction != Listen,
            Send => matches!(request.direction, Send | Lookup),
            direction @ (Listen | Lookup | Receive) => request.direction == direction,
        };
        direction && self.host.allows(&request.target) && self.covers_port(request)
    }

    fn denies(&self, request: &NetRequest<'_>) -> bool {
        use Direction::{Connect, Lookup, Receive, Send};
        let direction = match self.direction {
            // A rule about some ports says nothing about looking up the name, for which there is no port.
            None => request.direction != Lookup || (self.port.is_none() && self.protocol.is_none()),
            Some(Connect) => matches!(request.direction, Connect | Send | Receive),
            Some(direction) => request.direction == direction,
        };
        direction && self.host.denies(&request.target) && self.covers_port(request)
    }

    fn words(&self) -> String {
        let act = match self.direction {
            None | Some(Direction::Connect) => "connecting to",
            Some(Direction::Listen) => "being reached at",
            Some(Direction::Lookup) => "looking up",
            Some(Direction::Send) => "sending datagrams to",
            Some(Direction::Receive) => "receiving datagrams from",
        };
        let host = match self.host.class() {
            _ if self.host.is_any() => "any host of the internet".to_owned(),
            Class::Public => self.host.to_string(),
            class if self.host.to_string() == class.to_string() => format!("{class} addresses"),
            class => format!("{} ({class})", self.host),
        };
        let port = self.port.as_ref().map(|ports| format!(", port {ports}")).unwrap_or_default();
        let protocol = match self.protocol {
            Some(Protocol::Tcp) => ", by TCP",
            Some(Protocol::Udp) => ", by UDP",
            None => "",
        };
        format!("{act} {host}{port}{protocol}")
    }

    fn risk(&self) -> Risk {
        match (self.direction, self.host.class()) {
            (Some(Direction::Lookup), _) => Risk::Low,
            _ if self.host.is_any() => Risk::High,
            (_, Class::Public | Class::Loopback) => Risk::Medium,
            _ => Risk::High,
        }
    }

    fn check(&self) -> Result<(), String> {
        let Self { host, port, protocol, direction } = self;
        match direction {
            Some(Direction::Listen) if host.is_name() => Err(format!(
                "a plugin listens on an address of this machine, not on `{host}`; write `loopback`, `0.0.0.0` or the address"
            )),
            Some(Direction::Lookup) if host.is_address() => {
                Err(format!("names are looked up, and `{host}` is none"))
            }
            Some(Direction::Lookup) if port.is_some() || protocol.is_some() => {
                Err("a name is looked up without a port and a protocol; leave them away".to_owned())
            }
            Some(Direction::Send | Direction::Receive) if *protocol == Some(Protocol::Tcp) => {
                Err("`send` and `receive` are for datagrams; for TCP write `connect`".to_owned())
            }
            _ => Ok(()),
        }
    }
}
