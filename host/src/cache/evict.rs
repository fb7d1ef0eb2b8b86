//! Who gives way when the cache is full: the entries that were not used for longest.

use std::io;
use std::time::{Duration, SystemTime};

use super::directory::{Directory, PARTIAL};
use super::entry;

/// After this time a file that is not complete is taken for one whose writer is gone.
const ABANDONED: Duration = Duration::from_secs(3600);

/// Removes entries until no more than `max_bytes` are left, or the one that was used last, and what writers left behind that are gone.
pub(super) fn evict(directory: &Directory, max_bytes: u64) -> io::Result<()> {
    remove_partial(directory, ABANDONED)?;
    let entries = entry::list(directory)?;
    let mut total = entries.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.bytes));
    for entry in entries.iter().rev() {
        if total <= max_bytes {
            break;
        }
        directory.remove(&entry.name)?;
        total = total.saturating_sub(entry.bytes);
    }
    Ok(())
}

/// Removes everything and returns how many entries there were.
pub(super) fn clear(directory: &Directory) -> io::Result<usize> {
    remove_partial(directory, Duration::ZERO)?;
    let entries = entry::list(directory)?;
    for entry in &entries {
        directory.remove(&entry.name)?;
    }
    Ok(entries.len())
}

fn remove_partial(directory: &Directory, older_than: Duration) -> io::Result<()> {
    let now = SystemTime::now();
    for name in directory.names()?.iter().filter(|name| name.starts_with(PARTIAL)) {
        let Ok((_, written)) = directory.look(name) else { continue };
        // What comes from the future (the clock was set back) is no younger than what comes from the past.
        let age = now.duration_since(written).unwrap_or_else(|early| early.duration());
        if age >= older_than {
            directory.remove(name)?;
        }
    }
    Ok(())
}
