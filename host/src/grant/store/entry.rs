//! One decision of a `grants.toml`.

use std::path::PathBuf;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::grant::{Access, RuleTable, capability};
use crate::manifest::Request;
use crate::package::{Package, PublisherKey};

/// What happens with a request that nobody decided about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// It is not granted.
    Deny,
    /// The application's user is asked; without anyone to ask it is not granted.
    #[default]
    Ask,
    /// It is granted.
    Allow,
}

/// What was decided about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// The plugin may.
    Allow,
    /// It may not, and is not asked about again.
    Deny,
}

/// A publisher that is trusted, for all plugins or for some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// Who.
    pub publisher: PublisherKey,
    /// A namespace of plugins (`acme`) or one plugin (`acme:md-lint`); all of them, when there is nothing.
    pub plugins: Option<String>,
}

/// What a manifest asked for when it was decided about: an update that asks for more is asked about again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// Its `allow` rules.
    pub allow: Vec<RuleTable>,
    /// Its `deny` rules.
    pub deny: Vec<RuleTable>,
    /// Its `names`.
    pub names: Vec<String>,
}

impl Asked {
    /// What `request` asks for.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        Self { allow: request.allow.clone(), deny: request.deny.clone(), names: request.names().to_vec() }
    }
}

/// A decision about one capability of one plugin.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The plugin's id, from its manifest.
    pub plugin: String,
    /// The SHA-256 of the component that it was decided about; `None` for whatever goes by that id.
    pub digest: Option<[u8; 32]>,
    /// Whose signature the package must have; `None` for anyone's, or none.
    pub publisher: Option<PublisherKey>,
    /// The interface, package or function, as in the manifest.
    pub capability: String,
    /// What was decided.
    pub decision: Decision,
    /// Directories that go with it, for `wasi:filesystem`.
    pub directories: Vec<(PathBuf, String, Access)>,
    /// Environment variables that go with it, for `wasi:cli/environment`: names of this process's own.
    pub env: Vec<String>,
    /// What is meant of the capability, if it has parameters; nothing stands for what the manifest asks for.
    pub allow: Vec<RuleTable>,
    /// What is never meant of it.
    pub deny: Vec<RuleTable>,
    /// What the plugin asked for when that was decided; `None` when nobody knows.
    pub asked: Option<Asked>,
    /// When it ends; `None` for never.
    pub expires: Option<SystemTime>,
}

impl Entry {
    /// A decision that does not expire, about one component alone.
    #[must_use]
    pub fn new(
        plugin: impl Into<String>,
        digest: [u8; 32],
        capability: impl Into<String>,
        decision: Decision,
    ) -> Self {
        Self {
            plugin: plugin.into(),
            digest: Some(digest),
            capability: capability.into(),
            decision,
            directories: Vec::new(),
            env: Vec::new(),
            allow: Vec::new(),
            deny: Vec::new(),
            publisher: None,
            asked: None,
            expires: None,
        }
    }

    /// A decision that does not expire, about what `package` asks for with `request`.
    #[must_use]
    pub fn about(package: &Package, request: &Request, decision: Decision) -> Self {
        let (id, digest) = (package.manifest().id(), *package.digest());
        Self {
            allow: if decision == Decision::Allow { rules_of(request) } else { Vec::new() },
            asked: Some(Asked::of(request)),
            ..Self::new(id, digest, request.interface(), decision)
        }
    }

    /// Whether its rules make sense, as far as that is known without the application: rules of capabilities of its own are
    /// checked when the plugin is linked.
    ///
    /// # Errors
    /// [`ErrorKind::Grant`](crate::ErrorKind::Grant) saying what is wrong with which.
    pub fn check(&self) -> Result<()> {
        let rules = self.allow.iter().chain(&self.deny);
        crate::manifest::check_rules(&self.capability, rules).map_err(|bad| bad.of(&self.capability))
    }

    /// Whether it has ended at `now`.
    #[must_use]
    pub fn is_expired(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

/// What is granted when nobody says more about it: what is asked for. Which directories go with guest paths is not known by that.
pub(super) fn rules_of(request: &Request) -> Vec<RuleTable> {
    if capability::names(request.interface(), "wasi:filesystem") { Vec::new() } else { request.allow.clone() }
}
