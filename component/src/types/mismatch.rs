//! How a Rust type differs from a WIT type. Made by the typechecks in `marshal/`; carried by `Error`.

use std::fmt;

use super::ValType;

/// A Rust type and a component type that do not fit, and where inside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeMismatch {
    path: Vec<String>,
    expected: String,
    found: String,
}

impl TypeMismatch {
    /// The Rust side is `expected`; the component has `found`.
    pub fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { path: Vec::new(), expected: expected.into(), found: found.into() }
    }

    /// The Rust side is `expected`; the component has the type `found`, or nothing.
    #[must_use]
    pub fn of(expected: &str, found: Option<&ValType>) -> Self {
        Self::new(expected, found.map_or_else(|| "nothing".to_owned(), ToString::to_string))
    }

    /// The same mismatch, seen from outside: `place` is like ``field `name` `` or "the elements of the list".
    #[must_use]
    pub fn within(mut self, place: impl Into<String>) -> Self {
        self.path.push(place.into());
        self
    }

    /// What the Rust side is.
    #[must_use]
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// What the component has.
    #[must_use]
    pub fn found(&self) -> &str {
        &self.found
    }
}

impl fmt::Display for TypeMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in self.path.iter().rev() {
            write!(f, "{place}: ")?;
        }
        write!(f, "the Rust type is {}, the component has {}", self.expected, self.found)
    }
}

impl std::error::Error for TypeMismatch {}
