//! Tables: records of one size, little-endian, one after the other, read in place. Whatever the bytes are, reading a
//! record is safe; a table that is not sorted finds other records than it should, and no more than that.

use std::fmt;
use std::marker::PhantomData;

use super::bytes::Bytes;

/// Something that lies in a table.
pub(crate) trait Record: Copy {
    /// Bytes that a record takes, more than 0.
    const SIZE: usize;

    /// Reads a record from [`Self::SIZE`] bytes; `None` for bytes that are none. Async-signal-safe.
    fn read(bytes: &[u8]) -> Option<Self>;

    /// Appends [`Self::SIZE`] bytes.
    fn write(&self, out: &mut Vec<u8>);
}

/// Records in shared bytes. Cheap to clone.
pub(crate) struct Table<R> {
    bytes: Bytes,
    of: PhantomData<fn() -> R>,
}

impl<R: Record> Table<R> {
    /// The table in these bytes; what is left over at the end is ignored.
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self { bytes, of: PhantomData }
    }

    /// How many records there are. Async-signal-safe.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() / R::SIZE
    }

    /// The record with this index. Async-signal-safe.
    pub(crate) fn get(&self, index: usize) -> Option<R> {
        read(&self.bytes, index)
    }

    /// The records, in order.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = R> + '_ {
        self.bytes.chunks_exact(R::SIZE).filter_map(R::read)
    }

    /// How many records from the beginning on satisfy `before`, given that none does after one that does not.
    /// Async-signal-safe if `before` is.
    pub(crate) fn partition_point(&self, before: impl Fn(R) -> bool) -> usize {
        let bytes = &*self.bytes;
        let (mut low, mut high) = (0, bytes.len() / R::SIZE);
        while low < high {
            let middle = low.midpoint(high);
            if read(bytes, middle).is_some_and(&before) {
                low = middle.saturating_add(1)
            } else {
                high = middle
            }
        }
        low
    }

    /// The bytes.
    pub(crate) fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

fn read<R: Record>(bytes: &[u8], index: usize) -> Option<R> {
    let start = index.checked_mul(R::SIZE)?;
    R::read(bytes.get(start..start.checked_add(R::SIZE)?)?)
}

impl<R> Clone for Table<R> {
    fn clone(&self) -> Self {
        Self { bytes: self.bytes.clone(), of: PhantomData }
    }
}

impl<R> Default for Table<R> {
    fn default() -> Self {
        Self { bytes: Bytes::default(), of: PhantomData }
    }
}

impl<R> PartialEq for Table<R> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl<R> Eq for Table<R> {}

impl<R: Record> fmt::Debug for Table<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} records", self.len())
    }
}

impl<R: Record> FromIterator<R> for Table<R> {
    fn from_iter<I: IntoIterator<Item = R>>(records: I) -> Self {
        let mut builder = TableBuilder::default();
        records.into_iter().for_each(|record| builder.push(&record));
        builder.finish()
    }
}

/// A table that is being written.
pub(crate) struct TableBuilder<R> {
    bytes: Vec<u8>,
    of: PhantomData<fn(R)>,
}

impl<R: Record> TableBuilder<R> {
    /// Appends a record.
    pub(crate) fn push(&mut self, record: &R) {
        record.write(&mut self.bytes);
    }

    /// The table.
    pub(crate) fn finish(mut self) -> Table<R> {
        self.bytes.shrink_to_fit();
        Table::new(self.bytes.into())
    }
}

impl<R> Default for TableBuilder<R> {
    fn default() -> Self {
        Self { bytes: Vec::new(), of: PhantomData }
    }
}

/// The `u32` at byte `at`.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}

/// A pair of numbers, the first of which a table is sorted by.
impl Record for (u32, u32) {
    const SIZE: usize = 8;

    fn read(bytes: &[u8]) -> Option<Self> {
        Some((u32_at(bytes, 0)?, u32_at(bytes, 4)?))
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.to_le_bytes());
        out.extend_from_slice(&self.1.to_le_bytes());
    }
}

/// A number.
impl Record for u32 {
    const SIZE: usize = 4;

    fn read(bytes: &[u8]) -> Option<Self> {
        u32_at(bytes, 0)
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_found_by_halving() {
        let table: Table<(u32, u32)> = (0..100).map(|n| (n * 3, n)).collect();
        assert_eq!((table.len(), table.get(99), table.get(100)), (100, Some((297, 99)), None));
        for key in 0..300 {
            assert_eq!(table.partition_point(|(at, _)| at <= key), key as usize / 3 + 1);
        }
        assert_eq!(table.iter().next_back(), Some((297, 99)));
    }

    #[test]
    fn bytes_that_are_no_table_are_harmless() {
        let table: Table<(u32, u32)> = Table::new(vec![0xff; 23].into());
        assert_eq!((table.len(), table.get(usize::MAX), table.get(2)), (2, None, None));
        assert_eq!(table.partition_point(|_| true), 2);
    }
}
