//! Reads the WIT: from files or from the text in the macro, to a resolved world. Errors are words that point into the
//! `.wit`, as path, line and column.

use std::path::{Path, PathBuf};

use wit_parser::{PackageId, Resolve, WorldId};

use crate::options::Options;

/// A world and all that it mentions.
pub(crate) struct Source {
    pub(crate) resolve: Resolve,
    pub(crate) world: WorldId,
    /// The files read, absolute: the compiler must see them so that a change rebuilds.
    pub(crate) files: Vec<PathBuf>,
}

/// Reads what `options` name. `root` is the folder that relative paths start from.
pub(crate) fn load(options: &Options, root: &Path) -> syn::Result<Source> {
    let mut resolve = Resolve { all_features: false, ..Resolve::default() };
    let mut files = Vec::new();
    let mut package: Option<PackageId> = None;
    let path = match (&options.path, &options.inline) {
        (Some(path), _) => Some(root.join(path.value())),
        (None, None) => Some(root.join("wit")),
        (None, Some(_)) => None,
    };
    if let Some(path) = path {
        if !path.exists() {
            return Err(syn::Error::new(
                options.wit_span(),
                format!(
                    "there is no `{}`: `path` names a .wit file or a folder of them, from the folder of Cargo.toml",
                    shorten(&path.display().to_string(), root)
                ),
            ));
        }
        let (id, sources) = resolve.push_path(&path).map_err(|error| {
            let message = error.chain().find_map(|layer| located(layer, &resolve));
            wit_error(options, message.unwrap_or_else(|| error.root_cause().to_string()), root)
        })?;
        files.extend(sources.paths().map(Path::to_owned));
        package = Some(id);
    }
    if let Some(text) = &options.inline {
        let id = resolve.push_str("inline.wit", &text.value()).map_err(|error| {
            let message = error.chain().find_map(|layer| located(layer, &resolve));
            wit_error(options, message.unwrap_or_else(|| error.root_cause().to_string()), root)
        })?;
        package = Some(id);
    }
    let Some(package) = package else {
        return Err(syn::Error::new(options.wit_span(), "give `path` or `inline`"));
    };
    let world = select(&resolve, package, options)?;
    // An interface that is both imported and exported has its types twice, as the component model does.
    resolve.generate_nominal_type_ids(world);
    Ok(Source { resolve, world, files })
}

fn wit_error(options: &Options, message: String, root: &Path) -> syn::Error {
    syn::Error::new(options.wit_span(), shorten(&message, root))
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
    let wanted = options.world.as_ref().map(syn::LitStr::value);
    resolve.select_world(&[package], wanted.as_deref()).map_err(|_| {
        let mut worlds: Vec<String> = resolve
            .worlds
            .iter()
            .filter_map(|(_, world)| Some((world.package?, &world.name)))
            .map(|(of, name)| if of == package { name.clone() } else { resolve.id_of_name(of, name) })
            .collect();
        worlds.sort();
        let problem = match &wanted {
            Some(name) => format!("there is no world `{name}`"),
            None => "which world is meant?".to_owned(),
        };
        let choice = match worlds.as_slice() {
            [] => "the WIT defines none".to_owned(),
            some => format!("the WIT has {}", list(some)),
        };
        syn::Error::new(options.world_span(), format!("{problem}: {choice}"))
    })
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Takes the folder of the crate off the paths in a message.
fn shorten(message: &str, root: &Path) -> String {
    message.replace(&format!("{}/", root.display()), "")
}
