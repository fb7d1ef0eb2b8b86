//! Executable memory: written, then made executable and never written again; and the tables that explain its traps.
//!
//! All code of the process lies in one reserved region of address space, divided into granules, with an index from granule
//! to tables. So whether a program counter is in guest code, and whose, is a comparison and two loads: what a signal
//! handler can afford. Code is kept alive by the modules and signatures that own a [`CodeMemory`], which stores keep.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::ptr;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::arch;
use crate::compile::Code;
use crate::compile::code::CodeTables;
use crate::error::{Error, Result};
use crate::sys::mapping::{Access, Mapping, page_size};
use crate::trap::TrapKind;

/// Address space for all code of the process.
const REGION: usize = 8 << 30;

/// The unit in which the region is handed out: no less than any system's page.
const GRANULE: usize = 64 << 10;

/// How many granules there are.
const GRANULES: usize = REGION / GRANULE;

/// The tables of one piece of code.
#[derive(Debug)]
pub(crate) struct Tables {
    start: usize,
    len: usize,
    code: CodeTables,
}

impl Tables {
    /// Why the instruction at `pc` traps, if it is one that does. Async-signal-safe.
    pub(super) fn trap_at(&self, pc: usize) -> Option<TrapKind> {
        self.code.trap_at(u32::try_from(pc.checked_sub(self.start)?).ok()?)
    }
}

/// The region.
struct Region {
    mapping: Mapping,
    /// One `AtomicPtr<Tables>` per granule, in memory of its own that is zero, and absent, until used.
    index: Mapping,
    /// Free runs of granules: first granule to length.
    free: Mutex<BTreeMap<usize, usize>>,
}

static THE_REGION: OnceLock<Region> = OnceLock::new();

/// The region, reserved at first use.
fn region() -> Result<&'static Region> {
    static RESERVING: Mutex<()> = Mutex::new(());
    let _guard = RESERVING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(region) = THE_REGION.get() {
        return Ok(region);
    }
    let region = Region::reserve().map_err(|source| Error::os("reserving address space for code", source))?;
    Ok(THE_REGION.get_or_init(|| region))
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

    fn start(&self) -> usize {
        self.mapping.base().as_ptr().addr()
    }

    /// The granule of an address. Async-signal-safe.
    fn granule(&self, address: usize) -> Option<usize> {
        let granule = address.checked_sub(self.start())? / GRANULE;
        (granule < GRANULES).then_some(granule)
    }

    /// Takes `count` granules that follow each other.
    fn take(&self, count: usize) -> Option<Range<usize>> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let (first, len) = free.iter().find(|(_, len)| **len >= count).map(|(first, len)| (*first, *len))?;
        free.remove(&first);
        if len > count {
            free.insert(first + count, len - count);
        }
        Some(first..first + count)
    }

    /// Gives granules back, joined with free neighbours.
    fn give_back(&self, granules: &Range<usize>) {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
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

/// The tables of the code at `pc`, if it is published code. Async-signal-safe.
///
/// Call it with the program counter of the calling thread (or of what its signal handler interrupted): only then is it
/// sure that the code, and with it the tables, stays.
pub(super) fn tables_of(pc: usize) -> Option<&'static Tables> {
    let region = THE_REGION.get()?;
    let tables = region.index().get(region.granule(pc)?)?.load(Acquire);
    // SAFETY: an entry is null or the tables of code that is published; they are freed after the entry was cleared, which
    // happens when the code is dropped, which does not happen while it runs, as the running store keeps it.
    let tables = unsafe { tables.as_ref() }?;
    (pc - tables.start < tables.len).then_some(tables)
}

/// Published code. Dropping it unmaps it.
#[derive(Debug)]
pub(crate) struct CodeMemory {
    granules: Range<usize>,
    tables: Box<Tables>,
}

impl CodeMemory {
    /// Copies a text into the region and makes it executable.
    ///
    /// # Errors
    /// `Limit` when the region is full, `Os` when the system refuses memory or executing it.
    pub(crate) fn publish(code: &Code) -> Result<Self> {
        let text = code.text.as_slice();
        let region = region()?;
        let count = text.len().max(1).div_ceil(GRANULE);
        let granules = region
            .take(count)
            .ok_or_else(|| Error::limit("bytes of code in one process", text.len() as u64, REGION as u64))?;
        let start = region.start() + granules.start * GRANULE;
        let tables = Box::new(Tables { start, len: text.len(), code: code.tables.clone() });
        // From here on dropping `this` undoes everything.
        let this = Self { granules, tables };
        let offset = this.granules.start * GRANULE;
        let size = text.len().max(1).next_multiple_of(page_size());
        let os = |source| Error::os("making code executable", source);
        // SAFETY: the granules were just taken, so nothing refers to them; they are written before they are made
        // executable, and not any more afterwards.
        unsafe {
            region.mapping.protect(offset, size, Access::ReadWrite).map_err(os)?;
            let base = region.mapping.base().as_ptr().add(offset);
            ptr::copy_nonoverlapping(text.as_ptr(), base, text.len());
            region.mapping.protect(offset, size, Access::ReadExecute).map_err(os)?;
            arch::flush_instructions(base, text.len());
        }
        let tables = ptr::from_ref(&*this.tables).cast_mut();
        for entry in region.index().get(this.granules.clone()).unwrap_or_default() {
            entry.store(tables, Release);
        }
        Ok(this)
    }

