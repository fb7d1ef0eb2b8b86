//! What `descriptor` tells about files: type, size, times, identity.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::OnceLock;

use cap_fs_ext::FileTypeExt as _;
use cap_std::fs::{FileType, Metadata, MetadataExt as _};

use super::ErrorCode;
use super::descriptor::{Descriptor, DirHandle};
use super::paths::checked;
use super::types::{DescriptorStat, DescriptorType, MetadataHashValue, PathFlags};
use crate::wasi::clocks::Datetime;

impl From<FileType> for DescriptorType {
    fn from(ty: FileType) -> Self {
        if ty.is_file() {
            Self::RegularFile
        } else if ty.is_dir() {
            Self::Directory
        } else if ty.is_symlink() {
            Self::SymbolicLink
        } else if ty.is_fifo() {
            Self::Fifo
        } else if ty.is_socket() {
            Self::Socket
        } else if ty.is_block_device() {
            Self::BlockDevice
        } else if ty.is_char_device() {
            Self::CharacterDevice
        } else {
            Self::Unknown
        }
    }
}

impl From<&Metadata> for DescriptorStat {
    fn from(metadata: &Metadata) -> Self {
        Self {
            ty: metadata.file_type().into(),
            link_count: metadata.nlink(),
            size: metadata.len(),
            data_access_timestamp: time(metadata.atime(), metadata.atime_nsec()),
            data_modification_timestamp: time(metadata.mtime(), metadata.mtime_nsec()),
            status_change_timestamp: time(metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// A time as the file system has it, which may be any number; `None` for those that `datetime` cannot say.
fn time(seconds: i64, nanoseconds: i64) -> Option<Datetime> {
    let nanoseconds = u32::try_from(nanoseconds).ok().filter(|nanoseconds| *nanoseconds < 1_000_000_000)?;
    Some(Datetime { seconds: u64::try_from(seconds).ok()?, nanoseconds })
}

/// Two numbers that tell files apart, and nothing about the host: device and inode under a key of this process.
fn hash(metadata: &Metadata) -> MetadataHashValue {
    static KEYS: OnceLock<(RandomState, RandomState)> = OnceLock::new();
    let (lower, upper) = KEYS.get_or_init(Default::default);
    let hash = |key: &RandomState| key.hash_one((metadata.dev(), metadata.ino()));
    MetadataHashValue { lower: hash(lower), upper: hash(upper) }
}

impl Descriptor {
    fn metadata(&self) -> Result<Metadata, ErrorCode> {
        Ok(match self {
            Self::File(file) => file.file.metadata()?,
            Self::Directory(directory) => directory.dir.dir_metadata()?,
        })
    }

    pub(super) fn stat(&self) -> Result<DescriptorStat, ErrorCode> {
        Ok(DescriptorStat::from(&self.metadata()?))
    }

    pub(super) fn ty(&self) -> Result<DescriptorType, ErrorCode> {
        Ok(self.metadata()?.file_type().into())
    }

    pub(super) fn metadata_hash(&self) -> Result<MetadataHashValue, ErrorCode> {
        Ok(hash(&self.metadata()?))
    }

    pub(super) fn is_same_object(&self, other: &Self) -> bool {
        match (self.metadata(), other.metadata()) {
            (Ok(a), Ok(b)) => (a.dev(), a.ino()) == (b.dev(), b.ino()),
            _ => false,
        }
    }
}

impl DirHandle {
    fn metadata_at(&self, follow: PathFlags, path: &str) -> Result<Metadata, ErrorCode> {
        let path = checked(path)?;
        let metadata =
            if follow.symlink_follow { self.dir.metadata(path) } else { self.dir.symlink_metadata(path) };
        Ok(metadata?)
    }

    pub(super) fn stat_at(&self, follow: PathFlags, path: &str) -> Result<DescriptorStat, ErrorCode> {
        Ok(DescriptorStat::from(&self.metadata_at(follow, path)?))
    }

    pub(super) fn metadata_hash_at(
        &self,
        follow: PathFlags,
        path: &str,
    ) -> Result<MetadataHashValue, ErrorCode> {
        Ok(hash(&self.metadata_at(follow, path)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strange_times_of_a_file_system_are_left_out() {
        assert_eq!(time(5, 6), Some(Datetime { seconds: 5, nanoseconds: 6 }));
        assert_eq!(time(-1, 0), None);
        assert_eq!(time(0, -1), None);
        assert_eq!(time(i64::MAX, 1_000_000_000), None);
    }
}
