//! `read-directory` and the resource `directory-entry-stream`. Entries are read as the guest asks for them; what is hidden is
//! not among them.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::fs::{AtFlags, Dir, FileType, statat};

use super::ErrorCode;
use super::descriptor::DirHandle;
use super::types::{DescriptorType, DirectoryEntry};
use crate::grant::directory::Root;
use crate::usage::{Kind, Meter, Slot};

/// The resource `directory-entry-stream`.
pub(super) struct EntryStream {
    entries: Dir,
    dir: Arc<OwnedFd>,
    root: Arc<Root>,
    place: Option<Arc<str>>,
    _slot: Slot,
}

impl DirHandle {
    pub(super) fn read_directory(&self, meter: &Meter) -> Result<EntryStream, ErrorCode> {
        let slot = meter.take(Kind::Files).map_err(|_| ErrorCode::Quota)?;
        Ok(EntryStream {
            entries: Dir::read_from(&*self.dir)?,
            dir: self.dir.clone(),
            root: self.root.clone(),
            place: self.place.clone(),
            _slot: slot,
        })
    }
}

impl EntryStream {
    /// The next entry; `.` and `..` are not among them.
    pub(super) fn next(&mut self) -> Result<Option<DirectoryEntry>, ErrorCode> {
        while let Some(entry) = self.entries.read().transpose()? {
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") || self.hides(&name.to_string_lossy()) {
                continue;
            }
            let name = name.to_str().map_err(|_| ErrorCode::IllegalByteSequence)?;
            return Ok(Some(DirectoryEntry { ty: self.ty(name, entry.file_type()), name: name.to_owned() }));
        }
        Ok(None)
    }

    /// Not every file system tells types with names.
    fn ty(&self, name: &str, told: FileType) -> DescriptorType {
        match told {
            FileType::Unknown => statat(&*self.dir, name, AtFlags::SYMLINK_NOFOLLOW)
                .map_or(DescriptorType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode).into()),
            told => told.into(),
        }
    }

    fn hides(&self, name: &str) -> bool {
        let Some(hidden) = &self.root.hidden else { return false };
        match self.place.as_deref() {
            None | Some("") => hidden.hides(name, 0).is_some(),
            Some(place) => hidden.hides(&format!("{place}/{name}"), place.len()).is_some(),
        }
    }
}
