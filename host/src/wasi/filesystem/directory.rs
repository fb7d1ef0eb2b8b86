//! `read-directory` and the resource `directory-entry-stream`. Entries are read as the guest asks for them.

use std::sync::Arc;

use cap_std::fs::ReadDir;

use super::ErrorCode;
use super::descriptor::{DirHandle, OpenFiles, Slot};
use super::types::DirectoryEntry;

/// The resource `directory-entry-stream`.
pub(super) struct EntryStream {
    entries: ReadDir,
    _slot: Slot,
}

impl DirHandle {
    pub(super) fn read_directory(&self, files: &Arc<OpenFiles>) -> Result<EntryStream, ErrorCode> {
        let slot = files.slot()?;
        Ok(EntryStream { entries: self.dir.entries()?, _slot: slot })
    }
}

impl EntryStream {
    /// The next entry; `.` and `..` are not among them.
    pub(super) fn next(&mut self) -> Result<Option<DirectoryEntry>, ErrorCode> {
        let Some(entry) = self.entries.next().transpose()? else { return Ok(None) };
        let ty = entry.file_type()?.into();
        let name = entry.file_name().into_string().map_err(|_| ErrorCode::IllegalByteSequence)?;
        Ok(Some(DirectoryEntry { ty, name }))
    }
}
