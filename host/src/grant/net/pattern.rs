//! Patterns of hosts, as rules write them: `api.acme.dev`, `*.acme.dev`, `192.0.2.1`, `10.0.0.0/8`, `loopback`, `*`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::address::{self, Class, Network};
use super::host::{Host, HostName};

/// Which hosts a rule is about.
///
/// | written | allows |
/// |---|---|
/// | `api.acme.dev` | that name, when its address is public; `localhost` when its address is this machine's |
/// | `*.acme.dev` | names that end so, at any depth; neither `acme.dev` nor `evilacme.dev` |
/// | `192.0.2.1`, `[::1]` | that address |
/// | `10.0.0.0/8` | addresses of that network; special ones only when the whole network is of their class |
/// | `loopback`, `private`, `link-local`, … | addresses of that [`Class`] |
/// | `*` | every name, and every public address |
///
/// A rule that *denies* means all of it: `*` every host, a name whatever its address, a network all its addresses.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostPattern(Pattern);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Pattern {
    Any,
    Name(HostName),
    Below(HostName),
    Network(Network),
    Class(Class),
}

/// What a plugin wants to reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    /// The name by which it asks, or those that it looked the address up by. Empty when there is only an address.
    pub(crate) names: &'a [HostName],
    /// The address that will be used; `None` while a name is not resolved.
    pub(crate) address: Option<IpAddr>,
}

impl<'a> Target<'a> {
    /// A name that is not resolved yet.
    pub(crate) fn name(name: &'a HostName) -> Self {
        Self { names: std::slice::from_ref(name), address: None }
    }

    /// An address that was found for `names`, or that nobody looked up.
    pub(crate) fn address(address: IpAddr, names: &'a [HostName]) -> Self {
        Self { names, address: Some(address) }
    }
}

impl HostPattern {
    /// The pattern that names `target` and nothing else: by its name where that alone allows it, or by its address.
    pub(crate) fn only(target: &Target<'_>) -> Option<Self> {
        let public = target.address.is_none_or(|address| Class::of(address) == Class::Public);
        match (target.names.first(), target.address) {
            (Some(name), _) if public => name.as_str().parse().ok(),
            (_, Some(address)) => address.to_string().parse().ok(),
            _ => None,
        }
    }

    /// Whether a rule with this pattern that allows covers `target`.
    pub(crate) fn allows(&self, target: &Target<'_>) -> bool {
        let is = |class| target.address.is_none_or(|address| Class::of(address) == class);
        match &self.0 {
            Pattern::Any => is(Class::Public),
            Pattern::Name(name) => {
                let class = if name.is_localhost() { Class::Loopback } else { Class::Public };
                target.names.contains(name) && is(class)
            }
            Pattern::Below(parent) => {
                target.names.iter().any(|name| name.is_below(parent)) && is(Class::Public)
            }
            Pattern::Network(network) => target.address.is_some_and(|address| network.allows(address)),
            Pattern::Class(class) => target.address.is_some_and(|address| Class::of(address) == *class),
        }
    }

    /// Whether a rule with this pattern that denies covers `target`.
    pub(crate) fn denies(&self, target: &Target<'_>) -> bool {
        match &self.0 {
            Pattern::Any => true,
            Pattern::Name(name) => target.names.contains(name),
            Pattern::Below(parent) => target.names.iter().any(|name| name.is_below(parent)),
            Pattern::Network(network) => target.address.is_some_and(|address| network.denies(address)),
            Pattern::Class(class) => target.address.is_some_and(|address| Class::of(address) == *class),
        }
    }

    /// Whether it is about names, apart from `*`, which is about both.
    pub(crate) fn is_name(&self) -> bool {
        matches!(self.0, Pattern::Name(_) | Pattern::Below(_))
    }

    /// Whether it is about addresses alone.
    pub(crate) fn is_address(&self) -> bool {
        matches!(self.0, Pattern::Network(_) | Pattern::Class(_))
    }

    /// Whether it is `*`.
    pub(crate) fn is_any(&self) -> bool {
        self.0 == Pattern::Any
    }

    /// What kind of hosts it is about.
    pub(crate) fn class(&self) -> Class {
        match &self.0 {
            Pattern::Class(class) => *class,
            Pattern::Network(network) => network.class(),
            Pattern::Name(name) if name.is_localhost() => Class::Loopback,
            _ => Class::Public,
        }
    }
}

impl FromStr for HostPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self(Pattern::Any));
        }
        if let Some(class) = Class::from_word(text) {
            return Ok(Self(Pattern::Class(class)));
        }
        if let Some(parent) = text.strip_prefix("*.") {
            return Ok(Self(Pattern::Below(HostName::parse(parent)?)));
        }
        if text.contains('*') {
            return Err(format!(
                "`{}`: `*` stands alone or for the first part of a name, as in `*.acme.dev`",
                text.escape_debug()
            ));
        }
        if let Some((base, prefix)) = text.split_once('/')
            && let Ok(Host::Address(base)) = Host::parse(base)
        {
            return network(text, base, prefix).map(|network| Self(Pattern::Network(network)));
        }
        match Host::parse(text)? {
            Host::Name(name) => Ok(Self(Pattern::Name(name))),
            Host::Address(address) => {
                plain(text, address)?;
                Ok(Self(Pattern::Network(Network::single(address))))
            }
        }
    }
}

fn network(text: &str, base: IpAddr, prefix: &str) -> Result<Network, String> {
    // Networks of the other kinds (`64:ff9b::/96`, `2002::/16`) are ways that one may want to deny.
    if base.to_canonical() != base {
        plain(text, base)?;
    }
    let digits = prefix.len() <= 3 && prefix.bytes().all(|digit| digit.is_ascii_digit());
    let length = prefix.parse::<u8>().ok().filter(|_| digits);
    let Some(length) = length.filter(|length| *length <= if base.is_ipv4() { 32 } else { 128 }) else {
        return Err(format!(
            "`{}`: how many bits a network shares is a number, as in `10.0.0.0/8`",
            text.escape_debug()
        ));
    };
    Network::new(base, length).ok_or_else(|| {
        format!("`{text}` has bits after its prefix; write `{}`", Network::around(base, length))
    })
}

/// A rule says what it means.
fn plain(text: &str, address: IpAddr) -> Result<(), String> {
    if address::is_wrapped(address) {
        let inner = address::unwrap(address);
        return Err(format!("`{text}` stands for an IPv4 address; write it as one: `{inner}`"));
    }
    Ok(())
}

impl TryFrom<String> for HostPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<HostPattern> for String {
    fn from(pattern: HostPattern) -> Self {
        pattern.to_string()
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Pattern::Any => f.write_str("*"),
            Pattern::Name(name) => name.fmt(f),
            Pattern::Below(parent) => write!(f, "*.{parent}"),
            Pattern::Network(network) => network.fmt(f),
            Pattern::Class(class) => class.fmt(f),
        }
    }
}
