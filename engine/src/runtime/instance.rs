//! Instances: modules with their imports filled in and their own memories, tables and globals.

use super::{Context, Extern};
use crate::error::Result;
use crate::module::Module;

/// A handle to an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Instance {
    store: u64,
    index: u32,
}

impl Instance {
    /// Instantiates a module: matches `imports` (in the order of [`Module::imports`]) with what it asks for, makes its
    /// memories, tables and globals, writes its active segments, and runs its start function (Core spec,
    /// "Instantiation").
    ///
    /// # Errors
    /// `Link` for an import that is missing or of another type, `Limit` when the store's limits do not allow it,
    /// `Trap` when a segment does not fit or the start function traps, `Misuse` for handles of another store.
    pub fn new<T>(_cx: &mut Context<'_, T>, _module: &Module, _imports: &[Extern]) -> Result<Self> {
        todo!()
    }

    /// The export of this name, or `None` if there is none (or the handle is of another store).
    pub fn export<T>(&self, _cx: &Context<'_, T>, _name: &str) -> Option<Extern> {
        todo!()
    }

    /// All exports with their names, in the module's order; empty if the handle is of another store.
    pub fn exports<T>(&self, _cx: &Context<'_, T>) -> Vec<(String, Extern)> {
        todo!()
    }
}
