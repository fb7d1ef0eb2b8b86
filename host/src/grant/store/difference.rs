//! `Difference`: what a package asks for that the one which was accepted before did not. What follows from it is `decide`'s.

use std::fmt;

use semver::Version;
use serde::Serialize;

use super::GrantStore;
use super::decide::Who;
use super::entry::{Asked, Decision};
use crate::grant::RuleTable;
use crate::grant::capability::built_in;
use crate::manifest::{Request, hex};
use crate::package::PublisherKey;

/// How a package differs from what was decided about before. Its `Display` has one line for each point.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// The plugin's id.
    pub plugin: String,
    /// All points: first the package, then what it asks for.
    pub points: Vec<Point>,
}

/// One point in which a package differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[non_exhaustive]
pub enum Point {
    /// It is another version.
    Version {
        /// The one that was accepted.
        from: String,
        /// This one.
        to: String,
    },
    /// Its component has other bytes.
    Bytes {
        /// The digest of the component.
        digest: String,
    },
    /// Somebody else signed it, or nobody.
    Publisher {
        /// Who signed the one that was accepted.
        from: Option<PublisherKey>,
        /// Who signed this one.
        to: Option<PublisherKey>,
    },
    /// It asks for something new.
    NewCapability {
        /// What.
        capability: String,
        /// Whether it is of no use without it.
        required: bool,
    },
    /// It asks for more of a capability than before.
    Wider {
        /// Of which.
        capability: String,
        /// What is new, in words.
        what: String,
    },
    /// It asks for a capability no more.
    Dropped {
        /// For which.
        capability: String,
    },
    /// It asks for a higher limit.
    Limit {
        /// For which, as in the manifest.
        limit: String,
        /// The number that was accepted.
        from: u64,
        /// What it asks for now; the host's own limit, when it is nothing.
        to: Option<u64>,
    },
}

impl Difference {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// Whether it asks for more power than what was accepted.
    #[must_use]
    pub fn is_wider(&self) -> bool {
        self.points.iter().any(|point| matches!(point, Point::NewCapability { .. } | Point::Wider { .. }))
    }
}

impl GrantStore {
    /// What is different about a package since it was decided about; nothing for one that nobody decided about yet.
    pub(super) fn difference_of(&self, who: &Who<'_>) -> Option<Difference> {
        let id = who.manifest.id();
        let entries = || self.entries.iter().filter(|entry| entry.plugin == id);
        let accepted = self.accepted.iter().find(|accepted| accepted.plugin == id);
        if accepted.is_none() && entries().next().is_none() {
            return None;
        }
        let mut points = Vec::new();
        if let Some(before) = accepted {
            before.compare(who, &mut points);
        } else if entries().any(|entry| entry.digest.is_some_and(|digest| digest != *who.digest)) {
            points.push(Point::bytes(who.digest));
        }
        for request in who.manifest.requests() {
            let capability = request.interface().to_owned();
            match entries().find(|entry| entry.capability == capability) {
                None => points.push(Point::NewCapability { capability, required: request.is_required() }),
                Some(entry) if entry.decision == Decision::Allow => {
                    let wider = entry.asked.as_ref().map(|asked| wider(request, asked)).unwrap_or_default();
                    let point = |what| Point::Wider { capability: capability.clone(), what };
                    points.extend(wider.into_iter().map(point));
                }
                Some(_) => {}
            }
        }
        let asked =
            |capability: &str| who.manifest.requests().iter().any(|asked| asked.interface() == capability);
        points.extend(
            entries()
                .filter(|entry| !asked(&entry.capability))
                .map(|entry| Point::Dropped { capability: entry.capability.clone() }),
        );
        Some(Difference { plugin: id.to_owned(), points })
    }
}

/// What the file says of the package that was accepted last.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Accepted {
    pub(super) plugin: String,
    pub(super) version: Version,
    pub(super) digest: [u8; 32],
    pub(super) publisher: Option<PublisherKey>,
    /// The limits that it asked for, as numbers.
    pub(super) limits: toml::Table,
}

