//! A part of bytes that somebody keeps: made in memory or mapped from a file, which its users cannot tell.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// Shared bytes that do not change. Cheap to clone and to cut.
#[derive(Clone)]
pub(crate) struct Bytes {
    owner: Arc<dyn AsRef<[u8]> + Send + Sync>,
    range: Range<usize>,
}

impl Bytes {
    /// All bytes of an owner, which must give the same ones whenever it is asked.
    pub(crate) fn new(owner: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        let len = owner.as_ref().len();
        Self { owner: Arc::new(owner), range: 0..len }
    }

    /// The bytes of `range`, if they lie within these.
    pub(crate) fn slice(&self, range: Range<usize>) -> Option<Self> {
        self.get(range.clone())?;
        let start = self.range.start.checked_add(range.start)?;
        Some(Self { owner: Arc::clone(&self.owner), range: start..start.checked_add(range.len())? })
    }
}

impl Default for Bytes {
    fn default() -> Self {
        Self::new([])
    }
}

/// Async-signal-safe.
impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        (*self.owner).as_ref().get(self.range.clone()).unwrap_or_default()
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(bytes)
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Bytes {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_parts_stay_within() {
        let bytes = Bytes::from(vec![0, 1, 2, 3, 4]);
        let part = bytes.slice(1..4).unwrap();
        assert_eq!(*part, [1, 2, 3]);
        assert_eq!(*part.slice(1..3).unwrap(), [2, 3]);
        assert!(part.slice(1..4).is_none() && bytes.slice(usize::MAX..usize::MAX).is_none());
        assert_eq!(part.slice(3..3), Some(Bytes::default()));
    }
}
