//! What a component imports and exports, as plain values that serialize: for command lines, other languages and people.

use std::sync::Arc;

use serde::Serialize;

use plugbay_component::Component;
use plugbay_component::reflect::{TypeNames, WorldType};
use plugbay_component::types::{ComponentItem, FuncType};

/// All imports and exports of a component. Its JSON form is stable; types are in WIT notation, by their names where they
/// have one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct World {
    /// What the component asks for.
    pub imports: Vec<Item>,
    /// What it offers.
    pub exports: Vec<Item>,
}

/// One import or export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Item {
    /// `wasi:clocks/wall-clock@0.2.6`, or a plain name.
    pub name: String,
    /// What it is.
    #[serde(flatten)]
    pub kind: ItemKind,
}

/// What an import or export is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[non_exhaustive]
pub enum ItemKind {
    /// An interface and what is in it.
    Interface {
        /// In the order of the component.
        items: Vec<Item>,
    },
    /// A function.
    Function(Signature),
    /// A type with a structure.
    Type {
        /// In WIT notation.
        definition: String,
    },
    /// A resource type.
    Resource,
    /// A component.
    Component,
    /// A core module.
    Module,
    /// Something that this version has no name for.
    Other,
}

/// The type of a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Signature {
    /// The parameters in order.
    pub params: Vec<Param>,
    /// The result's type in WIT notation, if there is one.
    pub result: Option<String>,
}

/// A parameter of a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its type in WIT notation.
    #[serde(rename = "type")]
    pub ty: String,
}

impl World {
    pub(crate) fn of(component: &Component) -> Self {
        let world = WorldType::of(component);
        let names = world.names();
        let items = |items: &[(Arc<str>, ComponentItem)]| {
            items.iter().map(|(name, item)| Item::new(name, item, &names)).collect()
        };
        Self { imports: items(world.imports()), exports: items(world.exports()) }
    }
}

impl Item {
    fn new(name: &str, item: &ComponentItem, names: &TypeNames) -> Self {
        let kind = match item {
            ComponentItem::Func(ty) => ItemKind::Function(Signature::new(ty, names)),
            ComponentItem::Instance(ty) => ItemKind::Interface {
                items: ty.exports().iter().map(|(name, item)| Self::new(name, item, names)).collect(),
            },
            ComponentItem::Resource(_) => ItemKind::Resource,
            ComponentItem::Type(ty) => ItemKind::Type { definition: names.definition(ty) },
            ComponentItem::Component => ItemKind::Component,
            ComponentItem::Module => ItemKind::Module,
            _ => ItemKind::Other,
        };
        Self { name: name.to_owned(), kind }
    }
}

impl Signature {
    fn new(ty: &FuncType, names: &TypeNames) -> Self {
        let params = ty.params().iter();
        let params = params.map(|(name, ty)| Param { name: name.to_string(), ty: names.text(ty) });
        Self { params: params.collect(), result: ty.result().map(|ty| names.text(ty)) }
    }
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let params: Vec<_> =
            self.params.iter().map(|param| format!("{}: {}", param.name, param.ty)).collect();
        write!(f, "func({})", params.join(", "))?;
        match &self.result {
            Some(result) => write!(f, " -> {result}"),
            None => Ok(()),
        }
    }
}

impl std::fmt::Display for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (verb, items) in [("import", &self.imports), ("export", &self.exports)] {
            items.iter().try_for_each(|item| item.write(f, verb, 0))?;
        }
        Ok(())
    }
}

impl Item {
    fn write(&self, f: &mut std::fmt::Formatter<'_>, verb: &str, depth: usize) -> std::fmt::Result {
        let indent = "  ".repeat(depth);
        let verb = if verb.is_empty() { String::new() } else { format!("{verb} ") };
        match &self.kind {
            ItemKind::Interface { items } => {
                writeln!(f, "{indent}{verb}{} {{", self.name)?;
                items.iter().try_for_each(|item| item.write(f, "", depth + 1))?;
                writeln!(f, "{indent}}}")
            }
            ItemKind::Function(signature) => writeln!(f, "{indent}{verb}{}: {signature}", self.name),
            ItemKind::Type { definition } => writeln!(f, "{indent}{verb}type {} = {definition}", self.name),
            ItemKind::Resource => writeln!(f, "{indent}{verb}resource {}", self.name),
            ItemKind::Component => writeln!(f, "{indent}{verb}component {}", self.name),
            ItemKind::Module => writeln!(f, "{indent}{verb}core module {}", self.name),
            ItemKind::Other => writeln!(f, "{indent}{verb}{}", self.name),
        }
    }
}

/// The paths of all exported functions, as [`Plugin::func`](crate::Plugin::func) takes them.
pub(crate) fn function_paths(component: &Component) -> Vec<String> {
    let mut paths = Vec::new();
    for (name, item) in component.exports() {
        match item {
            ComponentItem::Func(_) => paths.push(name.to_owned()),
            ComponentItem::Instance(instance) => {
                let functions =
                    instance.exports().iter().filter(|(_, item)| matches!(item, ComponentItem::Func(_)));
                paths.extend(functions.map(|(function, _)| format!("{name}#{function}")));
            }
            _ => {}
        }
    }
    paths
}
