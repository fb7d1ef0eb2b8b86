//! The bytes of a linear memory: address space reserved once, made accessible as the memory grows. A memory that outgrows
//! what it reserved gets a new place.

use std::io;

use crate::sys::mapping::{Access, Mapping, page_size};

/// The address space of one linear memory. Its base moves only when it outgrows its reservation; bytes beyond the length
/// are inaccessible (from the next page of the system on) and cost nothing.
pub(crate) struct LinearMemory {
    mapping: Mapping,
    /// Inaccessible bytes at the end of the mapping.
    guard: usize,
    len: usize,
}

impl LinearMemory {
    /// Reserves `reservation` bytes, and `guard` more that stay inaccessible; none is accessible yet.
    pub(crate) fn reserve(reservation: usize, guard: usize) -> io::Result<Self> {
        let size = whole_pages(reservation.max(1))?;
        let guard = whole_pages(guard)?;
        let all = size.checked_add(guard).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { mapping: Mapping::reserve(all)?, guard, len: 0 })
    }

    /// Makes the first `len` bytes accessible; new ones are zero. Never shrinks. The memory moves if that is more than was
    /// reserved: nobody may rely on its old address then.
    pub(crate) fn grow_to(&mut self, len: usize) -> io::Result<()> {
        if len <= self.len {
            return Ok(());
        }
        let (accessible, wanted) = (whole_pages(self.len)?, whole_pages(len)?);
        if wanted > self.mapping.len().saturating_sub(self.guard) {
            // Half as much again, so that a memory that grows page by page is not copied each time.
            let mut moved = Self::reserve(wanted.saturating_add(wanted / 2), self.guard)?;
            moved.grow_to(len)?;
            if let Some(start) = moved.bytes_mut().get_mut(..self.len) {
                start.copy_from_slice(self.bytes());
            }
            *self = moved;
            return Ok(());
        }
        if wanted > accessible {
            // SAFETY: the range was inaccessible so far, so nothing refers to it.
            unsafe { self.mapping.protect(accessible, wanted - accessible, Access::ReadWrite)? };
        }
        self.len = len;
        Ok(())
    }

    /// Address of byte 0.
    pub(crate) fn address(&self) -> usize {
        self.mapping.base().as_ptr().expose_provenance()
    }

    /// First and end address of everything that was reserved.
    pub(crate) fn range(&self) -> (usize, usize) {
        let start = self.address();
        (start, start.saturating_add(self.mapping.len()))
    }

    /// Length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the first `len` bytes are accessible and initialised (zero at first); guest code, the only other writer,
        // runs only while the store that owns `self` is borrowed exclusively.
        unsafe { std::slice::from_raw_parts(self.mapping.base().as_ptr(), self.len) }
    }

    /// The bytes, to change.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`, exclusively.
        unsafe { std::slice::from_raw_parts_mut(self.mapping.base().as_ptr(), self.len) }
    }
}

/// Rounds up to pages of the system.
fn whole_pages(bytes: usize) -> io::Result<usize> {
    bytes.checked_next_multiple_of(page_size()).ok_or_else(|| io::ErrorKind::OutOfMemory.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growing_keeps_bytes_and_adds_zeros() {
        let mut memory = LinearMemory::reserve(1 << 32, 1 << 31).unwrap();
        let address = memory.address();
        assert!(memory.bytes().is_empty());
        memory.grow_to(1 << 16).unwrap();
        memory.bytes_mut()[65_535] = 9;
        memory.grow_to(2 << 16).unwrap();
        assert_eq!((memory.len(), memory.bytes()[65_535], memory.bytes()[65_536]), (2 << 16, 9, 0));
        assert_eq!(memory.address(), address);
        assert!(memory.grow_to(usize::MAX).is_err());
        assert_eq!(memory.len(), 2 << 16);
    }

    #[test]
    fn a_memory_that_outgrows_its_reservation_moves_with_its_bytes() {
        let mut memory = LinearMemory::reserve(1 << 16, 0).unwrap();
        memory.grow_to(1 << 16).unwrap();
        memory.bytes_mut()[65_535] = 9;
        for pages in [2_usize, 3, 40] {
            memory.grow_to(pages << 16).unwrap();
            assert_eq!((memory.len(), memory.bytes()[65_535]), (pages << 16, 9));
            assert!(memory.bytes()[65_536..].iter().all(|byte| *byte == 0));
            let (start, end) = memory.range();
            assert!(start == memory.address() && end - start >= memory.len());
        }
    }
}
