//! Why an artifact is refused. In every case the remedy is to compile the module again; what differs is what happened.

use std::fmt;

/// Why an artifact was refused before any of it could run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArtifactError {
    /// The bytes are not an artifact of plugbay.
    NotAnArtifact,
    /// There are fewer bytes than the artifact says it has.
    Truncated {
        /// Bytes that are there.
        found: u64,
        /// Bytes that it says it has.
        expected: u64,
    },
    /// The bytes are not those that were sealed: some changed, or some were added.
    Flipped {
        /// What does not hold.
        what: &'static str,
    },
    /// It was sealed with another key: by another user, or for another application.
    Foreign,
    /// It was made by another build of plugbay.
    StaleVersion,
    /// It was made under other settings ([`Config`](crate::Config)).
    StaleConfig,
    /// It was made for another kind of processor, or uses instructions that this one lacks.
    StaleProcessor {
        /// What this machine lacks.
        lacks: String,
    },
    /// It was made from another module than the one it is loaded for.
    StaleSource,
    /// It is not a native library as plugbay writes them, and was not given to the system's loader.
    NotOurLibrary {
        /// What is not so.
        what: &'static str,
    },
}

impl ArtifactError {
    /// Whether the artifact is as it was made, but for other circumstances than these: nobody tampered with it, and
    /// nothing broke.
    pub fn is_stale(&self) -> bool {
        matches!(
            self,
            Self::StaleVersion | Self::StaleConfig | Self::StaleProcessor { .. } | Self::StaleSource
        )
    }
}

impl fmt::Display for ArtifactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnArtifact => f.write_str("this is not compiled code of plugbay; compile the module"),
            Self::Truncated { found, expected } => write!(
                f,
                "the compiled code is cut off: {found} of {expected} bytes are there; compile the module again"
            ),
            Self::Flipped { what } => write!(
                f,
                "the compiled code is damaged ({what}) and was not run; compile the module again"
            ),
            Self::Foreign => f.write_str(
                "the compiled code was sealed with another key and was not run; compile the module again, or load it \
                 with the key that it was sealed with",
            ),
            Self::StaleVersion => {
                f.write_str("the compiled code was made by another build of plugbay; compile the module again")
            }
            Self::StaleConfig => {
                f.write_str("the compiled code was made under other engine settings; compile the module again")
            }
            Self::StaleProcessor { lacks } => write!(
                f,
                "the compiled code is for another processor: this one lacks {lacks}; compile the module again"
            ),
            Self::NotOurLibrary { what } => write!(
                f,
                "this is not a native library as plugbay writes them ({what}) and was not loaded; compile the module again"
            ),
            Self::StaleSource => f.write_str(
                "the compiled code was made from another module than the one asked for; compile the module again",
            ),
        }
    }
}

impl std::error::Error for ArtifactError {}

/// What a part of an artifact says makes no sense.
pub(super) fn nonsense(what: &'static str) -> ArtifactError {
    ArtifactError::Flipped { what }
}
