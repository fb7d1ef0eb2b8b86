//! Flags for capabilities with rules, the same for `run`, `grant` and `deny`: from text to rules. What rules mean is the
//! library's.

use crate::exit::Failure;
use plugbay::Grants;
use plugbay::grants::{HttpRule, NetRule, RuleTable};

/// The capabilities that have flags of their own.
pub(crate) const NET: &str = "wasi:sockets";
pub(crate) const HTTP: &str = "wasi:http";

#[derive(clap::Args)]
pub(crate) struct RuleFlags {
    /// Allow sockets that connect to HOST, at all ports or at one; to any machine without a value.
    #[arg(long, value_name = "HOST[:PORT]", num_args = 0..=1, require_equals = true, default_missing_value = "*", value_delimiter = ',')]
    allow_net: Vec<String>,
    /// Allow sockets that others reach at an address of this machine; at its own, loopback, without a value.
    #[arg(long, value_name = "HOST[:PORT]", num_args = 0..=1, require_equals = true, default_missing_value = "loopback", value_delimiter = ',')]
    allow_listen: Vec<String>,
    /// Allow HTTP requests to HOST or URL; to any host without a value.
    #[arg(long, value_name = "[SCHEME://]HOST[:PORT]", num_args = 0..=1, require_equals = true, default_missing_value = "*", value_delimiter = ',')]
    allow_http: Vec<String>,
    /// Deny sockets that connect to HOST; all of them without a value.
    #[arg(long, value_name = "HOST[:PORT]", num_args = 0..=1, require_equals = true, default_missing_value = "*", value_delimiter = ',')]
    deny_net: Vec<String>,
    /// Deny HTTP requests to HOST; all of them without a value.
    #[arg(long, value_name = "[SCHEME://]HOST[:PORT]", num_args = 0..=1, require_equals = true, default_missing_value = "*", value_delimiter = ',')]
    deny_http: Vec<String>,
}

/// What flags say of one capability.
pub(crate) struct Rules {
    pub(crate) capability: &'static str,
    pub(crate) allow: Vec<RuleTable>,
    pub(crate) deny: Vec<RuleTable>,
}

impl RuleFlags {
    /// What the flags say, of each capability that they speak of.
    pub(crate) fn rules(&self) -> Result<Vec<Rules>, Failure> {
        let all =
            |capability, allow: &[String], deny: &[String], read: fn(&str) -> Result<RuleTable, String>| {
                let read = |texts: &[String]| -> Result<Vec<RuleTable>, Failure> {
                    texts.iter().map(|text| read(text).map_err(Failure::usage)).collect()
                };
                Ok::<_, Failure>(Rules { capability, allow: read(allow)?, deny: read(deny)? })
            };
        let mut net = all(NET, &self.allow_net, &self.deny_net, net)?;
        net.allow.append(&mut all(NET, &self.allow_listen, &[], listen)?.allow);
        let rules = [net, all(HTTP, &self.allow_http, &self.deny_http, http)?];
        Ok(rules.into_iter().filter(|rules| !(rules.allow.is_empty() && rules.deny.is_empty())).collect())
    }

    /// Adds to `grants` what the flags say.
    pub(crate) fn add(&self, grants: Grants) -> Result<Grants, Failure> {
        Ok(self.rules()?.into_iter().fold(grants, |grants, Rules { capability, allow, deny }| {
            let grants = allow.into_iter().fold(grants, |grants, rule| grants.allow_table(capability, rule));
            deny.into_iter().fold(grants, |grants, rule| grants.deny_table(capability, rule))
        }))
    }
}

fn net(text: &str) -> Result<RuleTable, String> {
    NetRule::from_flag(text).and_then(|rule| RuleTable::of(&rule))
}

fn listen(text: &str) -> Result<RuleTable, String> {
    NetRule::listen_from_flag(text).and_then(|rule| RuleTable::of(&rule))
}

/// `[SCHEME://]HOST[:PORT]`.
fn http(text: &str) -> Result<RuleTable, String> {
    HttpRule::to(text).and_then(|rule| RuleTable::of(&rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_written() {
        for (text, rule) in [
            ("api.acme.dev", "{ host = \"api.acme.dev\" }"),
            ("https://api.acme.dev/", "{ host = \"api.acme.dev\", scheme = \"https\" }"),
            ("http://127.0.0.1:8080", "{ host = \"127.0.0.1\", port = 8080, scheme = \"http\" }"),
            ("[::1]:80", "{ host = \"::1\", port = 80 }"),
            ("*", "{ host = \"*\" }"),
        ] {
            assert_eq!(http(text).map(|rule| rule.to_string()), Ok(rule.to_owned()), "{text}");
        }
        assert!(http("host:x").is_err() && http("https://api.acme.dev/v1").is_err());
    }
}
