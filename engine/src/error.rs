//! The engine's one error type: what went wrong, at which stage, whose fault it is and what to do about it.
//! The kinds of traps live in `trap.rs`; nothing here knows how a trap is raised or caught.

use std::fmt;

use crate::artifact::ArtifactError;
use crate::runtime::Exception;
use crate::trap::{Trap, TrapKind};

/// What every fallible operation of the engine returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation of the engine failed. One word wide, so that results stay cheap to pass.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    stage: Stage,
}

/// The causes of an [`Error`].
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes are not a WebAssembly module at all (Core spec, "Binary Format").
    Malformed {
        /// Byte offset in the module at which decoding stopped.
        offset: usize,
        /// What the decoder expected or found.
        message: String,
    },
    /// The bytes decode, but break a validation rule (Core spec, "Validation").
    Invalid {
        /// Byte offset in the module of the offending construct.
        offset: usize,
        /// The rule that was broken.
        message: String,
    },
    /// The module is valid WebAssembly, but uses a proposal that is not supported or not turned on.
    Unsupported {
        /// The name of the proposal, as the WebAssembly community writes it.
        proposal: String,
        /// Byte offset of its first use.
        offset: usize,
    },
    /// A limit was asked to be exceeded: a cap on inputs or one of the store's limits.
    Limit {
        /// The name of the limit.
        knob: &'static str,
        /// How much was asked for, in the limit's own unit.
        asked: u64,
        /// The highest value that is allowed.
        limit: u64,
    },
    /// Machine code could not be produced for a valid module: a defect or a limitation of plugbay.
    Compile(String),
    /// What was given for an import does not match what the module asks for.
    Link {
        /// The import's module name.
        module: String,
        /// The import's own name.
        name: String,
        /// The type that the module asks for.
        expected: String,
        /// What was given instead.
        found: String,
    },
    /// Guest code trapped.
    Trap(Trap),
    /// Guest code threw an exception and did not catch it (or a host function threw one).
    Exception(Box<Exception>),
    /// A host function returned this error, or panicked with this text.
    Host(Box<dyn std::error::Error + Send + Sync>),
    /// The operating system refused something.
    Os {
        /// What was attempted.
        what: &'static str,
        /// The answer of the operating system.
        source: std::io::Error,
    },
    /// Compiled code was refused; none of it ran.
    Artifact(ArtifactError),
    /// The application used the engine's interface wrongly.
    Misuse(String),
}

/// The stage of a module's life at which an [`Error`] came up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Reading the binary format.
    Decode,
    /// Checking the validation rules, the supported proposals and the caps on inputs.
    Validate,
    /// Making machine code.
    Compile,
    /// Matching imports.
    Link,
    /// Allocating memories and tables, running initialisers and the start function.
    Instantiate,
    /// Calling a function or using a handle.
    Call,
}

/// Who has to act so that an [`Error`] goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The plugin: its bytes or its behaviour.
    Plugin,
    /// The host: plugbay itself or the machine that it runs on.
    Host,
    /// The application that embeds plugbay: its host functions, imports, limits or use of the interface.
    Embedder,
}

impl Error {
    /// An error of the given kind, at the stage at which this kind usually comes up.
    pub fn new(kind: ErrorKind) -> Self {
        let stage = kind.usual_stage();
        Self(Box::new(Inner { kind, stage }))
    }

    /// What a host function returns to end the call: the caller of the guest gets it back unchanged and can take it
    /// out again with [`Error::downcast_host`].
    pub fn host(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(ErrorKind::Host(source.into()))
    }

