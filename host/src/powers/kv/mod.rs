//! `plugbay:host/kv`: a key-value store for each plugin, on disk or in memory. Here: what the application sets up, which
//! stores are open, and the store as one linked plugin sees it.

mod define;
mod error;
mod open;
mod rule;
mod store;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

pub(crate) use define::define;
pub use error::KvError;
pub use rule::{KvAccess, KvRequest, KvRule};

use super::begins_or_is;
use crate::grant::{Power, Rule as _};
use error::{Failure, Quota};
use store::{Change, Step, Store};

/// Where the stores of plugins are kept, and how much they hold ([`HostBuilder::kv`](crate::HostBuilder::kv)).
///
/// ```
/// use plugbay::powers::{KvConfig, KvQuota};
/// let config = KvConfig::directory("plugin-data").quota(KvQuota::default().bytes(1 << 20).keys(1_000));
/// # let _ = config;
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct KvConfig {
    directory: Option<PathBuf>,
    quota: KvQuota,
}

/// What the store of one plugin holds at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KvQuota {
    /// Bytes of all keys and values together. Default 16 MiB. The file is larger: the database keeps room to work in.
    pub bytes: u64,
    /// Keys. Default 65,536.
    pub keys: u64,
    /// Bytes of one key. Default 512.
    pub key_bytes: u64,
    /// Bytes of one value. Default 1 MiB.
    pub value_bytes: u64,
}

impl Default for KvQuota {
    fn default() -> Self {
        Self { bytes: 16 << 20, keys: 65_536, key_bytes: 512, value_bytes: 1 << 20 }
    }
}

impl KvQuota {
    /// Sets [`bytes`](Self::bytes).
    #[must_use]
    pub fn bytes(mut self, most: u64) -> Self {
        self.bytes = most;
        self
    }

    /// Sets [`keys`](Self::keys).
    #[must_use]
    pub fn keys(mut self, most: u64) -> Self {
        self.keys = most;
        self
    }

    /// Sets [`value_bytes`](Self::value_bytes).
    #[must_use]
    pub fn value_bytes(mut self, most: u64) -> Self {
        self.value_bytes = most;
        self
    }
}

impl KvConfig {
    /// In files below `path`, one for each plugin. The directory is made when it is needed, for this user alone; no plugin
    /// may be granted to write there. Only one host at a time has a plugin's file open.
    pub fn directory(path: impl Into<PathBuf>) -> Self {
        Self { directory: Some(path.into()), quota: KvQuota::default() }
    }

    /// In memory, as long as the host lives.
    pub fn in_memory() -> Self {
        Self { directory: None, quota: KvQuota::default() }
    }

    /// How much each store holds. A rule may hold a plugin to less ([`KvRule::bytes`]).
    pub fn quota(mut self, quota: KvQuota) -> Self {
        self.quota = quota;
        self
    }
}

/// The stores of a host.
#[derive(Debug)]
pub(crate) struct Stores {
    config: KvConfig,
    open: Mutex<HashMap<String, Kept>>,
}

/// A store on disk is closed when the last plugin that uses it is gone; one in memory would be lost.
#[derive(Debug)]
enum Kept {
    OnDisk(Weak<Store>),
    InMemory(Arc<Store>),
}

impl Stores {
    pub(crate) fn new(config: KvConfig) -> Self {
        Self { config, open: Mutex::default() }
    }

    /// Where the files are.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.config.directory.as_deref()
    }

    /// The store of the plugin `id`, which may do there what `power` permits.
    pub(crate) fn open(&self, id: &Arc<str>, power: Power<KvRule>) -> Result<Cabinet, KvError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let quota = self.config.quota;
        let known = match open.get(&**id) {
            Some(Kept::InMemory(store)) => Some(store.clone()),
            Some(Kept::OnDisk(store)) => store.upgrade(),
            None => None,
        };
        if let Some(store) = known {
            return Ok(Cabinet { store, power, quota });
        }
        let (store, kept) = match &self.config.directory {
            None => {
                let (database, held) = open::in_memory(id)?;
                let store = Arc::new(Store::new(id.clone(), database, held));
                (store.clone(), Kept::InMemory(store))
            }
            Some(directory) => {
                let closing = open.contains_key(&**id);
                let (database, held) = patient(closing, || open::on_disk(directory, id))?;
                let store = Arc::new(Store::new(id.clone(), database, held));
                let weak = Arc::downgrade(&store);
                (store, Kept::OnDisk(weak))
            }
        };
        open.insert(id.as_ref().to_owned(), kept);
        Ok(Cabinet { store, power, quota })
    }
}

