//! The one region of address space that all code of the process lies in, and the index from addresses in it to tables.
//!
//! The region is divided into granules, with an index from granule to tables. So whether a program counter is in guest
//! code, and whose, is a comparison and two or three loads: what a signal handler can afford.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::ptr::{self, NonNull};
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::code_tables::Tables;
use crate::error::{Error, Result};
use crate::sys;
use crate::sys::mapping::{Access, Mapping, page_size};
use crate::sys::sealed_file::SealedFile;

/// Address space for all code of the process.
const REGION: usize = 8 << 30;

/// The unit in which the region is handed out: no less than any system's page.
pub(super) const GRANULE: usize = 64 << 10;

/// How many granules there are.
const GRANULES: usize = REGION / GRANULE;

/// The region.
struct Region {
    mapping: Mapping,
    /// One `AtomicPtr<Tables>` per granule, in memory of its own that is zero, and absent, until used.
    index: Mapping,
    /// Free runs of granules: first granule to length.
    free: Mutex<Free>,
}

type Free = BTreeMap<usize, usize>;

static THE_REGION: OnceLock<Region> = OnceLock::new();

/// The region, reserved at first use.
fn region() -> Result<&'static Region> {
    if let Some(region) = THE_REGION.get() {
        return Ok(region);
    }
    static RESERVING: Mutex<()> = Mutex::new(());
    let _guard = RESERVING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(region) = THE_REGION.get() {
        return Ok(region);
    }
    let os = |source| Error::os("reserving address space for code", source);
    let region = Region::reserve().map_err(os)?;
    sys::thread::around_fork(before_fork, after_fork, after_fork).map_err(os)?;
    Ok(THE_REGION.get_or_init(|| region))
}

thread_local! {
    /// The lock on what is free, while the thread forks: in the child nobody else would ever give it back.
    static HELD: RefCell<Option<MutexGuard<'static, Free>>> = const { RefCell::new(None) };
}

extern "C" fn before_fork() {
    let Some(region) = THE_REGION.get() else { return };
    // A thread that is ending cannot hold it, and forks without.
    let _ = HELD.try_with(|held| held.replace(Some(region.free())));
}

extern "C" fn after_fork() {
    let _ = HELD.try_with(RefCell::take);
}

impl Region {
    fn reserve() -> io::Result<Self> {
        let mapping = Mapping::reserve(REGION)?;
        let size = (GRANULES * size_of::<AtomicPtr<Tables>>()).next_multiple_of(page_size());
        let index = Mapping::reserve(size)?;
        // SAFETY: the mapping is new; nothing refers to it.
        unsafe { index.protect(0, size, Access::ReadWrite)? };
        Ok(Self { mapping, index, free: Mutex::new(BTreeMap::from([(0, GRANULES)])) })
    }

    fn index(&self) -> &[AtomicPtr<Tables>] {
        // SAFETY: the mapping is readable, writable, large and aligned enough, lives as long as `self`, and zeros are null
        // pointers.
        unsafe { std::slice::from_raw_parts(self.index.base().as_ptr().cast(), GRANULES) }
    }

    fn free(&self) -> MutexGuard<'_, Free> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self) -> usize {
        self.mapping.base().as_ptr().addr()
    }

    /// The granule of an address. Async-signal-safe.
    fn granule(&self, address: usize) -> Option<usize> {
        let granule = address.checked_sub(self.start())? / GRANULE;
        (granule < GRANULES).then_some(granule)
    }

    /// Takes `count` granules that follow each other, all within these.
    fn take(&self, count: usize, within: &Range<usize>) -> Option<Range<usize>> {
        let mut free = self.free();
        let (run, run_len, first) = free.iter().find_map(|(run, len)| {
            let first = (*run).max(within.start);
            (first.checked_add(count)? <= within.end.min(run + len)).then_some((*run, *len, first))
        })?;
        free.remove(&run);
        if run < first {
            free.insert(run, first - run);
        }
        if first + count < run + run_len {
            free.insert(first + count, run + run_len - first - count);
        }
        Some(first..first + count)
    }

    /// Gives granules back, joined with free neighbours.
    fn give_back(&self, granules: &Range<usize>) {
        let mut free = self.free();
        let (mut first, mut len) = (granules.start, granules.len());
        if let Some(after) = free.remove(&granules.end) {
            len += after;
        }
        if let Some((before, before_len)) = free.range(..first).next_back().map(|(at, len)| (*at, *len))
            && before + before_len == first
        {
            free.remove(&before);
            (first, len) = (before, before_len + len);
        }
        free.insert(first, len);
    }
}

/// Whether an address lies in the region. Async-signal-safe.
pub(super) fn contains(address: usize) -> bool {
    THE_REGION.get().is_some_and(|region| region.granule(address).is_some())
}

/// The tables that the index has for `pc`. Async-signal-safe.
///
/// # Safety
/// `pc` is the program counter of the calling thread (or of what its signal handler interrupted, or a return address on
/// its stack), or an address in code that the caller keeps: only then is it sure that the code, and with it the tables,
/// stays.
pub(super) unsafe fn entry(pc: usize) -> Option<&'static Tables> {
    let region = THE_REGION.get()?;
    let tables = region.index().get(region.granule(pc)?)?.load(Acquire);
    // SAFETY: an entry is null or the tables of code that is published; they are freed after the entry was cleared, which
    // happens when the code is dropped, which does not happen while it runs, as the running store keeps it.
    unsafe { tables.as_ref() }
}

