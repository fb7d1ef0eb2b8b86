//! Reads the WIT that `#[wit(…)]` names and finds the type in it.

use std::path::{Path, PathBuf};

use plugbay_bindgen::diag::Diagnostics;
use wit_parser::{InterfaceId, PackageId, Resolve, Span, TypeDef, TypeId, TypeOwner, WorldItem};

use super::attr::WitAttr;

/// The WIT, and the type that is meant.
pub(super) struct Source {
    pub(super) resolve: Resolve,
    pub(super) ty: TypeId,
    /// The files read: the compiler must see them so that a change rebuilds.
    pub(super) files: Vec<PathBuf>,
    root: PathBuf,
}

impl Source {
    /// `wit/types.wit:12:5`, from the folder of the crate.
    pub(super) fn place(&self, span: Span) -> String {
        shorten(&self.resolve.render_location(span), &self.root)
    }

    pub(super) fn definition(&self) -> Option<&TypeDef> {
        self.resolve.types.get(self.ty)
    }
}

/// Reads the files (or the text) and finds the type. Mistakes go to `diag`.
pub(super) fn load(attr: &WitAttr, root: &Path, diag: &mut Diagnostics) -> Option<Source> {
    let mut resolve = Resolve::default();
    let read = match &attr.inline {
        Some(text) => resolve.push_str("inline.wit", &text.value()).map(|id| (id, Vec::new())),
        None => {
            let path = root.join(attr.path.as_ref().map_or_else(|| "wit".to_owned(), syn::LitStr::value));
            if !path.exists() {
                let shown = shorten(&path.display().to_string(), root);
                diag.error(
                    attr.source_span(),
                    format!(
                        "there is no `{shown}`: `path` names a .wit file or a folder of them, from the folder of Cargo.toml"
                    ),
                );
                return None;
            }
            resolve.push_path(&path).map(|(id, sources)| (id, sources.paths().map(Path::to_owned).collect()))
        }
    };
    let (package, files) = match read {
        Ok(read) => read,
        Err(error) => {
            let message = error.chain().find_map(|layer| located(layer, &resolve));
            let message = message.unwrap_or_else(|| error.root_cause().to_string());
            diag.error(attr.source_span(), shorten(&message, root));
            return None;
        }
    };
    let ty = find(&resolve, package, attr, diag)?;
    Some(Source { resolve, ty, files, root: root.to_owned() })
}

/// The message of one layer of an error if it knows a place in the WIT, with that place.
fn located(layer: &(dyn std::error::Error + 'static), resolve: &Resolve) -> Option<String> {
    if let Some(error) = layer.downcast_ref::<wit_parser::ParseError>() {
        return Some(error.render(&resolve.source_map));
    }
    layer.downcast_ref::<wit_parser::ResolveError>().map(|error| error.render(&resolve.source_map))
}

fn shorten(message: &str, root: &Path) -> String {
    message.replace(&format!("{}/", root.display()), "")
}

/// A named scope of types: an interface or a world.
struct Scope {
    /// `demo:editor/types@0.1.0`
    id: String,
    /// Whether it is of the package that was named.
    main: bool,
    types: Vec<(String, TypeId)>,
}

impl Scope {
    fn is(&self, wanted: &str) -> bool {
        let bare = self.id.split('@').next().unwrap_or(&self.id);
        let short = bare.rsplit('/').next().unwrap_or(bare);
        wanted == self.id || wanted == bare || (self.main && wanted == short)
    }
}

fn find(resolve: &Resolve, main: PackageId, attr: &WitAttr, diag: &mut Diagnostics) -> Option<TypeId> {
    let span = attr.name.span();
    let Some((wanted, name)) = attr.split() else {
        diag.error(
            span,
            format!(
                "`{}` names no type: write interface and type, as in `demo:editor/types.token`",
                attr.name.value()
            ),
        );
        return None;
    };
    let scopes = scopes(resolve, main);
    let found: Vec<&Scope> = scopes.iter().filter(|scope| scope.is(&wanted)).collect();
    let scope = match found.as_slice() {
        [one] => *one,
        [] => {
            let ids = scopes.iter().filter(|scope| !scope.types.is_empty()).map(|scope| scope.id.as_str());
            diag.error(span, format!("there is no interface `{wanted}`: those with types are {}", list(ids)));
            return None;
        }
        several => {
            let ids = several.iter().map(|scope| scope.id.as_str());
            diag.error(span, format!("which `{wanted}` is meant? The WIT has {}", list(ids)));
            return None;
        }
    };
    let ty = scope.types.iter().find(|(known, _)| *known == name);
    if ty.is_none() {
        let names = scope.types.iter().map(|(known, _)| known.as_str());
        diag.error(span, format!("there is no type `{name}` in `{}`: it has {}", scope.id, list(names)));
    }
    ty.map(|(_, id)| *id)
}

fn scopes(resolve: &Resolve, main: PackageId) -> Vec<Scope> {
    let interfaces = resolve.interfaces.iter().filter_map(|(id, interface)| {
        let types = interface.types.iter().map(|(name, ty)| (name.clone(), *ty)).collect();
        Some(Scope { id: id_of(resolve, id)?, main: interface.package == Some(main), types })
    });
    let worlds = resolve.worlds.iter().filter_map(|(_, world)| {
        let package = world.package?;
        let types = world.imports.values().filter_map(|item| match item {
            WorldItem::Type { id, .. } => Some((resolve.types.get(*id)?.name.clone()?, *id)),
            _ => None,
        });
        Some(Scope {
            id: resolve.id_of_name(package, &world.name),
            main: package == main,
            types: types.collect(),
        })
    });
    interfaces.chain(worlds).collect()
}

fn id_of(resolve: &Resolve, interface: InterfaceId) -> Option<String> {
    let found = resolve.interfaces.get(interface)?;
    Some(resolve.id_of_name(found.package?, found.name.as_ref()?))
}

/// The interface that a type is of, for messages.
pub(super) fn owner(resolve: &Resolve, ty: &TypeDef) -> Option<String> {
    match ty.owner {
        TypeOwner::Interface(id) => id_of(resolve, id),
        _ => None,
    }
}

/// `` `a`, `b` ``, a dozen at most.
pub(super) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const MOST: usize = 12;
    let names: Vec<&str> = names.collect();
    let mut text = names.iter().take(MOST).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > MOST {
        text.push_str(", …");
    }
    if text.is_empty() { "none".to_owned() } else { text }
}