/// Tries again for a while if another thread is just `closing` the same file.
fn patient<R>(closing: bool, mut open: impl FnMut() -> Result<R, KvError>) -> Result<R, KvError> {
    for _ in 0..if closing { 50 } else { 0 } {
        match open() {
            Err(KvError::InUse { .. }) => std::thread::sleep(Duration::from_millis(2)),
            other => return other,
        }
    }
    open()
}

/// The store of a plugin, with what it may do there.
#[derive(Debug)]
pub(crate) struct Cabinet {
    store: Arc<Store>,
    power: Power<KvRule>,
    quota: KvQuota,
}

/// What a plugin did, or why not.
type Outcome<R> = Result<R, Failure>;

impl Cabinet {
    fn get(&self, key: &str) -> Outcome<Option<Vec<u8>>> {
        self.store.get(key)
    }

    fn exists(&self, key: &str) -> Outcome<bool> {
        self.store.exists(key)
    }

    /// A page of keys, and whether there are more.
    fn keys(&self, prefix: &str, after: Option<&str>) -> Outcome<(Vec<String>, bool)> {
        self.store.keys(prefix, after)
    }

    fn set(&self, key: &str, value: &[u8]) -> Outcome<()> {
        self.change(&[key], |change| change.set(key, value))
    }

    fn delete(&self, key: &str) -> Outcome<bool> {
        self.change(&[key], |change| change.delete(key))
    }

    fn swap(&self, key: &str, expected: Option<&[u8]>, new: Option<&[u8]>) -> Outcome<bool> {
        self.change(&[key], |change| change.swap(key, expected, new))
    }

    fn increment(&self, key: &str, by: i64) -> Outcome<i64> {
        self.change(&[key], |change| change.increment(key, by))
    }

    fn transact(&self, steps: &[Step<'_>]) -> Outcome<()> {
        let written = steps.iter().filter_map(|step| match step {
            Step::Check(..) => None,
            Step::Set(key, _) | Step::Delete(key) => Some(*key),
        });
        let written: Vec<_> = written.collect();
        self.change(&written, |change| change.steps(steps.iter().map(Step::borrowed)))
    }

    /// Makes a change to these keys. Whether they may be changed was asked before; how much they may make of the store is
    /// known only now.
    fn change<R>(
        &self,
        keys: &[&str],
        change: impl FnOnce(&mut Change<'_>) -> Result<R, error::Stopped>,
    ) -> Outcome<R> {
        self.store.change(self.quota, |under_way| {
            let before = under_way.held().bytes;
            let result = change(under_way)?;
            let bytes = under_way.held().bytes;
            if bytes > before {
                keys.iter().try_for_each(|key| self.fits(key, bytes))?;
            }
            Ok(result)
        })
    }

    /// Whether this can be a key.
    fn check_key(&self, key: &str) -> Outcome<()> {
        if key.is_empty() || key.len() as u64 > self.quota.key_bytes {
            return Err(Failure::InvalidKey);
        }
        Ok(())
    }

    /// Whether the rules let the store hold so much when this key has been changed.
    fn fits(&self, key: &str, bytes: u64) -> Outcome<()> {
        let request = KvRequest { key, prefix: false, access: KvAccess::Write, bytes: Some(bytes) };
        self.power.check(&request).map_err(|_| Failure::QuotaExceeded(Quota::Bytes(self.most_bytes(key))))
    }

    /// How many bytes the rules let the store hold, as far as they are about this key.
    fn most_bytes(&self, key: &str) -> u64 {
        let request = KvRequest { key, prefix: false, access: KvAccess::Write, bytes: None };
        let allowed = self.power.allowed().filter(|rule| rule.matches(&request));
        let denied = self.power.denied().filter(|rule| begins_or_is(&rule.key, key));
        allowed.chain(denied).filter_map(|rule| rule.bytes).fold(self.quota.bytes, u64::min)
    }
}

impl Step<'_> {
    fn borrowed(&self) -> Step<'_> {
        match self {
            Step::Check(key, expected) => Step::Check(key, *expected),
            Step::Set(key, value) => Step::Set(key, value),
            Step::Delete(key) => Step::Delete(key),
        }
    }
}

#[cfg(test)]
mod tests;
