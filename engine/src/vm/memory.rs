//! The bytes of a linear memory: address space reserved once, made accessible as the memory grows.

use std::io;

use crate::sys::mapping::{Access, Mapping, page_size};

/// The address space of one linear memory. Its base never moves; bytes beyond the length are inaccessible (to the next
/// page of the system) and cost nothing.
pub(crate) struct LinearMemory {
    mapping: Mapping,
    len: usize,
}

impl LinearMemory {
    /// Reserves `reservation` bytes; none is accessible yet.
    pub(crate) fn reserve(reservation: usize) -> io::Result<Self> {
        let page = page_size();
        let size = reservation.max(page).checked_next_multiple_of(page);
        let size = size.ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { mapping: Mapping::reserve(size)?, len: 0 })
    }

    /// Makes the first `len` bytes accessible; new ones are zero. Never shrinks.
    pub(crate) fn grow_to(&mut self, len: usize) -> io::Result<()> {
        if len <= self.len {
            return Ok(());
        }
        let page = page_size();
        let accessible = self.len.checked_next_multiple_of(page).ok_or(io::ErrorKind::OutOfMemory)?;
        let wanted = len.checked_next_multiple_of(page).ok_or(io::ErrorKind::OutOfMemory)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growing_keeps_bytes_and_adds_zeros() {
        let mut memory = LinearMemory::reserve(1 << 32).unwrap();
        assert!(memory.bytes().is_empty());
        memory.grow_to(1 << 16).unwrap();
        memory.bytes_mut()[65_535] = 9;
        memory.grow_to(2 << 16).unwrap();
        assert_eq!((memory.len(), memory.bytes()[65_535], memory.bytes()[65_536]), (2 << 16, 9, 0));
        assert!(memory.grow_to(1 << 33).is_err());
        assert_eq!(memory.len(), 2 << 16);
    }
}
