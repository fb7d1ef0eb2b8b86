//! `OpenFile`: an open file, as descriptors and streams share it. Every byte that a plugin reads from or writes to files goes
//! through here: one call of the system for each read, and a count of what was written.

use std::io::IoSlice;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rustix::buffer::spare_capacity;
use rustix::fs::{fstat, ftruncate};
use rustix::io::{Errno, pread, pwrite, retry_on_intr};
use rustix::process::{Resource, getrlimit};

use crate::usage::{Kind, Meter, Slot};
use crate::wasi::MAX_BUFFER;

/// An open file.
#[derive(Debug)]
pub(in crate::wasi) struct OpenFile {
    file: OwnedFd,
    meter: Meter,
    /// A size that the file has, or had: what lies below was paid for.
    size: AtomicU64,
    /// No file of this process may be longer; trying would end the process by a signal.
    longest: u64,
    _slot: Slot,
}

impl OpenFile {
    /// `size`: what the system says of it; `writable`: whether it was opened for writing.
    pub(super) fn new(file: OwnedFd, size: u64, writable: bool, meter: &Meter, slot: Slot) -> Arc<Self> {
        let longest = if writable { getrlimit(Resource::Fsize).current } else { None };
        let longest = longest.unwrap_or(u64::MAX).min(i64::MAX as u64);
        Arc::new(Self { file, meter: meter.clone(), size: size.into(), longest, _slot: slot })
    }

    pub(super) fn file(&self) -> &OwnedFd {
        &self.file
    }

    /// Up to `length` bytes from `offset` on; none at the end.
    pub(in crate::wasi) fn read(&self, length: u64, offset: u64) -> Result<Vec<u8>, Errno> {
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(MAX_BUFFER);
        // bounded: just above.
        let mut bytes = Vec::with_capacity(length);
        if length > 0 {
            retry_on_intr(|| pread(&self.file, spare_capacity(&mut bytes), offset))?;
        }
        // Bytes that may have been reserved beyond what was asked for.
        bytes.truncate(length);
        Ok(bytes)
    }

    /// Some of `contents`, but at least one byte, unless there is none.
    pub(super) fn write(&self, contents: &[u8], offset: u64) -> Result<usize, Errno> {
        self.pay(contents.len() as u64, offset)?;
        retry_on_intr(|| pwrite(&self.file, contents, offset))
    }

    /// All of `contents`.
    pub(in crate::wasi) fn write_all(&self, contents: &[u8], offset: u64) -> Result<(), Errno> {
        self.pay(contents.len() as u64, offset)?;
        self.all(contents, |rest, done| pwrite(&self.file, rest, offset.saturating_add(done)))
    }

    /// All of `contents`, each part at what is the end of the file then.
    pub(in crate::wasi) fn append(&self, contents: &[u8]) -> Result<(), Errno> {
        let length = contents.len() as u64;
        if self.longest < i64::MAX as u64 {
            let end = self.length()?.checked_add(length);
            end.filter(|end| *end <= self.longest).ok_or(Errno::FBIG)?;
        }
        self.spend(length)?;
        self.all(contents, |rest, _| self.append_some(rest))
    }

    pub(super) fn set_size(&self, size: u64) -> Result<(), Errno> {
        self.pay(0, size)?;
        retry_on_intr(|| ftruncate(&self.file, size))
    }

    fn all(&self, contents: &[u8], write: impl Fn(&[u8], u64) -> Result<usize, Errno>) -> Result<(), Errno> {
        let mut done = 0_usize;
        while let Some(rest) = contents.get(done..).filter(|rest| !rest.is_empty()) {
            match retry_on_intr(|| write(rest, done as u64))? {
                0 => return Err(Errno::IO),
                written => done = done.saturating_add(written),
            }
        }
        Ok(())
    }

    /// In one step of the system where it has one, so that several writers do not overwrite each other.
    #[cfg(target_os = "linux")]
    fn append_some(&self, contents: &[u8]) -> Result<usize, Errno> {
        rustix::io::pwritev2(&self.file, &[IoSlice::new(contents)], 0, rustix::io::ReadWriteFlags::APPEND)
    }

    #[cfg(not(target_os = "linux"))]
    fn append_some(&self, contents: &[u8]) -> Result<usize, Errno> {
        rustix::io::pwritev(&self.file, &[IoSlice::new(contents)], self.length()?)
    }

    fn length(&self) -> Result<u64, Errno> {
        Ok(u64::try_from(fstat(&self.file)?.st_size).unwrap_or(0))
    }

    /// Counts `length` bytes that are to be written at `offset`, and those that the file grows by before them.
    fn pay(&self, length: u64, offset: u64) -> Result<(), Errno> {
        let end = offset.checked_add(length).filter(|end| *end <= self.longest).ok_or(Errno::FBIG)?;
        let mut gap = 0;
        if offset > self.size.load(Relaxed) {
            gap = offset.saturating_sub(self.length()?);
        }
        self.spend(length.saturating_add(gap))?;
        self.size.fetch_max(end, Relaxed);
        Ok(())
    }

    fn spend(&self, bytes: u64) -> Result<(), Errno> {
        self.meter.spend(Kind::WrittenBytes, bytes).map_err(|_| Errno::DQUOT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::watch::Watch;
    use crate::limits::Limits;

    #[test]
    fn no_file_becomes_longer_than_this_process_may_make_it() {
        let path = std::env::temp_dir().join(format!("plugbay-longest-{}", std::process::id()));
        std::fs::write(&path, "1234").unwrap();
        let meter = Meter::new(&Limits::default(), Watch::new("p".into(), None, None, Default::default()));
        let open = || std::fs::File::options().write(true).open(&path).unwrap().into();
        let slot = meter.take(Kind::Files).unwrap();
        let file = OpenFile { file: open(), meter: meter.clone(), size: 4.into(), longest: 10, _slot: slot };
        assert_eq!(file.write(b"12345", 6), Err(Errno::FBIG));
        assert_eq!(file.write_all(b"1", u64::MAX), Err(Errno::FBIG));
        assert_eq!(file.set_size(11), Err(Errno::FBIG));
        assert_eq!(file.append(b"1234567"), Err(Errno::FBIG));
        assert_eq!(file.append(b"123456"), Ok(()));
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 10);
        std::fs::remove_file(&path).unwrap();
    }
}
