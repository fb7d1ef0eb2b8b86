//! The flags that set up plugbay's own interfaces: where a store is kept, settings, secrets, and where lines of the log go.
//! They set up; what of it the plugin may use is still granted.

use crate::exit::Failure;
use plugbay::powers::{ConfigValue, KvConfig, LogConfig, LogLine, Secret, SecretRule};
use plugbay::{Grants, HostBuilder};
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(next_help_heading = "What plugbay:host has for it")]
pub(super) struct PowerFlags {
    /// Keep the stores of plugins (`plugbay:host/kv`) in this directory; without it they are forgotten at the end.
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// A setting of the plugin (`plugbay:host/config`): a number, `true` or `false`, or text; `KEY="5"` is text.
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    config: Vec<(String, String)>,
    /// A secret that it may send as `authorization: Bearer …` to HOST and never sees (`plugbay:host/secret`): its name, and
    /// the variable of ours that holds it.
    #[arg(long, value_name = "NAME=VARIABLE@HOST", value_parser = secret)]
    secret: Vec<SecretFlag>,
}

#[derive(Clone, Debug)]
struct SecretFlag {
    name: String,
    variable: String,
    host: String,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE".to_owned()),
    }
}

/// A number or a truth value where it looks like one.
fn setting(text: &str) -> ConfigValue {
    let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match (quoted, text) {
        (Some(text), _) => text.into(),
        (None, "true") => true.into(),
        (None, "false") => false.into(),
        (None, text) => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(integer), _) => integer.into(),
            (Err(_), Ok(number)) if number.is_finite() => number.into(),
            _ => text.into(),
        },
    }
}

fn secret(text: &str) -> Result<SecretFlag, String> {
    let parts = text.split_once('=').and_then(|(name, rest)| Some((name, rest.rsplit_once('@')?)));
    match parts {
        Some((name, (variable, host))) if ![name, variable, host].contains(&"") => {
            Ok(SecretFlag { name: name.into(), variable: variable.into(), host: host.into() })
        }
        _ => Err(
            "write NAME=VARIABLE@HOST, as in `token=API_TOKEN@api.acme.dev`; the value stays in the variable"
                .into(),
        ),
    }
}

impl PowerFlags {
    /// Sets the host up.
    ///
    /// # Errors
    /// A variable that should hold a secret is not set.
    pub(super) fn apply(&self, host: HostBuilder<()>) -> Result<HostBuilder<()>, Failure> {
        let store = self.store.as_ref().map_or_else(KvConfig::in_memory, KvConfig::directory);
        let mut host = host.kv(store).log(LogConfig::new().sink(print));
        for SecretFlag { name, variable, .. } in &self.secret {
            let value = std::env::var(variable).map_err(|_| {
                Failure::usage(format!(
                    "the variable {variable:?}, which should hold the secret `{name}`, is not set"
                ))
            })?;
            host = host.secret(name.as_str(), Secret::new(value));
        }
        Ok(host)
    }

    /// What the flags grant: settings, and where a secret may be sent.
    pub(super) fn grants(&self, grants: Grants) -> Grants {
        let grants = self
            .config
            .iter()
            .fold(grants, |grants, (key, value)| grants.config(key.as_str(), setting(value)));
        self.secret.iter().fold(grants, |grants, flag| {
            let rule = SecretRule::bearer(flag.name.as_str(), flag.host.as_str());
            grants.allow_with("plugbay:host/secret", &rule)
        })
    }
}

/// Lines of the plugin's log go to standard error; they come without control characters.
fn print(line: &LogLine<'_>) {
    let fields: String = line.fields.iter().map(|(name, value)| format!(" {name}={value}")).collect();
    eprintln!("{}: {}: {}{fields}", line.plugin, line.level, line.message);
}
