//! Everything that can go wrong between an application and its plugins, as one typed value. Turning errors of the crates
//! below into it is `error/convert`'s job; nothing else lives here.

mod convert;
mod display;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::grant::MissingGrant;
use crate::manifest::ManifestError;
use crate::package::{PackageError, PublisherKey, SignatureError};

pub use plugbay_component::engine::{ArtifactError, Frame, Location, TrapKind};

pub(crate) use convert::{Exit, GuestMistake, ProviderFailure};

/// `Result` with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, with which plugin, whose fault it is, and (in its text) what to do.
pub struct Error(Box<Inner>);

struct Inner {
    plugin: Option<Arc<str>>,
    kind: ErrorKind,
}

/// Who has to do something about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The plugin: its file is broken, or its code went wrong.
    Plugin,
    /// The application, or who started it: a grant, a path, an argument, a host function.
    Embedder,
    /// plugbay or the machine.
    Host,
}

/// What went wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file or directory of the host cannot be used.
    Io {
        /// What was attempted.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// The answer of the system.
        source: std::io::Error,
    },
    /// The bytes are no component, or one that this engine does not run.
    Load {
        /// Where: `decode`, `validate`, `compile` …
        stage: String,
        /// Offset in the file, in bytes, where one is known.
        offset: Option<usize>,
        /// What is wrong.
        message: String,
        /// Whose fault it is: a proposal that is not supported is the plugin's, a failing compiler the host's.
        fault: Fault,
    },
    /// Compiled code was refused; none of it ran.
    Artifact(ArtifactError),
    /// The plugin imports what the host offers but nobody granted. All such imports are listed. Returned by a call, when
    /// the plugin used what its manifest calls optional and was not granted; it is poisoned then.
    Denied {
        /// What is missing.
        missing: Vec<MissingGrant>,
    },
    /// The plugin imports what this host does not offer at all.
    UnknownImports {
        /// All such imports.
        imports: Vec<UnknownImport>,
    },
    /// The plugin does not fit what the application expects: an import or export has another type, or is not there.
    WorldMismatch {
        /// One sentence per difference, each naming the function.
        differences: Vec<String>,
    },
    /// The guest stopped in a way WebAssembly does not recover from. The plugin is poisoned.
    Trap {
        /// The export that was called, or `instantiate`.
        export: String,
        /// Which trap of core WebAssembly; `None` when the guest broke a rule of the canonical ABI or of WASI, which ends
        /// it just as well.
        kind: Option<TrapKind>,
        /// What the guest or the runtime said about it.
        message: String,
        /// The frames of the guest, innermost first, as far as they are known. Names, files and lines are looked up when
        /// they are shown or asked for.
        frames: Vec<Frame>,
    },
    /// The call took longer than [`Limits::deadline`](crate::Limits::deadline). The plugin is poisoned.
    Deadline {
        /// The export that was called, or `instantiate`.
        export: String,
        /// How long it was allowed to take.
        limit: Option<Duration>,
    },
    /// [`Canceller::cancel`](crate::Canceller::cancel) was called. The plugin is poisoned.
    Cancelled {
        /// The export that was called, or `instantiate`.
        export: String,
    },
    /// A limit was reached.
    Limit {
        /// Which, by its name in [`Limits`](crate::Limits) where it has one there.
        knob: String,
        /// How much was asked for, where that is known.
        asked: Option<u64>,
        /// The limit.
        limit: u64,
    },
    /// The guest ended itself through `wasi:cli/exit`; the code is 0 for success. The plugin cannot be called again.
    Exit(u8),
    /// An earlier call ended in a trap, a deadline, a cancellation or an exit; the plugin has to be made anew.
    Poisoned,
    /// A host function that the application provides returned an error (or panicked).
    Host {
        /// The export that was called.
        export: String,
        /// The error that it returned.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another plugin of the [`Composition`](crate::Composition), which this one called, failed. This plugin is poisoned;
    /// whether the other one is, depends on its error.
    Provider {
        /// The export of this plugin that was called.
        export: String,
        /// The other plugin.
        provider: String,
        /// Its function that was called.
        function: String,
        /// How it failed.
        error: Box<Error>,
    },
    /// A plugin cannot be connected to another one.
    Edge {
        /// What the plugin imports.
        interface: String,
        /// The plugin that was to provide it.
        provider: String,
        /// All reasons, one sentence each.
        problems: Vec<String>,
    },
    /// Plugins of a [`Composition`](crate::Composition) would use each other in a circle.
    Cycle {
        /// The names along the circle; the first is also the last.
        plugins: Vec<String>,
    },
    /// There is no such export.
    NoExport {
        /// What was asked for.
        export: String,
        /// What there is.
        available: Vec<String>,
    },
    /// A plugin's manifest is wrong, or is not that of its component.
    Manifest(ManifestError),
    /// A file is no package, or a broken one.
    Package(PackageError),
    /// A package is not signed as it has to be. Nothing of it was compiled.
    Signature(SignatureError),
    /// A package has a lower version than the one that was accepted last.
    Rollback {
        /// The version that was accepted.
        accepted: String,
        /// The version of this package.
        offered: String,
    },
    /// A package does not come from whom the one came that was accepted last.
    OtherPublisher {
        /// Who signed the one that was accepted.
        accepted: Option<PublisherKey>,
        /// Who signed this one.
        offered: Option<PublisherKey>,
    },
    /// A grant that makes no sense or cannot be kept.
    Grant(String),
    /// A plugin's key-value store cannot be opened.
    #[cfg(feature = "kv")]
    Kv(crate::powers::KvError),
    /// The application used plugbay in a way that cannot work.
    Misuse(String),
    /// plugbay contradicts itself; please report it.
    Internal(String),
}

