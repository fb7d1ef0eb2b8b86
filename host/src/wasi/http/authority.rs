//! From what a guest put into a request to what is sent: scheme, host and port in one form, which is what the rules see, what the
//! certificate is for and what the `Host` field says.

use std::fmt;
use std::sync::Arc;

use super::error_code::ErrorCode;
use super::fields::{FieldMap, write_line};
use super::request::OutgoingRequest;
use super::rule::{HttpRequest, default_port};
use super::syntax;
use super::types::{Method, Scheme};
use crate::grant::net::{Class, Host, split_port};
use crate::powers::secret::{Revealed, Secrets};

/// The longest path with its query, in bytes.
const MAX_PATH: usize = 8 << 10;

/// A request that can be sent, if it may.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) method: Method,
    pub(super) secure: bool,
    pub(super) host: Host,
    pub(super) port: u16,
    pub(super) path: String,
    headers: Arc<FieldMap>,
    /// Values to be sent instead of those of the guest, by their place among the fields.
    secrets: Vec<(usize, Revealed)>,
    /// What the guest set.
    pub(super) content_length: Option<u64>,
}

/// Host and port of an authority. Nothing that one program could read as another host than the next is one.
pub(super) fn parse(authority: &str) -> Option<(Host, Option<u16>)> {
    let (host, port) = split_port(authority).ok()?;
    let host = Host::parse(host).ok()?;
    // An IPv6 address stands in brackets here.
    if matches!(host, Host::Address(address) if address.is_ipv6()) && !authority.starts_with('[') {
        return None;
    }
    let port = match port {
        None => None,
        Some(text) => {
            let digits = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
            Some(text.parse().ok().filter(|port| digits && *port != 0)?)
        }
    };
    Some((host, port))
}

impl Prepared {
    pub(super) fn new(request: &OutgoingRequest) -> Result<Self, ErrorCode> {
        let OutgoingRequest { method, path, scheme, authority, headers, .. } = request;
        if !method.is_valid() || method.is("CONNECT") {
            return Err(ErrorCode::HttpRequestMethodInvalid);
        }
        let secure = match scheme {
            None | Some(Scheme::Https) => true,
            Some(Scheme::Http) => false,
            Some(Scheme::Other(_)) => return Err(ErrorCode::HttpRequestUriInvalid),
        };
        let authority = authority.as_deref().and_then(parse);
        let Some((host, port)) = authority else { return Err(ErrorCode::HttpRequestUriInvalid) };
        let path = match path.as_deref().unwrap_or_default() {
            path if path.len() > MAX_PATH => return Err(ErrorCode::HttpRequestUriTooLong),
            path if !syntax::is_path(path) => return Err(ErrorCode::HttpRequestUriInvalid),
            "*" if !method.is("OPTIONS") => return Err(ErrorCode::HttpRequestUriInvalid),
            path if path.starts_with('/') || path == "*" => path.to_owned(),
            // Empty, or only a query.
            path => format!("/{path}"),
        };
        Ok(Self {
            method: method.clone(),
            secure,
            host,
            port: port.unwrap_or(default_port(secure)),
            path,
            headers: headers.clone(),
            secrets: Vec::new(),
            content_length: content_length(headers)?,
        })
    }

