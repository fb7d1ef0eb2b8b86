//! `grants.toml`: what the user decided, about which plugin, in which bytes. The application owns the file; no plugin writes it.
//! `raw` is the file as serde sees it, `decide` what becomes of a plugin's requests, `ask` how a person is asked.

mod ask;
mod decide;
mod difference;
mod entry;
pub(crate) mod expiry;
mod raw;
mod text;

use std::path::{Path, PathBuf};

pub use ask::{Answer, Ask, Why, ask_at_terminal};
pub use decide::Standing;
pub use difference::{Difference, Point};
pub use entry::{Asked, Decision, Entry, Mode, Trust};

use crate::error::{Error, ErrorKind, Result};
use crate::manifest::ManifestError;
use crate::package::{Package, PublisherKey, TrustRoots};
use crate::source;

/// The largest file of grants that is read, in bytes.
const MAX_FILE: u64 = 4 << 20;

/// What was decided about plugins: a `grants.toml`.
///
/// ```
/// use plugbay::grants::{GrantStore, Mode};
///
/// let store = GrantStore::parse("grants.toml", r#"
///     [default]
///     mode = "ask"                       # deny | ask | allow
///     require-signature = false
///
///     [[grant]]
///     plugin = "acme:md-lint"
///     digest = "sha256:6a09e667f3bcc908b2fb1366ea957d3e3adec17512775099da2f590b0667322a"
///     capability = "wasi:filesystem"
///     decision = "allow"
///     directories = [{ host = "notes", guest = "/workspace", access = "read" }]
///     expires = 2027-01-01T00:00:00Z
/// "#)?;
/// assert_eq!(store.mode(), Mode::Ask);
/// assert_eq!(store.entries()[0].plugin, "acme:md-lint");
/// # Ok::<(), plugbay::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GrantStore {
    path: Option<PathBuf>,
    mode: Mode,
    require_signature: bool,
    trust: Vec<Trust>,
    entries: Vec<Entry>,
    accepted: Vec<difference::Accepted>,
}

impl GrantStore {
    /// No decision yet; asks, unless [`with_mode`](Self::with_mode) says otherwise.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the file at `path`; one that does not exist has no decisions.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when it cannot be read, [`ErrorKind::Manifest`] with the place of a mistake in it.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let store = match path.try_exists() {
            Ok(false) => Self::new(),
            _ => {
                let bytes = source::read_file(&path, MAX_FILE)?;
                let file = path.to_string_lossy();
                let text = ManifestError::utf8(&file, &bytes);
                Self::parse(&file, text.map_err(|error| Error::new(ErrorKind::Manifest(error)))?)?
            }
        };
        Ok(Self { path: Some(path), ..store })
    }

    /// Reads the text of such a file. `file` is its name in errors.
    ///
    /// # Errors
    /// [`ErrorKind::Manifest`] with the place of the mistake: unknown keys and values, names that are none.
    pub fn parse(file: &str, text: &str) -> Result<Self> {
        raw::parse(file, text).map_err(|error| Error::new(ErrorKind::Manifest(error)))
    }

    /// What happens where nothing was decided.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Sets what happens where nothing was decided.
    #[must_use]
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Whether a package must be signed by somebody who is [trusted](Self::trust) for it.
    #[must_use]
    pub fn requires_signature(&self) -> bool {
        self.require_signature
    }

    /// Sets whether a package must be signed by somebody who is trusted for it.
    #[must_use]
    pub fn require_signature(mut self, required: bool) -> Self {
        self.require_signature = required;
        self
    }

    /// The publishers that are trusted.
    #[must_use]
    pub fn trust(&self) -> &[Trust] {
        &self.trust
    }

    /// Trusts a publisher.
    pub fn add_trust(&mut self, trust: Trust) {
        if !self.trust.contains(&trust) {
            self.trust.push(trust);
        }
    }

    /// Trusts a publisher no more, for anything; says whether it was trusted.
    pub fn remove_trust(&mut self, publisher: &PublisherKey) -> bool {
        let before = self.trust.len();
        self.trust.retain(|trust| trust.publisher != *publisher);
        before != self.trust.len()
    }

    /// The publishers that are trusted, to [verify](Package::verify) a package.
    pub fn trust_roots(&self) -> TrustRoots {
        self.trust.iter().fold(TrustRoots::none(), |roots, trust| match &trust.plugins {
            Some(plugins) => roots.trust_for(plugins.as_str(), trust.publisher),
            None => roots.trust(trust.publisher),
        })
    }

    /// What is different about `package` since it was decided about; nothing for one that nobody decided about yet.
    #[must_use]
    pub fn difference(&self, package: &Package) -> Option<Difference> {
        self.difference_of(&decide::Who::of(package))
    }

    /// Notes that `package` is the one that was seen when decisions about it were made: an older version of it is refused from
    /// now on, and what the next one changes is told. It grants nothing.
    pub fn accept(&mut self, package: &Package) {
        self.accept_of(&decide::Who::of(package));
    }

    /// All decisions, in the order of the file.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Notes a decision; replaces an earlier one about the same plugin and capability.
    pub fn decide(&mut self, entry: Entry) {
        self.forget(&entry.plugin, Some(&entry.capability));
        self.entries.push(entry);
    }

    /// Forgets what was decided about a plugin, or about one of its capabilities; says how many decisions that were.
    pub fn forget(&mut self, plugin: &str, capability: Option<&str>) -> usize {
        let before = self.entries.len();
        self.entries.retain(|entry| {
            entry.plugin != plugin || capability.is_some_and(|capability| entry.capability != capability)
        });
        if capability.is_none() {
            self.accepted.retain(|accepted| accepted.plugin != plugin);
        }
        before - self.entries.len()
    }

    /// The text of the file.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`] when a directory is not Unicode.
    pub fn to_toml(&self) -> Result<String> {
        text::print(self)
    }

    /// Writes the file that it was opened from, whole or not at all.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`] when it was not opened from a file, [`ErrorKind::Io`] when it cannot be written.
    pub fn save(&self) -> Result<()> {
        match &self.path {
            Some(path) => self.save_to(path),
            None => Err(Error::misuse("these grants were not opened from a file; use `GrantStore::save_to`")),
        }
    }

    /// Writes a file, whole or not at all.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when it cannot be written; what [`to_toml`](Self::to_toml) returns.
    pub fn save_to(&self, path: &Path) -> Result<()> {
        let text = self.to_toml()?;
        let draft = path.with_extension(format!("toml.{}.tmp", std::process::id()));
        std::fs::write(&draft, text).and_then(|()| std::fs::rename(&draft, path)).map_err(|source| {
            std::fs::remove_file(&draft).ok();
            Error::new(ErrorKind::Io { what: "cannot write the grants to", path: path.to_owned(), source })
        })
    }
}

#[cfg(test)]
mod tests;
