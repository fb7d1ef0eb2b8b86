//! What stands in for an interface that a plugin can do without and was not granted: every function of it ends the call
//! with an error that names it. The plugin loads; using what it was denied stops it.

use plugbay_component::types::{ComponentItem, FuncType};
use plugbay_component::{Error as ComponentError, HostContext, Linker, LinkerInstance, Result, Val};

use super::Denial;

/// A function was called that the plugin was not granted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{function}` of `{import}` {reason}")]
pub(crate) struct Refused {
    pub(crate) import: String,
    pub(crate) function: String,
    pub(crate) reason: Reason,
}

/// Why a function was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The interface was not granted.
    NotGranted,
    /// It was granted once, and taken back.
    Revoked,
    /// It was granted, but not for this.
    Rule { target: String, denial: Denial },
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotGranted => f.write_str("was not granted"),
            Self::Revoked => f.write_str("was granted no more"),
            Self::Rule { target, denial } => {
                write!(f, "was not permitted for {}: {denial}", target.escape_debug())
            }
        }
    }
}

/// Defines everything of `import` so that its use is refused.
pub(crate) fn define<T: 'static>(linker: &mut Linker<T>, import: &str, item: &ComponentItem) -> Result<()> {
    match item {
        ComponentItem::Instance(instance) => {
            let mut interface = linker.instance(import);
            instance
                .exports()
                .iter()
                .try_for_each(|(name, item)| define_one(&mut interface, import, name, item))
        }
        item => define_one(&mut linker.root(), import, import, item),
    }
}

fn define_one<T: 'static>(
    interface: &mut LinkerInstance<'_, T>,
    import: &str,
    name: &str,
    item: &ComponentItem,
) -> Result<()> {
    let refused =
        Refused { import: import.to_owned(), function: name.to_owned(), reason: Reason::NotGranted };
    match item {
        ComponentItem::Func(_) => interface
            .func_dynamic(name, move |_: &mut HostContext<'_, T>, _: &FuncType, _: &[Val]| {
                Err(ComponentError::host(refused.clone()))
            })
            .map(drop),
        ComponentItem::Resource(_) => interface.resource_dynamic(name, |_, _| Ok(())).map(drop),
        _ => Ok(()),
    }
}
