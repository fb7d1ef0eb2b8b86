//! `open-at`. Only regular files and directories are opened: a pipe or a device could block the host or do more than a
//! file does.

use std::sync::Arc;

use cap_fs_ext::{
    FollowSymlinks, OpenOptionsFollowExt as _, OpenOptionsMaybeDirExt as _, OpenOptionsSyncExt as _,
};
use cap_std::fs::{Dir, OpenOptions};

use super::ErrorCode;
use super::descriptor::{Descriptor, DirHandle, FileHandle, OpenFile, OpenFiles};
use super::paths::checked;
use super::types::{DescriptorFlags, OpenFlags, PathFlags};

impl DirHandle {
    pub(super) fn open(
        &self,
        follow: PathFlags,
        path: &str,
        open: OpenFlags,
        mode: DescriptorFlags,
        files: &Arc<OpenFiles>,
    ) -> Result<Descriptor, ErrorCode> {
        let path = checked(path)?;
        if open.create || open.truncate || mode.write || mode.mutate_directory {
            self.mutable()?;
        }
        if open.directory && (open.create || open.exclusive || open.truncate) {
            return Err(ErrorCode::Invalid);
        }
        let slot = files.slot()?;
        let file = self.dir.open_with(path, &options(follow, open, mode))?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            if open.truncate || mode.write {
                return Err(ErrorCode::IsDirectory);
            }
            let dir = Arc::new(Dir::from_std_file(file.into_std()));
            let mode = DescriptorFlags { mutate_directory: false, ..mode };
            return Ok(Descriptor::Directory(Self {
                dir,
                access: self.access,
                mode,
                _slot: Some(Arc::new(slot)),
            }));
        }
        if open.directory {
            return Err(ErrorCode::NotDirectory);
        }
        if !metadata.is_file() {
            return Err(ErrorCode::NotPermitted);
        }
        let mode = DescriptorFlags { mutate_directory: false, ..mode };
        Ok(Descriptor::File(FileHandle { file: OpenFile::new(file, slot), access: self.access, mode }))
    }
}

fn options(follow: PathFlags, open: OpenFlags, mode: DescriptorFlags) -> OpenOptions {
    let mut options = OpenOptions::new();
    let write = mode.write || open.create || open.truncate;
    // The system wants one of the two; what the guest may do with the descriptor, its mode says.
    options.read(mode.read || !write).write(write);
    if open.create && open.exclusive {
        options.create_new(true);
    } else if open.create {
        options.create(true);
    }
    options.truncate(open.truncate);
    options.sync(mode.file_integrity_sync).dsync(mode.data_integrity_sync).rsync(mode.requested_write_sync);
    // Opening a pipe must not wait for its other end.
    options.nonblock(true).maybe_dir(true);
    options.follow(if follow.symlink_follow { FollowSymlinks::Yes } else { FollowSymlinks::No });
    options
}
