//! `TrustRoots`: whose signatures count, and for which plugins.

use super::PublisherKey;

/// The publishers that are trusted, each for all plugins or for some. Empty to begin with, and then nobody is.
///
/// ```
/// use plugbay::{PublisherKey, TrustRoots};
///
/// let acme = PublisherKey::from_bytes([1; 32]);
/// let roots = TrustRoots::none().trust_for("acme", acme);
/// assert!(roots.trusts(&acme, "acme:md-lint"));
/// assert!(!roots.trusts(&acme, "rival:md-lint"), "nobody speaks in another one's name");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct TrustRoots {
    roots: Vec<(Scope, PublisherKey)>,
}

/// The plugins for which a publisher is trusted: all of them, when there is none.
type Scope = Option<String>;

impl TrustRoots {
    /// Nobody.
    pub fn none() -> Self {
        Self::default()
    }

    /// Trusts `publisher` for every plugin.
    pub fn trust(mut self, publisher: PublisherKey) -> Self {
        self.roots.push((None, publisher));
        self
    }

    /// Trusts `publisher` for the plugins of a namespace (`acme`) or for one plugin (`acme:md-lint`).
    pub fn trust_for(mut self, plugins: impl Into<String>, publisher: PublisherKey) -> Self {
        self.roots.push((Some(plugins.into()), publisher));
        self
    }

    /// Those that either of both trusts.
    pub fn and(mut self, others: Self) -> Self {
        self.roots.extend(others.roots);
        self
    }

    /// Whether `publisher` is trusted for the plugin with this id.
    #[must_use]
    pub fn trusts(&self, publisher: &PublisherKey, id: &str) -> bool {
        let namespace = id.split_once(':').map(|(namespace, _)| namespace);
        self.roots.iter().any(|(scope, trusted)| {
            trusted == publisher
                && scope.as_deref().is_none_or(|scope| scope == id || Some(scope) == namespace)
        })
    }

    /// Whether nobody is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }
}
