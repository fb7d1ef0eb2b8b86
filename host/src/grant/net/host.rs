//! A host as someone wrote it: a name or an address, and never something between the two.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

/// The longest name of a host, in bytes.
const MAX_NAME: usize = 253;
/// The longest part of a name between dots, in bytes.
const MAX_LABEL: usize = 63;

/// A host: by name or by address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name, to be resolved.
    Name(HostName),
    /// An address.
    Address(IpAddr),
}

/// The name of a host, in one form: lower case, ASCII, without a dot at its end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostName(Arc<str>);

impl Host {
    /// Reads a name or an address; IPv6 with or without brackets.
    ///
    /// What other programs may read as an address in another way is refused: `127.1`, `0x7f.1`, `0177.0.0.1`, `2130706433`.
    ///
    /// # Errors
    /// What is wrong, and what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let shown = Shown(text);
        if text.is_empty() {
            return Err("a host is missing".to_owned());
        }
        if let Some(inner) = text.strip_prefix('[') {
            let address = inner.strip_suffix(']').and_then(|inner| inner.parse::<Ipv6Addr>().ok());
            return address
                .map(|address| Self::Address(address.into()))
                .ok_or_else(|| format!("{shown} is no IPv6 address in brackets"));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Address(address));
        }
        HostName::parse(text).map(Self::Name)
    }
}

impl HostName {
    /// Reads a name, and brings it into the one form.
    ///
    /// # Errors
    /// What is wrong, and what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let shown = Shown(text);
        if !text.is_ascii() {
            return Err(format!("{shown}: write names that are not ASCII in punycode, as `xn--…`"));
        }
        if text.contains('@') {
            return Err(format!("{shown}: a host has no user before it; write what follows the `@`"));
        }
        if let Some(sign) = text.chars().find(|sign| matches!(sign, ':' | '/' | '?' | '#' | '\\' | '%')) {
            return Err(format!("{shown}: a name of a host has no {sign:?} in it"));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        if name.len() > MAX_NAME {
            return Err(format!("{shown}: a name of a host has no more than {MAX_NAME} characters"));
        }
        for label in name.split('.') {
            check_label(label).map_err(|why| format!("{shown}: {why}"))?;
        }
        if name.rsplit('.').next().is_some_and(is_number) {
            return Err(format!(
                "{shown} is neither a name nor an address in its usual form; write an address as `192.0.2.1`"
            ));
        }
        Ok(Self(name.to_ascii_lowercase().into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is this machine by its name.
    pub(super) fn is_localhost(&self) -> bool {
        &*self.0 == "localhost"
    }

    /// Whether it has labels before `other`.
    pub(super) fn is_below(&self, other: &Self) -> bool {
        self.0.strip_suffix(&*other.0).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
    }
}

fn check_label(label: &str) -> Result<(), String> {
    if label.is_empty() {
        return Err("there is nothing between two dots, or before the first".to_owned());
    }
    if label.len() > MAX_LABEL {
        return Err(format!("there are more than {MAX_LABEL} characters between two dots"));
    }
    if let Some(sign) =
        label.chars().find(|sign| !(sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_')))
    {
        return Err(format!("a name of a host has no {sign:?} in it"));
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err("a part of a name neither begins nor ends with `-`".to_owned());
    }
    Ok(())
}

/// Whether a resolver could read it as a number: then the whole could be an address.
fn is_number(label: &str) -> bool {
    let hexadecimal = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    match hexadecimal {
        Some(digits) => digits.bytes().all(|digit| digit.is_ascii_hexdigit()),
        None => label.bytes().all(|digit| digit.is_ascii_digit()),
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// A text of anyone in an error: short, and without what a terminal would obey.
struct Shown<'a>(&'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short: String = self.0.chars().take(64).collect();
        let rest = if short.len() < self.0.len() { "…" } else { "" };
        write!(f, "`{}{rest}`", short.escape_debug())
    }
}
