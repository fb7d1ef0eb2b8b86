//! The rules of `wasi:http`: scheme, host, port and methods.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::syntax;
use crate::grant::net::{Class, Host, HostName, HostPattern, Ports, Target, split_port};
use crate::grant::{Risk, Rule};

/// One `allow` or `deny` entry of the capability `wasi:http`:
///
/// ```
/// use plugbay::grants::HttpRule;
/// let rule = HttpRule::to("https://api.acme.dev")?.methods(["GET", "POST"])?;
/// # let _ = rule;
/// # Ok::<(), String>(())
/// ```
///
/// In TOML `{ scheme = "https", host = "api.acme.dev", port = 443, methods = ["GET", "POST"] }`. Only `host` must be there;
/// it may be `*.acme.dev`, an address, a network and more ([`HostPattern`]). Without the others an `allow` rule means HTTPS,
/// the port that the scheme has by default, and all methods; a `deny` rule means all schemes, ports and methods.
///
/// A name is allowed only as far as it leads to the public internet. For one that leads to a machine of your own network a
/// second rule has to name the address, the network or the class: `{ host = "10.1.0.0/16" }`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpRule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scheme: Option<RuleScheme>,
    host: HostPattern,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    port: Option<Ports>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    methods: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RuleScheme {
    Http,
    Https,
}

/// A request that a plugin wants to send.
#[derive(Clone, Copy, Debug)]
pub struct HttpRequest<'a> {
    pub(super) secure: bool,
    /// By name, before it is resolved; then with each address that was found.
    pub(super) target: Target<'a>,
    pub(super) port: u16,
    pub(super) method: &'a str,
}

impl RuleScheme {
    fn of(secure: bool) -> Self {
        if secure { Self::Https } else { Self::Http }
    }

    fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for RuleScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

/// The port of a scheme, when none is written.
pub(super) fn default_port(secure: bool) -> u16 {
    RuleScheme::of(secure).port()
}

impl HttpRule {
    /// A rule about requests to an origin, `https://HOST`, `http://HOST:PORT` or only `HOST`, with any method. It is what
    /// `--allow-http` reads, too. `HOST` may be what a [`HostPattern`] may; `PORT` may be `8000-8999`, and `*` for all.
    ///
    /// # Errors
    /// What is wrong with `origin`, and what to write instead.
    pub fn to(origin: &str) -> Result<Self, String> {
        let (scheme, rest) = origin.split_once("://").unwrap_or(("", origin));
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "https" => Some(RuleScheme::Https),
            "http" => Some(RuleScheme::Http),
            "" if rest.len() == origin.len() => None,
            _ => {
                return Err(format!(
                    "`{}`: the scheme is neither `https` nor `http`; write `https://HOST`",
                    origin.escape_debug()
                ));
            }
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let whole: Option<HostPattern> = rest.parse().ok().filter(HostPattern::is_address);
        if whole.is_none() && rest.contains(['/', '?', '#']) {
            return Err(format!(
                "`{}`: a rule is about a whole origin, not a path of it; write what comes before the path",
                origin.escape_debug()
            ));
        }
        let (host, port) = match whole {
            Some(pattern) => (pattern, None),
            None => {
                let (host, port) = split_port(rest)?;
                (host.parse()?, port)
            }
        };
        let port = match port {
            None => None,
            Some("*") => Some("0-65535".parse()?),
            Some(ports) => Some(ports.parse()?),
        };
        Ok(Self { scheme, host, port, methods: None })
    }

    /// Only with these methods.
    ///
    /// # Errors
    /// One of them is no method.
    pub fn methods<S: Into<String>>(mut self, methods: impl IntoIterator<Item = S>) -> Result<Self, String> {
        self.methods = Some(methods.into_iter().map(Into::into).collect());
        Rule::check(&self).map(|()| self)
    }

