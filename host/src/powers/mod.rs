//! `plugbay:host`: the powers that a plugin host has besides WASI, one folder or file for each interface of
//! `host/wit/plugbay-host.wit`. Here: what an application sets up for all plugins, and what one linked plugin has of it.
//! Which of them a plugin gets is `grant`'s; that they are offered at all stands in `wasi/catalog`.

mod config;
#[cfg(feature = "kv")]
mod kv;
mod log;
pub(crate) mod secret;

pub use config::{ConfigRule, ConfigValue};
#[cfg(feature = "kv")]
pub use kv::{KvAccess, KvConfig, KvError, KvQuota, KvRequest, KvRule};
pub use log::{LogConfig, LogLevel, LogLine, LogRule, LogSink};
pub use secret::{Secret, SecretRequest, SecretRule};

pub(crate) use config::define as define_config;
#[cfg(feature = "kv")]
pub(crate) use kv::define as define_kv;
pub(crate) use log::define as define_log;
pub(crate) use secret::define as define_secret;

use std::sync::Arc;

use plugbay_component::HostContext;

use crate::error::{Error, Result};
use crate::grant::layers::Layers;
use crate::grant::name::Name;
use crate::host::HostBuilder;
use crate::state::PluginState;

/// The context of a host function.
type Cx<'a, T> = HostContext<'a, PluginState<T>>;

pub(crate) const CONFIG: &str = "plugbay:host/config";
#[cfg(feature = "kv")]
pub(crate) const KV: &str = "plugbay:host/kv";
pub(crate) const LOG: &str = "plugbay:host/log";
pub(crate) const SECRET: &str = "plugbay:host/secret";

/// What the application set up, for all plugins.
#[derive(Debug, Default)]
pub(crate) struct Setup {
    #[cfg(feature = "kv")]
    stores: Option<kv::Stores>,
    log: log::LogConfig,
    vault: secret::Vault,
}

/// What one linked plugin has of it. Shared by all its instances.
#[derive(Debug, Default)]
pub(crate) struct Powers {
    pub(crate) config: config::Settings,
    #[cfg(feature = "kv")]
    kv: Option<kv::Cabinet>,
    log: Option<log::Logger>,
    pub(crate) secrets: secret::Secrets,
}

impl<T: 'static> HostBuilder<T> {
    /// Where the stores of plugins are kept (`plugbay:host/kv`). Each plugin that is granted that has one of its own, by the
    /// id in its manifest, or the name of its source; plugins of the same name share one. Default: nowhere, and a plugin
    /// that is granted a store does not link.
    #[cfg(feature = "kv")]
    pub fn kv(mut self, config: KvConfig) -> Self {
        self.powers.stores = Some(kv::Stores::new(config));
        self
    }

    /// What becomes of the lines that plugins write to `plugbay:host/log`. Default: [`LogConfig::new`].
    pub fn log(mut self, config: LogConfig) -> Self {
        self.powers.log = config;
        self
    }

    /// Adds a password or token that plugins may use without seeing it (`plugbay:host/secret`). Which of them may, and where
    /// it goes, is said by rules: [`Grants::allow_with`](crate::Grants::allow_with) with a [`SecretRule`].
    pub fn secret(mut self, name: impl Into<String>, secret: impl Into<Secret>) -> Self {
        self.powers.vault.push((name.into(), secret.into()));
        self
    }
}

impl Setup {
    /// Whether it makes sense.
    pub(crate) fn check(&self) -> Result<()> {
        for (index, (name, secret)) in self.vault.iter().enumerate() {
            if self.vault.iter().skip(index + 1).any(|(other, _)| other == name) {
                return Err(Error::misuse(format!("there are two secrets called {name:?}")));
            }
            if !secret.is_sendable() {
                let problem =
                    "is empty, or has characters that a header cannot hold (a line feed at its end?)";
                return Err(Error::misuse(format!("the secret {name:?} {problem}")));
            }
        }
        Ok(())
    }

    /// The directories that no plugin may write to.
    pub(crate) fn guarded(&self) -> Option<std::path::PathBuf> {
        #[cfg(feature = "kv")]
        return self.stores.as_ref().and_then(kv::Stores::folder).map(Into::into);
        #[cfg(not(feature = "kv"))]
        None
    }

    /// What the plugin called `plugin` has of the powers among the imports that it was `granted`.
    pub(crate) fn open(
        &self,
        plugin: &Arc<str>,
        granted: &[&str],
        layers: &Layers<'_>,
    ) -> Result<Arc<Powers>> {
        let has = |name: &str| granted.iter().any(|import| Name::unversioned(import) == name);
        let mut powers = Powers::default();
        if has(CONFIG) {
            powers.config = config::Settings::new(&layers.power(CONFIG)?);
        }
        if has(LOG) {
            powers.log = Some(log::Logger::new(plugin.clone(), self.log.clone(), layers.power(LOG)?));
        }
        if has(SECRET) {
            powers.secrets = secret::Secrets::new(&self.vault, layers.power(SECRET)?);
        }
        #[cfg(feature = "kv")]
        if has(KV) {
            let refused = |error| Error::new(crate::error::ErrorKind::Kv(error));
            let stores = self.stores.as_ref().ok_or_else(|| refused(KvError::NotConfigured))?;
            powers.kv = Some(stores.open(plugin, layers.power(KV)?).map_err(refused)?);
        }
        Ok(Arc::new(powers))
    }
}

/// The powers in the hands of one instance, until it ends.
#[derive(Debug)]
pub(crate) struct InUse(pub(crate) Arc<Powers>);

impl Drop for InUse {
    fn drop(&mut self) {
        if let Some(log) = &self.0.log {
            log.flush();
        }
    }
}

/// Whether `pattern`, which may end with a `*`, stands for `name`.
fn begins_or_is(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => pattern == name,
    }
}

/// Whether `pattern` is a name, or the beginning of names and a `*`.
fn check_pattern(what: &str, pattern: &str) -> Result<(), String> {
    let name = pattern.strip_suffix('*').unwrap_or(pattern);
    if pattern.is_empty() || name.contains('*') {
        return Err(format!("{pattern:?} is no {what}: write its name, or how names begin and then `*`"));
    }
    Ok(())
}

/// Fills `bytes` with the system's random numbers.
fn fill_random(bytes: &mut [u8]) -> std::io::Result<()> {
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match rustix::rand::getrandom(rest, rustix::rand::GetRandomFlags::empty()) {
            Ok(read) => filled += read,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
