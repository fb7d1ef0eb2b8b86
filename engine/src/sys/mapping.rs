//! Address space: reserving it, giving parts of it access rights, giving it back.

use std::fs::File;
use std::io;
use std::ptr::{self, NonNull};

use super::sealed_file::SealedFile;
use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags};

/// What a range of a mapping may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Reading and writing.
    ReadWrite,
    /// Reading and executing.
    ReadExecute,
}

/// A range of address space of its own, inaccessible and without memory at first. Unmapped when dropped.
#[derive(Debug)]
pub(crate) struct Mapping {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: a mapping is owned memory, reachable from any thread; the type hands out addresses only, and its methods are
// system calls that are safe from any thread.
unsafe impl Send for Mapping {}
// SAFETY: as above; no method changes the value itself.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Reserves `len` bytes of address space, a multiple of the system's page size.
    pub(crate) fn reserve(len: usize) -> io::Result<Self> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a new anonymous mapping at an address of the system's choice touches no existing memory.
        let base = unsafe { rustix::mm::mmap_anonymous(ptr::null_mut(), len, ProtFlags::empty(), flags)? };
        let base = NonNull::new(base.cast::<u8>()).ok_or_else(|| io::Error::other("mapped at address 0"))?;
        Ok(Self { base, len })
    }

    /// The same, readable and writable from the start; it reads as zeros.
    pub(crate) fn zeros(len: usize) -> io::Result<Self> {
        let (access, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE | MapFlags::NORESERVE);
        // SAFETY: as in `reserve`.
        let base = unsafe { rustix::mm::mmap_anonymous(ptr::null_mut(), len, access, flags)? };
        let base = NonNull::new(base.cast::<u8>()).ok_or_else(|| io::Error::other("mapped at address 0"))?;
        Ok(Self { base, len })
    }

    /// A readable mapping of `len` bytes of a file from `offset` on (both multiples of the page size).
    pub(crate) fn of_file(file: &File, offset: u64, len: usize) -> io::Result<Self> {
        // SAFETY: a new mapping at an address of the system's choice touches no existing memory.
        let base = unsafe {
            rustix::mm::mmap(ptr::null_mut(), len, ProtFlags::READ, MapFlags::SHARED, file, offset)?
        };
        let base = NonNull::new(base.cast::<u8>()).ok_or_else(|| io::Error::other("mapped at address 0"))?;
        Ok(Self { base, len })
    }

    /// A readable mapping of the first `len` bytes of a sealed file.
    pub(crate) fn of_sealed(file: &SealedFile, len: usize) -> io::Result<Self> {
        let (access, flags) = (ProtFlags::READ, MapFlags::PRIVATE);
        // SAFETY: a new mapping at an address of the system's choice touches no existing memory.
        let base = unsafe { rustix::mm::mmap(ptr::null_mut(), len, access, flags, file.file(), 0)? };
        let base = NonNull::new(base.cast::<u8>()).ok_or_else(|| io::Error::other("mapped at address 0"))?;
        Ok(Self { base, len })
    }

    /// Makes the `len` bytes at `offset` those of a sealed file from `start` on (all multiples of the page size), readable
    /// and executable.
    ///
    /// # Safety
    /// No reference into the range may live.
    pub(crate) unsafe fn execute(
        &self,
        offset: usize,
        len: usize,
        file: &SealedFile,
        start: u64,
    ) -> io::Result<()> {
        let at = self.range(offset, len)?;
        let (access, flags) = (ProtFlags::READ | ProtFlags::EXEC, MapFlags::PRIVATE | MapFlags::FIXED);
        // SAFETY: the range lies in this mapping and by the caller's promise is not in use, so replacing it is harmless.
        unsafe { rustix::mm::mmap(at.cast(), len, access, flags, file.file(), start)? };
        Ok(())
    }

    /// Address of the first byte.
    pub(crate) fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// Length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Gives the `len` bytes at `offset` (both multiples of the page size) these rights; fresh memory reads as zeros.
    ///
    /// # Safety
    /// No reference into the range may live that the new rights contradict.
    pub(crate) unsafe fn protect(&self, offset: usize, len: usize, access: Access) -> io::Result<()> {
        let at = self.range(offset, len)?;
        let flags = match access {
            Access::ReadWrite => MprotectFlags::READ | MprotectFlags::WRITE,
            Access::ReadExecute => MprotectFlags::READ | MprotectFlags::EXEC,
        };
        // SAFETY: the range lies in this mapping; that nobody is surprised is the caller's promise.
        unsafe { rustix::mm::mprotect(at.cast(), len, flags)? };
        Ok(())
    }

    /// Returns the `len` bytes at `offset` to what they were at first: inaccessible, without memory.
    ///
    /// # Safety
    /// No reference into the range may live and no code in it may be running or be run later.
    pub(crate) unsafe fn reset(&self, offset: usize, len: usize) -> io::Result<()> {
        let at = self.range(offset, len)?;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED;
        // SAFETY: the range lies in this mapping and by the caller's promise is not in use, so replacing it is harmless.
        unsafe { rustix::mm::mmap_anonymous(at.cast(), len, ProtFlags::empty(), flags)? };
        Ok(())
    }

    /// Makes the `len` bytes at `at` those of a file from `offset` on (all of them multiples of the page size), readable
    /// and writable. What is written stays in this mapping and never reaches the file.
    ///
    /// # Safety
    /// No reference into the range may live.
    pub(crate) unsafe fn overlay(&self, at: usize, len: usize, file: &File, offset: u64) -> io::Result<()> {
        let at = self.range(at, len)?;
        let (access, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE | MapFlags::FIXED);
        // SAFETY: the range lies in this mapping and by the caller's promise is not in use, so replacing it is harmless.
        unsafe { rustix::mm::mmap(at.cast(), len, access, flags | MapFlags::NORESERVE, file, offset)? };
        Ok(())
    }

    /// Forgets what was written to the `len` bytes at `offset` (both multiples of the page size): they read as zeros
    /// again, or as the file that was laid over them.
    ///
    /// # Safety
    /// No reference into the range may live.
    pub(crate) unsafe fn discard(&self, offset: usize, len: usize) -> io::Result<()> {
        let at = self.range(offset, len)?;
        // SAFETY: the range lies in this mapping; that nobody is surprised is the caller's promise.
        unsafe { rustix::mm::madvise(at.cast(), len, Advice::LinuxDontNeed)? };
        Ok(())
    }

    /// The address of `offset`, if `len` bytes from there lie in the mapping.
    fn range(&self, offset: usize, len: usize) -> io::Result<*mut u8> {
        match offset.checked_add(len) {
            Some(end) if end <= self.len => Ok(self.base.as_ptr().wrapping_add(offset)),
            _ => Err(io::ErrorKind::InvalidInput.into()),
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is owned by this value and nothing that borrowed it is left. A failure could only leak it.
        let _ = unsafe { rustix::mm::munmap(self.base.as_ptr().cast(), self.len) };
    }
}

/// The system's page size in bytes.
pub(crate) fn page_size() -> usize {
    rustix::param::page_size()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_zero_and_comes_back_zero() {
        let page = page_size();
        let mapping = Mapping::reserve(4 * page).unwrap();
        let at = mapping.base().as_ptr().wrapping_add(page);
        for _ in 0..2 {
            // SAFETY: nothing refers to the mapping but this test.
            unsafe {
                mapping.protect(page, page, Access::ReadWrite).unwrap();
                assert_eq!(*at, 0);
                *at = 7;
                assert_eq!(*at, 7);
                mapping.reset(page, page).unwrap();
            }
        }
    }

    #[test]
    fn ranges_outside_are_refused() {
        let page = page_size();
        let mapping = Mapping::reserve(page).unwrap();
        // SAFETY: the calls are refused before they do anything.
        unsafe {
            assert!(mapping.protect(page, page, Access::ReadWrite).is_err());
            assert!(mapping.protect(usize::MAX, page, Access::ReadWrite).is_err());
            assert!(mapping.reset(0, 2 * page).is_err());
        }
    }
}
