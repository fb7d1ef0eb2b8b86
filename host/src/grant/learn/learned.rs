//! What was learned of one plugin, and how it is written down.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use serde::Serialize;

use super::{Notes, unit};
use crate::grant::store::{Decision, Entry, GrantStore};
use crate::grant::{Access, RuleTable, capability};

/// The smallest grants with which a plugin could have done what it did. Its `Display` is all of it, for people.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Learned {
    /// What the plugin was called.
    pub plugin: String,
    /// What it used, by capability.
    pub needs: Vec<Needed>,
    /// What it imports and was granted, but did not use.
    pub unused: Vec<String>,
    /// What was refused: nothing of it was done, so nobody knows whether it would have used more after that.
    pub missed: Vec<Missed>,
}

/// A capability that was used.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Needed {
    /// The capability, as in a manifest's `use`.
    pub capability: String,
    /// What of it, where it has rules.
    pub rules: Vec<RuleTable>,
    /// The directories that were used: of the host, what the plugin calls it, and whether it was changed.
    pub directories: Vec<(PathBuf, String, Access)>,
    /// The environment variables that it could see, for whoever asks gets them all: those of this process, and others.
    pub env: (Vec<String>, Vec<String>),
}

/// Something that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Missed {
    /// The interface.
    pub capability: String,
    /// The function; `link` when the interface was not granted.
    pub operation: String,
    /// What it was about.
    pub target: Option<String>,
    /// Who refused it, and why.
    pub why: String,
}

impl Learned {
    pub(super) fn of(plugin: &str, notes: &Notes) -> Self {
        let used: BTreeSet<&str> = notes.used.iter().map(|import| unit(import)).collect();
        let granted: BTreeSet<&str> = notes.granted.iter().map(|import| unit(import)).collect();
        let needs = granted.intersection(&used).map(|unit| Needed::of(unit, notes)).collect();
        let unused = granted.difference(&used).map(|&unit| unit.to_owned()).collect();
        Self { plugin: plugin.to_owned(), needs, unused, missed: notes.missed.clone() }
    }

    /// The capabilities for its manifest: those that were used are required, the other ones that it imports are optional.
    /// The reasons are left for its author to say.
    #[must_use]
    pub fn manifest(&self) -> String {
        let mut text = String::new();
        for Needed { capability, rules, directories, env } in &self.needs {
            text.push_str(&request("required", capability, "Say here why, for the person who decides"));
            let files = directories.iter().map(|(_, guest, access)| {
                table([("path", guest.as_str()), ("access", word(*access))]).to_string()
            });
            let rules: Vec<_> = rules.iter().map(ToString::to_string).chain(files).collect();
            if !rules.is_empty() {
                text.push_str(&format!("allow = [{}]\n", rules.join(", ")));
            }
            let names: Vec<_> = env.0.iter().chain(&env.1).map(|name| quoted(name)).collect();
            if !names.is_empty() {
                text.push_str(&format!("names = [{}]\n", names.join(", ")));
            }
        }
        for capability in &self.unused {
            text.push_str(&request(
                "optional",
                capability,
                "It was not used; say why it might be, or do not import it",
            ));
        }
        text
    }

    /// The entries of a `grants.toml`, for the plugin with this id and the component with this digest; any component, without
    /// one.
    #[must_use]
    pub fn entries(&self, id: &str, digest: Option<[u8; 32]>) -> Vec<Entry> {
        let entry = |needed: &Needed| Entry {
            digest,
            allow: needed.rules.clone(),
            directories: needed.directories.clone(),
            env: needed.env.0.clone(),
            ..Entry::new(id, [0; 32], needed.capability.as_str(), Decision::Allow)
        };
        self.needs.iter().map(entry).collect()
    }

    /// [`entries`](Self::entries), as a `grants.toml`.
    #[must_use]
    pub fn grants(&self, id: &str, digest: Option<[u8; 32]>) -> String {
        let mut store = GrantStore::new();
        self.entries(id, digest).into_iter().for_each(|entry| store.decide(entry));
        store.to_toml().unwrap_or_else(|error| format!("# {error}\n"))
    }
}

impl Needed {
    fn of(unit: &str, notes: &Notes) -> Self {
        let rules = notes
            .rules
            .iter()
            .filter(|(name, _)| capability::names(name, unit) || capability::names(unit, name));
        let directories = notes.roots.iter().filter(|(root, _)| root.used.load(Ordering::Relaxed));
        let directories = directories.map(|(root, host)| {
            let changed = root.changed.load(Ordering::Relaxed);
            let access = if changed { Access::ReadWrite } else { Access::ReadOnly };
            (host.clone(), root.guest.to_string(), access)
        });
        let is = |name| capability::names(unit, name);
        Self {
            capability: unit.to_owned(),
            rules: rules.flat_map(|(_, rules)| rules).cloned().collect(),
            directories: if is("wasi:filesystem") { directories.collect() } else { Vec::new() },
            env: if is("wasi:cli/environment") { notes.env.clone() } else { Default::default() },
        }
    }
}

fn request(list: &str, capability: &str, reason: &str) -> String {
    format!("[[capability.{list}]]\nuse = {}\nreason = {}\n", quoted(capability), quoted(reason))
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn table<const N: usize>(pairs: [(&str, &str); N]) -> RuleTable {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect::<toml::Table>().into()
}

fn word(access: Access) -> &'static str {
    if access == Access::ReadOnly { "read" } else { "write" }
}

impl fmt::Display for Learned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# What `{}` used, for its plugin.toml:\n{}", self.plugin, self.manifest())?;
        for missed in &self.missed {
            writeln!(f, "# refused: {missed}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { capability, operation, target, why } = self;
        write!(f, "`{operation}` of `{capability}`")?;
        if let Some(target) = target {
            write!(f, " for {}", target.escape_debug())?;
        }
        write!(f, ": {why}")
    }
}
