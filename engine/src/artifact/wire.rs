//! Numbers, texts and lists in bytes. Reading checks everything and allocates nothing that the bytes do not pay for.

use super::error::{ArtifactError, nonsense};

/// What reading gives.
pub(super) type Read<T> = Result<T, ArtifactError>;

/// Bytes that are being written.
#[derive(Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    pub(super) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(super) fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// The length of a list. What is longer than a module can be does not come out as it went in, and is then refused.
    pub(super) fn count(&mut self, count: usize) {
        self.u32(u32::try_from(count).unwrap_or(u32::MAX));
    }

    /// A list, item by item.
    pub(super) fn list<T>(&mut self, items: &[T], mut item: impl FnMut(&mut Self, &T)) {
        self.count(items.len());
        items.iter().for_each(|one| item(self, one));
    }

    /// Something that may be missing.
    pub(super) fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.u8(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }
}

/// Bytes that are being read.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn take(&mut self, len: usize) -> Read<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(nonsense("declarations end early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| nonsense("declarations end early"))
    }

    pub(super) fn u8(&mut self) -> Read<u8> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(super) fn u32(&mut self) -> Read<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Read<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(super) fn text(&mut self) -> Read<String> {
        std::str::from_utf8(self.bytes()?).map(str::to_owned).map_err(|_| nonsense("a name is no text"))
    }

    pub(super) fn bytes(&mut self) -> Read<&'a [u8]> {
        let len = self.u32()? as usize;
        self.take(len)
    }

    pub(super) fn bool(&mut self) -> Read<bool> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(nonsense("neither yes nor no")),
        }
    }

    /// A list whose items take at least `least` bytes each: a count that cannot be is refused before anything is made.
    pub(super) fn list<T>(
        &mut self,
        least: usize,
        mut item: impl FnMut(&mut Self) -> Read<T>,
    ) -> Read<Vec<T>> {
        let count = self.u32()? as usize;
        if count.checked_mul(least.max(1)).is_none_or(|bytes| bytes > self.0.len()) {
            return Err(nonsense("a list is longer than the declarations"));
        }
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// A list of numbers.
    pub(super) fn numbers(&mut self) -> Read<Vec<u32>> {
        let count = self.u32()? as usize;
        let bytes = self.take(count.checked_mul(4).ok_or(nonsense("a list is too long"))?)?;
        Ok(bytes
            .chunks_exact(4)
            .filter_map(|word| word.first_chunk().copied().map(u32::from_le_bytes))
            .collect())
    }

    /// Something that may be missing.
    pub(super) fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<Option<T>> {
        if self.bool()? { read(self).map(Some) } else { Ok(None) }
    }

    /// Refuses what is left over.
    pub(super) fn finish(self) -> Read<()> {
        if self.0.is_empty() { Ok(()) } else { Err(nonsense("bytes after the declarations")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut out = Writer::default();
        out.u64(7);
        out.text("naïve");
        out.list(&[1_u32, 2], |out, n| out.u32(*n));
        out.option(Some(3), Writer::u8);
        let mut bytes = Reader::new(&out.0);
        assert_eq!((bytes.u64().unwrap(), bytes.text().unwrap()), (7, "naïve".to_owned()));
        assert_eq!((bytes.numbers().unwrap(), bytes.option(Reader::u8).unwrap()), (vec![1, 2], Some(3)));
        bytes.finish().unwrap();
    }

    #[test]
    fn counts_are_not_believed() {
        for count in [1_u32, 1 << 30, u32::MAX] {
            let bytes = count.to_le_bytes();
            assert!(Reader::new(&bytes).list(1, Reader::u8).is_err());
            assert!(Reader::new(&bytes).numbers().is_err());
            assert!(Reader::new(&bytes).text().is_err());
        }
        assert!(Reader::new(&[2]).bool().is_err());
        assert!(Reader::new(&[1, 0, 0, 0, 0xff]).text().is_err());
    }
}