    /// Address of the first byte.
    pub(crate) fn start(&self) -> usize {
        self.tables.start
    }

    /// Length of the text in bytes.
    pub(crate) fn len(&self) -> usize {
        self.tables.len
    }

    /// Address of the byte at `offset`, which must be within the text.
    pub(crate) fn address_of(&self, offset: u32) -> Result<usize> {
        let offset = offset as usize;
        if offset >= self.tables.len {
            return Err(Error::internal("a function outside its module's text"));
        }
        Ok(self.tables.start + offset)
    }

    /// Address of the defined function with this index (imports do not count).
    pub(crate) fn function(&self, index: u32) -> Result<usize> {
        let range = self.tables.code.functions.get(index as usize);
        let range = range.ok_or_else(|| Error::internal("a function without code"))?;
        self.address_of(range.start)
    }

    /// Which defined function (imports do not count) an address is in, and the offset in the module of the instruction
    /// there, if it is known.
    pub(crate) fn locate(&self, address: usize) -> Option<(u32, Option<usize>)> {
        let offset = u32::try_from(address.checked_sub(self.tables.start)?).ok()?;
        let function = self.tables.code.function_at(offset)?;
        Some((function, self.tables.code.position_at(offset).map(|position| position as usize)))
    }
}

impl Drop for CodeMemory {
    fn drop(&mut self) {
        let Some(region) = THE_REGION.get() else { return };
        for entry in region.index().get(self.granules.clone()).unwrap_or_default() {
            entry.store(ptr::null_mut(), Release);
        }
        // SAFETY: the granules are this value's; nothing runs in them, since stores keep the code that they use.
        let reset =
            unsafe { region.mapping.reset(self.granules.start * GRANULE, self.granules.len() * GRANULE) };
        // If the system will not take it back (it is out of mappings), the granules are lost, not reused.
        if reset.is_ok() {
            region.give_back(&self.granules);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::code::TrapSite;

    #[test]
    fn published_text_is_found_by_address_and_forgotten_when_dropped() {
        let site = TrapSite { offset: 1, kind: TrapKind::Unreachable };
        let tables = CodeTables { traps: [site].into_iter().collect(), ..CodeTables::default() };
        let code = CodeMemory::publish(&Code { text: vec![0xc3; 70_000], tables }).unwrap();
        let start = code.start();
        let tables = tables_of(start + 69_999).unwrap();
        assert_eq!(tables.trap_at(start + 1), Some(TrapKind::Unreachable));
        assert_eq!(tables.trap_at(start + 2), None);
        assert!(tables_of(start + 70_000).is_none() && contains(start + 70_000));
        assert!(code.address_of(70_000).is_err());
        let lowest = region().unwrap().start();
        assert!(!contains(lowest - 1) && tables_of(lowest - 1).is_none());
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn published_text_runs() {
        // mov eax, 42; ret
        let text = vec![0xb8, 42, 0, 0, 0, 0xc3];
        let code = CodeMemory::publish(&Code { text, ..Code::default() }).unwrap();
        let address = ptr::with_exposed_provenance::<()>(code.address_of(0).unwrap());
        // SAFETY: the bytes are a function of this type.
        let function: extern "C" fn() -> u32 = unsafe { std::mem::transmute(address) };
        assert_eq!(function(), 42);
    }

    #[test]
    fn free_runs_join_again() {
        let free = BTreeMap::from([(0, 10)]);
        let region = Region {
            mapping: Mapping::reserve(page_size()).unwrap(),
            index: Mapping::reserve(page_size()).unwrap(),
            free: Mutex::new(free),
        };
        let [a, b, c] = [2, 3, 4].map(|count| region.take(count).unwrap());
        assert!(region.take(2).is_none());
        for range in [&a, &c, &b] {
            region.give_back(range);
        }
        assert_eq!(*region.free.lock().unwrap(), BTreeMap::from([(0, 10)]));
    }
}
