//! The initial bytes of a linear memory, in a file from which every instance maps its own copy.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use crate::sys::mapping::{Mapping, page_size};
use crate::sys::memory_file::MemoryFile;
use crate::sys::sealed_file::SealedFile;

/// Where the bytes of images lie.
#[derive(Debug)]
pub(crate) enum ImageFile {
    /// In a sealed file in memory.
    Memory(MemoryFile),
    /// In the copy of an artifact, sealed too.
    Artifact(Arc<SealedFile>),
}

impl ImageFile {
    fn file(&self) -> &File {
        match self {
            Self::Memory(file) => file.file(),
            Self::Artifact(file) => file.file(),
        }
    }
}

/// The initial bytes of one linear memory, from one page of the system to another.
#[derive(Debug)]
pub(crate) struct MemoryImage {
    file: Arc<ImageFile>,
    offset: u64,
    start: usize,
    view: Mapping,
}

impl MemoryImage {
    /// The image of the memory's bytes `range`, which lie in the file from `offset` on; all of them multiples of the
    /// system's page size.
    pub(crate) fn new(file: Arc<ImageFile>, offset: u64, range: Range<usize>) -> io::Result<Self> {
        let page = page_size();
        let aligned = [range.start, range.end].into_iter().all(|at| at.is_multiple_of(page));
        if !aligned || !offset.is_multiple_of(page as u64) || range.is_empty() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let view = Mapping::of_file(file.file(), offset, range.len())?;
        Ok(Self { file, offset, start: range.start, view })
    }

    /// Which bytes of the memory it holds; all others are zero at first.
    pub(crate) fn range(&self) -> Range<usize> {
        self.start..self.start + self.view.len()
    }

    /// The bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the view is readable, lives as long as `self`, and nobody writes to the file (`ImageFile`).
        unsafe { std::slice::from_raw_parts(self.view.base().as_ptr(), self.view.len()) }
    }

    /// Lays the image over the memory that `mapping` starts with.
    ///
    /// # Safety
    /// No reference into the range may live.
    pub(super) unsafe fn overlay(&self, mapping: &Mapping) -> io::Result<()> {
        // SAFETY: the caller's promise.
        unsafe { mapping.overlay(self.start, self.view.len(), self.file.file(), self.offset) }
    }
}
