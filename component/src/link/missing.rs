//! What a component imports and a linker does not have.

use std::fmt;
use std::sync::Arc;

/// An import without a fitting definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingImport {
    /// The import's name: an interface (`wasi:clocks/wall-clock@0.2.0`), or a function or type of the world.
    pub interface: Arc<str>,
    /// What is missing of the interface: a function or resource. `None` when the import itself is meant.
    pub item: Option<Arc<str>>,
    /// What the component asks for: `function`, `resource` …
    pub expected: String,
    /// Why nothing fits: not defined, or how the definition differs.
    pub reason: String,
}

impl MissingImport {
    /// `interface#item`, as in messages.
    #[must_use]
    pub fn path(&self) -> String {
        match &self.item {
            Some(item) => format!("{}#{item}", self.interface),
            None => self.interface.to_string(),
        }
    }
}

impl fmt::Display for MissingImport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "import `{}` ({}): {}", self.path(), self.expected, self.reason)
    }
}
