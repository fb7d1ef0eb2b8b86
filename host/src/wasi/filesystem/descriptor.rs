//! The resource `descriptor`: an open file or directory, and what may be done with it.

use std::num::NonZeroU64;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rustix::fs::{fdatasync, fsync};
use rustix::io::retry_on_intr;

use super::types::{Advice, DescriptorFlags};
use super::{ErrorCode, OpenFile};
use crate::grant::Access;
use crate::grant::directory::Root;
use crate::usage::Slot;

/// The resource `descriptor`.
#[derive(Clone, Debug)]
pub(super) enum Descriptor {
    File(FileHandle),
    Directory(DirHandle),
}

/// A descriptor of a regular file.
#[derive(Clone, Debug)]
pub(super) struct FileHandle {
    pub(super) file: Arc<OpenFile>,
    /// What may be done at all.
    pub(super) access: Access,
    /// What it was opened for, within that: `read`, `write` and the synchronisation flags.
    pub(super) mode: DescriptorFlags,
}

/// A descriptor of a directory.
#[derive(Clone, Debug)]
pub(super) struct DirHandle {
    pub(super) dir: Arc<OwnedFd>,
    /// The granted directory that it was opened through.
    pub(super) root: Arc<Root>,
    /// Where it is below that, if something is hidden there.
    pub(super) place: Option<Arc<str>>,
    /// What may be done with it and all that is opened through it.
    pub(super) access: Access,
    pub(super) mode: DescriptorFlags,
    pub(super) _slot: Option<Arc<Slot>>,
}

impl DirHandle {
    /// A granted directory.
    pub(super) fn preopened(root: &Arc<Root>) -> Self {
        Self {
            dir: root.dir.clone(),
            root: root.clone(),
            place: None,
            access: root.access,
            mode: DescriptorFlags { read: true, ..Default::default() },
            _slot: None,
        }
    }

    /// Every function that changes something below the directory asks this first.
    pub(super) fn mutable(&self) -> Result<&Self, ErrorCode> {
        match self.access {
            Access::ReadWrite => {
                self.root.changed.store(true, Ordering::Relaxed);
                Ok(self)
            }
            Access::ReadOnly => Err(ErrorCode::ReadOnly),
        }
    }
}

impl FileHandle {
    pub(super) fn readable(&self) -> Result<&Arc<OpenFile>, ErrorCode> {
        if self.mode.read { Ok(&self.file) } else { Err(ErrorCode::BadDescriptor) }
    }

    /// Every function that changes the contents asks this first.
    pub(super) fn writable(&self) -> Result<&Arc<OpenFile>, ErrorCode> {
        match self.access {
            Access::ReadOnly => Err(ErrorCode::ReadOnly),
            Access::ReadWrite if self.mode.write => Ok(&self.file),
            Access::ReadWrite => Err(ErrorCode::BadDescriptor),
        }
    }

    /// `read`: bytes, and whether the end of the file was reached.
    pub(super) fn read(&self, length: u64, offset: u64) -> Result<(Vec<u8>, bool), ErrorCode> {
        let bytes = self.readable()?.read(length, offset)?;
        let end = bytes.is_empty() && length != 0;
        Ok((bytes, end))
    }

    /// `write`: how many bytes were written.
    pub(super) fn write(&self, contents: &[u8], offset: u64) -> Result<u64, ErrorCode> {
        Ok(self.writable()?.write(contents, offset)? as u64)
    }
}

impl Descriptor {
    pub(super) fn file(&self) -> Result<&FileHandle, ErrorCode> {
        match self {
            Self::File(file) => Ok(file),
            Self::Directory(_) => Err(ErrorCode::IsDirectory),
        }
    }

    pub(super) fn directory(&self) -> Result<&DirHandle, ErrorCode> {
        match self {
            Self::Directory(directory) => Ok(directory),
            Self::File(_) => Err(ErrorCode::NotDirectory),
        }
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::File(file) => file.file.file().as_fd(),
            Self::Directory(directory) => directory.dir.as_fd(),
        }
    }

    pub(super) fn access(&self) -> Access {
        match self {
            Self::File(file) => file.access,
            Self::Directory(directory) => directory.access,
        }
    }

    pub(super) fn flags(&self) -> DescriptorFlags {
        match self {
            Self::File(file) => file.mode,
            Self::Directory(directory) => {
                DescriptorFlags { mutate_directory: directory.access == Access::ReadWrite, ..directory.mode }
            }
        }
    }

    pub(super) fn set_size(&self, size: u64) -> Result<(), ErrorCode> {
        Ok(self.file()?.writable()?.set_size(size)?)
    }

    /// `sync` and `sync-data`.
    pub(super) fn sync(&self, data_only: bool) -> Result<(), ErrorCode> {
        let synced = retry_on_intr(|| if data_only { fdatasync(self.fd()) } else { fsync(self.fd()) });
        match synced.map_err(ErrorCode::from) {
            // The system refuses where there is nothing to write back.
            Err(ErrorCode::Invalid | ErrorCode::BadDescriptor) => Ok(()),
            other => other,
        }
    }

    /// `advise`: passed on, where the system takes advice.
    pub(super) fn advise(&self, offset: u64, length: u64, advice: Advice) -> Result<(), ErrorCode> {
        let file = self.file().map_err(|_| ErrorCode::BadDescriptor)?;
        let end = offset.checked_add(length).ok_or(ErrorCode::Invalid)?;
        if i64::try_from(end).is_err() {
            return Err(ErrorCode::Invalid);
        }
        advise(file.file.file(), offset, NonZeroU64::new(length), advice)
    }
}

#[cfg(target_os = "linux")]
fn advise(file: &OwnedFd, offset: u64, length: Option<NonZeroU64>, advice: Advice) -> Result<(), ErrorCode> {
    let advice = match advice {
        Advice::Normal => rustix::fs::Advice::Normal,
        Advice::Sequential => rustix::fs::Advice::Sequential,
        Advice::Random => rustix::fs::Advice::Random,
        Advice::WillNeed => rustix::fs::Advice::WillNeed,
        Advice::DontNeed => rustix::fs::Advice::DontNeed,
        Advice::NoReuse => rustix::fs::Advice::NoReuse,
    };
    Ok(rustix::fs::fadvise(file, offset, length, advice)?)
}

#[cfg(not(target_os = "linux"))]
fn advise(_: &OwnedFd, _: u64, _: Option<NonZeroU64>, _: Advice) -> Result<(), ErrorCode> {
    Ok(())
}
