//! The flags about the cache of compiled plugins that several commands share.

use plugbay::{Cache, CacheConfig};
use std::path::PathBuf;

/// Where compiled plugins are kept.
#[derive(clap::Args)]
pub(crate) struct CacheFlags {
    /// Keep compiled plugins in this directory. Default: `PLUGBAY_CACHE_DIR`, or `plugbay` in the user's cache directory.
    #[arg(long, value_name = "DIR")]
    pub(crate) cache_dir: Option<PathBuf>,
    /// Compile, whether it was done before or not, and keep nothing.
    #[arg(long, conflicts_with = "cache_dir")]
    no_cache: bool,
}

impl CacheFlags {
    /// The settings that the flags stand for.
    pub(crate) fn config(&self) -> CacheConfig {
        match (self.no_cache, &self.cache_dir) {
            (true, _) => CacheConfig::new().off(),
            (false, Some(directory)) => {
                CacheConfig::new().with_directory(std::path::absolute(directory).unwrap_or(directory.clone()))
            }
            (false, None) => CacheConfig::new(),
        }
    }

    /// Says why a cache that was not turned off is not used. A plugin runs all the same.
    pub(crate) fn tell(&self, cache: &Cache) {
        if let (false, Some(note)) = (self.no_cache, cache.note()) {
            eprintln!("plugbay: note: the cache of compiled plugins is not used: {note}");
        }
    }
}
