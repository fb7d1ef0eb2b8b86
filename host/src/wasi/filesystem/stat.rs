//! What `descriptor` tells about files: type, size, times, identity.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::OnceLock;

use rustix::fs::{AtFlags, FileType, Stat, fstat, statat};

use super::ErrorCode;
use super::descriptor::{Descriptor, DirHandle};
use super::refusal::Refusal;
use super::resolve::{Last, Spot, checked, names_directory};
use super::types::{DescriptorStat, DescriptorType, MetadataHashValue, PathFlags};
use crate::wasi::clocks::Datetime;

/// How often a name may turn into a link between following and looking.
const TRIES: u32 = 16;

impl From<FileType> for DescriptorType {
    fn from(ty: FileType) -> Self {
        match ty {
            FileType::RegularFile => Self::RegularFile,
            FileType::Directory => Self::Directory,
            FileType::Symlink => Self::SymbolicLink,
            FileType::Fifo => Self::Fifo,
            FileType::Socket => Self::Socket,
            FileType::CharacterDevice => Self::CharacterDevice,
            FileType::BlockDevice => Self::BlockDevice,
            FileType::Unknown => Self::Unknown,
        }
    }
}

fn ty(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

impl From<&Stat> for DescriptorStat {
    fn from(stat: &Stat) -> Self {
        Self {
            ty: ty(stat).into(),
            link_count: count(stat.st_nlink),
            size: u64::try_from(stat.st_size).unwrap_or(0),
            data_access_timestamp: time(stat.st_atime, stat.st_atime_nsec),
            data_modification_timestamp: time(stat.st_mtime, stat.st_mtime_nsec),
            status_change_timestamp: time(stat.st_ctime, stat.st_ctime_nsec),
        }
    }
}

/// Systems count links in numbers of different sizes.
fn count(links: impl Into<u64>) -> u64 {
    links.into()
}

/// A time as the file system has it, which may be any number; `None` for those that `datetime` cannot say.
fn time(seconds: impl TryInto<u64>, nanoseconds: impl TryInto<u32>) -> Option<Datetime> {
    let nanoseconds = nanoseconds.try_into().ok().filter(|nanoseconds| *nanoseconds < 1_000_000_000)?;
    Some(Datetime { seconds: seconds.try_into().ok()?, nanoseconds })
}

/// Two numbers that tell files apart, and nothing about the host: device and inode under a key of this process.
fn hash(stat: &Stat) -> MetadataHashValue {
    static KEYS: OnceLock<(RandomState, RandomState)> = OnceLock::new();
    let (lower, upper) = KEYS.get_or_init(Default::default);
    let hash = |key: &RandomState| key.hash_one((stat.st_dev, stat.st_ino));
    MetadataHashValue { lower: hash(lower), upper: hash(upper) }
}

impl Descriptor {
    fn metadata(&self) -> Result<Stat, ErrorCode> {
        Ok(fstat(self.fd())?)
    }

    pub(super) fn stat(&self) -> Result<DescriptorStat, ErrorCode> {
        Ok(DescriptorStat::from(&self.metadata()?))
    }

    /// Known since it was opened.
    pub(super) fn ty(&self) -> DescriptorType {
        match self {
            Self::File(_) => DescriptorType::RegularFile,
            Self::Directory(_) => DescriptorType::Directory,
        }
    }

    pub(super) fn metadata_hash(&self) -> Result<MetadataHashValue, ErrorCode> {
        Ok(hash(&self.metadata()?))
    }

    pub(super) fn is_same_object(&self, other: &Self) -> bool {
        match (self.metadata(), other.metadata()) {
            (Ok(a), Ok(b)) => (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino),
            _ => false,
        }
    }
}

impl DirHandle {
    /// Finds what `path` names, and what it is: after links if they are to be followed, or if a slash says that a directory is
    /// meant. What is done at the spot afterwards must not follow links.
    pub(super) fn settled<'a>(
        &'a self,
        follow: PathFlags,
        path: &'a str,
    ) -> Result<(Spot<'a>, Stat), Refusal> {
        if !names_directory(checked(path)?) {
            let spot = self.spot(path, Last::Keep)?;
            let stat = look(&spot)?;
            if !(follow.symlink_follow && ty(&stat).is_symlink()) {
                return Ok((spot, stat));
            }
        }
        for _ in 0..TRIES {
            let spot = self.spot(path, Last::Follow)?;
            let stat = look(&spot)?;
            if !ty(&stat).is_symlink() {
                return Ok((spot, stat));
            }
        }
        Err(ErrorCode::Loop.into())
    }

    pub(super) fn stat_at(&self, follow: PathFlags, path: &str) -> Result<DescriptorStat, Refusal> {
        Ok(DescriptorStat::from(&self.settled(follow, path)?.1))
    }

    pub(super) fn metadata_hash_at(
        &self,
        follow: PathFlags,
        path: &str,
    ) -> Result<MetadataHashValue, Refusal> {
        Ok(hash(&self.settled(follow, path)?.1))
    }
}

fn look(spot: &Spot<'_>) -> Result<Stat, Refusal> {
    let at = spot.look()?;
    Ok(statat(at.dir, at.name, AtFlags::SYMLINK_NOFOLLOW)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strange_times_of_a_file_system_are_left_out() {
        assert_eq!(time(5_i64, 6_i64), Some(Datetime { seconds: 5, nanoseconds: 6 }));
        assert_eq!(time(-1_i64, 0_i64), None);
        assert_eq!(time(0_i64, -1_i64), None);
        assert_eq!(time(i64::MAX, 1_000_000_000_i64), None);
    }
}
