//! From a plugin's requests and what was decided about them to grants.

use std::fmt;
use std::time::SystemTime;

use super::ask::{Answer, Ask, Why};
use super::difference::Accepted;
use super::entry::{Asked, Decision, Entry, Mode, rules_of};
use super::{GrantStore, difference};
use crate::audit;
use crate::error::Result;
use crate::grant::{Access, Grants};
use crate::manifest::{Manifest, Request};
use crate::package::{Package, PublisherKey};

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Who<'a> {
    pub(super) manifest: &'a Manifest,
    /// Of its component.
    pub(super) digest: &'a [u8; 32],
    /// Who signed it; that was checked.
    pub(super) publisher: Option<PublisherKey>,
}

impl<'a> Who<'a> {
    pub(super) fn of(package: &'a Package) -> Self {
        Self { manifest: package.manifest(), digest: package.digest(), publisher: package.publisher() }
    }
}

/// What stands about a request. Its `Display` says it in words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Standing<'a> {
    /// It was decided, by this entry.
    Decided(&'a Entry),
    /// It is to be decided.
    Open(Why),
}

impl fmt::Display for Standing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Decided(entry) if entry.decision == Decision::Allow => "allowed",
            Self::Decided(_) => "denied",
            Self::Open(Why::New) => "not decided",
            Self::Open(Why::Changed) => "not decided: the plugin was changed since it was allowed",
            Self::Open(Why::Wider) => "not decided: it asks for more than what was allowed",
            Self::Open(Why::Expired) => "not decided: the last decision has expired",
        })
    }
}

impl GrantStore {
    /// The grants of a plugin: those of its requests that were allowed, and are so now that `ask` was asked about the open ones
    /// (where the mode says so). Answers that are to last are noted; it is the caller's to [`save`](Self::save) them.
    ///
    /// An update is held until it is accepted: an allowance is for one component, or for whom signed it, and for what was asked
    /// for when it was given. Other bytes, and more wishes, are asked about again, with the [`Difference`](super::Difference). A
    /// denial stands: changing a plugin does not undo it.
    ///
    /// # Errors
    /// [`ErrorKind::Signature`](crate::ErrorKind::Signature) when signatures are
    /// [required](Self::require_signature) and the package has none of somebody who is trusted;
    /// [`ErrorKind::Rollback`](crate::ErrorKind::Rollback) and
    /// [`ErrorKind::OtherPublisher`](crate::ErrorKind::OtherPublisher) when it is no successor of the one that was
    /// accepted.
    pub fn grants(&mut self, package: &Package, ask: impl FnMut(&Ask<'_>) -> Answer) -> Result<Grants> {
        if self.require_signature {
            package.verify(&self.trust_roots())?;
        }
        let id = package.manifest().id();
        if let Some(before) = self.accepted.iter().find(|accepted| accepted.plugin == id) {
            let Accepted { version, digest, publisher, .. } = before;
            let before =
                crate::package::Accepted { version: version.clone(), digest: *digest, publisher: *publisher };
            package.succeeds(&before)?;
        }
        Ok(self.grants_of(&Who::of(package), ask))
    }

    /// What stands about a request of `package`.
    #[must_use]
    pub fn standing(&self, package: &Package, request: &Request) -> Standing<'_> {
        self.standing_of(&Who::of(package), request, SystemTime::now())
    }

