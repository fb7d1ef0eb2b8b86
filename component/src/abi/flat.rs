//! Cursors over flat values: one `u64` slot each, integers and the bits of floats zero-extended. Reading a slot as a
//! narrower type takes its low bits, which is also what the joined slots of variants need.

use super::layout::Layout;
use crate::error::{Error, Result};

/// Writes flat values one after another.
#[derive(Debug)]
pub struct FlatWriter<'a> {
    slots: &'a mut [u64],
    at: usize,
}

impl<'a> FlatWriter<'a> {
    /// A writer that starts at the first of `slots`.
    #[must_use]
    pub fn new(slots: &'a mut [u64]) -> Self {
        Self { slots, at: 0 }
    }

    /// Writes one slot.
    ///
    /// # Errors
    /// An internal error when there is no room: the layout and the values disagree.
    #[inline]
    pub fn push(&mut self, slot: u64) -> Result<()> {
        let Some(place) = self.slots.get_mut(self.at) else {
            return Err(no_slot());
        };
        *place = slot;
        self.at += 1;
        Ok(())
    }

    /// How many slots have been written.
    #[inline]
    #[must_use]
    pub fn position(&self) -> usize {
        self.at
    }

    /// Writes a discriminant and gives what [`FlatWriter::pad`] needs once the payload is written.
    ///
    /// # Errors
    /// As [`FlatWriter::push`].
    #[inline]
    pub fn variant(&mut self, discriminant: u32, layout: &Layout) -> Result<usize> {
        let end = self.at.saturating_add(layout.flat.len());
        self.push(u64::from(discriminant))?;
        Ok(end)
    }

    /// Fills the slots that the payload of a variant left unused, up to position `end`.
    ///
    /// # Errors
    /// As [`FlatWriter::push`].
    #[inline]
    pub fn pad(&mut self, end: usize) -> Result<()> {
        let Some(rest) = self.slots.get_mut(self.at..end) else {
            return Err(no_slot());
        };
        rest.fill(0);
        self.at = end;
        Ok(())
    }
}

/// Reads flat values one after another.
#[derive(Debug)]
pub struct FlatReader<'a> {
    slots: &'a [u64],
    at: usize,
}

impl<'a> FlatReader<'a> {
    /// A reader that starts at the first of `slots`.
    #[must_use]
    pub fn new(slots: &'a [u64]) -> Self {
        Self { slots, at: 0 }
    }

    /// Reads one slot whole.
    ///
    /// # Errors
    /// An internal error when there are no more: the layout and the values disagree.
    #[inline]
    pub fn next_u64(&mut self) -> Result<u64> {
        let Some(slot) = self.slots.get(self.at) else {
            return Err(no_slot());
        };
        self.at += 1;
        Ok(*slot)
    }

    /// Reads the low half of one slot.
    ///
    /// # Errors
    /// As [`FlatReader::next_u64`].
    #[inline]
    pub fn next_u32(&mut self) -> Result<u32> {
        Ok(low_half(self.next_u64()?))
    }

    /// Reads a discriminant of a variant with `cases` cases and gives it with what [`FlatReader::skip_to`] needs once
    /// the payload is read.
    ///
    /// # Errors
    /// `invalid variant discriminant` when there is no such case.
    #[inline]
    pub fn variant(&mut self, cases: u32, layout: &Layout) -> Result<(u32, usize)> {
        let end = self.at.saturating_add(layout.flat.len());
        let discriminant = super::load::check_discriminant(self.next_u32()?, cases)?;
        Ok((discriminant, end))
    }

    /// Passes over the slots that the payload of a variant did not use.
    #[inline]
    pub fn skip_to(&mut self, end: usize) {
        self.at = end;
    }
}

/// The low 32 bits of a slot.
#[inline]
pub(crate) const fn low_half(slot: u64) -> u32 {
    (slot & 0xffff_ffff) as u32
}

#[cold]
fn no_slot() -> Error {
    Error::internal("the flat form of a value does not fit its layout")
}
