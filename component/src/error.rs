//! The error type of the crate. Every failure says at what stage it happened, where, whose fault it is and what to do;
//! `Error` is one word wide.

use std::error::Error as StdError;
use std::fmt;

pub use crate::abi::trap::AbiTrap;
use crate::types::TypeMismatch;

/// A result whose error is this crate's [`Error`], unless said otherwise.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be done with a component.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    /// From the innermost to the outermost: "field `name`", "the result of `demo:editor/tokenizer#tokenize`".
    places: Vec<String>,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The core engine failed: a core module would not compile, core code trapped, a host function failed.
    #[error(transparent)]
    Engine(plugbay_engine::Error),
    /// The bytes are no component at all: no WebAssembly, or a core module.
    #[error("{0}")]
    NotAComponent(String),
    /// The bytes are not a valid component.
    #[error("not a valid component{}: {message}", at_offset(.offset))]
    Malformed {
        /// Where in the binary, in bytes from its start.
        offset: Option<usize>,
        /// What is wrong there.
        message: String,
    },
    /// The component uses something that is not supported.
    #[error("{what} is not supported{}{}; build the component without it", at_offset(.offset), of_gate(.gate))]
    Unsupported {
        /// The feature, in the specification's words.
        what: String,
        /// The gate of the specification that it is behind, with its sign: `🔀 async`.
        gate: Option<&'static str>,
        /// Where in the binary, in bytes from its start.
        offset: Option<usize>,
    },
    /// A limit was reached.
    #[error("{asked} exceeds the limit of {limit} on {knob}")]
    Limit {
        /// What is limited.
        knob: &'static str,
        /// What was asked for.
        asked: u64,
        /// The limit.
        limit: u64,
    },
    /// An import has no definition, or one that does not fit.
    #[error("import `{import}` needs {expected}, but {found}{}", and_others(.others))]
    Link {
        /// The path of the import.
        import: String,
        /// What the component asks for.
        expected: String,
        /// What the linker has: "nothing is defined under that name".
        found: String,
        /// The other imports that do not fit, one line each.
        others: Vec<String>,
    },
    /// The component has no such export, or it is something else.
    #[error("the component exports no {what} `{name}`{hint}")]
    NoSuchExport {
        /// What was looked for: "function", "instance".
        what: &'static str,
        /// Its name.
        name: String,
        /// A remark that ends the message: empty, or "; did you mean `…`?".
        hint: String,
    },
    /// A Rust type does not fit a component type.
    #[error("{0}")]
    Type(TypeMismatch),
    /// A dynamic value does not fit a component type.
    #[error("expected a value of type {expected}, got {found}")]
    Value {
        /// The type, in WIT notation.
        expected: String,
        /// What the value is.
        found: String,
    },
    /// A text is not a value of the wanted type, or not WAVE at all.
    #[error("at byte {offset} of the text: {message}")]
    Text {
        /// Where in the text, in bytes from its start.
        offset: usize,
        /// What is wrong there.
        message: String,
    },
    /// The guest broke the canonical ABI.
    #[error("{0}")]
    Abi(AbiTrap),
    /// The instance trapped in an earlier call and cannot be used any more.
    #[error("the instance trapped in an earlier call; instantiate the component again")]
    Poisoned,
    /// A host function failed. Comes back to the caller unchanged; see [`Error::downcast_host`].
    #[error("{0}")]
    Host(Box<dyn StdError + Send + Sync>),
    /// The embedder used the API wrongly: a handle of another instance, a number of arguments that does not fit.
    #[error("{0}")]
    Misuse(String),
    /// A broken invariant of this crate. Please report it.
    #[error("internal error, please report it: {0}")]
    Internal(&'static str),
}

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Reading and validating the component.
    Decode,
    /// Compiling its core modules.
    Compile,
    /// Matching imports with definitions, or Rust types with component types.
    Link,
    /// Making an instance.
    Instantiate,
    /// Calling a function: converting values and running code.
    Call,
}

