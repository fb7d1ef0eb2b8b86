//! Names of exports on the command line: the function that a short name means.

use crate::exit::Failure;
use plugbay::{Compiled, ItemKind};

/// The path of the function that `name` means: itself, or the only function of that name in an exported interface.
pub(super) fn resolve(compiled: &Compiled<()>, name: &str) -> Result<String, Failure> {
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
pub(super) fn unknown(compiled: &Compiled<()>, name: &str) -> String {
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
