//! What goes wrong with stores: for the application when one is opened, for the plugin when it is used.

use std::io;
use std::path::PathBuf;

use plugbay_macro::{ComponentType, Lower};

/// Why a plugin's store cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KvError {
    /// Another process, or another host of this one, has it open.
    #[error(
        "{path:?} is in use by another process, or another host of this one: give each its own `KvConfig::directory`"
    )]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// It is no store, or was damaged.
    #[error(
        "{path:?} is no store, or was damaged ({message}): restore it, or remove it and what the plugin kept in it"
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// It is the store of a plugin of another name.
    #[error("{path:?} is the store of another plugin: files in that directory are not to be renamed")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The system refused.
    #[error("{path:?} cannot be opened: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The answer of the system.
        source: io::Error,
    },
    /// The application granted a store and did not say where stores are kept.
    #[error("this host keeps no stores: say where, with `HostBuilder::kv`")]
    NotConfigured,
}

/// The variant `error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lower)]
#[component(variant)]
pub(crate) enum Failure {
    InvalidKey,
    QuotaExceeded(Quota),
    Conflict(u32),
    NotACounter,
    Denied,
    Unavailable,
}

/// The variant `quota`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lower)]
#[component(variant)]
pub(crate) enum Quota {
    Bytes(u64),
    Keys(u64),
    ValueBytes(u64),
    Steps(u32),
}

/// How an operation of the database that failed is remembered: the plugin gets [`Failure::Unavailable`].
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Broken(pub(super) String);

/// Why a change was not made.
#[derive(Debug)]
pub(super) enum Stopped {
    /// For the plugin to know.
    Failure(Failure),
    /// For the application.
    Broken(Broken),
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl<E: Into<redb::Error>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self::Broken(Broken(error.into().to_string()))
    }
}
