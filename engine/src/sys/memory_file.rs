//! Files in memory: written once, then sealed, to be mapped any number of times.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use rustix::fs::{MemfdFlags, SealFlags};

/// Most of these files at a time: each takes one of the process's descriptors, of which the application wants most.
const MAX_FILES: usize = 256;

static FILES: AtomicUsize = AtomicUsize::new(0);

/// A file that lies in memory and is never written again.
#[derive(Debug)]
pub(crate) struct MemoryFile(File);

impl MemoryFile {
    /// A file of these bytes, at these offsets, and zeros elsewhere up to `len`.
    pub(crate) fn new<'a>(len: u64, pieces: impl Iterator<Item = (u64, &'a [u8])>) -> io::Result<Self> {
        if FILES.fetch_add(1, Relaxed) >= MAX_FILES {
            FILES.fetch_sub(1, Relaxed);
            return Err(io::Error::other("too many memory images"));
        }
        let made = Self::make(len, pieces);
        if made.is_err() {
            FILES.fetch_sub(1, Relaxed);
        }
        made.map(Self)
    }

    fn make<'a>(len: u64, pieces: impl Iterator<Item = (u64, &'a [u8])>) -> io::Result<File> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = File::from(rustix::fs::memfd_create(c"plugbay-image", flags)?);
        file.set_len(len)?;
        for (offset, bytes) in pieces {
            file.write_all_at(bytes, offset)?;
        }
        let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
        rustix::fs::fcntl_add_seals(&file, seals)?;
        Ok(file)
    }

    /// The file.
    pub(crate) fn file(&self) -> &File {
        &self.0
    }
}

impl Drop for MemoryFile {
    fn drop(&mut self) {
        FILES.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_there_and_stays() {
        let file = MemoryFile::new(8192, [(10, &b"abc"[..]), (8190, b"yz")].into_iter()).unwrap();
        let mut bytes = [1; 8192];
        file.file().read_exact_at(&mut bytes, 0).unwrap();
        assert_eq!((&bytes[9..14], &bytes[8189..]), (&b"\0abc\0"[..], &b"\0yz"[..]));
        assert!(file.file().write_all_at(b"x", 0).is_err());
        assert!(file.file().set_len(4096).is_err());
    }
}
