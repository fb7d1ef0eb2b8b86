//! The types of `wasi:filesystem/types`, apart from `error-code`.

use plugbay_macro::{ComponentType, Lift, Lower};

use crate::wasi::clocks::Datetime;

/// The enum `descriptor-type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(enum)]
pub(super) enum DescriptorType {
    Unknown,
    BlockDevice,
    CharacterDevice,
    Directory,
    Fifo,
    SymbolicLink,
    RegularFile,
    Socket,
}

/// The flags `descriptor-flags`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(flags)]
pub(super) struct DescriptorFlags {
    pub(super) read: bool,
    pub(super) write: bool,
    pub(super) file_integrity_sync: bool,
    pub(super) data_integrity_sync: bool,
    pub(super) requested_write_sync: bool,
    pub(super) mutate_directory: bool,
}

/// The flags `path-flags`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(flags)]
pub(super) struct PathFlags {
    pub(super) symlink_follow: bool,
}

/// The flags `open-flags`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(flags)]
pub(super) struct OpenFlags {
    pub(super) create: bool,
    pub(super) directory: bool,
    pub(super) exclusive: bool,
    pub(super) truncate: bool,
}

/// The record `descriptor-stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(record)]
pub(super) struct DescriptorStat {
    #[component(name = "type")]
    pub(super) ty: DescriptorType,
    pub(super) link_count: u64,
    pub(super) size: u64,
    pub(super) data_access_timestamp: Option<Datetime>,
    pub(super) data_modification_timestamp: Option<Datetime>,
    pub(super) status_change_timestamp: Option<Datetime>,
}

/// The variant `new-timestamp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(variant)]
pub(super) enum NewTimestamp {
    NoChange,
    Now,
    Timestamp(Datetime),
}

/// The record `directory-entry`.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(record)]
pub(super) struct DirectoryEntry {
    #[component(name = "type")]
    pub(super) ty: DescriptorType,
    pub(super) name: String,
}

/// The enum `advice`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(enum)]
pub(super) enum Advice {
    Normal,
    Sequential,
    Random,
    WillNeed,
    DontNeed,
    NoReuse,
}

/// The record `metadata-hash-value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(record)]
pub(super) struct MetadataHashValue {
    pub(super) lower: u64,
    pub(super) upper: u64,
}
