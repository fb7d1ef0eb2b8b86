//! Files in memory: written once, then sealed, to be mapped any number of times.

use std::fs::File;
use std::io;
use std::ptr;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use rustix::fs::{MemfdFlags, SealFlags};
use rustix::mm::{MapFlags, ProtFlags};

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
        write(&file, len, pieces)?;
        let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
        rustix::fs::fcntl_add_seals(&file, seals)?;
        Ok(file)
    }

    /// The file.
    pub(crate) fn file(&self) -> &File {
        &self.0
    }
}

/// Writes pieces into a file of `len` bytes: through a mapping, as some modules have a hundred thousand.
fn write<'a>(file: &File, len: u64, pieces: impl Iterator<Item = (u64, &'a [u8])>) -> io::Result<()> {
    let outside = || io::Error::from(io::ErrorKind::InvalidInput);
    let len = usize::try_from(len).map_err(|_| outside())?;
    if len == 0 {
        return Ok(());
    }
    let access = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a new mapping at an address of the system's choice touches no existing memory.
    let base = unsafe { rustix::mm::mmap(ptr::null_mut(), len, access, MapFlags::SHARED, file, 0)? };
    let mut result = Ok(());
    for (offset, bytes) in pieces {
        let start = usize::try_from(offset)
            .ok()
            .filter(|start| start.checked_add(bytes.len()).is_some_and(|end| end <= len));
        let Some(start) = start else {
            result = Err(outside());
            break;
        };
        // SAFETY: the range lies in the mapping, which is writable, and the file is as long; nobody else knows either.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), base.cast::<u8>().add(start), bytes.len()) };
    }
    // SAFETY: the mapping was made above and nothing refers to it any more. (The file cannot be sealed before.)
    unsafe { rustix::mm::munmap(base, len)? };
    result
}

impl Drop for MemoryFile {
    fn drop(&mut self) {
        FILES.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

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

    #[test]
    fn later_pieces_lie_over_earlier_ones() {
        let large = vec![7; 300 << 10];
        let pieces: [(u64, &[u8]); 8] = [
            (100, b"abcdef"),
            (102, b"XY"),
            (110, b"gap"),
            (50, b"before"),
            (60, b"ignored"),
            (60, b"instead"),
            (5000, &large),
            (5001, b"!"),
        ];
        let mut expected = vec![0; 400 << 10];
        for (at, bytes) in pieces {
            expected[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
        }
        let file = MemoryFile::new(400 << 10, pieces.into_iter()).unwrap();
        let mut found = vec![1; 400 << 10];
        file.file().read_exact_at(&mut found, 0).unwrap();
        assert!(found == expected);
    }
}
