//! Files in memory that can never change again: what was checked in one stays as it was checked, whatever becomes of the
//! file on disk that it came from.

use std::fs::File;
use std::io;
use std::sync::Arc;

use rustix::fs::{MemfdFlags, SealFlags};

use super::mapping::Mapping;

/// A file that lies in memory, has no name, and can be neither written nor resized by anyone.
#[derive(Debug)]
pub(crate) struct SealedFile {
    file: File,
    len: usize,
}

impl SealedFile {
    /// A file of `len` bytes, zeros but for what `fill` writes.
    pub(crate) fn write<E: From<io::Error>>(
        len: usize,
        fill: impl FnOnce(&File) -> Result<(), E>,
    ) -> Result<Self, E> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let made = rustix::fs::memfd_create(c"plugbay-artifact", flags).map_err(io::Error::from)?;
        let file = File::from(made);
        file.set_len(len as u64)?;
        fill(&file)?;
        let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
        rustix::fs::fcntl_add_seals(&file, seals).map_err(io::Error::from)?;
        Ok(Self { file, len })
    }

    /// The file, for mapping.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// All its bytes.
    pub(crate) fn view(self: &Arc<Self>) -> io::Result<View> {
        Ok(View { mapping: Mapping::of_sealed(self, self.len.max(1))?, len: self.len })
    }
}

/// The bytes of a sealed file.
#[derive(Debug)]
pub(crate) struct View {
    mapping: Mapping,
    len: usize,
}

impl AsRef<[u8]> for View {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: the mapping is readable, at least `len` long, lives as long as `self`, and is of a sealed file: nobody
        // can write to it or cut it off.
        unsafe { std::slice::from_raw_parts(self.mapping.base().as_ptr(), self.len) }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    #[test]
    fn what_was_written_stays() {
        let file = SealedFile::write(10_000, |file| file.write_all_at(b"abc", 9_997)).unwrap();
        let file = Arc::new(file);
        assert!(file.file().write_all_at(b"x", 0).is_err() && file.file().set_len(1).is_err());
        let view = file.view().unwrap();
        assert_eq!(
            (file.len(), view.as_ref().len(), &view.as_ref()[9_996..]),
            (10_000, 10_000, &b"\0abc"[..])
        );
        drop(file);
        assert_eq!(view.as_ref()[9_999], b'c');
    }
}
