//! What kind of address one is, by the registries of special-purpose addresses, and the IPv4 addresses inside of IPv6 ones.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use Class::*;

/// The kind of an address. All but [`Public`](Self::Public) are special: `*` and names do not cover them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// An address of the public internet.
    Public,
    /// This machine: `127.0.0.0/8`, `::1`.
    Loopback,
    /// Private networks: `10.0.0.0/8`, `172.16.0.0/12`, `192.168.0.0/16`, `fc00::/7`, `fec0::/10`.
    Private,
    /// The same link: `169.254.0.0/16`, `fe80::/10`.
    LinkLocal,
    /// Where clouds tell a machine its secrets: `169.254.169.254`, `fd00:ec2::254` and their like.
    Metadata,
    /// Shared by the customers of a provider: `100.64.0.0/10`.
    Shared,
    /// Many machines at once: `224.0.0.0/4`, `ff00::/8`.
    Multicast,
    /// All machines of the network: `255.255.255.255`.
    Broadcast,
    /// No address, or all addresses of this machine: `0.0.0.0`, `::`.
    Unspecified,
    /// For examples in texts: `192.0.2.0/24`, `2001:db8::/32` and their like.
    Documentation,
    /// For measurements: `198.18.0.0/15`, `2001:2::/48`.
    Benchmarking,
    /// Set aside, of a protocol, or not given out.
    Reserved,
}

/// The words that rules use.
const WORDS: [(Class, &str); 11] = [
    (Loopback, "loopback"),
    (Private, "private"),
    (LinkLocal, "link-local"),
    (Metadata, "metadata"),
    (Shared, "shared"),
    (Multicast, "multicast"),
    (Broadcast, "broadcast"),
    (Unspecified, "unspecified"),
    (Documentation, "documentation"),
    (Benchmarking, "benchmarking"),
    (Reserved, "reserved"),
];

impl Class {
    /// The class of an address; of the IPv4 address inside, where it is one of IPv6 that stands for one.
    pub fn of(address: IpAddr) -> Self {
        block(unwrap(address)).class
    }

    /// The class that a word of a rule names.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        WORDS.iter().find(|(_, known)| *known == word).map(|(class, _)| *class)
    }

    /// Whether it stands for one machine, so that one can connect to it.
    pub(crate) fn is_unicast(self) -> bool {
        !matches!(self, Multicast | Broadcast)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(WORDS.iter().find(|(class, _)| class == self).map_or("public", |(_, word)| word))
    }
}

/// All addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Network {
    base: IpAddr,
    prefix: u8,
}

impl Network {
    /// `None` when the prefix is longer than an address, or bits of `base` after the prefix are set.
    pub(super) fn new(base: IpAddr, prefix: u8) -> Option<Self> {
        (prefix <= width(base))
            .then_some(Self { base, prefix })
            .filter(|network| network.first() == network.base)
    }

    /// One address.
    pub(super) fn single(address: IpAddr) -> Self {
        Self { base: address, prefix: width(address) }
    }

    /// The network of `prefix` bits that `address` lies in.
    pub(super) fn around(address: IpAddr, prefix: u8) -> Self {
        let network = Self { base: address, prefix: prefix.min(width(address)) };
        Self { base: network.first(), ..network }
    }

    fn first(self) -> IpAddr {
        match self.base {
            IpAddr::V4(base) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                Ipv4Addr::from_bits(base.to_bits() & mask).into()
            }
            IpAddr::V6(base) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                Ipv6Addr::from_bits(base.to_bits() & mask).into()
            }
        }
    }

    pub(super) fn contains(self, address: IpAddr) -> bool {
        width(address) == width(self.base) && Self::around(address, self.prefix).base == self.base
    }

    /// Whether a rule that allows this network allows `address`: it must contain it, and when the address is special the
    /// network must lie inside what makes it so.
    pub(super) fn allows(self, address: IpAddr) -> bool {
        let plain = unwrap(address);
        let block = block(plain);
        match block.class {
            Public => self.contains(plain) || self.contains(address),
            _ => {
                self.contains(plain)
                    && self.prefix >= block.network.prefix.max(4)
                    && block.network.contains(self.base)
            }
        }
    }

    /// Whether a rule that denies this network denies `address`.
    pub(super) fn denies(self, address: IpAddr) -> bool {
        self.contains(unwrap(address)) || self.contains(address)
    }

    /// What kind the addresses are, as far as one word can tell.
    pub(super) fn class(self) -> Class {
        let block = block(self.base);
        if self.prefix >= block.network.prefix { block.class } else { Public }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.prefix == width(self.base) {
            write!(f, "{}", self.base)
        } else {
            write!(f, "{}/{}", self.base, self.prefix)
        }
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The IPv4 address that one of IPv6 stands for: mapped (`::ffff:a.b.c.d`), translated (`::ffff:0:a.b.c.d`), compatible
/// (`::a.b.c.d`), through NAT64 (`64:ff9b::a.b.c.d`) or 6to4 (`2002:aabb:ccdd::`). Any other address itself.
pub(crate) fn unwrap(address: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = address else { return address };
    let low = || Some(Ipv4Addr::from_bits(u32::try_from(six.to_bits() & u128::from(u32::MAX)).ok()?));
    let four = match six.segments() {
        [0, 0, 0, 0, 0, 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => low(),
        [0, 0, 0, 0, 0, 0, high, _] if high != 0 => low(),
        [0x2002, ..] => {
            u32::try_from((six.to_bits() >> 80) & u128::from(u32::MAX)).ok().map(Ipv4Addr::from_bits)
        }
        _ => None,
    };
    four.map_or(address, IpAddr::V4)
}

/// Whether it is an IPv6 address that stands for one of IPv4.
pub(super) fn is_wrapped(address: IpAddr) -> bool {
    unwrap(address) != address
}

/// A row of the registries.
struct Block {
    network: Network,
    class: Class,
}

const fn four(a: u8, b: u8, c: u8, d: u8, prefix: u8, class: Class) -> Block {
    Block { network: Network { base: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), prefix }, class }
}

const fn six(head: [u16; 4], last: u16, prefix: u8, class: Class) -> Block {
    let [a, b, c, d] = head;
    Block { network: Network { base: IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, last)), prefix }, class }
}

