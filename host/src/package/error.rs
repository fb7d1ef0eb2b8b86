//! What is wrong with a package's file, and with its signature; never what is wrong in its manifest.

use std::fmt;

use super::PublisherKey;

/// Why a file is no package.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PackageError {
    /// The file, as it was given.
    pub file: String,
    /// Where in it: a byte of the file, or of what was unpacked of it.
    pub offset: Option<u64>,
    /// What is wrong, and what to do.
    pub problem: String,
}

/// Why a package is not taken for what a publisher made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureError {
    /// Nobody signed it.
    Unsigned,
    /// It has a signature, but of another package: something was changed after it was signed.
    Wrong {
        /// Whose signature it is said to be. Nobody knows whether it is.
        publisher: PublisherKey,
    },
    /// It was signed by somebody who is not trusted for this plugin.
    Untrusted {
        /// Who signed it.
        publisher: PublisherKey,
    },
    /// The signature cannot be read.
    Malformed {
        /// What is wrong with it.
        problem: String,
    },
    /// plugbay was built without the feature `package`, and cannot check signatures.
    Unchecked,
}

impl PackageError {
    pub(super) fn new(file: &str, offset: Option<u64>, problem: impl Into<String>) -> Self {
        Self { file: file.to_owned(), offset, problem: problem.into() }
    }
}

impl fmt::Display for PackageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is no package: {}", self.file, self.problem)?;
        match self.offset {
            Some(offset) => write!(f, " (at byte {offset:#x})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned => f.write_str(
                "it is not signed, and only signed plugins are taken here: have its publisher sign it (`plugbay sign`)",
            ),
            Self::Wrong { publisher } => write!(
                f,
                "its signature (said to be of {publisher}) is not one of this package: it was changed after it was \
                 signed, or not by whom it says; get it again from its publisher, or have it signed again"
            ),
            Self::Untrusted { publisher } => write!(
                f,
                "it is signed by {publisher}, who is not trusted for it here: if you know that this is its publisher, \
                 add the key to those that are trusted"
            ),
            Self::Malformed { problem } => {
                write!(f, "its signature cannot be read: {problem}; have it signed again (`plugbay sign`)")
            }
            Self::Unchecked => f.write_str(
                "it is signed, and this build of plugbay cannot check signatures: build it with the feature `package`",
            ),
        }
    }
}

impl std::error::Error for PackageError {}
impl std::error::Error for SignatureError {}