/// An import that nobody offers.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct UnknownImport {
    /// The import, as the plugin names it.
    pub import: String,
    /// What might help.
    pub hint: String,
}

impl Error {
    /// An error that concerns no plugin in particular (yet).
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Inner { plugin: None, kind }))
    }

    pub(crate) fn misuse(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Misuse(message.into()))
    }

    pub(crate) fn with_plugin(mut self, plugin: &Arc<str>) -> Self {
        self.0.plugin.get_or_insert_with(|| plugin.clone());
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The plugin it went wrong with.
    pub fn plugin(&self) -> Option<&str> {
        self.0.plugin.as_deref()
    }

    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self.kind() {
            ErrorKind::Load { fault, .. } => *fault,
            ErrorKind::WorldMismatch { .. }
            | ErrorKind::Manifest(_)
            | ErrorKind::Package(_)
            | ErrorKind::Trap { .. }
            | ErrorKind::Deadline { .. }
            | ErrorKind::Limit { .. }
            | ErrorKind::Exit(_)
            | ErrorKind::Edge { .. }
            | ErrorKind::UnknownImports { .. } => Fault::Plugin,
            ErrorKind::Signature(SignatureError::Wrong { .. } | SignatureError::Malformed { .. }) => {
                Fault::Plugin
            }
            ErrorKind::Provider { error, .. } => error.fault(),
            ErrorKind::Io { .. }
            | ErrorKind::Denied { .. }
            | ErrorKind::Cancelled { .. }
            | ErrorKind::Poisoned
            | ErrorKind::Host { .. }
            | ErrorKind::NoExport { .. }
            | ErrorKind::Cycle { .. }
            | ErrorKind::Signature(_)
            | ErrorKind::Rollback { .. }
            | ErrorKind::OtherPublisher { .. }
            | ErrorKind::Grant(_)
            | ErrorKind::Artifact(_)
            | ErrorKind::Misuse(_) => Fault::Embedder,
            #[cfg(feature = "kv")]
            ErrorKind::Kv(_) => Fault::Embedder,
            ErrorKind::Internal(_) => Fault::Host,
        }
    }

    /// A short name of the kind for programs: `denied`, `trap`, `deadline` … Stable.
    pub fn code(&self) -> &'static str {
        match self.kind() {
            ErrorKind::Io { .. } => "io",
            ErrorKind::Load { .. } => "load",
            ErrorKind::Artifact(_) => "artifact",
            ErrorKind::Denied { .. } => "denied",
            ErrorKind::UnknownImports { .. } => "unknown-imports",
            ErrorKind::WorldMismatch { .. } => "world-mismatch",
            ErrorKind::Trap { .. } => "trap",
            ErrorKind::Deadline { .. } => "deadline",
            ErrorKind::Cancelled { .. } => "cancelled",
            ErrorKind::Limit { .. } => "limit",
            ErrorKind::Exit(_) => "exit",
            ErrorKind::Poisoned => "poisoned",
            ErrorKind::Host { .. } => "host",
            ErrorKind::Provider { .. } => "provider",
            ErrorKind::Edge { .. } => "edge",
            ErrorKind::Cycle { .. } => "cycle",
            ErrorKind::NoExport { .. } => "no-export",
            ErrorKind::Manifest(_) => "manifest",
            ErrorKind::Package(_) => "package",
            ErrorKind::Signature(_) => "signature",
            ErrorKind::Rollback { .. } => "rollback",
            ErrorKind::OtherPublisher { .. } => "other-publisher",
            ErrorKind::Grant(_) => "grant",
            #[cfg(feature = "kv")]
            ErrorKind::Kv(_) => "kv",
            ErrorKind::Misuse(_) => "misuse",
            ErrorKind::Internal(_) => "internal",
        }
    }

    /// The exit code, when the guest ended itself.
    pub fn exit_code(&self) -> Option<u8> {
        match self.kind() {
            ErrorKind::Exit(code) => Some(*code),
            _ => None,
        }
    }

    /// The error that a host function of the application returned, if it is an `E`; also when it was another plugin, which
    /// this one called, that the function failed in.
    pub fn host_error<E: std::error::Error + 'static>(&self) -> Option<&E> {
        match self.kind() {
            ErrorKind::Host { source, .. } => source.downcast_ref(),
            ErrorKind::Provider { error, .. } => error.host_error(),
            _ => None,
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.kind() {
            ErrorKind::Io { source, .. } => Some(source),
            ErrorKind::Host { source, .. } => Some(&**source),
            #[cfg(feature = "kv")]
            ErrorKind::Kv(error) => Some(error),
            ErrorKind::Provider { error, .. } => Some(error),
            _ => None,
        }
    }
}