/// Granules of the region for one piece of code: inaccessible at first, emptied and given back when dropped.
#[derive(Debug)]
pub(super) struct Room {
    granules: Range<usize>,
}

impl Room {
    /// Takes room for `len` bytes.
    ///
    /// # Errors
    /// `Limit` when the region is full, `Os` when there is no address space for it.
    pub(super) fn take(len: usize) -> Result<Self> {
        Self::take_within(len, 0..GRANULES)
    }

    /// Takes room for `len` bytes that lie no further than `reach` from `anchor`, an address in the region.
    pub(super) fn take_near(len: usize, anchor: usize, reach: usize) -> Result<Self> {
        let start = region()?.start();
        let first = anchor.saturating_sub(reach).saturating_sub(start).div_ceil(GRANULE);
        let end = anchor.saturating_add(reach).saturating_sub(start) / GRANULE;
        Self::take_within(len, first..end.min(GRANULES))
    }

    fn take_within(len: usize, within: Range<usize>) -> Result<Self> {
        let count = len.max(1).div_ceil(GRANULE);
        let granules = region()?.take(count, &within);
        let full = || Error::limit("bytes of code in one process", len as u64, REGION as u64);
        Ok(Self { granules: granules.ok_or_else(full)? })
    }

    /// Address of the first byte.
    pub(super) fn start(&self) -> usize {
        THE_REGION.get().map_or(0, Region::start).saturating_add(self.granules.start * GRANULE)
    }

    /// Length in bytes.
    pub(super) fn len(&self) -> usize {
        self.granules.len() * GRANULE
    }

    /// The byte at `offset`.
    pub(super) fn at(&self, offset: usize) -> Result<NonNull<u8>> {
        let base = region()?.mapping.base();
        let offset = self.granules.start * GRANULE + offset.min(self.len());
        // SAFETY: the granules lie in the region's mapping.
        Ok(unsafe { base.add(offset) })
    }

    /// Gives whole pages these rights.
    ///
    /// # Safety
    /// As for [`Mapping::protect`]; what is executable was written before and is not written any more.
    pub(super) unsafe fn protect(&self, offset: usize, len: usize, access: Access) -> Result<()> {
        let os = |source| Error::os("making code executable", source);
        if offset.checked_add(len).is_none_or(|end| end > self.len()) {
            return Err(Error::internal("code outside its room"));
        }
        // SAFETY: the caller's promise; the range lies in these granules.
        unsafe { region()?.mapping.protect(self.granules.start * GRANULE + offset, len, access).map_err(os) }
    }

    /// Makes whole pages those of a sealed file from `start` on, readable and executable.
    ///
    /// # Safety
    /// As for [`Mapping::execute`].
    pub(super) unsafe fn map(&self, len: usize, file: &SealedFile, start: u64) -> Result<()> {
        let os = |source| Error::os("mapping code", source);
        if len > self.len() {
            return Err(Error::internal("code outside its room"));
        }
        // SAFETY: the caller's promise; the range lies in these granules.
        unsafe { region()?.mapping.execute(self.granules.start * GRANULE, len, file, start).map_err(os) }
    }

    /// Publishes tables for all addresses of the room.
    ///
    /// # Safety
    /// The tables stay where they are until the room was dropped.
    pub(super) unsafe fn publish(&self, tables: *const Tables) {
        let Some(region) = THE_REGION.get() else { return };
        for entry in region.index().get(self.granules.clone()).unwrap_or_default() {
            entry.store(tables.cast_mut(), Release);
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let Some(region) = THE_REGION.get() else { return };
        for entry in region.index().get(self.granules.clone()).unwrap_or_default() {
            entry.store(ptr::null_mut(), Release);
        }
        // SAFETY: the granules are this value's; nothing runs in them, since stores keep the code that they use.
        let reset = unsafe { region.mapping.reset(self.granules.start * GRANULE, self.len()) };
        // If the system will not take it back (it is out of mappings), the granules are lost, not reused.
        if reset.is_ok() {
            region.give_back(&self.granules);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_runs_join_again() {
        let free = BTreeMap::from([(0, 10)]);
        let region = Region {
            mapping: Mapping::reserve(page_size()).unwrap(),
            index: Mapping::reserve(page_size()).unwrap(),
            free: Mutex::new(free),
        };
        let all = 0..GRANULES;
        let [a, b, c] = [2, 3, 4].map(|count| region.take(count, &all).unwrap());
        assert!(region.take(2, &all).is_none());
        for range in [&a, &c, &b] {
            region.give_back(range);
        }
        assert_eq!(*region.free.lock().unwrap(), BTreeMap::from([(0, 10)]));
        assert_eq!(region.take(3, &(4..8)), Some(4..7));
        assert!(region.take(3, &(3..8)).is_none() && region.take(4, &(0..3)).is_none());
        region.give_back(&(4..7));
        assert_eq!(*region.free.lock().unwrap(), BTreeMap::from([(0, 10)]));
    }

    #[test]
    fn room_is_found_near_an_anchor() {
        let far = Room::take(GRANULE).unwrap();
        let near = Room::take_near(GRANULE, far.start(), 16 << 20).unwrap();
        assert!(near.start().abs_diff(far.start()) < 16 << 20);
        assert!(Room::take_near(32 << 20, far.start(), 16 << 20).is_err());
        let lowest = region().unwrap().start();
        assert!(!contains(lowest - 1) && contains(lowest));
    }
}
