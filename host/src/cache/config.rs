//! Where the cache is and how large it may become. Reads the environment, when asked for the usual places.

use std::path::PathBuf;

use plugbay_component::engine::SealKey;

/// Bytes that the cache may take unless told otherwise.
const MAX_BYTES: u64 = 1 << 30;

/// Settings of the on-disk cache ([`HostBuilder::cache`](crate::HostBuilder::cache)).
#[derive(Clone, Debug, Default)]
pub struct CacheConfig {
    directory: Option<PathBuf>,
    key: Option<SealKey>,
    max_bytes: Option<u64>,
    off: bool,
}

impl CacheConfig {
    /// The usual place: `PLUGBAY_CACHE_DIR`, or `plugbay` in the user's cache directory (`XDG_CACHE_HOME`, `~/.cache`).
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps entries in this directory. It must belong to the user, and nobody else may write to it.
    #[must_use]
    pub fn with_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Seals entries with this key. Default: a key of the user, made at first use, kept in `PLUGBAY_DATA_DIR` or in
    /// `plugbay` in the user's data directory (`XDG_DATA_HOME`, `~/.local/share`).
    #[must_use]
    pub fn with_key(mut self, key: SealKey) -> Self {
        self.key = Some(key);
        self
    }

    /// Removes entries that were not used for long when there are more bytes than this. Default: 1 GiB.
    #[must_use]
    pub fn with_max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// No cache: every source is compiled. The key is still there for artifacts.
    #[must_use]
    pub fn off(mut self) -> Self {
        self.off = true;
        self
    }

    pub(super) fn is_on(&self) -> bool {
        !self.off
    }

    pub(super) fn directory(&self) -> Result<PathBuf, String> {
        let usual = || place("PLUGBAY_CACHE_DIR", "XDG_CACHE_HOME", ".cache");
        let none = || "there is no home directory, and no other one was named".to_owned();
        self.directory.clone().or_else(usual).ok_or_else(none)
    }

    pub(super) fn key(&self) -> Option<&SealKey> {
        self.key.as_ref()
    }

    pub(super) fn key_directory(&self) -> Result<PathBuf, String> {
        let none = || "there is no home directory to keep the key in".to_owned();
        place("PLUGBAY_DATA_DIR", "XDG_DATA_HOME", ".local/share").ok_or_else(none)
    }

    pub(super) fn max_bytes(&self) -> u64 {
        self.max_bytes.unwrap_or(MAX_BYTES)
    }
}

/// The directory that a variable of ours names, or ours in the one that is usual.
fn place(ours: &str, usual: &str, in_home: &str) -> Option<PathBuf> {
    let directory = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    directory(ours).or_else(|| {
        let parent = directory(usual).or_else(|| directory("HOME").map(|home| home.join(in_home)))?;
        Some(parent.join("plugbay"))
    })
}
