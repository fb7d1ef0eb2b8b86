//! Where a plugin's random numbers come from. A value; `wasi/random` draws them.

use std::fmt;

/// The random numbers of a plugin.
///
/// ```
/// use plugbay::{Grants, Random};
/// let grants = Grants::none().random(Random::seeded(42));     // the same numbers in every run
/// # let _ = grants;
/// ```
#[derive(Clone)]
pub struct Random(pub(crate) Kind);

#[derive(Clone)]
pub(crate) enum Kind {
    System,
    Seeded(Seed),
}

/// What [`Random::seeded`] starts from: a number, or 32 bytes.
#[derive(Clone)]
pub struct Seed(pub(crate) Vec<u8>);

impl Random {
    /// The system's generator: nobody can tell them in advance.
    pub fn system() -> Self {
        Self(Kind::System)
    }

    /// Numbers that follow from `seed`, the same for each instance of the plugin and in every run, also those that are to be
    /// secret: for tests and for repeating what happened. A plugin that makes keys makes known ones then.
    pub fn seeded(seed: impl Into<Seed>) -> Self {
        Self(Kind::Seeded(seed.into()))
    }
}

impl From<u64> for Seed {
    fn from(number: u64) -> Self {
        Self(number.to_le_bytes().into())
    }
}

impl From<[u8; 32]> for Seed {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes.into())
    }
}

impl Default for Random {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::System => "System",
            Kind::Seeded(_) => "Seeded",
        })
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed")
    }
}
