//! Reads the WIT: from files or from the text in the macro, to a resolved world. Errors are words that point into the
//! `.wit`, as path, line and column.

use std::path::{Path, PathBuf};

use proc_macro2::Span;
use wit_parser::{PackageId, Resolve, WorldId};

use crate::options::Options;

/// A world and all that it mentions.
pub(crate) struct Source {
    pub(crate) resolve: Resolve,
    pub(crate) world: WorldId,
    /// The files read, absolute: the compiler must see them so that a change rebuilds.
    pub(crate) files: Vec<PathBuf>,
}

/// What some WIT defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The worlds.
    pub worlds: Vec<Item>,
    /// The interfaces that have a name.
    pub interfaces: Vec<Item>,
}

/// A world or an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// `demo:editor/plugin@0.1.0`.
    pub name: String,
    /// Where it is defined: file, line and column.
    pub place: String,
}

/// The worlds and interfaces of everything that was read, those of dependencies among them.
pub(crate) fn contents(options: &Options, root: &Path) -> syn::Result<Contents> {
    let (resolve, ..) = read(options, root)?;
    let item = |package: Option<PackageId>, name: &str, span| {
        Some(Item { name: resolve.id_of_name(package?, name), place: resolve.render_location(span) })
    };
    let worlds = resolve.worlds.iter().filter_map(|(_, world)| item(world.package, &world.name, world.span));
    let interfaces = resolve
        .interfaces
        .iter()
        .filter_map(|(_, interface)| item(interface.package, interface.name.as_deref()?, interface.span));
    Ok(Contents { worlds: worlds.collect(), interfaces: interfaces.collect() })
}

/// Reads what `options` name. `root` is the folder that relative paths start from.
pub(crate) fn load(options: &Options, root: &Path) -> syn::Result<Source> {
    let (mut resolve, package, files) = read(options, root)?;
    let world = select(&resolve, package, options)?;
    // An interface that is both imported and exported has its types twice, as the component model does.
    resolve.generate_nominal_type_ids(world);
    Ok(Source { resolve, world, files })
}

fn read(options: &Options, root: &Path) -> syn::Result<(Resolve, PackageId, Vec<PathBuf>)> {
    let mut resolve = Resolve::default();
    resolve.features.extend(options.features.iter().map(syn::LitStr::value));
    let mut files = Vec::new();
    let mut package: Option<PackageId> = None;
    let mut paths: Vec<(PathBuf, Span)> =
        options.path.iter().map(|path| (root.join(path.value()), path.span())).collect();
    if paths.is_empty() && options.inline.is_none() {
        paths.push((root.join("wit"), Span::call_site()));
    }
    for (path, span) in paths {
        if !path.exists() {
            return Err(syn::Error::new(
                span,
                format!(
                    "there is no `{}`: `path` names a .wit file or a folder of them, from the folder of Cargo.toml",
                    shorten(&path.display().to_string(), root)
                ),
            ));
        }
        let (id, sources) = resolve.push_path(&path).map_err(|error| {
            let message = error.chain().find_map(|layer| located(layer, &resolve));
            let message = message.unwrap_or_else(|| format!("{}: {}", path.display(), error.root_cause()));
            syn::Error::new(span, shorten(&message, root))
        })?;
        files.extend(sources.paths().map(Path::to_owned));
        package = Some(id);
    }
    if let Some(text) = &options.inline {
        let id = resolve.push_str("inline.wit", &text.value()).map_err(|error| {
            let message = error.chain().find_map(|layer| located(layer, &resolve));
            syn::Error::new(
                text.span(),
                shorten(&message.unwrap_or_else(|| error.root_cause().to_string()), root),
            )
        })?;
        package = Some(id);
    }
    let Some(package) = package else {
        return Err(syn::Error::new(options.wit_span(), "give `path` or `inline`"));
    };
    Ok((resolve, package, files))
}

/// The message of one layer of an error if it knows a place in the WIT, with that place.
fn located(layer: &(dyn std::error::Error + 'static), resolve: &Resolve) -> Option<String> {
    if let Some(error) = layer.downcast_ref::<wit_parser::ParseError>() {
        return Some(error.render(&resolve.source_map));
    }
    layer.downcast_ref::<wit_parser::ResolveError>().map(|error| error.render(&resolve.source_map))
}

/// The world asked for, or the only one; an error lists the worlds there are.
fn select(resolve: &Resolve, package: PackageId, options: &Options) -> syn::Result<WorldId> {
    let Some(wanted) = options.world.as_ref().map(syn::LitStr::value) else {
        return resolve
            .select_world(&[package], None)
            .map_err(|_| no_world(resolve, package, options, "which world is meant?"));
    };
    let named = |(id, world): (WorldId, &wit_parser::World)| {
        let of = world.package?;
        let full = resolve.id_of_name(of, &world.name);
        let bare = full.split('@').next().unwrap_or(&full);
        let meant = (of == package && world.name == wanted) || full == wanted || bare == wanted;
        meant.then_some(id)
    };
    resolve
        .worlds
        .iter()
        .find_map(named)
        .ok_or_else(|| no_world(resolve, package, options, &format!("there is no world `{wanted}`")))
}

fn no_world(resolve: &Resolve, package: PackageId, options: &Options, problem: &str) -> syn::Error {
    let mut worlds: Vec<String> = resolve
        .worlds
        .iter()
        .filter_map(|(_, world)| Some((world.package?, &world.name)))
        .map(|(of, name)| if of == package { name.clone() } else { resolve.id_of_name(of, name) })
        .collect();
    worlds.sort();
    let choice = match worlds.as_slice() {
        [] => "the WIT defines none".to_owned(),
        some => format!("the WIT has {}", list(some)),
    };
    syn::Error::new(options.world_span(), format!("{problem}: {choice}"))
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Takes the folder of the crate off the paths in a message.
fn shorten(message: &str, root: &Path) -> String {
    message.replace(&format!("{}/", root.display()), "")
}
