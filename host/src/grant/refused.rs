//! What stands in for an interface that a plugin can do without and was not granted: every function of it ends the call
//! with an error that names it. The plugin loads; using what it was denied stops it.

use plugbay_component::types::{ComponentItem, FuncType};
use plugbay_component::{Error as ComponentError, HostContext, Linker, LinkerInstance, Result, Val};

/// A function was called that the plugin was not granted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{function}` of `{import}` {}", if *.revoked { "was granted no more" } else { "was not granted" })]
pub(crate) struct Refused {
    pub(crate) import: String,
    pub(crate) function: String,
    /// It was granted once, and taken back.
    pub(crate) revoked: bool,
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
    let refused = Refused { import: import.to_owned(), function: name.to_owned(), revoked: false };
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
