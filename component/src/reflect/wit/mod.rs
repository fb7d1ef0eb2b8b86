//! A world as WIT text. The package `root:component` has the world `root`; every interface that it names follows in its
//! package. Where an interface is both imported and exported, WIT has one text for the two: what both have is in it.
//!
//! A type that an earlier interface has under the same name with the same structure is `use`d from there; resources are
//! `use`d wherever they are the same resource. What WIT has no words for is written as a comment.

mod body;
mod scope;
mod text;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::Arc;

use self::body::{indented, items_of};
use self::scope::Scope;
use self::text::{id, package_of};
use super::names::needs_name;
use super::world::WorldType;
use crate::error::{Error, Result};
use crate::types::display::Name as Shown;
use crate::types::{ComponentItem, ValType};

/// Bytes that the text may have.
const MAX_TEXT: usize = 16 << 20;

/// See [`WorldType::to_wit`].
pub(super) fn print(world: &WorldType) -> Result<String> {
    let interfaces = Interfaces::of(world);
    let mut out = String::from("package root:component;\n\nworld root {\n");
    out.push_str(&indented(&world_body(world, &interfaces)?));
    out.push_str("}\n");
    let mut packages: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, interface) in interfaces.list.iter().enumerate() {
        packages.entry(&interface.package).or_default().push(index);
    }
    for (package, members) in packages {
        let mut text = String::new();
        for index in members {
            let Some(interface) = interfaces.list.get(index) else { continue };
            let mut scope = Scope::new(&interfaces, Some(index));
            let body = items_of(&mut scope, &interface.items);
            let blank = if text.is_empty() { "" } else { "\n" };
            // Writing to a string does not fail.
            let _ = write!(text, "{blank}interface {} {{\n{}}}\n", id(&interface.name), indented(&body));
            check(text.len() + out.len())?;
        }
        let _ = write!(out, "\npackage {package} {{\n{}}}\n", indented(&text));
    }
    check(out.len())?;
    Ok(out)
}

fn check(length: usize) -> Result<()> {
    if length > MAX_TEXT {
        return Err(Error::limit("bytes of a world as WIT", length as u64, MAX_TEXT as u64));
    }
    Ok(())
}

/// The lines of the world.
fn world_body(world: &WorldType, interfaces: &Interfaces) -> Result<String> {
    let mut scope = Scope::new(interfaces, None);
    let mut lines = String::new();
    let own = |items: &[(Arc<str>, ComponentItem)]| -> Vec<_> {
        let own = items.iter().filter(|(_, item)| !matches!(item, ComponentItem::Instance(_)));
        own.cloned().collect()
    };
    // Types of the world itself are always imports to WIT; those that are exported serve the exported functions.
    let imports = own(world.imports());
    let mut types: Vec<_> =
        imports.iter().filter(|(_, item)| !matches!(item, ComponentItem::Func(_))).cloned().collect();
    let known: HashSet<Arc<str>> = types.iter().map(|(name, _)| Arc::clone(name)).collect();
    let exports = own(world.exports());
    let exported =
        exports.iter().filter(|(name, item)| matches!(item, ComponentItem::Type(_)) && !known.contains(name));
    types.extend(exported.cloned());
    let methods =
        imports.iter().filter(|(name, item)| name.starts_with('[') && matches!(item, ComponentItem::Func(_)));
    types.extend(methods.cloned());
    let defined = items_of(&mut scope, &types);
    for (verb, items) in [("import", world.imports()), ("export", world.exports())] {
        for (name, item) in items {
            match item {
                ComponentItem::Instance(_) if interfaces.by_key.contains_key(name) => {
                    let _ = writeln!(lines, "{verb} {};", text::interface_path(name));
                }
                ComponentItem::Instance(instance) if text::is_label(name) => {
                    let mut inline = Scope::new(interfaces, None);
                    let body = items_of(&mut inline, instance.exports());
                    let _ = writeln!(lines, "{verb} {}: interface {{\n{}}}", id(name), indented(&body));
                }
                ComponentItem::Func(ty) if text::is_label(name) => match scope.func(ty) {
                    Ok(text) => {
                        let _ = writeln!(lines, "{verb} {}: {text};", id(name));
                    }
                    Err(_) => {
                        let _ = writeln!(lines, "// {verb} {}: {ty}", Shown(name));
                    }
                },
                ComponentItem::Type(_) => {}
                ComponentItem::Resource(_) if verb == "import" => {}
                ComponentItem::Func(_) if verb == "import" && name.starts_with('[') => {}
                other => {
                    let _ = writeln!(lines, "// {verb} of a {}: {}", other.kind(), Shown(name));
                }
            }
            check(lines.len())?;
        }
    }
    // Functions may have asked for more.
    let (uses, definitions) = (scope.take_uses(), scope.take_definitions());
    Ok(format!("{uses}{definitions}{defined}{lines}"))
}

/// An interface in a package.
struct Interface {
    package: String,
    name: String,
    items: Vec<(Arc<str>, ComponentItem)>,
}

/// All interfaces of a world that have a place in a package, and whose the resources are.
#[derive(Default)]
pub(super) struct Interfaces {
    list: Vec<Interface>,
    by_key: HashMap<Arc<str>, usize>,
    /// The interface that names a resource first, and the name.
    owners: HashMap<u64, (usize, Arc<str>)>,
    /// The types that only a name can stand for, by name; some of each.
    types: HashMap<Arc<str>, Vec<(usize, ValType)>>,
}

/// Types of one name that are looked at when another of that name comes.
const MAX_NAMESAKES: usize = 16;

impl Interfaces {
    fn of(world: &WorldType) -> Self {
        let mut interfaces = Self::default();
        for (key, item) in world.imports().iter().chain(world.exports()) {
            let ComponentItem::Instance(instance) = item else { continue };
            let Some((package, name)) = package_of(key) else { continue };
            let next = interfaces.list.len();
            let index = *interfaces.by_key.entry(Arc::clone(key)).or_insert(next);
            if index == next {
                interfaces.list.push(Interface { package, name, items: Vec::new() });
            }
            let Some(interface) = interfaces.list.get_mut(index) else { continue };
            let known: HashSet<Arc<str>> = interface.items.iter().map(|(name, _)| Arc::clone(name)).collect();
            for (name, item) in instance.exports() {
                if let ComponentItem::Resource(ty) = item {
                    interfaces.owners.entry(ty.id()).or_insert_with(|| (index, Arc::clone(name)));
                }
                if let ComponentItem::Type(ty) = item
                    && needs_name(ty)
                {
                    let namesakes = interfaces.types.entry(Arc::clone(name)).or_default();
                    if namesakes.len() < MAX_NAMESAKES {
                        namesakes.push((index, ty.clone()));
                    }
                }
                if !known.contains(name) {
                    interface.items.push((Arc::clone(name), item.clone()));
                }
            }
        }
        interfaces
    }

    /// How the interface `index` is named in a `use` of the interface `from`.
    fn path(&self, index: usize, from: Option<usize>) -> String {
        let Some(interface) = self.list.get(index) else { return String::new() };
        let same_package =
            from.and_then(|from| self.list.get(from)).is_some_and(|it| it.package == interface.package);
        if same_package {
            return id(&interface.name);
        }
        match interface.package.split_once('@') {
            Some((package, version)) => format!("{package}/{}@{version}", id(&interface.name)),
            None => format!("{}/{}", interface.package, id(&interface.name)),
        }
    }
}
