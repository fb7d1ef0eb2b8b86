//! `PublisherKey`: who a package comes from, and nothing secret.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::digest::{hex, parse_hex};

const PREFIX: &str = "ed25519:";

/// The public key of a publisher (Ed25519): whoever has its secret half can sign packages. Written as `ed25519:` and 64
/// hexadecimal digits, in `plugin.sig`, in `grants.toml` and by `plugbay keygen`.
///
/// ```
/// use plugbay::PublisherKey;
///
/// let text = "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
/// let key: PublisherKey = text.parse()?;
/// assert_eq!(key.to_string(), text);
/// assert!("ed25519:d75a".parse::<PublisherKey>().is_err());
/// # Ok::<(), plugbay::package::NoKey>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublisherKey([u8; 32]);

/// A text that is no [`PublisherKey`]. It is not repeated: it might be the secret half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoKey;

impl PublisherKey {
    /// The key with these 32 bytes (RFC 8032). Bytes that are no key make one by which nothing is signed.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key's 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for PublisherKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", hex(&self.0))
    }
}

impl fmt::Debug for PublisherKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublisherKey {
    type Err = NoKey;

    fn from_str(text: &str) -> Result<Self, NoKey> {
        text.strip_prefix(PREFIX).and_then(parse_hex).map(Self).ok_or(NoKey)
    }
}

impl fmt::Display for NoKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no key of a publisher: write `ed25519:` and 64 hexadecimal digits, as `plugbay keygen` prints them")
    }
}

impl std::error::Error for NoKey {}

impl Serialize for PublisherKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublisherKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
