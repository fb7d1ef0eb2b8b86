//! Functions of `descriptor` that name something by a path below a directory and do not open it.

use cap_fs_ext::DirExt as _;

use super::ErrorCode;
use super::descriptor::DirHandle;
use super::types::PathFlags;

/// Longer paths are refused before they reach the system, which would refuse them too.
const MAX_PATH: usize = 4096;

/// Refuses what no path may be. That the path stays below its directory is cap-std's care.
pub(super) fn checked(path: &str) -> Result<&str, ErrorCode> {
    if path.is_empty() {
        Err(ErrorCode::NoEntry)
    } else if path.contains('\0') {
        Err(ErrorCode::Invalid)
    } else if path.len() > MAX_PATH {
        Err(ErrorCode::NameTooLong)
    } else if path.starts_with('/') {
        Err(ErrorCode::NotPermitted)
    } else {
        Ok(path)
    }
}

impl DirHandle {
    pub(super) fn create_directory(&self, path: &str) -> Result<(), ErrorCode> {
        Ok(self.mutable()?.create_dir(checked(path)?)?)
    }

    pub(super) fn remove_directory(&self, path: &str) -> Result<(), ErrorCode> {
        Ok(self.mutable()?.remove_dir(checked(path)?)?)
    }

    pub(super) fn unlink_file(&self, path: &str) -> Result<(), ErrorCode> {
        Ok(self.mutable()?.remove_file_or_symlink(checked(path)?)?)
    }

    pub(super) fn rename(&self, path: &str, to: &Self, new_path: &str) -> Result<(), ErrorCode> {
        let (from, to) = (self.mutable()?, to.mutable()?);
        Ok(from.rename(checked(path)?, to, checked(new_path)?)?)
    }

    pub(super) fn link(
        &self,
        flags: PathFlags,
        path: &str,
        to: &Self,
        new_path: &str,
    ) -> Result<(), ErrorCode> {
        let (from, to) = (self.mutable()?, to.mutable()?);
        if flags.symlink_follow {
            return Err(ErrorCode::Invalid);
        }
        Ok(from.hard_link(checked(path)?, to, checked(new_path)?)?)
    }

    pub(super) fn symlink(&self, contents: &str, path: &str) -> Result<(), ErrorCode> {
        let dir = self.mutable()?;
        // A link out of the directory could not be followed; cap-std sees to that. An absolute one is refused already here.
        Ok(dir.symlink(checked(contents)?, checked(path)?)?)
    }

    pub(super) fn read_link(&self, path: &str) -> Result<String, ErrorCode> {
        let target = self.dir.read_link_contents(checked(path)?)?;
        if target.is_absolute() {
            return Err(ErrorCode::NotPermitted);
        }
        target.into_os_string().into_string().map_err(|_| ErrorCode::IllegalByteSequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_cannot_be_are_refused() {
        assert_eq!(checked(""), Err(ErrorCode::NoEntry));
        assert_eq!(checked("a\0b"), Err(ErrorCode::Invalid));
        assert_eq!(checked("/etc/passwd"), Err(ErrorCode::NotPermitted));
        assert_eq!(checked(&"a/".repeat(4096)), Err(ErrorCode::NameTooLong));
        assert_eq!(checked("a/../b"), Ok("a/../b"));
    }
}
