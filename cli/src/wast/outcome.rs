//! The words in which the two halves of a script, core and component, tell the judge what happened.

use plugbay_component as component;
use plugbay_engine as core;

/// Why a module or component was refused, or a call did not return.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It needs a proposal that is not supported here.
    Unsupported(String),
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
    /// Whether it was skipped (an unsupported proposal) rather than failed.
    pub(crate) skipped: bool,
    /// Why.
    pub(crate) reason: String,
}

impl Refusal {
    /// The refusal in one phrase that follows the name of what was refused.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Unsupported(what) => format!("needs {what}"),
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

    /// Whether the directive could not be tried at all, for want of a proposal.
    pub(crate) fn is_skip(&self) -> bool {
        match self {
            Self::Unsupported(_) => true,
            Self::Missing(missing) => missing.skipped,
            _ => false,
        }
    }

    /// What later directives are told when this one, on `line`, should have made something.
    pub(crate) fn missing(&self, line: u32) -> Missing {
        match self {
            Self::Missing(missing) => missing.clone(),
            other => Missing { line, skipped: other.is_skip(), reason: other.describe() },
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
            K::Unsupported { proposal, .. } => Self::Unsupported(proposal.clone()),
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
            K::Unsupported { what, .. } => Self::Unsupported(what.clone()),
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
