//! The rules of `plugbay:host/secret`: which secret, to which host, in which header.

use serde::{Deserialize, Serialize};

use crate::grant::{Risk, Rule};

/// Where a secret may go: a rule of `plugbay:host/secret`. In a manifest or a grant:
///
/// ```toml
/// allow = [{ name = "api-token", host = "api.acme.dev", header = "authorization", prefix = "Bearer " }]
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SecretRule {
    /// The secret's name ([`HostBuilder::secret`](crate::HostBuilder::secret)).
    pub name: String,
    /// The host: `api.acme.dev`, or `*.acme.dev` for all hosts below.
    pub host: String,
    /// The header. `authorization`, if none is named.
    #[serde(default = "authorization")]
    pub header: String,
    /// What comes before the secret in the header: `"Bearer "`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// `https`, if none is named; `http` shows the secret to everyone on the way.
    #[serde(default = "https")]
    pub scheme: String,
}

/// A header of a request, about to be sent.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SecretRequest<'a> {
    /// The secret that it holds.
    pub name: &'a str,
    /// `https` or `http`, in small letters.
    pub scheme: &'a str,
    /// The host, without its port.
    pub host: &'a str,
    /// The name of the header.
    pub header: &'a str,
}

fn authorization() -> String {
    "authorization".to_owned()
}

fn https() -> String {
    "https".to_owned()
}

impl SecretRule {
    /// The secret called `name` may go to `host` by https, in the header `authorization` and after the word `Bearer`.
    pub fn bearer(name: impl Into<String>, host: impl Into<String>) -> Self {
        let (header, scheme) = (authorization(), https());
        Self { name: name.into(), host: host.into(), header, prefix: "Bearer ".to_owned(), scheme }
    }

    /// The secret called `name` may go to `host` by https, alone in the header called `header`.
    pub fn header(name: impl Into<String>, host: impl Into<String>, header: impl Into<String>) -> Self {
        Self { header: header.into(), prefix: String::new(), ..Self::bearer(name, host) }
    }

    /// The same by plain http: everyone on the way sees the secret.
    #[must_use]
    pub fn in_the_clear(mut self) -> Self {
        "http".clone_into(&mut self.scheme);
        self
    }

    /// Calls `with` a request that this rule matches.
    pub(super) fn with_example<R>(&self, with: impl FnOnce(&SecretRequest<'_>) -> R) -> R {
        let host = self.host.replacen('*', "any", 1);
        let Self { name, scheme, header, .. } = self;
        with(&SecretRequest { name, scheme, host: &host, header })
    }

    fn is_of_host(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        match self.host.strip_prefix("*.") {
            None => self.host.eq_ignore_ascii_case(host),
            Some(parent) => {
                let split = host.len().checked_sub(parent.len()).and_then(|at| host.split_at_checked(at));
                split.is_some_and(|(child, end)| {
                    child.len() > 1 && child.ends_with('.') && end.eq_ignore_ascii_case(parent)
                })
            }
        }
    }
}

impl Rule for SecretRule {
    type Request<'a> = SecretRequest<'a>;

    const EMPTY_WITHOUT_RULES: bool = true;

    fn matches(&self, request: &SecretRequest<'_>) -> bool {
        self.name == request.name
            && self.scheme == request.scheme
            && self.header.eq_ignore_ascii_case(request.header)
            && self.is_of_host(request.host)
    }

    fn words(&self) -> String {
        let clear = if self.scheme == "http" { ", where everyone on the way can read it" } else { "" };
        format!(
            "the secret {:?}, sent to {}://{} in the header `{}`{clear}",
            self.name, self.scheme, self.host, self.header
        )
    }

    fn risk(&self) -> Risk {
        Risk::High
    }

    fn check(&self) -> Result<(), String> {
        let token = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        if !token(&self.name) {
            return Err(format!("{:?} is no name of a secret: letters, digits, `-`, `_` and `.`", self.name));
        }
        if !token(self.host.strip_prefix("*.").unwrap_or(&self.host)) {
            return Err(format!(
                "{:?} is no host: write `api.acme.dev` or `*.acme.dev`, without a port",
                self.host
            ));
        }
        if !token(&self.header) {
            return Err(format!("{:?} is no name of a header", self.header));
        }
        if !self.prefix.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
            return Err(format!("the prefix {:?} has characters that a header cannot hold", self.prefix));
        }
        match &*self.scheme {
            "https" | "http" => Ok(()),
            other => Err(format!("{other:?} is no scheme: write `https` (or `http`)")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(rule: &SecretRule, host: &str) -> bool {
        rule.matches(&SecretRequest { name: "t", scheme: "https", host, header: "Authorization" })
    }

    #[test]
    fn a_secret_goes_to_its_host_and_no_other() {
        let one = SecretRule::bearer("t", "api.acme.dev");
        assert!(may(&one, "api.acme.dev") && may(&one, "API.acme.dev."));
        for other in
            ["acme.dev", "xapi.acme.dev", "a.api.acme.dev", "api.acme.dev.evil.org", "", "api.acme.de"]
        {
            assert!(!may(&one, other), "{other}");
        }
        let below = SecretRule::bearer("t", "*.acme.dev");
        assert!(may(&below, "a.acme.dev") && may(&below, "a.b.Acme.dev"));
        for other in ["acme.dev", ".acme.dev", "evilacme.dev", "acme.dev.org", "dev", "é.cme.dev"] {
            assert!(!may(&below, other), "{other}");
        }
        let request =
            SecretRequest { name: "t", scheme: "http", host: "api.acme.dev", header: "authorization" };
        assert!(!one.matches(&request) && one.clone().in_the_clear().matches(&request));
        assert!(!one.matches(&SecretRequest { header: "cookie", scheme: "https", ..request }));
        assert!(!one.matches(&SecretRequest { name: "u", scheme: "https", ..request }));
    }

    #[test]
    fn rules_are_read_with_their_defaults_and_nonsense_is_refused() {
        let rule: SecretRule = toml::from_str("name = 't'\nhost = 'a.b'").unwrap();
        assert_eq!(rule, SecretRule { prefix: String::new(), ..SecretRule::bearer("t", "a.b") });
        assert!(toml::from_str::<SecretRule>("name = 't'").is_err());
        assert!(toml::from_str::<SecretRule>("name = 't'\nhost = 'a'\nvalue = 's'").is_err());
        assert_eq!(rule.check(), Ok(()));
        for wrong in [
            SecretRule::bearer("", "a.b"),
            SecretRule::bearer("t", "*"),
            SecretRule::bearer("t", "a.b:80"),
            SecretRule::header("t", "a.b", "x y"),
            SecretRule { prefix: "a\r\nb: ".into(), ..rule.clone() },
            SecretRule { scheme: "HTTPS".into(), ..rule.clone() },
        ] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
    }
}
