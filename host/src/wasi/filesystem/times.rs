//! `set-times` and `set-times-at`. Every number a guest gives is checked before it is made a time.

use rustix::fs::{AtFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, futimens, utimensat};

use super::ErrorCode;
use super::descriptor::{Descriptor, DirHandle};
use super::refusal::Refusal;
use super::types::{NewTimestamp, PathFlags};
use crate::grant::Access;

fn timestamps(access: NewTimestamp, modification: NewTimestamp) -> Result<Timestamps, ErrorCode> {
    Ok(Timestamps { last_access: timespec(access)?, last_modification: timespec(modification)? })
}

fn timespec(time: NewTimestamp) -> Result<Timespec, ErrorCode> {
    Ok(match time {
        NewTimestamp::NoChange => Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        NewTimestamp::Now => Timespec { tv_sec: 0, tv_nsec: UTIME_NOW },
        // Checked, because the two constants above are numbers of nanoseconds, too.
        NewTimestamp::Timestamp(time) if time.to_system().is_none() => return Err(ErrorCode::Invalid),
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
        match self.access() {
            Access::ReadOnly => Err(ErrorCode::ReadOnly),
            Access::ReadWrite => Ok(futimens(self.fd(), &timestamps(access, modification)?)?),
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
    ) -> Result<(), Refusal> {
        let (spot, _) = self.mutable()?.settled(follow, path)?;
        let (at, times) = (spot.look()?, timestamps(access, modification)?);
        Ok(utimensat(at.dir, at.name, &times, AtFlags::SYMLINK_NOFOLLOW)?)
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
            assert!(matches!(timespec(bad), Err(ErrorCode::Invalid)), "{bad:?}");
        }
        assert!(timespec(time(1 << 40, 1)).is_ok());
    }
}
