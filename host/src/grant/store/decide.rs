//! From a plugin's requests and what was decided about them to grants.

use std::time::SystemTime;

use super::GrantStore;
use super::ask::{Answer, Ask, Why};
use super::entry::{Decision, Entry, Mode};
use crate::grant::{Access, Grants};
use crate::manifest::{Manifest, Request};

/// What stands about a request.
enum Standing<'a> {
    Decided(&'a Entry),
    Open(Why),
}

impl GrantStore {
    /// The grants of a plugin: those of its requests that were allowed, and are so now that `ask` was asked about the open ones
    /// (where the mode says so). `digest` is that of its component. Answers that are to last are noted; it is the caller's to
    /// [`save`](Self::save) them.
    ///
    /// A decision about another component of the same id does not count: a plugin that was changed is asked about again. A
    /// denial does: changing a plugin does not undo it.
    pub fn grants(
        &mut self,
        manifest: &Manifest,
        digest: &[u8; 32],
        mut ask: impl FnMut(&Ask<'_>) -> Answer,
    ) -> Grants {
        let now = SystemTime::now();
        let mut grants = Grants::none();
        for request in manifest.requests() {
            let why = match self.standing(manifest.id(), digest, request, now) {
                Standing::Decided(entry) => {
                    grants = give(grants, entry, request);
                    continue;
                }
                Standing::Open(why) => why,
            };
            let answer = match self.mode {
                Mode::Deny => Answer::DenyOnce,
                Mode::Allow => Answer::AllowOnce,
                Mode::Ask => ask(&Ask { plugin: manifest.id(), request, why }),
            };
            tracing::info!(
                plugin = manifest.id(),
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
                allow: request.allow.clone(),
                ..Entry::new(manifest.id(), *digest, request.interface(), decision)
            };
            grants = give(grants, &entry, request);
            if matches!(answer, Answer::Allow | Answer::Deny) {
                self.decide(entry);
            }
        }
        grants
    }

    fn standing(&self, plugin: &str, digest: &[u8; 32], request: &Request, now: SystemTime) -> Standing<'_> {
        let about = |entry: &&Entry| entry.plugin == plugin && entry.capability == request.interface();
        let same = |entry: &Entry| entry.digest.is_none_or(|of| of == *digest);
        let mut why = Why::New;
        let mut allowed = None;
        for entry in self.entries.iter().filter(about) {
            match entry.decision {
                _ if entry.is_expired(now) => why = Why::Expired,
                Decision::Deny => return Standing::Decided(entry),
                Decision::Allow if same(entry) => allowed = Some(entry),
                Decision::Allow => why = Why::Changed,
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
    let meant = if entry.allow.is_empty() { &request.allow } else { &entry.allow };
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