/// The most particular row for an address decides.
static BLOCKS: [Block; 47] = [
    four(0, 0, 0, 0, 0, Public),
    four(0, 0, 0, 0, 8, Reserved),
    four(0, 0, 0, 0, 32, Unspecified),
    four(10, 0, 0, 0, 8, Private),
    four(100, 64, 0, 0, 10, Shared),
    four(100, 100, 100, 200, 32, Metadata),
    four(127, 0, 0, 0, 8, Loopback),
    four(168, 63, 129, 16, 32, Metadata),
    four(169, 254, 0, 0, 16, LinkLocal),
    four(169, 254, 169, 254, 32, Metadata),
    four(169, 254, 170, 2, 32, Metadata),
    four(169, 254, 170, 23, 32, Metadata),
    four(172, 16, 0, 0, 12, Private),
    four(192, 0, 0, 0, 24, Reserved),
    four(192, 0, 0, 192, 32, Metadata),
    four(192, 0, 2, 0, 24, Documentation),
    four(192, 88, 99, 0, 24, Reserved),
    four(192, 168, 0, 0, 16, Private),
    four(198, 18, 0, 0, 15, Benchmarking),
    four(198, 51, 100, 0, 24, Documentation),
    four(203, 0, 113, 0, 24, Documentation),
    four(224, 0, 0, 0, 4, Multicast),
    four(240, 0, 0, 0, 4, Reserved),
    four(255, 255, 255, 255, 32, Broadcast),
    six([0, 0, 0, 0], 0, 0, Reserved),
    six([0, 0, 0, 0], 0, 128, Unspecified),
    six([0, 0, 0, 0], 1, 128, Loopback),
    six([0x64, 0xff9b, 1, 0], 0, 48, Reserved),
    six([0x100, 0, 0, 0], 0, 64, Reserved),
    six([0x2000, 0, 0, 0], 0, 3, Public),
    six([0x2001, 0, 0, 0], 0, 23, Reserved),
    // Anycast services that the whole internet may use.
    six([0x2001, 1, 0, 0], 1, 128, Public),
    six([0x2001, 1, 0, 0], 2, 128, Public),
    six([0x2001, 3, 0, 0], 0, 32, Public),
    six([0x2001, 4, 0x112, 0], 0, 48, Public),
    six([0x2001, 0x20, 0, 0], 0, 28, Public),
    six([0x2001, 2, 0, 0], 0, 48, Benchmarking),
    six([0x2001, 0xdb8, 0, 0], 0, 32, Documentation),
    six([0x3fff, 0, 0, 0], 0, 20, Documentation),
    six([0x5f00, 0, 0, 0], 0, 16, Reserved),
    six([0xfc00, 0, 0, 0], 0, 7, Private),
    six([0xfd00, 0xec2, 0, 0], 0x254, 128, Metadata),
    six([0xfd00, 0xec2, 0, 0], 0x23, 128, Metadata),
    six([0xfd20, 0xce, 0, 0], 0x254, 128, Metadata),
    six([0xfe80, 0, 0, 0], 0, 10, LinkLocal),
    six([0xfec0, 0, 0, 0], 0, 10, Private),
    six([0xff00, 0, 0, 0], 0, 8, Multicast),
];

fn block(address: IpAddr) -> &'static Block {
    let [first, rest @ ..] = &BLOCKS;
    let better = |best: &'static Block, block: &'static Block| {
        let nearer = block.network.contains(address)
            && (!best.network.contains(address) || block.network.prefix > best.network.prefix);
        if nearer { block } else { best }
    };
    rest.iter().fold(first, better)
}
