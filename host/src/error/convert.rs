//! Errors of the crates below, as errors of this one. Decides which of them are a trap, a deadline, an exit …

use std::time::Duration;

use plugbay_component::{self as component, engine};

use super::{Error, ErrorKind, Fault};
use crate::grant::MissingGrant;
use crate::grant::refused::Refused;
use crate::interrupt::Stop;

/// What `wasi:cli/exit` returns to end the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("exit with code {0}")]
pub(crate) struct Exit(pub(crate) u8);

/// What a host function of WASI returns when the guest broke a rule for which the interface has no error value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct GuestMistake(pub(crate) String);

/// What the host function returns that stands for a function of another plugin, when that failed.
#[derive(Debug, thiserror::Error)]
#[error("plugin `{provider}` failed in `{function}`: {}", error.kind())]
pub(crate) struct ProviderFailure {
    pub(crate) provider: String,
    pub(crate) function: String,
    pub(crate) error: Error,
}

impl Error {
    /// The engine cannot be made.
    pub(crate) fn from_engine(error: engine::Error) -> Self {
        Self::new(ErrorKind::Internal(format!("the engine cannot run on this machine: {error}")))
    }

    /// Compiling failed.
    pub(crate) fn from_load(error: component::Error) -> Self {
        match error.kind() {
            component::ErrorKind::Limit { knob, asked, limit } => {
                return limit_reached(knob, *asked, *limit);
            }
            component::ErrorKind::Engine(inner) => {
                if let engine::ErrorKind::Limit { knob, asked, limit } = inner.kind() {
                    return limit_reached(&format!("module.{knob}"), *asked, *limit);
                }
            }
            _ => {}
        }
        let (stage, offset) = match error.kind() {
            // Its offset counts from the start of a core module inside the file; its text says it.
            component::ErrorKind::Engine(inner) => (format!("{:?}", inner.stage()), None),
            component::ErrorKind::Malformed { offset, .. }
            | component::ErrorKind::Unsupported { offset, .. } => (format!("{:?}", error.stage()), *offset),
            _ => (format!("{:?}", error.stage()), None),
        };
        let fault = match error.fault() {
            component::Fault::Plugin => Fault::Plugin,
            component::Fault::Embedder => Fault::Embedder,
            _ => Fault::Host,
        };
        let message = match error.kind() {
            // The offset is said once, by the text of this crate's error.
            component::ErrorKind::Malformed { message, .. } => format!("not a valid component: {message}"),
            _ => error.to_string(),
        };
        Self::new(ErrorKind::Load { stage: stage.to_lowercase(), offset, message, fault })
    }

    /// Linking failed.
    pub(crate) fn from_link(error: component::Error) -> Self {
        match error.kind() {
            component::ErrorKind::Link { .. } | component::ErrorKind::Type(_) => {
                Self::new(ErrorKind::WorldMismatch { differences: vec![error.to_string()] })
            }
            component::ErrorKind::Misuse(message) => Self::misuse(message.clone()),
            _ => Self::new(ErrorKind::Internal(error.to_string())),
        }
    }

    /// The Rust types of a call are not those of the export `path`.
    pub(crate) fn mismatch(path: &str, error: &component::Error) -> Self {
        let text = error.to_string();
        let difference = if text.contains(path) { text } else { format!("`{path}`: {text}") };
        Self::new(ErrorKind::WorldMismatch { differences: vec![difference] })
    }

