//! The bytes of a linear memory: address space reserved once, made accessible as the memory grows, and brought back to its
//! initial state when an instance ends. A memory that outgrows what it reserved gets a new place.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use super::image::MemoryImage;
use crate::sys::mapping::{Access, Mapping, page_size};
use crate::sys::pagemap;

/// Reservations without a guard up to this size are accessible as a whole, so that making and growing them needs no
/// further call of the system, and neighbours are one mapping to it.
const DENSE: usize = 64 << 20;

/// Most memories of the process that have an image mapped. Each takes up to two of the mappings that the system allows a
/// process (65,530 as a rule), of which the application wants some too; memories beyond this get their bytes copied.
const MAX_OVERLAYS: usize = 16 << 10;

/// What a page that nobody wrote to reads as.
static ZEROS: [u8; 4096] = [0; 4096];

static OVERLAYS: AtomicUsize = AtomicUsize::new(0);

/// The address space of one linear memory. Its base moves only when it outgrows its reservation; bytes beyond the length
/// are inaccessible (from the next page of the system on) and cost nothing. Without a guard, code compares with the
/// length, and they may be accessible, as zeros.
pub(crate) struct LinearMemory {
    mapping: Mapping,
    /// Inaccessible bytes at the end of the mapping.
    guard: usize,
    /// How many of the mapping's bytes can be accessed.
    accessible: usize,
    len: usize,
    overlay: Option<Overlay>,
    /// Whether the host may have written to it.
    touched: bool,
    /// Whether this is not where it was made.
    moved: bool,
}

/// An image that is mapped; counted.
struct Overlay(Arc<MemoryImage>);

impl Drop for Overlay {
    fn drop(&mut self) {
        OVERLAYS.fetch_sub(1, Relaxed);
    }
}

impl LinearMemory {
    /// Reserves `reservation` bytes, and `guard` more that stay inaccessible; the memory is empty.
    pub(crate) fn reserve(reservation: usize, guard: usize) -> io::Result<Self> {
        let (size, guard) = (whole_pages(reservation.max(1))?, whole_pages(guard)?);
        let all = size.checked_add(guard).ok_or(io::ErrorKind::OutOfMemory)?;
        let (mapping, accessible) = match guard {
            0 if all <= DENSE => (Mapping::zeros(all)?, all),
            _ => (Mapping::reserve(all)?, 0),
        };
        Ok(Self { mapping, guard, accessible, len: 0, overlay: None, touched: false, moved: false })
    }

    /// Makes the first `len` bytes accessible; new ones are zero. Never shrinks. The memory moves if that is more than was
    /// reserved: nobody may rely on its old address then.
    pub(crate) fn grow_to(&mut self, len: usize) -> io::Result<()> {
        if len <= self.len {
            return Ok(());
        }
        let wanted = whole_pages(len)?;
        if wanted > self.mapping.len().saturating_sub(self.guard) {
            return self.move_to(len, wanted);
        }
        if wanted > self.accessible {
            let (from, more) = (self.accessible, wanted - self.accessible);
            // SAFETY: the range was inaccessible so far, so nothing refers to it.
            unsafe { self.mapping.protect(from, more, Access::ReadWrite)? };
            self.accessible = wanted;
        }
        self.len = len;
        Ok(())
    }

    /// Gets a new place, with more room.
    fn move_to(&mut self, len: usize, wanted: usize) -> io::Result<()> {
        // Half as much again, so that a memory that grows page by page is not copied each time.
        let mut moved = Self::reserve(wanted.saturating_add(wanted / 2), self.guard)?;
        moved.grow_to(len)?;
        for (from, to) in self.bytes().chunks(ZEROS.len()).zip(moved.bytes_mut().chunks_mut(ZEROS.len())) {
            // Pages that nobody wrote to take no memory, and shall not from here on.
            if Some(from) != ZEROS.get(..from.len())
                && let Some(to) = to.get_mut(..from.len())
            {
                to.copy_from_slice(from);
            }
        }
        moved.moved = true;
        *self = moved;
        Ok(())
    }