    /// What the rules are asked, before the host is resolved.
    pub(super) fn for_rules(&self) -> HttpRequest<'_> {
        HttpRequest::new(self.secure, &self.host, self.port, self.method.as_str())
    }

    /// How the plugin is told that it may not.
    pub(super) fn denied(&self) -> ErrorCode {
        match self.host {
            Host::Address(address) if Class::of(address) != Class::Public => {
                ErrorCode::DestinationIpProhibited
            }
            _ => ErrorCode::HttpRequestDenied,
        }
    }

    /// What people are told about it: no path, no query, no field.
    pub(super) fn shown(&self) -> impl fmt::Display {
        let Self { method, host, port, .. } = self;
        format!("{}://{host}:{port} {method}", self.scheme())
    }

    /// Puts the plugin's secrets where it wants them, and where they may go.
    pub(super) fn reveal(&mut self, secrets: &Secrets) -> Result<(), String> {
        let scheme = self.scheme();
        let host = self.host.to_string();
        for (index, (name, value)) in self.headers.iter().enumerate() {
            let revealed = secrets.put_in(scheme, &host, name, value).map_err(|error| error.to_string())?;
            let Some(secret) = revealed else { continue };
            if self.method.is("TRACE") {
                return Err("a server that is asked to `TRACE` sends secrets back".to_owned());
            }
            if !syntax::is_field_value(&secret) {
                return Err("the secret cannot be the value of a field".to_owned());
            }
            self.secrets.push((index, secret));
        }
        Ok(())
    }

    /// Whether there are any in it.
    pub(super) fn has_secrets(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// How many bytes the fields take at most.
    fn size(&self) -> usize {
        let secrets = self.secrets.iter().map(|(_, secret)| secret.len());
        let lines = self.headers.size().saturating_add(self.headers.len().saturating_mul(2));
        secrets.fold(lines, usize::saturating_add)
    }

    fn scheme(&self) -> &'static str {
        if self.secure { "https" } else { "http" }
    }

    /// Line and fields of the message; `framing` is a line of it, or nothing.
    pub(super) fn write_head(&self, message: &mut Vec<u8>, framing: &str) {
        let Self { method, host, port, path, .. } = self;
        let port = if *port == default_port(self.secure) { String::new() } else { format!(":{port}") };
        message.extend_from_slice(format!("{method} {path} HTTP/1.1\r\nHost: {host}{port}\r\n").as_bytes());
        // In one piece, so that no copy of a secret is left behind.
        // bounded: by the limits of fields.
        message.reserve(self.size().saturating_add(framing.len()).saturating_add(64));
        for (index, (name, value)) in self.headers.iter().enumerate() {
            let secret = self.secrets.iter().find(|(place, _)| *place == index);
            write_line(message, name, secret.map_or(value, |(_, secret)| secret));
        }
        message.extend_from_slice(framing.as_bytes());
        message.extend_from_slice(b"Connection: close\r\n\r\n");
    }
}

/// The length that the guest says its body will have; several that contradict each other are none.
pub(super) fn content_length(headers: &FieldMap) -> Result<Option<u64>, ErrorCode> {
    let mut length = None;
    for value in headers.get("content-length") {
        let said = syntax::content_length(value).ok_or(ErrorCode::HttpProtocolError)?;
        if *length.get_or_insert(said) != said {
            return Err(ErrorCode::HttpProtocolError);
        }
    }
    // Written once more than once would be two lines.
    if headers.get("content-length").count() > 1 { Err(ErrorCode::HttpProtocolError) } else { Ok(length) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e12_no_other_form_of_a_host_passes() {
        let host = |text: &str| parse(text).map(|(host, port)| (host.to_string(), port));
        assert_eq!(host("API.Acme.dev."), Some(("api.acme.dev".into(), None)));
        assert_eq!(host("api.acme.dev:8443"), Some(("api.acme.dev".into(), Some(8443))));
        assert_eq!(host("[::1]:80"), Some(("[::1]".into(), Some(80))));
        assert_eq!(host("127.0.0.1"), Some(("127.0.0.1".into(), None)));
        for wrong in [
            "",
            ":80",
            "127.1",
            "0x7f.1",
            "0177.0.0.1",
            "2130706433",
            "127.0.0.1.",
            "::1",
            "[::1",
            "[::1]x",
            "a b",
            "user@host",
            "user:pass@host",
            "host:",
            "host:0",
            "host:65536",
            "host:+80",
            "host:80:80",
            "host/path",
            "host?q",
            "host#f",
            "host\\@evil",
            "bücher.example",
            "%31.2.3.4",
            "a..b",
            "host\r\nx: y",
            "host\0",
        ] {
            assert_eq!(host(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_length_is_said_once() {
        let map = |values: &[&str]| {
            let mut map = FieldMap::default();
            values.iter().for_each(|value| map.push("Content-Length", value.as_bytes()));
            content_length(&map)
        };
        assert_eq!(map(&[]), Ok(None));
        assert_eq!(map(&["7"]), Ok(Some(7)));
        for wrong in [&["7", "8"][..], &["7", "7"], &["7, 7"], &["-1"], &[""]] {
            assert_eq!(map(wrong), Err(ErrorCode::HttpProtocolError), "{wrong:?}");
        }
    }
}
