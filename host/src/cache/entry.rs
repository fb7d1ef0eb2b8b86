//! Entries: what they are called, and what is known of those that are there.

use std::fmt;
use std::io;
use std::time::SystemTime;

use plugbay_component::engine::{Artifact, ArtifactError, Engine, SealKey, SourceHash};

use super::directory::Directory;

/// What names of entries end with.
const EXTENSION: &str = ".plugbay";

/// One compiled plugin in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheEntry {
    /// The file's name: the hash of what was compiled, and the number of what compiled code depends on besides.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was used last, to the hour.
    pub used: SystemTime,
}

/// What verifying an entry found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryState {
    /// It is as it was sealed.
    Sound,
    /// It was refused, and removed.
    Removed(ArtifactError),
    /// It could not be read.
    Unreadable(String),
}

impl fmt::Display for EntryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sound => f.write_str("sound"),
            Self::Removed(error) => write!(f, "removed: {error}"),
            Self::Unreadable(why) => write!(f, "cannot be read: {why}"),
        }
    }
}

/// The name of the entry for a source that this engine compiled.
pub(super) fn name(engine: &Engine, source: SourceHash) -> String {
    let mut name = String::new();
    for byte in source.as_bytes().iter().take(16).chain(&engine.compatibility()) {
        name.push_str(&format!("{byte:02x}"));
    }
    name + EXTENSION
}

/// Whether a file of the directory is an entry.
fn is_entry(name: &str) -> bool {
    name.ends_with(EXTENSION) && !name.starts_with('.')
}

/// All entries, the one that was used last first. What goes away in the meantime is left out.
pub(super) fn list(directory: &Directory) -> io::Result<Vec<CacheEntry>> {
    let names = directory.names()?.into_iter().filter(|name| is_entry(name));
    let mut entries: Vec<_> = names
        .filter_map(|name| {
            let (bytes, used) = directory.look(&name).ok()?;
            Some(CacheEntry { name, bytes, used })
        })
        .collect();
    entries.sort_by(|a, b| b.used.cmp(&a.used).then_with(|| a.name.cmp(&b.name)));
    Ok(entries)
}

/// Verifies all entries, and removes those that nobody will ever load.
pub(super) fn verify(directory: &Directory, key: &SealKey) -> io::Result<Vec<(CacheEntry, EntryState)>> {
    let verify = |entry: CacheEntry| {
        let checked = directory
            .file(&entry.name)
            .map_err(|error| EntryState::Unreadable(error.to_string()))
            .and_then(|file| {
                Artifact::verify(&file, key).map_err(|error| match error.artifact() {
                    Some(why) => EntryState::Removed(why.clone()),
                    None => EntryState::Unreadable(error.to_string()),
                })
            });
        let mut state = checked.map_or_else(|state| state, |()| EntryState::Sound);
        if let EntryState::Removed(_) = state
            && let Err(error) = directory.remove(&entry.name)
        {
            state = EntryState::Unreadable(format!("it is damaged and cannot be removed: {error}"));
        }
        (entry, state)
    };
    Ok(list(directory)?.into_iter().map(verify).collect())
}
