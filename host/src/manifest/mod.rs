//! `plugin.toml`: what a plugin's author says about it. It asks; it grants nothing. Reading it is here (`raw` is the file as
//! serde sees it, `check` makes sense of it); what becomes of its requests is `grant`'s business.

mod check;
mod check_rules;
mod error;
mod narrow;
mod raw;
#[cfg(test)]
mod reference;
mod request;
pub(crate) mod units;
mod wishes;

pub(crate) use crate::package::{hex, parse_digest};
pub(crate) use check_rules::check as check_rules;
pub use error::ManifestError;
pub(crate) use error::Place;
#[cfg(test)]
pub(crate) use reference::keys;
pub use request::{FileAccess, LimitRequest, Request};
pub use wishes::{Concurrency, Lifecycle, Restart, RestartOn, StateKeeping};

use std::sync::Arc;

use semver::{Version, VersionReq};

/// The largest manifest that is read, in bytes.
pub(crate) const MAX_MANIFEST: usize = 256 << 10;

/// A plugin's manifest, `plugin.toml`.
///
/// ```
/// let manifest = plugbay::Manifest::parse("plugin.toml", r#"
///     manifest-version = 1
///
///     [plugin]
///     id = "acme:md-lint"
///     version = "0.3.1"
///     component = "md_lint.wasm"
///
///     [[capability.required]]
///     use = "demo:editor/buffers"
///     reason = "Read the open document to check it"
///
///     [limits]
///     memory = "32MiB"
///     deadline = "250ms"
/// "#)?;
/// assert_eq!(manifest.id(), "acme:md-lint");
/// assert_eq!(manifest.requests()[0].reason(), "Read the open document to check it");
/// assert_eq!(manifest.limits().memory, Some(32 << 20));
/// # Ok::<(), plugbay::ManifestError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    pub(crate) id: Arc<str>,
    pub(crate) version: Version,
    pub(crate) component: String,
    pub(crate) digest: Option<[u8; 32]>,
    pub(crate) world: Option<World>,
    pub(crate) requests: Vec<Request>,
    pub(crate) limits: LimitRequest,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) activation: Vec<String>,
    pub(crate) contributes: toml::Table,
}

/// A file of which something is read.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
}

/// The world that a plugin was made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct World {
    pub(crate) target: String,
    pub(crate) version: Option<VersionReq>,
}

impl Manifest {
    /// Reads a manifest. `file` is its name in errors.
    ///
    /// # Errors
    /// Where (line and column), what is wrong there and what to write instead: for text that is not TOML, for unknown,
    /// duplicate, missing and senseless keys, and for a path that leaves the plugin's folder.
    pub fn parse(file: &str, text: &str) -> Result<Self, ManifestError> {
        if text.len() > MAX_MANIFEST {
            let problem = format!("the manifest has {} bytes; at most {MAX_MANIFEST} are read", text.len());
            return Err(ManifestError::new(file, text, None, problem));
        }
        let raw: raw::Manifest = toml::from_str(text)
            .map_err(|error| ManifestError::new(file, text, error.span(), error.message().to_owned()))?;
        check::check(raw, Text { file, text })
    }

    /// Who the plugin is, as `namespace:name`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The plugin's version.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// The component's file, relative to the manifest's folder; it does not leave it.
    #[must_use]
    pub fn component(&self) -> &str {
        &self.component
    }

    /// The SHA-256 of the component, if the manifest names it.
    #[must_use]
    pub fn digest(&self) -> Option<&[u8; 32]> {
        self.digest.as_ref()
    }

    /// The world that the plugin was made for, without version.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        self.world.as_ref().map(|world| world.target.as_str())
    }

    /// The versions of the world that the plugin accepts; all, when it does not say.
    #[must_use]
    pub fn accepts(&self) -> Option<&VersionReq> {
        self.world.as_ref().and_then(|world| world.version.as_ref())
    }

    /// What the plugin asks for.
    #[must_use]
    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// The limits that the plugin asks for; the host's hold above them.
    #[must_use]
    pub fn limits(&self) -> &LimitRequest {
        &self.limits
    }

    /// How the plugin wishes to be run, `[lifecycle]`. The application owns this: the host does nothing about it.
    #[must_use]
    pub fn lifecycle(&self) -> &Lifecycle {
        &self.lifecycle
    }

    /// The events at which the plugin wishes to be started, `[activation]`, such as `language:markdown`; none, when it does
    /// not say. The application owns this: it knows what its events are, and the host does nothing about it.
    #[must_use]
    pub fn activation(&self) -> &[String] {
        &self.activation
    }

    /// `[contributes]`, whose contents are the application's to define and to check.
    #[must_use]
    pub fn contributes(&self) -> &toml::Table {
        &self.contributes
    }

    /// The request that covers `import`.
    pub(crate) fn request(&self, import: &str) -> Option<&Request> {
        self.requests.iter().find(|request| request.covers(import))
    }
}

#[cfg(test)]
mod tests;
