//! The words in which the two halves of a script, core and component, tell the judge what happened.

use plugbay_component as component;
use plugbay_engine as core;

/// Why a module or component was refused, or a call did not return.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It needs a proposal, or a gate of the component model, that is not supported here; and what of it.
    Unsupported { proposal: String, what: Option<String> },
    /// Its bytes are malformed or invalid.
    Invalid(String),
    /// Its imports do not match what there is.
    Unlinkable(String),
    /// It trapped.
    Trap(String),
    /// It threw an exception and did not catch it.
    Exception(String),
    /// It needs what an earlier directive should have made.
    Missing(Missing),
    /// Anything else: never what a script expects.
    Other(String),
}

/// Something that an earlier directive should have made, and did not.
#[derive(Debug, Clone)]
pub(crate) struct Missing {
    /// The line of that directive.
    pub(crate) line: u32,
    /// For want of which proposal it was skipped, unless it failed.
    pub(crate) skipped: Option<String>,
    /// Why.
    pub(crate) reason: String,
}

impl Refusal {
    /// The refusal in one phrase that follows the name of what was refused.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Unsupported { proposal, what: None } => format!("needs {proposal}"),
            Self::Unsupported { proposal, what: Some(what) } => format!("needs {proposal}: {what}"),
            Self::Invalid(what) => format!("was refused as invalid: {what}"),
            Self::Unlinkable(what) => format!("does not link: {what}"),
            Self::Trap(what) => format!("trapped: {what}"),
            Self::Exception(what) => what.clone(),
            Self::Missing(missing) => {
                format!("needs what line {} did not make: {}", missing.line, missing.reason)
            }
            Self::Other(what) => what.clone(),
        }
    }

    /// A proposal that is not supported.
    pub(crate) fn unsupported(proposal: impl Into<String>) -> Self {
        Self::Unsupported { proposal: proposal.into(), what: None }
    }

    /// For want of which proposal the directive could not be tried at all, if that is why.
    pub(crate) fn skipped(&self) -> Option<&str> {
        match self {
            Self::Unsupported { proposal, .. } => Some(proposal),
            Self::Missing(missing) => missing.skipped.as_deref(),
            _ => None,
        }
    }

    /// What later directives are told when this one, on `line`, should have made something.
    pub(crate) fn missing(&self, line: u32) -> Missing {
        match self {
            Self::Missing(missing) => missing.clone(),
            other => Missing { line, skipped: other.skipped().map(str::to_owned), reason: other.describe() },
        }
    }
}

impl From<core::Error> for Refusal {
    fn from(error: core::Error) -> Self {
        Self::engine(&error)
    }
}

impl Refusal {
    fn engine(error: &core::Error) -> Self {
        use core::ErrorKind as K;
        match error.kind() {
            K::Unsupported { proposal, .. } => Self::unsupported(proposal),
            K::Malformed { .. } | K::Invalid { .. } => Self::Invalid(error.to_string()),
            K::Link { .. } => Self::Unlinkable(error.to_string()),
            K::Trap(trap) => Self::Trap(trap.to_string()),
            K::Exception(exception) => Self::Exception(exception.to_string()),
            _ => Self::Other(error.to_string()),
        }
    }
}

impl From<component::Error> for Refusal {
    fn from(error: component::Error) -> Self {
        use component::ErrorKind as K;
        match error.kind() {
            K::Unsupported { what, gate: Some(gate), .. } => {
                Self::Unsupported { proposal: (*gate).to_owned(), what: Some(what.clone()) }
            }
            K::Unsupported { what, .. } => Self::unsupported(what),
            K::Malformed { .. } => Self::Invalid(error.to_string()),
            K::Link { .. } => Self::Unlinkable(error.to_string()),
            K::Abi(trap) => Self::Trap(trap.to_string()),
            // The suite's words for a call into an instance that trapped before.
            K::Poisoned => Self::Trap("cannot enter component instance".to_owned()),
            K::Engine(inner) => Self::engine(inner),
            _ => Self::Other(error.to_string()),
        }
    }
}

/// What a call or the reading of a global gave.
#[derive(Debug)]
pub(crate) enum Results {
    /// Core values.
    Core(Vec<core::Val>),
    /// The result of a component function, if it has one.
    Component(Option<component::Val>),
}
