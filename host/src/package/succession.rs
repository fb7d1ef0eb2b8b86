//! What a package is to the one that was accepted before it: an update, or something to ask about. Keeping what was accepted
//! is the user's file's.

use semver::Version;

use super::{Package, PublisherKey};
use crate::error::{Error, ErrorKind, Result};

/// The package that a user accepted last for an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its version.
    pub version: Version,
    /// The SHA-256 of its component.
    pub digest: [u8; 32],
    /// Who signed it.
    pub publisher: Option<PublisherKey>,
}

/// What a package is to the one that was accepted before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Succession {
    /// The same component, and the same version.
    Same,
    /// A higher version.
    Update,
    /// Other bytes under the same version.
    Changed,
    /// A lower version: perhaps one with a hole that was mended since.
    Rollback,
    /// It is signed by somebody else, or no longer signed.
    OtherPublisher,
}

impl Package {
    /// What is to be kept when the user accepts this package.
    #[must_use]
    pub fn accepted(&self) -> Accepted {
        Accepted { version: self.manifest.version.clone(), digest: self.digest, publisher: self.publisher }
    }

    /// What this package is to the one that was accepted before for the same id. What is worst is told.
    #[must_use]
    pub fn succession(&self, before: &Accepted) -> Succession {
        use std::cmp::Ordering::{Equal, Greater, Less};
        if before.publisher.is_some() && self.publisher != before.publisher {
            return Succession::OtherPublisher;
        }
        match self.manifest.version.cmp_precedence(&before.version) {
            Less => Succession::Rollback,
            Equal if self.digest == before.digest => Succession::Same,
            Equal => Succession::Changed,
            Greater => Succession::Update,
        }
    }

    /// Refuses to go back: to a lower version, or from a package that was signed to one that is not signed by the same
    /// publisher. A user who wants that says so, and it is not asked for.
    ///
    /// # Errors
    /// [`ErrorKind::Rollback`], [`ErrorKind::OtherPublisher`].
    pub fn succeeds(&self, before: &Accepted) -> Result<()> {
        let kind = match self.succession(before) {
            Succession::Rollback => ErrorKind::Rollback {
                accepted: before.version.to_string(),
                offered: self.manifest.version.to_string(),
            },
            Succession::OtherPublisher => {
                ErrorKind::OtherPublisher { accepted: before.publisher, offered: self.publisher }
            }
            Succession::Same | Succession::Update | Succession::Changed => return Ok(()),
        };
        Err(Error::new(kind).with_plugin(&self.manifest.id))
    }
}