    fn covers_method(&self, method: &str) -> bool {
        let same = |known: &String| known.eq_ignore_ascii_case(method);
        self.methods.as_ref().is_none_or(|methods| methods.iter().any(same))
    }
}

impl<'a> HttpRequest<'a> {
    /// Before anything is resolved.
    pub(super) fn new(secure: bool, host: &'a Host, port: u16, method: &'a str) -> Self {
        let target = match host {
            Host::Name(name) => Target::name(name),
            Host::Address(address) => Target::address(*address, &[]),
        };
        Self { secure, target, port, method }
    }

    /// To one of the addresses that were found.
    pub(super) fn at(self, address: IpAddr, names: &'a [HostName]) -> Self {
        Self { target: Target::address(address, names), ..self }
    }
}

impl Rule for HttpRule {
    type Request<'a> = HttpRequest<'a>;

    const EMPTY_WITHOUT_RULES: bool = true;

    fn only(request: &HttpRequest<'_>) -> Option<Self> {
        Some(Self {
            scheme: Some(RuleScheme::of(request.secure)),
            host: HostPattern::only(&request.target)?,
            port: Some(request.port.to_string().parse().ok()?),
            methods: Some(vec![request.method.to_owned()]),
        })
    }

    fn matches(&self, request: &HttpRequest<'_>) -> bool {
        let scheme = RuleScheme::of(request.secure);
        let port = match &self.port {
            Some(ports) => ports.contains(request.port),
            None => request.port == scheme.port(),
        };
        self.scheme.unwrap_or(RuleScheme::Https) == scheme
            && port
            && self.host.allows(&request.target)
            && self.covers_method(request.method)
    }

    fn denies(&self, request: &HttpRequest<'_>) -> bool {
        self.scheme.is_none_or(|scheme| scheme == RuleScheme::of(request.secure))
            && self.port.as_ref().is_none_or(|ports| ports.contains(request.port))
            && self.host.denies(&request.target)
            && self.covers_method(request.method)
    }

    fn words(&self) -> String {
        let scheme = self.scheme.map_or(String::new(), |scheme| format!("{scheme}://"));
        let host = match self.host.class() {
            _ if self.host.is_any() => "any host of the internet".to_owned(),
            Class::Public => format!("{scheme}{}", self.host),
            class if self.host.to_string() == class.to_string() => format!("{class} addresses"),
            class => format!("{scheme}{} ({class})", self.host),
        };
        let plain = if scheme == "http://" && !host.starts_with(&scheme) { ", unencrypted" } else { "" };
        let port = self.port.as_ref().map(|ports| format!(", port {ports}")).unwrap_or_default();
        let methods = match &self.methods {
            Some(methods) => format!("{} requests", methods.join(", ")),
            None => "requests".to_owned(),
        };
        format!("{methods} to {host}{plain}{port}")
    }

    fn risk(&self) -> Risk {
        match self.host.class() {
            _ if self.host.is_any() => Risk::High,
            Class::Public | Class::Loopback => Risk::Medium,
            _ => Risk::High,
        }
    }