    /// The call of `export` failed.
    pub(crate) fn from_call(error: component::Error, export: &str, deadline: Option<Duration>) -> Self {
        let export = export.to_owned();
        if let Some(Exit(code)) = error.downcast_host() {
            return Self::new(ErrorKind::Exit(*code));
        }
        if let Some(stop) = error.downcast_host::<Stop>() {
            return Self::new(match stop {
                Stop::Deadline => ErrorKind::Deadline { export, limit: deadline },
                Stop::Cancelled => ErrorKind::Cancelled { export },
            });
        }
        if let Some(refused) = error.downcast_host::<Refused>() {
            let missing = vec![MissingGrant::refused(refused)];
            return Self::new(ErrorKind::Denied { missing });
        }
        if let Some(mistake) = error.downcast_host::<GuestMistake>() {
            let message = mistake.to_string();
            return Self::new(ErrorKind::Trap { export, kind: None, message, frames: Vec::new() });
        }
        if error.downcast_host::<ProviderFailure>().is_some() {
            return provider_error(error, export);
        }
        match error.kind() {
            component::ErrorKind::Engine(inner) => from_engine_call(&error, inner, export, deadline),
            component::ErrorKind::Abi(trap) => Self::new(ErrorKind::Trap {
                export,
                kind: None,
                message: format!("it broke the canonical ABI: {trap}"),
                frames: Vec::new(),
            }),
            component::ErrorKind::Limit { knob, asked, limit } => limit_reached(knob, *asked, *limit),
            component::ErrorKind::Poisoned => Self::new(ErrorKind::Poisoned),
            component::ErrorKind::Host(_) => host_error(error, export),
            component::ErrorKind::Type(_) | component::ErrorKind::Link { .. } => {
                Self::mismatch(&export, &error)
            }
            component::ErrorKind::Value { .. } | component::ErrorKind::Misuse(_) => {
                Self::misuse(format!("`{export}`: {error}"))
            }
            component::ErrorKind::Internal(_) => Self::new(ErrorKind::Internal(error.to_string())),
            _ => Self::misuse(error.to_string()),
        }
    }
}

fn from_engine_call(
    whole: &component::Error,
    error: &engine::Error,
    export: String,
    deadline: Option<Duration>,
) -> Error {
    Error::new(match error.kind() {
        engine::ErrorKind::Trap(trap) => match trap.kind() {
            engine::TrapKind::Deadline => ErrorKind::Deadline { export, limit: deadline },
            engine::TrapKind::Cancelled => ErrorKind::Cancelled { export },
            kind => ErrorKind::Trap {
                export,
                kind: Some(kind),
                message: whole.to_string(),
                frames: trap.frames().to_vec(),
            },
        },
        engine::ErrorKind::Exception(exception) => ErrorKind::Trap {
            export,
            kind: None,
            message: whole.to_string(),
            frames: exception.frames().to_vec(),
        },
        engine::ErrorKind::Limit { knob, asked, limit } => return limit_reached(knob, *asked, *limit),
        engine::ErrorKind::Host(source) => ErrorKind::Host { export, source: source.to_string().into() },
        engine::ErrorKind::Misuse(message) => ErrorKind::Misuse(message.clone()),
        _ => ErrorKind::Internal(whole.to_string()),
    })
}

fn provider_error(error: component::Error, export: String) -> Error {
    let message = error.to_string();
    let source = match error.into_kind() {
        component::ErrorKind::Host(source) => Some(source),
        component::ErrorKind::Engine(inner) => match inner.into_kind() {
            engine::ErrorKind::Host(source) => Some(source),
            _ => None,
        },
        _ => None,
    };
    match source.and_then(|source| source.downcast::<ProviderFailure>().ok()) {
        Some(failure) => {
            let ProviderFailure { provider, function, error } = *failure;
            Error::new(ErrorKind::Provider { export, provider, function, error: Box::new(error) })
        }
        None => Error::new(ErrorKind::Internal(message)),
    }
}

fn host_error(error: component::Error, export: String) -> Error {
    let message = error.to_string();
    match error.into_kind() {
        component::ErrorKind::Host(source) => Error::new(ErrorKind::Host { export, source }),
        _ => Error::new(ErrorKind::Internal(message)),
    }
}

fn limit_reached(knob: &str, asked: u64, limit: u64) -> Error {
    // By the names of `Limits`, which is where the application can change them.
    let knob = match knob {
        "memory_bytes" => "memory",
        "stack_bytes" => "stack",
        "module_bytes" => "module.module_bytes",
        other => other,
    };
    Error::new(ErrorKind::Limit { knob: knob.to_owned(), asked: Some(asked), limit })
}