impl Accepted {
    pub(super) fn of(who: &Who<'_>) -> Self {
        Self {
            plugin: who.manifest.id().to_owned(),
            version: who.manifest.version().clone(),
            digest: *who.digest,
            publisher: who.publisher,
            limits: limits(who),
        }
    }

    fn compare(&self, who: &Who<'_>, points: &mut Vec<Point>) {
        let (from, to) = (&self.version, who.manifest.version());
        if from != to {
            points.push(Point::Version { from: from.to_string(), to: to.to_string() });
        }
        if self.digest != *who.digest {
            points.push(Point::bytes(who.digest));
        }
        if self.publisher != who.publisher {
            points.push(Point::Publisher { from: self.publisher, to: who.publisher });
        }
        let limits = limits(who);
        let number = |value: &toml::Value| value.as_integer().and_then(|number| u64::try_from(number).ok());
        for (limit, from) in &self.limits {
            let (Some(from), to) = (number(from), limits.get(limit).and_then(number)) else { continue };
            if to.is_none_or(|to| to > from) {
                points.push(Point::Limit { limit: limit.clone(), from, to });
            }
        }
    }
}

fn limits(who: &Who<'_>) -> toml::Table {
    // Numbers that TOML does not have are beyond what any host gives.
    toml::Table::try_from(who.manifest.limits()).unwrap_or_default()
}

/// What `request` asks for that was not asked for when it was decided about, in words. Rules are compared as they are written: one
/// that was made narrower is told as well.
pub(super) fn wider(request: &Request, asked: &Asked) -> Vec<String> {
    let mut wider = Vec::new();
    if request.allow.is_empty() && !asked.allow.is_empty() {
        wider.push("all of it, without rules".to_owned());
    }
    if !asked.allow.is_empty() {
        let new = request.allow.iter().filter(|rule| !asked.allow.contains(rule));
        wider.extend(new.map(|rule| words(request.interface(), rule)));
    }
    let lost = asked.deny.iter().filter(|rule| !request.deny.contains(rule));
    wider.extend(lost.map(|rule| format!("no longer without {}", words(request.interface(), rule))));
    if request.names().is_empty() && !asked.names.is_empty() {
        wider.push("all variables".to_owned());
    }
    if !asked.names.is_empty() {
        let new = request.names().iter().filter(|name| !asked.names.contains(name));
        wider.extend(new.map(|name| format!("the variable {}", name.escape_debug())));
    }
    wider
}

/// A rule in words: those of its capability, if this crate knows it, or as it is written.
pub(crate) fn words(capability: &str, rule: &RuleTable) -> String {
    let form = built_in(capability).and_then(|capability| capability.form);
    form.and_then(|form| form.meaning(rule).ok()).map_or_else(|| rule.to_string(), |meaning| meaning.words)
}

impl Point {
    fn bytes(digest: &[u8; 32]) -> Self {
        Self::Bytes { digest: format!("sha256:{}", hex(digest)) }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return write!(f, "`{}` is as it was decided about", self.plugin);
        }
        write!(f, "`{}` has changed:", self.plugin)?;
        self.points.iter().try_for_each(|point| write!(f, "\n  {point}"))
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = |key: &Option<PublisherKey>| key.map_or("nobody".to_owned(), |key| key.to_string());
        match self {
            Self::Version { from, to } => write!(f, "~ version {to}, was {from}"),
            Self::Bytes { digest } => write!(f, "~ other bytes: {digest}"),
            Self::Publisher { from, to } => write!(f, "! signed by {}, was by {}", key(to), key(from)),
            Self::NewCapability { capability, required } => {
                let how = if *required { "requires" } else { "can use" };
                write!(f, "+ {how} `{capability}`")
            }
            Self::Wider { capability, what } => write!(f, "+ `{capability}`: {what}"),
            Self::Dropped { capability } => write!(f, "- does not ask for `{capability}` any more"),
            Self::Limit { limit, from, to: Some(to) } => write!(f, "+ limit `{limit}`: {to}, was {from}"),
            Self::Limit { limit, from, to: None } => write!(f, "+ limit `{limit}`: the host's, was {from}"),
        }
    }
}