    fn check(&self) -> Result<(), String> {
        let Some(methods) = &self.methods else { return Ok(()) };
        if methods.is_empty() {
            return Err("`methods` is empty, so that the rule means nothing; leave it away for all methods"
                .to_owned());
        }
        let valid = |method: &&String| method.len() <= syntax::MAX_METHOD && syntax::is_token(method);
        match methods.iter().find(|method| !valid(method) || method.as_str() == "*") {
            None => Ok(()),
            Some(wrong) => Err(format!(
                "`{}` is no method; write `GET`, `POST` and their like, or leave `methods` away for all",
                wrong.escape_debug()
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> HttpRule {
        toml::from_str(text).unwrap()
    }

    fn is(rule: &HttpRule, url: &str, method: &str) -> (bool, bool) {
        let (scheme, authority) = url.split_once("://").unwrap();
        let (host, port) = split_port(authority).unwrap();
        let (secure, host) = (scheme == "https", Host::parse(host).unwrap());
        let port = port.map_or(default_port(secure), |port| port.parse().unwrap());
        let request = HttpRequest::new(secure, &host, port, method);
        (rule.matches(&request), rule.denies(&request))
    }

    #[test]
    fn what_is_left_away_allows_little_and_denies_all() {
        let short = rule("host = 'api.acme.dev'");
        assert_eq!(is(&short, "https://api.acme.dev", "DELETE"), (true, true));
        assert_eq!(is(&short, "https://api.acme.dev:8443", "GET"), (false, true));
        assert_eq!(is(&short, "http://api.acme.dev", "GET"), (false, true));
        assert_eq!(is(&short, "https://acme.dev", "GET"), (false, false));
        let long = rule("scheme = 'http'\nhost = '*.acme.dev'\nport = '8000-8999'\nmethods = ['GET']");
        assert_eq!(is(&long, "http://a.acme.dev:8080", "get"), (true, true));
        assert_eq!(is(&long, "http://a.acme.dev:8080", "POST"), (false, false));
        assert_eq!(is(&long, "http://a.acme.dev", "GET"), (false, false));
        assert_eq!(is(&rule("host = '*'"), "https://169.254.169.254", "GET"), (false, true));
        assert_eq!(is(&rule("host = 'metadata'"), "https://169.254.169.254", "GET"), (true, true));
    }

    #[test]
    fn origins_are_read_and_nothing_else() {
        assert_eq!(
            HttpRule::to("https://api.acme.dev/").unwrap(),
            rule("scheme='https'\nhost='api.acme.dev'")
        );
        assert_eq!(HttpRule::to("api.acme.dev").unwrap(), rule("host='api.acme.dev'"));
        assert_eq!(HttpRule::to("*").unwrap(), rule("host='*'"));
        assert_eq!(
            HttpRule::to("HTTPS://API.acme.dev.").unwrap(),
            rule("scheme='https'\nhost='api.acme.dev'")
        );
        assert_eq!(HttpRule::to("http://[::1]:8080").unwrap(), rule("scheme='http'\nhost='::1'\nport=8080"));
        assert_eq!(HttpRule::to("http://10.0.0.0/8").unwrap(), rule("scheme='http'\nhost='10.0.0.0/8'"));
        assert!(is(&HttpRule::to("http://localhost:*").unwrap(), "http://localhost:5000", "GET").0);
        for wrong in [
            "",
            "ftp://a.b",
            "https://",
            "https://a.b/c",
            "https://u@a.b",
            "https://a.b:x",
            "https://a.b?c",
            "127.1",
        ] {
            assert!(HttpRule::to(wrong).is_err(), "{wrong}");
        }
        assert!(HttpRule::to("https://a.b").unwrap().methods(["GE T"]).is_err());
        assert!(HttpRule::to("https://a.b").unwrap().methods([""; 0]).is_err());
        assert!(toml::from_str::<HttpRule>("host = 'a.b'\npath = '/x'").is_err());
        assert!(toml::from_str::<HttpRule>("host = 'a.b'\nscheme = 'ftp'").is_err());
    }

    #[test]
    fn a_rule_is_told_in_words() {
        for (text, words) in [
            ("host = 'api.acme.dev'", "requests to api.acme.dev"),
            ("host = '*'\nscheme = 'http'", "requests to any host of the internet, unencrypted"),
            (
                "host = '127.0.0.1'\nport = 80\nscheme = 'http'",
                "requests to http://127.0.0.1 (loopback), port 80",
            ),
            ("host = 'private'\nmethods = ['GET', 'HEAD']", "GET, HEAD requests to private addresses"),
        ] {
            assert_eq!(rule(text).words(), words);
        }
        assert_eq!(rule("host = '*'").risk(), Risk::High);
        assert_eq!(rule("host = 'a.b'").risk(), Risk::Medium);
        assert_eq!(rule("host = '10.0.0.1'").risk(), Risk::High);
    }
}