    /// [`grants`](Self::grants), of one that may ask.
    pub(super) fn grants_of(&mut self, who: &Who<'_>, mut ask: impl FnMut(&Ask<'_>) -> Answer) -> Grants {
        let now = SystemTime::now();
        let (mut grants, mut held, mut answered) = (Grants::none(), false, false);
        let difference = self.difference_of(who).filter(|difference| !difference.is_empty());
        // It is told with the first question.
        let mut shown = difference.as_ref();
        for request in who.manifest.requests() {
            let why = match self.standing_of(who, request, now) {
                Standing::Decided(entry) => {
                    grants = give(grants, entry, request);
                    continue;
                }
                Standing::Open(why) => why,
            };
            let answer = match self.mode {
                Mode::Deny => Answer::DenyOnce,
                Mode::Allow => Answer::AllowOnce,
                Mode::Ask => {
                    let answer =
                        ask(&Ask { plugin: who.manifest.id(), request, why, difference: shown.take() });
                    let allowed = matches!(answer, Answer::Allow | Answer::AllowOnce);
                    let told = audit::Asked::new(request.interface(), allowed, format!("{why}; {answer}"));
                    grants.asked.push(told);
                    answer
                }
            };
            tracing::info!(
                plugin = who.manifest.id(),
                capability = request.interface(),
                ?why,
                ?answer,
                "decided"
            );
            let decision = match answer {
                Answer::AllowOnce | Answer::Allow => Decision::Allow,
                Answer::DenyOnce | Answer::Deny => Decision::Deny,
            };
            let entry = Entry {
                allow: rules_of(request),
                asked: Some(Asked::of(request)),
                ..Entry::new(who.manifest.id(), *who.digest, request.interface(), decision)
            };
            grants = give(grants, &entry, request);
            let lasts = matches!(answer, Answer::Allow | Answer::Deny);
            (held, answered) = (held || !lasts, answered || lasts);
            if lasts {
                self.decide(entry);
            }
        }
        // A file in which nobody was ever asked stays as its author wrote it.
        let known = self.accepted.iter().any(|accepted| accepted.plugin == who.manifest.id());
        if (known || answered) && !held {
            self.accept_of(who);
        }
        grants
    }

    pub(super) fn accept_of(&mut self, who: &Who<'_>) {
        self.accepted.retain(|accepted| accepted.plugin != who.manifest.id());
        self.accepted.push(Accepted::of(who));
    }

    fn standing_of(&self, who: &Who<'_>, request: &Request, now: SystemTime) -> Standing<'_> {
        let about =
            |entry: &&Entry| entry.plugin == who.manifest.id() && entry.capability == request.interface();
        let same = |entry: &Entry| {
            entry.digest.is_none_or(|of| of == *who.digest)
                && entry.publisher.is_none_or(|by| who.publisher == Some(by))
        };
        let asks_more = |entry: &Entry| {
            entry.asked.as_ref().is_some_and(|asked| !difference::wider(request, asked).is_empty())
        };
        let mut why = Why::New;
        let mut allowed = None;
        for entry in self.entries.iter().filter(about) {
            match entry.decision {
                _ if entry.is_expired(now) => why = Why::Expired,
                Decision::Deny => return Standing::Decided(entry),
                Decision::Allow if !same(entry) => why = Why::Changed,
                Decision::Allow if asks_more(entry) => why = Why::Wider,
                Decision::Allow => allowed = Some(entry),
            }
        }
        allowed.map_or(Standing::Open(why), Standing::Decided)
    }
}

/// Adds what an entry decides. One that does not say what it means of the capability means what is asked for.
fn give(grants: Grants, entry: &Entry, request: &Request) -> Grants {
    if entry.decision == Decision::Deny {
        return grants.deny(entry.capability.as_str());
    }
    let name = entry.capability.as_str();
    let mut grants = grants.allow(name);
    let asked = rules_of(request);
    let meant = if entry.allow.is_empty() { &asked } else { &entry.allow };
    grants = meant.iter().fold(grants, |grants, rule| grants.allow_table(name, rule.clone()));
    grants = entry.deny.iter().fold(grants, |grants, rule| grants.deny_table(name, rule.clone()));
    for (host, guest, access) in &entry.directories {
        grants = match access {
            Access::ReadOnly => grants.allow_read(host, guest),
            Access::ReadWrite => grants.allow_write(host, guest),
        };
    }
    entry.env.iter().fold(grants, Grants::allow_env)
}
