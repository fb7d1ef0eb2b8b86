//! The on-disk cache of compiled plugins: a file that was compiled once is not compiled again.
//!
//! ```text
//!   config      where it is and how large it may become
//!   directory   whether the directory is safe, and what is done in it
//!   entry       what an entry is called, and what is known of those that are there
//!   evict       who gives way when it is full
//!   key         the user's secret that entries are sealed with
//!   lookup      source → compiled component, from the cache or into it
//! ```
//! An entry is named by the hash of its source and by what compiled code depends on, so a name never means something else.
//! It is written under a name of its own and renamed, so any number of processes may work at once and none waits for
//! another. Whatever is wrong with the cache costs a compilation, never a wrong result: what is run was sealed by the same
//! user and is verified first (see decision 8).

mod config;
mod directory;
mod entry;
mod evict;
mod key;
mod lookup;

use std::fmt;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;

use plugbay_component::engine::SealKey;

pub use config::CacheConfig;
use directory::Directory;
pub use entry::{CacheEntry, EntryState};
pub(crate) use lookup::compile;

/// The on-disk cache of a host, and the key that it seals with.
pub struct Cache {
    config: CacheConfig,
    directory: Result<Directory, String>,
    key: OnceLock<Result<SealKey, String>>,
    /// Bytes that may still be written before the size is looked at.
    unchecked: AtomicU64,
}

impl Cache {
    /// Opens the cache, making its directory if there is none. What stands in the way turns it off: see
    /// [`Cache::note`].
    pub fn open(config: &CacheConfig) -> Self {
        let directory = match config.is_on() {
            true => config.directory().and_then(|path| Directory::open(&path)),
            false => Err("it was turned off".to_owned()),
        };
        let cache =
            Self { config: config.clone(), directory, key: OnceLock::new(), unchecked: AtomicU64::new(0) };
        if let (true, Some(why)) = (config.is_on(), cache.note()) {
            tracing::warn!(why, "the cache of compiled plugins is not used");
        }
        cache
    }

    /// Why the cache is not used; `None` if it is.
    pub fn note(&self) -> Option<&str> {
        self.parts().err()
    }

    /// The directory and the key, if both are there.
    fn parts(&self) -> Result<(&Directory, &SealKey), &str> {
        let directory = self.directory.as_ref().map_err(String::as_str)?;
        Ok((directory, self.key()?))
    }

    /// The key that entries and exported artifacts are sealed with.
    ///
    /// # Errors
    /// Why there is none.
    pub fn key(&self) -> Result<&SealKey, &str> {
        let make = || match self.config.key() {
            Some(key) => Ok(key.clone()),
            None => self.config.key_directory().and_then(|path| key::of_user(&path)),
        };
        self.key.get_or_init(make).as_ref().map_err(String::as_str)
    }

    /// The directories that hold what is trusted: the entries, the key. No plugin may write to them.
    pub(crate) fn guarded(config: &CacheConfig) -> Vec<PathBuf> {
        let entries = config.is_on().then(|| config.directory().ok()).flatten();
        let key = config.key().is_none().then(|| config.key_directory().ok()).flatten();
        entries.into_iter().chain(key).filter_map(|path| path.canonicalize().ok()).collect()
    }

    /// What is in it, the entry that was used last first.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn entries(&self) -> std::io::Result<Vec<CacheEntry>> {
        self.directory.as_ref().map_or_else(|_| Ok(Vec::new()), entry::list)
    }

    /// Removes all entries and returns how many there were.
    ///
    /// # Errors
    /// When the directory cannot be read, or an entry cannot be removed.
    pub fn clear(&self) -> std::io::Result<usize> {
        self.directory.as_ref().map_or(Ok(0), evict::clear)
    }

    /// Verifies all entries. Those that are damaged, or were sealed by somebody else, are removed.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn verify(&self) -> std::io::Result<Vec<(CacheEntry, EntryState)>> {
        self.parts().map_or_else(|_| Ok(Vec::new()), |(directory, key)| entry::verify(directory, key))
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("note", &self.note()).finish_non_exhaustive()
    }
}
