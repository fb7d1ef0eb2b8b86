//! Learning what a plugin needs: a run under generous grants is watched, and the smallest manifest and grants that would have
//! sufficed are told. Nothing is given to a plugin by watching it. `learned` is what comes of it.

mod learned;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use learned::{Learned, Missed, Needed};

use super::directory::Root;
use super::name::Name;
use super::{Grants, Power, Rule, RuleTable, capability};
use crate::audit::{Event, Sink, Verdict};

/// The most rules of a capability, and the most refusals, that are remembered of one plugin.
const MOST: usize = 1000;

/// Watches the plugins of a host, to tell the smallest grants that would have sufficed
/// ([`HostBuilder::learn`](crate::HostBuilder::learn)). Cheap to clone; clones watch together.
///
/// ```
/// # fn main() -> plugbay::Result<()> {
/// use plugbay::{Host, grants::Learner};
///
/// let learner = Learner::new();
/// let host = Host::<()>::builder().learn(&learner).build()?;
/// // … link plugins with generous grants, and use them …
/// if let Some(learned) = learner.learned("word-count") {
///     println!("{}", learned.manifest());                     // for its plugin.toml
///     println!("{}", learned.grants("acme:word-count", None)); // for a grants.toml
/// }
/// # let _ = host; Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Learner {
    plugins: Arc<Mutex<BTreeMap<String, Notes>>>,
}

/// What was seen of one plugin.
#[derive(Debug, Default)]
struct Notes {
    /// The imports that were granted, and whether a grant was needed.
    granted: BTreeSet<String>,
    /// Those of which a function was called.
    used: BTreeSet<String>,
    /// Rules, by capability.
    rules: BTreeMap<String, Vec<RuleTable>>,
    missed: Vec<Missed>,
    roots: Vec<(Arc<Root>, std::path::PathBuf)>,
    /// Variables of this process that are passed on, and others.
    env: (Vec<String>, Vec<String>),
}

impl Learner {
    /// One that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was learned of the plugin called `plugin` so far; nothing when none of that name was linked.
    #[must_use]
    pub fn learned(&self, plugin: &str) -> Option<Learned> {
        self.plugins().get(plugin).map(|notes| Learned::of(plugin, notes))
    }

    fn plugins(&self) -> MutexGuard<'_, BTreeMap<String, Notes>> {
        self.plugins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a plugin was linked with.
    pub(crate) fn linked(&self, plugin: &str, grants: &Grants, roots: &[Arc<Root>]) {
        let mut plugins = self.plugins();
        let notes = plugins.entry(plugin.to_owned()).or_default();
        for root in roots {
            let host = grants.directories.iter().find(|grant| *grant.guest == *root.guest);
            notes.roots.extend(host.map(|grant| (root.clone(), grant.host.clone())));
        }
        notes.env = (grants.inherited_env.clone(), grants.env.iter().map(|(name, _)| name.clone()).collect());
    }

    /// A request was permitted.
    pub(crate) fn used<R: Rule>(&self, plugin: &str, power: &Power<R>, request: &R::Request<'_>) {
        let rule = R::only(request).or_else(|| power.granted_by(request).cloned());
        let Some(rule) = rule.and_then(|rule| RuleTable::of(&rule).ok()) else { return };
        let mut plugins = self.plugins();
        let notes = plugins.entry(plugin.to_owned()).or_default();
        let rules = notes.rules.entry(power.capability().to_owned()).or_default();
        if rules.len() < MOST && !rules.contains(&rule) {
            rules.push(rule);
        }
    }
}

impl Sink for Learner {
    fn record(&self, event: &Event) {
        let mut plugins = self.plugins();
        let notes = plugins.entry(event.plugin.clone()).or_default();
        let linking = event.operation == "link";
        match event.verdict {
            Verdict::Allowed if linking => drop(notes.granted.insert(event.capability.clone())),
            Verdict::Allowed => drop(notes.used.insert(event.capability.clone())),
            Verdict::Denied => {
                let missed = Missed {
                    capability: event.capability.clone(),
                    operation: event.operation.clone(),
                    target: event.target.clone(),
                    why: event.rule.clone(),
                };
                if notes.missed.len() < MOST && !notes.missed.contains(&missed) {
                    notes.missed.push(missed);
                }
            }
            _ => {}
        }
    }
}

/// Tells both.
pub(crate) struct Both(pub(crate) Learner, pub(crate) Option<Arc<dyn Sink>>);

impl Sink for Both {
    fn record(&self, event: &Event) {
        self.0.record(event);
        if let Some(sink) = &self.1 {
            sink.record(event);
        }
    }
}

/// What an import is asked for and granted as: interfaces that share their resources go together.
fn unit(import: &str) -> &str {
    const WHOLE: [&str; 3] = ["wasi:filesystem", "wasi:http", "wasi:sockets"];
    WHOLE
        .into_iter()
        .find(|whole| capability::names(import, whole))
        .unwrap_or_else(|| Name::unversioned(import))
}
