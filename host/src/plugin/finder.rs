//! Finding the exports of a world: all of them, so that a plugin that does not fit is told everything that differs.

use plugbay_component::marshal::Params;
use plugbay_component::{Lift, Lower, TypedFunc};

use super::Plugin;
use crate::error::{Error, ErrorKind};

/// Looks for exports one after another and remembers what is wrong with each.
#[derive(Debug)]
pub struct Finder<'a, T: 'static> {
    plugin: &'a Plugin<T>,
    differences: Vec<String>,
    failure: Option<Error>,
}

impl<'a, T: 'static> Finder<'a, T> {
    /// Looks among the exports of `plugin`.
    #[must_use]
    pub fn new(plugin: &'a Plugin<T>) -> Self {
        Self { plugin, differences: Vec::new(), failure: None }
    }

    /// The export at `path`, when there is one and its type is right.
    pub fn typed<P: Params + Lower, R: Lift>(&mut self, path: &str) -> Option<TypedFunc<P, R>> {
        self.plugin.typed(path).map_err(|error| self.note(path, error)).ok()
    }

    fn note(&mut self, path: &str, error: Error) {
        match error.kind() {
            ErrorKind::NoExport { .. } => self.differences.push(format!("`{path}` is not exported")),
            ErrorKind::WorldMismatch { differences } => self.differences.extend(differences.iter().cloned()),
            _ => self.failure = Some(error),
        }
    }

    /// What is wrong: every difference there is.
    #[must_use]
    pub fn into_error(self) -> Error {
        self.failure.unwrap_or_else(|| Error::new(ErrorKind::WorldMismatch { differences: self.differences }))
    }
}
