//! The resource `descriptor`: an open file or directory, and what may be done with it.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use cap_std::fs::{Dir, File, FileExt as _};

use super::ErrorCode;
use super::types::{Advice, DescriptorFlags};
use crate::grant::Access;
use crate::wasi::MAX_TRANSFER;

/// How many files and directories a plugin has open, and how many it may.
#[derive(Debug)]
pub(in crate::wasi) struct OpenFiles {
    open: AtomicU32,
    limit: u32,
}

/// One place among the open files; given back when dropped.
#[derive(Debug)]
pub(super) struct Slot(Arc<OpenFiles>);

impl OpenFiles {
    pub(in crate::wasi) fn new(limit: u32) -> Arc<Self> {
        Arc::new(Self { open: AtomicU32::new(0), limit })
    }

    pub(super) fn slot(self: &Arc<Self>) -> Result<Slot, ErrorCode> {
        let more = |open: u32| (open < self.limit).then(|| open.saturating_add(1));
        match self.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
            Ok(_) => Ok(Slot(self.clone())),
            Err(_) => Err(ErrorCode::Quota),
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An open file, as descriptors and streams share it.
#[derive(Debug)]
pub(in crate::wasi) struct OpenFile {
    file: File,
    _slot: Slot,
}

impl OpenFile {
    pub(super) fn new(file: File, slot: Slot) -> Arc<Self> {
        Arc::new(Self { file, _slot: slot })
    }
}

impl Deref for OpenFile {
    type Target = File;

    fn deref(&self) -> &File {
        &self.file
    }
}

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
    pub(super) dir: Arc<Dir>,
    /// What may be done with it and all that is opened through it.
    pub(super) access: Access,
    pub(super) mode: DescriptorFlags,
    pub(super) _slot: Option<Arc<Slot>>,
}

impl DirHandle {
    /// A granted directory.
    pub(super) fn preopened(dir: Arc<Dir>, access: Access) -> Self {
        Self { dir, access, mode: DescriptorFlags { read: true, ..Default::default() }, _slot: None }
    }

    /// Every function that changes something below the directory asks this first.
    pub(super) fn mutable(&self) -> Result<&Dir, ErrorCode> {
        match self.access {
            Access::ReadWrite => Ok(&self.dir),
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
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(MAX_TRANSFER);
        let mut bytes = vec![0; length];
        let read = self.readable()?.read_at(&mut bytes, offset)?;
        bytes.truncate(read);
        Ok((bytes, read == 0 && length != 0))
    }

    /// `write`: how many bytes were written.
    pub(super) fn write(&self, contents: &[u8], offset: u64) -> Result<u64, ErrorCode> {
        let contents = contents.get(..contents.len().min(MAX_TRANSFER)).unwrap_or_default();
        Ok(self.writable()?.write_at(contents, offset)? as u64)
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

    pub(super) fn flags(&self) -> DescriptorFlags {
        match self {
            Self::File(file) => file.mode,
            Self::Directory(directory) => {
                DescriptorFlags { mutate_directory: directory.access == Access::ReadWrite, ..directory.mode }
            }
        }
    }

    pub(super) fn set_size(&self, size: u64) -> Result<(), ErrorCode> {
        if i64::try_from(size).is_err() {
            return Err(ErrorCode::FileTooLarge);
        }
        Ok(self.file()?.writable()?.set_len(size)?)
    }

    /// `sync` and `sync-data`.
    pub(super) fn sync(&self, data_only: bool) -> Result<(), ErrorCode> {
        let result = match self {
            Self::File(file) if data_only => file.file.sync_data(),
            Self::File(file) => file.file.sync_all(),
            Self::Directory(directory) => directory.dir.open(".").and_then(|file| file.sync_all()),
        };
        match result.map_err(ErrorCode::from) {
            // The system refuses for files that were only opened for reading: there is nothing to write back.
            Err(ErrorCode::Invalid | ErrorCode::BadDescriptor) => Ok(()),
            other => other,
        }
    }

    /// Advice is taken and not followed.
    pub(super) fn advise(&self, offset: u64, length: u64, _advice: Advice) -> Result<(), ErrorCode> {
        self.file().map_err(|_| ErrorCode::BadDescriptor)?;
        if offset.checked_add(length).is_none() { Err(ErrorCode::Invalid) } else { Ok(()) }
    }
}
