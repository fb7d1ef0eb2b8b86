//! A reader of sections that counts what is read and stops at a bound, so that debug information that is a bomb costs a
//! bounded time: whatever gimli does, it reads to do it.

use std::borrow::Cow;
use std::cell::Cell;

use gimli::{EndianSlice, Error, LittleEndian, Reader, ReaderOffsetId, Result};

/// A part of a section, and how much may still be read of all parts that share the count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Metered<'a> {
    slice: EndianSlice<'a, LittleEndian>,
    left: &'a Cell<u64>,
}

impl<'a> Metered<'a> {
    /// All of a section.
    pub(super) fn new(section: &'a [u8], left: &'a Cell<u64>) -> Self {
        Self { slice: EndianSlice::new(section, LittleEndian), left }
    }

    /// The bytes.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.slice.slice()
    }

    /// Takes the cost of something off what may still be read.
    fn charge(&self, amount: usize) -> Result<()> {
        spend(self.left, amount as u64)
    }
}

/// Takes `amount` off what may still be done.
pub(super) fn spend(left: &Cell<u64>, amount: u64) -> Result<()> {
    let rest = left.get().checked_sub(amount);
    left.set(rest.unwrap_or(0));
    rest.map(drop).ok_or(Error::UnexpectedEof(ReaderOffsetId(0)))
}

impl Reader for Metered<'_> {
    type Endian = LittleEndian;
    type Offset = usize;

    fn endian(&self) -> LittleEndian {
        LittleEndian
    }

    fn len(&self) -> usize {
        self.slice.len()
    }

    fn empty(&mut self) {
        self.slice.empty();
    }

    fn truncate(&mut self, len: usize) -> Result<()> {
        self.slice.truncate(len)
    }

    fn offset_from(&self, base: &Self) -> usize {
        // Never panics, unlike the slice's own: what is not in the base is at its start.
        let (start, this) = (base.bytes().as_ptr().addr(), self.bytes().as_ptr().addr());
        this.saturating_sub(start)
    }

    fn offset_id(&self) -> ReaderOffsetId {
        self.slice.offset_id()
    }

    fn lookup_offset_id(&self, id: ReaderOffsetId) -> Option<usize> {
        self.slice.lookup_offset_id(id)
    }

    fn find(&self, byte: u8) -> Result<usize> {
        let at = self.slice.find(byte).ok_or_else(|| Error::UnexpectedEof(self.offset_id()));
        self.charge(at.unwrap_or(self.slice.len()))?;
        at
    }

    fn skip(&mut self, len: usize) -> Result<()> {
        self.charge(1)?;
        self.slice.skip(len)
    }

    fn split(&mut self, len: usize) -> Result<Self> {
        self.charge(1)?;
        Ok(Self { slice: self.slice.split(len)?, left: self.left })
    }

    fn to_slice(&self) -> Result<Cow<'_, [u8]>> {
        self.slice.to_slice()
    }

    fn to_string(&self) -> Result<Cow<'_, str>> {
        Reader::to_string(&self.slice)
    }

    fn to_string_lossy(&self) -> Result<Cow<'_, str>> {
        Ok(self.slice.to_string_lossy())
    }

    fn read_slice(&mut self, buf: &mut [u8]) -> Result<()> {
        self.charge(1)?;
        Reader::read_slice(&mut self.slice, buf)
    }
}
