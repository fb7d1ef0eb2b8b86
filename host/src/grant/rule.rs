//! Rules: the parameters of a capability, such as which hosts may be reached. A `Rule` is one `allow` or `deny` entry, in a
//! manifest, in `grants.toml` or in code; a `Power` is what all of them together permit. What kinds of rules there are is said
//! where the capability is made: in `wasi/`, `powers/`, or by the application.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Risk;

/// One `allow` or `deny` entry of a capability: what of it is meant.
///
/// It is written as a table, in TOML or by serde: use `#[serde(deny_unknown_fields)]`, so that a misspelt key is an error
/// and not a rule that means more than its author wished.
pub trait Rule: Clone + fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What a plugin wants to do when it uses the capability: one host, one file, one buffer.
    type Request<'a>;

    /// Whether a grant of the capability without any `allow` rule permits nothing (as with hosts and directories), rather
    /// than everything.
    const EMPTY_WITHOUT_RULES: bool = false;

    /// Whether `request` is among what this rule names.
    fn matches(&self, request: &Self::Request<'_>) -> bool;

    /// Whether `request` is among what this rule names when it denies. The same, unless an `allow` rule leaves things out
    /// that must be named to be allowed, as `*` does with this machine's own network.
    fn denies(&self, request: &Self::Request<'_>) -> bool {
        self.matches(request)
    }

    /// What the rule means, for people: continues "may use it for …".
    fn words(&self) -> String;

    /// How much harm this rule could do when it allows.
    fn risk(&self) -> Risk {
        Risk::Medium
    }

    /// The rule that names `request` and nothing else, for [learning](crate::grants::Learner) what a plugin needs; without it, the
    /// rule of the grant that permitted it is taken.
    #[must_use]
    fn only(request: &Self::Request<'_>) -> Option<Self> {
        let _ = request;
        None
    }

    /// Whether the rule makes sense.
    ///
    /// # Errors
    /// What is wrong, and what to write instead.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// What a plugin may do with one capability: all layers must permit it, and a denial in any of them wins.
///
/// The layers are the host's ceiling, the grant and the manifest; one that says nothing limits nothing.
#[derive(Clone, Debug)]
pub struct Power<R> {
    capability: Arc<str>,
    layers: Arc<[Layer<R>]>,
}

/// What one side says about a capability.
#[derive(Clone, Debug)]
pub(crate) struct Layer<R> {
    pub(crate) by: By,
    /// Nothing but this; everything when `None`.
    pub(crate) allow: Option<Vec<R>>,
    /// And never this.
    pub(crate) deny: Vec<R>,
}

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum By {
    /// The application's ceiling for all plugins.
    Ceiling,
    /// The grant.
    Grant,
    /// The plugin's own manifest.
    Manifest,
}

/// Why a request is not permitted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Denial {
    /// Who denies it.
    pub by: By,
    /// The `deny` rule that hit it, in words; `None` when no `allow` rule covers it.
    pub rule: Option<String>,
}

impl<R: Rule> Power<R> {
    pub(crate) fn new(layers: impl IntoIterator<Item = Layer<R>>) -> Self {
        Self { capability: Arc::default(), layers: layers.into_iter().collect() }
    }

    /// The same, of the capability called so.
    pub(crate) fn of(mut self, capability: &str) -> Self {
        self.capability = capability.into();
        self
    }

    /// The capability: a package (`wasi:http`) or an interface (`demo:editor/buffers`).
    #[must_use]
    pub fn capability(&self) -> &str {
        &self.capability
    }

    /// Whether `request` is permitted.
    ///
    /// # Errors
    /// Who does not permit it, and by what rule.
    pub fn check(&self, request: &R::Request<'_>) -> Result<(), Denial> {
        for layer in &*self.layers {
            if let Some(denial) = layer.denial(request) {
                return Err(denial);
            }
            if let Some(allow) = &layer.allow
                && !allow.iter().any(|rule| rule.matches(request))
            {
                return Err(Denial { by: layer.by, rule: None });
            }
        }
        Ok(())
    }

    /// The rule that denies `request`, if there is one; whether anything allows it is not asked.
    #[must_use]
    pub fn denial(&self, request: &R::Request<'_>) -> Option<Denial> {
        self.layers.iter().find_map(|layer| layer.denial(request))
    }

    /// The rule of the grant that covers `request`, if it has rules.
    pub(crate) fn granted_by(&self, request: &R::Request<'_>) -> Option<&R> {
        let grant = self.layers.iter().find(|layer| layer.by == By::Grant)?;
        grant.allow.as_ref()?.iter().find(|rule| rule.matches(request))
    }

    /// The rules of the layers that allow something by name, the host's first.
    pub fn allowed(&self) -> impl Iterator<Item = &R> {
        self.layers.iter().flat_map(|layer| layer.allow.iter().flatten())
    }

    /// The same, layer by layer.
    pub(crate) fn allow_rules(&self) -> impl Iterator<Item = &[R]> {
        self.layers.iter().filter_map(|layer| layer.allow.as_deref())
    }

    /// The rules of the layers that deny something, the host's first.
    pub fn denied(&self) -> impl Iterator<Item = &R> {
        self.layers.iter().flat_map(|layer| &layer.deny)
    }
}

impl<R: Rule> Layer<R> {
    fn denial(&self, request: &R::Request<'_>) -> Option<Denial> {
        let rule = self.deny.iter().find(|rule| rule.denies(request))?;
        Some(Denial { by: self.by, rule: Some(rule.words()) })
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ceiling => "the host's ceiling",
            Self::Grant => "the grant",
            Self::Manifest => "its own manifest",
        })
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.rule {
            Some(rule) => write!(f, "{} denies {rule}", self.by),
            None => write!(f, "{} does not allow it", self.by),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Clone, Debug, Serialize, Deserialize)]
    struct Word(String);

    impl Rule for Word {
        type Request<'a> = &'a str;

        fn matches(&self, request: &&str) -> bool {
            self.0 == "*" || self.0 == *request
        }

        fn words(&self) -> String {
            self.0.clone()
        }
    }

    fn words(words: &[&str]) -> Vec<Word> {
        words.iter().map(|word| Word((*word).to_owned())).collect()
    }

    #[test]
    fn every_layer_must_allow_and_any_denial_wins() {
        let grant = Layer { by: By::Grant, allow: Some(words(&["a", "b", "c"])), deny: words(&["b"]) };
        let manifest = Layer { by: By::Manifest, allow: Some(words(&["a", "b", "d"])), deny: Vec::new() };
        let ceiling = Layer { by: By::Ceiling, allow: None, deny: words(&["e"]) };
        let power = Power::new([ceiling, grant, manifest]);
        assert_eq!(power.check(&"a"), Ok(()));
        assert_eq!(power.check(&"b"), Err(Denial { by: By::Grant, rule: Some("b".into()) }));
        assert_eq!(power.check(&"c"), Err(Denial { by: By::Manifest, rule: None }));
        assert_eq!(power.check(&"d"), Err(Denial { by: By::Grant, rule: None }));
        assert_eq!(power.check(&"e").unwrap_err().to_string(), "the host's ceiling denies e");
        assert_eq!(Power::<Word>::new([]).check(&"anything"), Ok(()));
    }
}
