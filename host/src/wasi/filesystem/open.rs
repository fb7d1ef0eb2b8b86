//! `open-at`. Only regular files and directories are opened: a pipe or a device could block the host or do more than a
//! file does.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::fs::{FileType, Mode, OFlags, fstat, openat};
use rustix::io::Errno;

use super::descriptor::{Descriptor, DirHandle, FileHandle};
use super::paths::room_for_name;
use super::refusal::Refusal;
use super::resolve::{Last, checked, names_directory};
use super::types::{DescriptorFlags, OpenFlags, PathFlags};
use super::{ErrorCode, OpenFile};
use crate::usage::{Kind, Meter};

/// How often a name may turn into a link between looking and opening.
const TRIES: u32 = 16;

/// An open file or directory, and where it is below the granted directory if something is hidden there.
type Opened = (OwnedFd, Option<String>);

impl DirHandle {
    pub(super) fn open(
        &self,
        follow: PathFlags,
        path: &str,
        open: OpenFlags,
        mode: DescriptorFlags,
        meter: &Meter,
    ) -> Result<Descriptor, Refusal> {
        let path = checked(path)?;
        if open.create || open.truncate || mode.write || mode.mutate_directory {
            self.mutable()?;
        }
        if open.directory && (open.create || open.exclusive || open.truncate) {
            return Err(ErrorCode::Invalid.into());
        }
        let slot = meter.take(Kind::Files).map_err(|_| ErrorCode::Quota)?;
        let (file, place) = self.open_path(follow, path, open, mode, meter)?;
        let stat = fstat(&file)?;
        let mode = DescriptorFlags { mutate_directory: false, ..mode };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory if open.truncate || mode.write => Err(ErrorCode::IsDirectory.into()),
            FileType::Directory => Ok(Descriptor::Directory(Self {
                dir: Arc::new(file),
                root: self.root.clone(),
                place: place.map(Arc::from),
                access: self.access,
                mode,
                _slot: Some(Arc::new(slot)),
            })),
            _ if open.directory => Err(ErrorCode::NotDirectory.into()),
            FileType::RegularFile => {
                let (size, writable) = (u64::try_from(stat.st_size).unwrap_or(0), writes(open, mode));
                let file = OpenFile::new(file, size, writable, meter, slot);
                Ok(Descriptor::File(FileHandle { file, access: self.access, mode }))
            }
            _ => Err(ErrorCode::NotPermitted.into()),
        }
    }

    /// What exists is opened without a flag to create it, so that a name is paid for only when it is new.
    fn open_path(
        &self,
        follow: PathFlags,
        path: &str,
        open: OpenFlags,
        mode: DescriptorFlags,
        meter: &Meter,
    ) -> Result<Opened, Refusal> {
        let mut flags = flags(open, mode);
        // What is created alone is never what a link leads to.
        let exclusive = open.create && open.exclusive;
        let last = if follow.symlink_follow && !exclusive { Last::Follow } else { Last::Keep };
        if open.create && names_directory(path) {
            return Err(ErrorCode::IsDirectory.into());
        }
        if !open.create {
            return self.open_flags(last, path, flags);
        }
        if !exclusive {
            // Twice at most: it may be removed in between, and be made by someone else.
            match self.open_flags(last, path, flags) {
                Err(Refusal::Code(ErrorCode::NoEntry)) => {}
                Err(Refusal::Hidden { path, rule, .. }) => {
                    return Err(Refusal::Hidden { code: ErrorCode::NotPermitted, path, rule });
                }
                other => return other,
            }
        }
        let name = room_for_name(meter)?;
        flags |= OFlags::CREATE;
        if exclusive {
            flags |= OFlags::EXCL;
        }
        let opened = self.open_flags(last, path, flags)?;
        name.spend();
        Ok(opened)
    }

    /// Opens by one call of the system if that can tell, else name by name.
    fn open_flags(&self, last: Last, path: &str, flags: OFlags) -> Result<Opened, Refusal> {
        let kept = if last == Last::Keep { OFlags::NOFOLLOW } else { OFlags::empty() };
        match &self.root.hidden {
            None => {
                if let Some(opened) = self.open_beneath(path, flags | kept, false) {
                    return Ok((opened?, None));
                }
            }
            Some(hidden) => {
                let seen = self.place.as_deref().unwrap_or_default().len();
                if let Some(place) = self.lexical(path)
                    && hidden.hides(&place, seen).is_none()
                    && let Some(opened) = self.open_beneath(path, flags | kept, true)
                {
                    return Ok((opened?, Some(place)));
                }
            }
        }
        self.open_walking(last, path, flags)
    }

    fn open_walking(&self, last: Last, path: &str, flags: OFlags) -> Result<Opened, Refusal> {
        // With a slash behind it, a link stands for the directory that it leads to.
        let last = if names_directory(path) { Last::Follow } else { last };
        for _ in 0..TRIES {
            let spot = self.spot(path, last)?;
            let create = flags.contains(OFlags::CREATE);
            let at = if create { spot.make()? } else { spot.look()? };
            let mode = if create { Mode::from_raw_mode(0o666) } else { Mode::empty() };
            match openat(at.dir, at.name, flags | OFlags::NOFOLLOW | OFlags::CLOEXEC, mode) {
                Ok(opened) => return Ok((opened, spot.place().map(str::to_owned))),
                // It became a link after it was looked at.
                Err(Errno::LOOP | Errno::MLINK) if last == Last::Follow => {}
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Err(ErrorCode::Loop.into())
    }
}

fn writes(open: OpenFlags, mode: DescriptorFlags) -> bool {
    mode.write || open.create || open.truncate
}

fn flags(open: OpenFlags, mode: DescriptorFlags) -> OFlags {
    // The system wants one of the two; what the guest may do with the descriptor, its mode says.
    let mut flags = match (writes(open, mode), mode.read) {
        (false, _) => OFlags::RDONLY,
        (true, false) => OFlags::WRONLY,
        (true, true) => OFlags::RDWR,
    };
    // Opening a pipe must not wait for its other end, and a terminal must not become ours.
    flags |= OFlags::NONBLOCK | OFlags::NOCTTY;
    flags.set(OFlags::TRUNC, open.truncate);
    flags.set(OFlags::DIRECTORY, open.directory);
    flags.set(OFlags::SYNC, mode.file_integrity_sync);
    flags.set(OFlags::DSYNC, mode.data_integrity_sync);
    #[cfg(target_os = "linux")]
    flags.set(OFlags::RSYNC, mode.requested_write_sync);
    flags
}
