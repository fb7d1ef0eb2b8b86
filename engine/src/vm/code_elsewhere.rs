//! Code outside the code region, in libraries that the system's loader mapped: a list of ranges with their tables that a
//! signal handler can search without locks.
//!
//! An entry is never freed, only emptied and used again, so reading one is always safe; its version tells a reader whether
//! it changed meanwhile. Then it was not the reader's: code that runs stays.

use std::ptr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicPtr, AtomicUsize, fence};
use std::sync::{Mutex, PoisonError};

use super::code_tables::Tables;
use crate::error::{Error, Result};

/// Most pieces of code outside the region at a time.
const MOST: usize = 1024;

struct Entry {
    /// Odd while the entry is being changed.
    version: AtomicUsize,
    start: AtomicUsize,
    len: AtomicUsize,
    tables: AtomicPtr<Tables>,
}

static ENTRIES: [Entry; MOST] = [const {
    Entry {
        version: AtomicUsize::new(0),
        start: AtomicUsize::new(0),
        len: AtomicUsize::new(0),
        tables: AtomicPtr::new(ptr::null_mut()),
    }
}; MOST];

/// How many entries were ever used.
static USED: AtomicUsize = AtomicUsize::new(0);

/// Entries that may be used again; held to change entries.
static FREE: Mutex<Vec<usize>> = Mutex::new(Vec::new());

impl Entry {
    /// Changes the entry. Only one thread at a time does: `FREE` is locked.
    fn set(&self, start: usize, len: usize, tables: *mut Tables) {
        let version = self.version.load(Relaxed);
        self.version.store(version.wrapping_add(1), Relaxed);
        fence(Release);
        self.start.store(start, Relaxed);
        self.len.store(len, Relaxed);
        self.tables.store(tables, Relaxed);
        self.version.store(version.wrapping_add(2), Release);
    }

    /// The tables, if the entry is of a range that `pc` is in. Async-signal-safe.
    fn find(&self, pc: usize) -> Option<*const Tables> {
        let version = self.version.load(Acquire);
        let within = pc.checked_sub(self.start.load(Relaxed))? < self.len.load(Relaxed);
        let tables = self.tables.load(Relaxed);
        fence(Acquire);
        let same = version.is_multiple_of(2) && self.version.load(Relaxed) == version;
        (within && same).then_some(tables.cast_const())
    }
}

fn find(pc: usize) -> Option<*const Tables> {
    let used = USED.load(Acquire);
    ENTRIES.iter().take(used).find_map(|entry| entry.find(pc))
}

/// Whether there is code at an address. Async-signal-safe.
pub(super) fn contains(address: usize) -> bool {
    find(address).is_some()
}

/// The tables of the code at `pc`. Async-signal-safe.
///
/// # Safety
/// As for [`code_region::entry`](super::code_region::entry).
pub(super) unsafe fn entry(pc: usize) -> Option<&'static Tables> {
    // SAFETY: an entry's tables are freed after it was emptied, which happens when the code is dropped, which does not
    // happen while it runs or is kept.
    find(pc).and_then(|tables| unsafe { tables.as_ref() })
}

/// Keeps a range in the list.
#[derive(Debug)]
pub(super) struct Registered(usize);

impl Registered {
    /// Adds the range of these tables to the list.
    ///
    /// # Safety
    /// The tables stay where they are until the result was dropped.
    pub(super) unsafe fn new(tables: &Tables) -> Result<Self> {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        let used = USED.load(Relaxed);
        let index = free.pop().unwrap_or(used);
        let full = || Error::limit("native libraries at a time", used as u64 + 1, MOST as u64);
        let entry = ENTRIES.get(index).ok_or_else(full)?;
        entry.set(tables.start, tables.len, ptr::from_ref(tables).cast_mut());
        USED.store(used.max(index + 1), Release);
        Ok(Self(index))
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = ENTRIES.get(self.0) {
            entry.set(0, 0, ptr::null_mut());
        }
        free.push(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_found_until_they_are_dropped() {
        let tables = |start| Tables { start, len: 10, ..Tables::default() };
        let (one, two) = (tables(1000), tables(2000));
        // SAFETY: the tables live longer than what is registered.
        let (first, second) = unsafe { (Registered::new(&one).unwrap(), Registered::new(&two).unwrap()) };
        assert!([1000, 1009, 2000].into_iter().all(contains) && !contains(1010) && !contains(999));
        // SAFETY: as above.
        assert_eq!(unsafe { entry(2003) }.map(|tables| tables.start), Some(2000));
        drop(first);
        assert!(!contains(1000) && contains(2000));
        drop(second);
        assert!(!contains(2000) && !contains(0));
    }
}