    /// The application used the interface wrongly.
    pub fn misuse(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Misuse(what.into()))
    }

    /// The operating system refused `what`.
    pub fn os(what: &'static str, source: std::io::Error) -> Self {
        Self::new(ErrorKind::Os { what, source })
    }

    /// `asked` is more than the `limit` named `knob` allows.
    pub fn limit(knob: &'static str, asked: u64, limit: u64) -> Self {
        Self::new(ErrorKind::Limit { knob, asked, limit })
    }

    /// An invariant of plugbay itself does not hold. Never the guest's fault, never a panic.
    pub fn internal(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Compile(what.into()))
    }

    /// The same error, reported for another stage.
    #[must_use]
    pub fn at(mut self, stage: Stage) -> Self {
        self.0.stage = stage;
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// What went wrong, by value.
    pub fn into_kind(self) -> ErrorKind {
        self.0.kind
    }

    /// When it went wrong.
    pub fn stage(&self) -> Stage {
        self.0.stage
    }

    /// Who has to act.
    pub fn fault(&self) -> Fault {
        match &self.0.kind {
            ErrorKind::Malformed { .. }
            | ErrorKind::Invalid { .. }
            | ErrorKind::Unsupported { .. }
            | ErrorKind::Limit { .. } => Fault::Plugin,
            ErrorKind::Trap(trap) if trap.kind() == TrapKind::Cancelled => Fault::Embedder,
            ErrorKind::Trap(_) | ErrorKind::Exception(_) => Fault::Plugin,
            // Nothing that a plugin does makes an artifact stale or damaged.
            ErrorKind::Artifact(error) if error.is_stale() => Fault::Embedder,
            ErrorKind::Artifact(ArtifactError::NotAnArtifact | ArtifactError::Foreign) => Fault::Embedder,
            ErrorKind::Compile(_) | ErrorKind::Os { .. } | ErrorKind::Artifact(_) => Fault::Host,
            ErrorKind::Link { .. } | ErrorKind::Host(_) | ErrorKind::Misuse(_) => Fault::Embedder,
        }
    }

    /// The byte offset in the module that the error is about, if there is one.
    pub fn offset(&self) -> Option<usize> {
        match &self.0.kind {
            ErrorKind::Malformed { offset, .. }
            | ErrorKind::Invalid { offset, .. }
            | ErrorKind::Unsupported { offset, .. } => Some(*offset),
            ErrorKind::Trap(trap) => trap.offset(),
            ErrorKind::Exception(exception) => exception.frames().first().and_then(|frame| frame.offset()),
            _ => None,
        }
    }

    /// The trap, if guest code trapped.
    pub fn trap(&self) -> Option<&Trap> {
        match &self.0.kind {
            ErrorKind::Trap(trap) => Some(trap),
            _ => None,
        }
    }

    /// Why compiled code was refused, if it was.
    pub fn artifact(&self) -> Option<&ArtifactError> {
        match &self.0.kind {
            ErrorKind::Artifact(error) => Some(error),
            _ => None,
        }
    }

    /// The exception, if guest code threw one that nobody caught.
    pub fn exception(&self) -> Option<&Exception> {
        match &self.0.kind {
            ErrorKind::Exception(exception) => Some(exception),
            _ => None,
        }
    }

    /// The exception, to change.
    pub(crate) fn exception_mut(&mut self) -> Option<&mut Exception> {
        match &mut self.0.kind {
            ErrorKind::Exception(exception) => Some(exception),
            _ => None,
        }
    }

    /// The error that a host function returned, if it is of type `E`.
    pub fn downcast_host<E: std::error::Error + 'static>(&self) -> Option<&E> {
        match &self.0.kind {
            ErrorKind::Host(source) => source.downcast_ref::<E>(),
            _ => None,
        }
    }
}

impl ErrorKind {
    fn usual_stage(&self) -> Stage {
        match self {
            Self::Malformed { .. } | Self::Artifact(_) => Stage::Decode,
            Self::Invalid { .. } | Self::Unsupported { .. } | Self::Limit { .. } => Stage::Validate,
            Self::Compile(_) => Stage::Compile,
            Self::Link { .. } => Stage::Link,
            Self::Os { .. } => Stage::Instantiate,
            Self::Trap(_) | Self::Exception(_) | Self::Host(_) | Self::Misuse(_) => Stage::Call,
        }
    }
}

impl From<Trap> for Error {
    fn from(trap: Trap) -> Self {
        Self::new(ErrorKind::Trap(trap))
    }
}

impl From<ArtifactError> for Error {
    fn from(error: ArtifactError) -> Self {
        Self::new(ErrorKind::Artifact(error))
    }
}

impl From<TrapKind> for Error {
    fn from(kind: TrapKind) -> Self {
        Trap::new(kind).into()
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { offset, message } => {
                write!(f, "not a WebAssembly module: {message} (at byte {offset:#x})")
            }
            Self::Invalid { offset, message } => {
                write!(f, "the module breaks a validation rule: {message} (at byte {offset:#x})")
            }
            Self::Unsupported { proposal, offset } => write!(
                f,
                "the module uses the {proposal} proposal, which is not supported (at byte {offset:#x}); \
                 build the plugin without it"
            ),
            Self::Limit { knob, asked, limit } => {
                write!(f, "limit exceeded: {knob} would be {asked}, at most {limit} is allowed")
            }
            Self::Compile(what) => write!(f, "plugbay could not compile the module: {what}"),
            Self::Link { module, name, expected, found } => {
                let [module, name] = [module, name].map(|name| crate::harmless(name, 200));
                write!(f, "import `{module}` `{name}`: expected {expected}, found {found}")
            }
            Self::Trap(trap) => trap.fmt(f),
            Self::Exception(exception) => exception.fmt(f),
            Self::Host(source) => source.fmt(f),
            Self::Os { what, source } => write!(f, "{what} failed: {source}"),
            Self::Artifact(error) => error.fmt(f),
            Self::Misuse(what) => f.write_str(what),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.kind.fmt(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("kind", &self.0.kind).field("stage", &self.0.stage).finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.kind {
            ErrorKind::Host(source) => source.source(),
            ErrorKind::Os { source, .. } => Some(source),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_word_and_crosses_threads() {
        fn crosses<T: Send + Sync + 'static>() {}
        crosses::<Error>();
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }

    #[test]
    fn a_host_error_comes_back_unchanged() {
        let error = Error::host(std::io::Error::other("disk on fire"));
        assert_eq!(error.to_string(), "disk on fire");
        assert!(error.downcast_host::<std::io::Error>().is_some());
        assert!(error.downcast_host::<fmt::Error>().is_none());
        assert_eq!((error.stage(), error.fault()), (Stage::Call, Fault::Embedder));
    }

    #[test]
    fn the_place_is_part_of_the_message() {
        let error = Error::new(ErrorKind::Unsupported { proposal: "threads".into(), offset: 10 });
        assert_eq!(error.offset(), Some(10));
        assert!(error.to_string().contains("threads") && error.to_string().contains("0xa"), "{error}");
    }
}
