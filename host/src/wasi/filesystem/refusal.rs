//! `Refusal`: why nothing was done with a path. Most are an error code for the guest and no more; what is hidden is told to the
//! audit as well.

use rustix::io::Errno;

use super::ErrorCode;

/// Why nothing was done with a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The system refuses, or what was asked makes no sense.
    Code(ErrorCode),
    /// A rule of the grants hides it.
    Hidden {
        /// What the guest is told.
        code: ErrorCode,
        /// The path as the guest sees it.
        path: String,
        /// The pattern.
        rule: String,
    },
}

impl Refusal {
    /// What the guest is told.
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::Code(code) | Self::Hidden { code, .. } => *code,
        }
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self::Code(code)
    }
}

impl From<Errno> for Refusal {
    fn from(errno: Errno) -> Self {
        Self::Code(errno.into())
    }
}