    /// Lays an image over a memory that nobody has seen yet. Fails if it does not fit or too many have one.
    pub(crate) fn lay_over(&mut self, image: &Arc<MemoryImage>) -> io::Result<()> {
        if image.range().end > self.len || self.overlay.is_some() || self.touched {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let overlay = Overlay(Arc::clone(image));
        if OVERLAYS.fetch_add(1, Relaxed) >= MAX_OVERLAYS {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        // SAFETY: `self` is borrowed exclusively, and so is whatever it lends; no generated code uses it yet.
        unsafe { image.overlay(&self.mapping)? };
        self.overlay = Some(overlay);
        Ok(())
    }

    /// Whether an image is laid over it.
    pub(crate) fn has_image(&self) -> bool {
        self.overlay.is_some()
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
        // SAFETY: the first `len` bytes are accessible and initialised (zero at first, or an image); guest code, the only
        // other writer, runs only while the store that owns `self` is borrowed exclusively.
        unsafe { std::slice::from_raw_parts(self.mapping.base().as_ptr(), self.len) }
    }

    /// The bytes, to change.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        self.touched = true;
        self.slice_mut(0..self.len)
    }

    /// Bytes that are accessible.
    fn slice_mut(&mut self, range: Range<usize>) -> &mut [u8] {
        let range = range.start.min(self.accessible)..range.end.min(self.accessible);
        // SAFETY: as in `bytes`, exclusively.
        unsafe { std::slice::from_raw_parts_mut(self.mapping.base().as_ptr().add(range.start), range.len()) }
    }

    /// Brings it back to what it was when it was `len` bytes long and nobody had seen it; `written` says whether a guest
    /// may have written to it. Pages that were written to are given back to the system, except some, `keep` bytes at most,
    /// which are overwritten: quicker when the next tenant writes there again. Returns how many bytes are kept so.
    ///
    /// After an error it must not be used again.
    pub(crate) fn reset(&mut self, len: usize, written: bool, keep: usize) -> io::Result<usize> {
        let page = page_size();
        let size = whole_pages(len)?;
        if self.moved {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.shrink_to(len, size)?;
        if !written && !self.touched {
            return Ok(0);
        }
        self.touched = false;
        let start = self.address();
        let (keep, mut kept, mut result) = (keep - keep % page, 0, Ok(()));
        let told = pagemap::each_written(start..start.saturating_add(size), |range| {
            let at = range.start.saturating_sub(start);
            let more = range.len().min(keep.saturating_sub(kept));
            self.restore(at..at.saturating_add(more));
            kept += more;
            if result.is_ok() && more < range.len() {
                result = self.discard(at.saturating_add(more), range.len() - more);
            }
        });
        if told {
            return result.map(|()| kept);
        }
        self.discard(0, size)?;
        Ok(0)
    }

    /// Takes back what was grown.
    fn shrink_to(&mut self, len: usize, size: usize) -> io::Result<()> {
        if self.len < len {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        if self.len > len {
            let (end, all) = (self.len.next_multiple_of(page_size()), self.accessible == self.mapping.len());
            if all {
                self.discard(size, end.saturating_sub(size))?;
            } else if self.accessible > size {
                // SAFETY: `self` is borrowed exclusively, and so is whatever it lends; its guest is gone.
                unsafe { self.mapping.reset(size, self.accessible - size)? };
                self.accessible = size;
            }
            self.len = len;
        }
        Ok(())
    }

    fn discard(&self, at: usize, len: usize) -> io::Result<()> {
        // SAFETY: only `reset` calls this, which borrows `self` exclusively, and so whatever it lends; its guest is gone.
        unsafe { self.mapping.discard(at, len) }
    }

    /// Writes the initial bytes to a range.
    fn restore(&mut self, range: Range<usize>) {
        let image = self.overlay.as_ref().map(|overlay| Arc::clone(&overlay.0));
        let (from, bytes) = image.as_ref().map_or((0, &[][..]), |image| (image.range().start, image.bytes()));
        let target = self.slice_mut(range.clone());
        // What the range and the image share, as places in the range.
        let first = from.clamp(range.start, range.end) - range.start;
        let end = from.saturating_add(bytes.len()).clamp(range.start, range.end) - range.start;
        let source = (range.start + first).saturating_sub(from);
        let shared = bytes.get(source..source + end.saturating_sub(first)).unwrap_or_default();
        for (at, piece) in
            [(0..first, None), (first..end, Some(shared)), (end.max(first)..target.len(), None)]
        {
            match (target.get_mut(at), piece) {
                (Some(target), Some(piece)) if target.len() == piece.len() => target.copy_from_slice(piece),
                (Some(target), _) => target.fill(0),
                (None, _) => {}
            }
        }
    }
}

/// Rounds up to pages of the system.
fn whole_pages(bytes: usize) -> io::Result<usize> {
    bytes.checked_next_multiple_of(page_size()).ok_or_else(|| io::ErrorKind::OutOfMemory.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::memory_file::MemoryFile;
    use crate::vm::image::ImageFile;

    const WASM_PAGE: usize = 1 << 16;

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
        assert!(memory.reset(1 << 16, true, 0).is_err(), "the next tenant would find it elsewhere");
    }

    /// A memory of four pages with an image over its second and third page of the system.
    fn with_image(reservation: usize, guard: usize) -> (LinearMemory, Vec<u8>) {
        let page = page_size();
        let pieces = [(1, &b"image"[..]), (page as u64 + 7, b"more")];
        let file = MemoryFile::new(2 * page as u64, pieces.into_iter()).unwrap();
        let image = MemoryImage::new(Arc::new(ImageFile::Memory(file)), 0, page..3 * page).unwrap();
        let mut memory = LinearMemory::reserve(reservation, guard).unwrap();
        memory.grow_to(4 * WASM_PAGE).unwrap();
        memory.lay_over(&Arc::new(image)).unwrap();
        let fresh = memory.bytes().to_vec();
        assert_eq!(&fresh[page..page + 7], b"\0image\0");
        (memory, fresh)
    }

    #[test]
    fn a_reset_leaves_nothing_behind() {
        let page = page_size();
        for (reservation, guard) in [(1 << 32, 1 << 31), (8 * WASM_PAGE, 0)] {
            let (mut memory, fresh) = with_image(reservation, guard);
            for keep in [0, page, 3 * page, 1 << 20] {
                memory.grow_to(6 * WASM_PAGE).unwrap();
                let all = memory.bytes_mut();
                for at in [0, page + 2, 2 * page + 9, 3 * page, 17 * page, 4 * WASM_PAGE - 1, 5 * WASM_PAGE] {
                    all[at..][..1].fill(0xa5);
                }
                let kept = memory.reset(4 * WASM_PAGE, true, keep).unwrap();
                assert!(kept <= keep);
                assert!(memory.bytes() == fresh, "keep {keep}");
                memory.grow_to(6 * WASM_PAGE).unwrap();
                assert!(memory.bytes()[4 * WASM_PAGE..].iter().all(|byte| *byte == 0));
                memory.reset(4 * WASM_PAGE, false, keep).unwrap();
            }
            memory.bytes_mut().fill(0xff);
            memory.reset(4 * WASM_PAGE, false, 5 * page).unwrap();
            assert!(memory.bytes() == fresh);
        }
    }

    #[test]
    fn images_must_fit() {
        let page = page_size();
        let file = MemoryFile::new(2 * page as u64, std::iter::empty()).unwrap();
        let file = Arc::new(ImageFile::Memory(file));
        assert!(MemoryImage::new(Arc::clone(&file), 0, 1..page).is_err());
        assert!(MemoryImage::new(Arc::clone(&file), 0, page..page).is_err());
        assert!(MemoryImage::new(Arc::clone(&file), 1, 0..page).is_err());
        let image = Arc::new(MemoryImage::new(file, 0, WASM_PAGE - page..WASM_PAGE + page).unwrap());
        let mut memory = LinearMemory::reserve(1 << 32, 1 << 31).unwrap();
        memory.grow_to(WASM_PAGE).unwrap();
        assert!(memory.lay_over(&image).is_err());
        memory.grow_to(2 * WASM_PAGE).unwrap();
        memory.lay_over(&image).unwrap();
        assert!(memory.lay_over(&image).is_err(), "there is one already");
    }
}