/// Whose fault an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The plugin's: its bytes are wrong, or its code misbehaved.
    Plugin,
    /// The host's: a host function or the system failed.
    Host,
    /// The embedder's: the API was used wrongly, or the plugin and the application do not fit.
    Embedder,
}

impl Error {
    /// An error of this kind.
    #[must_use]
    pub fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Inner { kind, places: Vec::new() }))
    }

    /// What a host function gives back when it fails; the caller of the plugin gets it unchanged.
    #[must_use]
    pub fn host(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(ErrorKind::Host(error.into()))
    }

    /// The API was used wrongly.
    #[must_use]
    pub fn misuse(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Misuse(message.into()))
    }

    /// The bytes are wrong, at `offset` from their start.
    #[must_use]
    pub fn malformed(offset: Option<usize>, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Malformed { offset, message: quoting(&message.into()) })
    }

    /// The component uses a feature that is not supported.
    #[must_use]
    pub fn unsupported(what: impl Into<String>, offset: Option<usize>) -> Self {
        Self::new(ErrorKind::Unsupported { what: quoting(&what.into()), gate: None, offset })
    }

    /// The component uses a feature that the specification keeps behind a gate which is closed here.
    pub(crate) fn gated(what: impl Into<String>, gate: &'static str, offset: Option<usize>) -> Self {
        Self::new(ErrorKind::Unsupported { what: quoting(&what.into()), gate: Some(gate), offset })
    }

    /// A limit was reached.
    #[must_use]
    pub fn limit(knob: &'static str, asked: u64, limit: u64) -> Self {
        Self::new(ErrorKind::Limit { knob, asked, limit })
    }

    pub(crate) fn internal(what: &'static str) -> Self {
        Self::new(ErrorKind::Internal(what))
    }

    pub(crate) fn text(offset: usize, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Text { offset, message: message.into() })
    }

    /// The same error, seen from outside: `place` is like ``field `name` `` or ``the result of `run` ``.
    #[must_use]
    pub fn within(mut self, place: impl Into<String>) -> Self {
        self.0.places.push(place.into());
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// What went wrong, by value.
    #[must_use]
    pub fn into_kind(self) -> ErrorKind {
        self.0.kind
    }

    /// Where: from the outermost place to the innermost.
    pub fn places(&self) -> impl Iterator<Item = &str> {
        self.0.places.iter().rev().map(String::as_str)
    }

    /// The host error that a host function returned, if that is what this is and it is an `E`.
    #[must_use]
    pub fn downcast_host<E: StdError + 'static>(&self) -> Option<&E> {
        match self.kind() {
            ErrorKind::Host(error) => error.downcast_ref(),
            ErrorKind::Engine(error) => error.downcast_host(),
            _ => None,
        }
    }

    /// What was being done.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self.kind() {
            ErrorKind::Engine(error) => stage_of(error.stage()),
            ErrorKind::NotAComponent(_) | ErrorKind::Malformed { .. } | ErrorKind::Unsupported { .. } => {
                Stage::Decode
            }
            ErrorKind::Link { .. } | ErrorKind::NoSuchExport { .. } | ErrorKind::Type(_) => Stage::Link,
            _ => Stage::Call,
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self.kind() {
            // A host function that panicked: to the engine, whoever made it is the embedder.
            ErrorKind::Engine(error) if matches!(error.kind(), plugbay_engine::ErrorKind::Host(_)) => {
                Fault::Host
            }
            ErrorKind::Engine(error) => fault_of(error.fault()),
            ErrorKind::NotAComponent(_)
            | ErrorKind::Malformed { .. }
            | ErrorKind::Unsupported { .. }
            | ErrorKind::Limit { .. }
            | ErrorKind::Abi(_) => Fault::Plugin,
            ErrorKind::Host(_) | ErrorKind::Internal(_) => Fault::Host,
            _ => Fault::Embedder,
        }
    }
}

/// A message that may quote names of the plugin and have several lines, reasons of reasons: as one line that is not too
/// long and drives no terminal.
fn quoting(message: &str) -> String {
    let lines: Vec<String> = message.split('\n').map(|line| plugbay_engine::harmless(line, 500)).collect();
    lines.join(": ")
}

