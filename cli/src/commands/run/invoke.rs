//! A call written as text: `count-words("some text")`. Finds the export it means and reads its arguments by their types.

use crate::exit::Failure;
use plugbay::{Compiled, ItemKind, Val, wave};

/// A call that fits the component.
pub(super) struct Call {
    /// The export, as the library names it.
    pub(super) path: String,
    /// Its arguments.
    pub(super) args: Vec<Val>,
}

impl Call {
    /// Reads a call of an export of `compiled`.
    pub(super) fn parse(compiled: &Compiled<()>, text: &str) -> Result<Self, Failure> {
        let (name, args) = match wave::parse_call(text) {
            Ok(call) => call,
            // A name alone is a call without arguments.
            Err(_) if !text.contains('(') => (text.trim(), ""),
            Err(error) => return Err(Failure::usage(format!("`{text}` is not a call: {error}"))),
        };
        let path = resolve(compiled, name)?;
        let ty = compiled.component().func_type(&path);
        let ty = ty.ok_or_else(|| Failure::usage(unknown(compiled, name)))?;
        let args = wave::parse_args(ty.params(), args)
            .map_err(|e| Failure::usage(format!("the arguments of `{name}` cannot be read: {e}")))?;
        Ok(Self { path, args })
    }
}

/// The path of the function that `name` means: itself, or the only function of that name in an exported interface.
fn resolve(compiled: &Compiled<()>, name: &str) -> Result<String, Failure> {
    if name.contains('#') {
        return Ok(name.to_owned());
    }
    let mut found = Vec::new();
    for export in compiled.world().exports {
        match export.kind {
            ItemKind::Function(_) if export.name == name => return Ok(export.name),
            ItemKind::Interface { items } => {
                let functions = items.iter().filter(|item| item.name == name);
                found.extend(functions.map(|item| format!("{}#{}", export.name, item.name)));
            }
            _ => {}
        }
    }
    match found.as_slice() {
        [] => Ok(name.to_owned()),
        [path] => Ok(path.clone()),
        several => {
            Err(Failure::usage(format!("`{name}` could be any of {}; name it in full", several.join(", "))))
        }
    }
}

/// What to say about a function that is not there.
fn unknown(compiled: &Compiled<()>, name: &str) -> String {
    let mut functions = Vec::new();
    for export in compiled.world().exports {
        match export.kind {
            ItemKind::Function(_) => functions.push(export.name),
            ItemKind::Interface { items } => {
                let inside = items.into_iter().filter(|item| matches!(item.kind, ItemKind::Function(_)));
                functions.extend(inside.map(|item| format!("{}#{}", export.name, item.name)));
            }
            _ => {}
        }
    }
    format!("`{}` exports no function `{name}`; it has {}", compiled.name(), functions.join(", "))
}
