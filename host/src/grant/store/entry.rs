//! One decision of a `grants.toml`.

use std::path::PathBuf;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::grant::{Access, RuleTable};

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

/// A decision about one capability of one plugin.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The plugin's id, from its manifest.
    pub plugin: String,
    /// The SHA-256 of the component that it was decided about; `None` for whatever goes by that id.
    pub digest: Option<[u8; 32]>,
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
            expires: None,
        }
    }

    /// Whether it has ended at `now`.
    #[must_use]
    pub fn is_expired(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}