fn stage_of(stage: plugbay_engine::Stage) -> Stage {
    match stage {
        plugbay_engine::Stage::Decode | plugbay_engine::Stage::Validate => Stage::Decode,
        plugbay_engine::Stage::Compile => Stage::Compile,
        plugbay_engine::Stage::Link => Stage::Link,
        plugbay_engine::Stage::Instantiate => Stage::Instantiate,
        _ => Stage::Call,
    }
}

fn fault_of(fault: plugbay_engine::Fault) -> Fault {
    match fault {
        plugbay_engine::Fault::Plugin => Fault::Plugin,
        plugbay_engine::Fault::Embedder => Fault::Embedder,
        _ => Fault::Host,
    }
}

fn at_offset(offset: &Option<usize>) -> String {
    offset.map_or_else(String::new, |offset| format!(" at byte {offset}"))
}

/// Differences that a message still lists.
const LISTED: usize = 32;

fn and_others(others: &[String]) -> String {
    let mut text = String::new();
    for other in others.iter().take(LISTED) {
        text.push('\n');
        text.push_str(other);
    }
    if let Some(more) = others.len().checked_sub(LISTED).filter(|more| *more > 0) {
        text.push_str(&format!("\nand {more} more"));
    }
    text
}

fn of_gate(gate: &Option<&'static str>) -> String {
    gate.map_or_else(String::new, |gate| format!(" (it needs the gate {gate}, which is closed)"))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in self.places() {
            write!(f, "{place}: ")?;
        }
        write!(f, "{}", self.0.kind)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("kind", &self.0.kind).field("places", &self.0.places).finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self.kind() {
            ErrorKind::Engine(error) => error.source(),
            ErrorKind::Host(error) => error.source(),
            _ => None,
        }
    }
}

impl From<AbiTrap> for Error {
    fn from(trap: AbiTrap) -> Self {
        Self::new(ErrorKind::Abi(trap))
    }
}

impl From<TypeMismatch> for Error {
    fn from(mismatch: TypeMismatch) -> Self {
        Self::new(ErrorKind::Type(mismatch))
    }
}

/// A component error that passed through the engine, as what a host function returned, comes out as it was.
impl From<plugbay_engine::Error> for Error {
    fn from(error: plugbay_engine::Error) -> Self {
        if error.downcast_host::<Self>().is_none() {
            return Self::new(ErrorKind::Engine(error));
        }
        match error.into_kind() {
            plugbay_engine::ErrorKind::Host(inner) => {
                inner.downcast::<Self>().map_or_else(Self::host, |error| *error)
            }
            kind => Self::new(ErrorKind::Engine(plugbay_engine::Error::new(kind))),
        }
    }
}

/// How a component error passes through the engine: core errors as they are, the others as a host function's. So does an
/// exception that a component function did not catch, which no caller in another component can (CanonicalABI.md,
/// `call_and_trap_on_throw`).
impl From<Error> for plugbay_engine::Error {
    fn from(error: Error) -> Self {
        match *error.0 {
            Inner { kind: ErrorKind::Engine(error), places }
                if places.is_empty() && error.exception().is_none() =>
            {
                error
            }
            inner => Self::host(Error(Box::new(inner))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_comes_out_of_the_engine_as_it_went_in() {
        let through = |error: Error| Error::from(plugbay_engine::Error::from(error));
        let out = through(Error::from(AbiTrap::CannotLeave).within("field `x`"));
        assert!(matches!(out.kind(), ErrorKind::Abi(AbiTrap::CannotLeave)), "{out:?}");
        assert_eq!(out.places().collect::<Vec<_>>(), ["field `x`"]);
        let out = through(Error::from(plugbay_engine::Error::from(plugbay_engine::TrapKind::Unreachable)));
        assert!(matches!(out.kind(), ErrorKind::Engine(_)), "{out:?}");
        assert_eq!(out.to_string(), "unreachable");
    }
}
