//! `set-times` and `set-times-at`. Every number a guest gives is checked before it is made a time.

use cap_fs_ext::{DirExt as _, SystemTimeSpec};
use rustix::fs::{Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};

use super::ErrorCode;
use super::descriptor::{Descriptor, DirHandle};
use super::paths::checked;
use super::types::{NewTimestamp, PathFlags};
use crate::grant::Access;

fn spec(time: NewTimestamp) -> Result<Option<SystemTimeSpec>, ErrorCode> {
    Ok(match time {
        NewTimestamp::NoChange => None,
        NewTimestamp::Now => Some(SystemTimeSpec::SymbolicNow),
        NewTimestamp::Timestamp(time) => {
            let time = time.to_system().ok_or(ErrorCode::Invalid)?;
            Some(SystemTimeSpec::Absolute(cap_std::time::SystemTime::from_std(time)))
        }
    })
}

fn timespec(time: NewTimestamp) -> Result<Timespec, ErrorCode> {
    Ok(match time {
        NewTimestamp::NoChange => Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        NewTimestamp::Now => Timespec { tv_sec: 0, tv_nsec: UTIME_NOW },
        // Checked, because the two constants above are numbers of nanoseconds, too.
        NewTimestamp::Timestamp(time) if time.nanoseconds >= 1_000_000_000 => return Err(ErrorCode::Invalid),
        NewTimestamp::Timestamp(time) => {
            let seconds = i64::try_from(time.seconds).map_err(|_| ErrorCode::Invalid)?;
            Timespec { tv_sec: seconds, tv_nsec: time.nanoseconds.into() }
        }
    })
}

impl Descriptor {
    pub(super) fn set_times(
        &self,
        access: NewTimestamp,
        modification: NewTimestamp,
    ) -> Result<(), ErrorCode> {
        match self {
            Self::Directory(directory) => {
                directory.set_times_at(PathFlags { symlink_follow: true }, ".", access, modification)
            }
            Self::File(file) if file.access == Access::ReadOnly => Err(ErrorCode::ReadOnly),
            Self::File(file) => {
                let times =
                    Timestamps { last_access: timespec(access)?, last_modification: timespec(modification)? };
                Ok(rustix::fs::futimens(&**file.file, &times)?)
            }
        }
    }
}

impl DirHandle {
    pub(super) fn set_times_at(
        &self,
        follow: PathFlags,
        path: &str,
        access: NewTimestamp,
        modification: NewTimestamp,
    ) -> Result<(), ErrorCode> {
        let dir = self.mutable()?;
        let path = checked(path)?;
        let (access, modification) = (spec(access)?, spec(modification)?);
        if follow.symlink_follow {
            dir.set_times(path, access, modification)?;
        } else {
            dir.set_symlink_times(path, access, modification)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wasi::clocks::Datetime;

    #[test]
    fn times_out_of_range_are_errors() {
        let time = |seconds, nanoseconds| NewTimestamp::Timestamp(Datetime { seconds, nanoseconds });
        for bad in [time(0, 1_000_000_000), time(u64::MAX, 0), time(0, u32::MAX), time(1 << 63, 999_999_999)]
        {
            assert!(matches!(spec(bad), Err(ErrorCode::Invalid)), "{bad:?}");
            assert!(matches!(timespec(bad), Err(ErrorCode::Invalid)), "{bad:?}");
        }
        assert!(spec(time(1 << 40, 1)).is_ok());
        assert!(timespec(time(1 << 40, 1)).is_ok());
    }
}
