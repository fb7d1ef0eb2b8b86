//! Which Rust names stand for what the world has: a module for every interface, an identifier for every type. Made once,
//! read by everything that emits.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Ident, Span};
use wit_parser::{Handle, InterfaceId, Resolve, Type, TypeDefKind, TypeId, WorldId, WorldItem, WorldKey};

use crate::{diag::Diagnostics, kebab};
use crate::{options::Options, source::Source};

/// Whether the plugin imports an interface (the host has it) or exports it (the guest has it).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Side {
    Host,
    Guest,
}

/// One interface of the world, as a module.
pub(crate) struct Interface {
    pub(crate) id: InterfaceId,
    /// The name in the component, such as `demo:editor/logging@0.1.0`.
    pub(crate) name: String,
    /// The module, from the place of the macro call.
    pub(crate) path: Vec<Ident>,
    pub(crate) side: Side,
}

/// Where a type is defined. An empty module is the place of the macro call.
pub(crate) struct TypeName {
    pub(crate) module: Vec<Ident>,
    pub(crate) ident: Ident,
}

/// The names of a world.
pub(crate) struct Plan<'a> {
    pub(crate) resolve: &'a Resolve,
    pub(crate) options: &'a Options,
    pub(crate) world: WorldId,
    /// The plugin struct.
    pub(crate) plugin: Ident,
    /// Imports in their order, then exports in theirs.
    pub(crate) interfaces: Vec<Interface>,
    types: HashMap<TypeId, TypeName>,
    /// Entry of `with` for each resource that has one.
    with: HashMap<TypeId, usize>,
    guest_resources: HashSet<TypeId>,
}

/// Names that the bindings of every interface use for themselves.
const RESERVED: [&str; 3] = ["Host", "Guest", "Functions"];

impl<'a> Plan<'a> {
    /// Gives everything a name. Entries of `with` that name no resource of the host are noted.
    pub(crate) fn new(source: &'a Source, options: &'a Options, diag: &mut Diagnostics) -> Self {
        let resolve = &source.resolve;
        let world = &resolve.worlds[source.world];
        let plugin = options
            .name
            .clone()
            .unwrap_or_else(|| kebab::rust_ident(&kebab::upper_camel(&world.name), Span::call_site()));
        let mut plan = Plan {
            resolve,
            options,
            world: source.world,
            plugin,
            interfaces: Vec::new(),
            types: HashMap::new(),
            with: HashMap::new(),
            guest_resources: HashSet::new(),
        };
        let mut root = Scope::default();
        root.reserve(RESERVED.iter().map(|word| (*word).to_owned()).chain([plan.plugin.to_string()]));
        let mut modules = Scope::default();
        for (side, items) in [(Side::Host, &world.imports), (Side::Guest, &world.exports)] {
            for (key, item) in items {
                match item {
                    WorldItem::Interface { id, .. } => plan.interface(side, key, *id, &mut modules),
                    WorldItem::Type { id, .. } => plan.type_name(*id, Vec::new(), &mut root, side),
                    WorldItem::Function(_) => {}
                }
            }
        }
        plan.match_with(diag);
        plan
    }

    fn interface(&mut self, side: Side, key: &WorldKey, id: InterfaceId, modules: &mut Scope) {
        let mut words: Vec<String> = match side {
            Side::Host => Vec::new(),
            Side::Guest => vec!["exports".to_owned()],
        };
        match key {
            // `exports` is the module of the exported interfaces.
            WorldKey::Name(name) if name == "exports" => words.push("exports_".to_owned()),
            WorldKey::Name(name) => words.push(kebab::snake(name)),
            WorldKey::Interface(id) => words.extend(self.package_path(*id)),
        }
        modules.make_unique(&mut words);
        let path: Vec<Ident> = words.iter().map(|word| kebab::rust_ident(word, Span::call_site())).collect();
        let mut scope = Scope::default();
        scope.reserve(RESERVED.iter().map(|word| (*word).to_owned()));
        for ty in self.resolve.interfaces[id].types.values() {
            self.type_name(*ty, path.clone(), &mut scope, side);
        }
        self.interfaces.push(Interface { id, name: self.resolve.name_world_key(key), path, side });
    }

    /// `demo:editor/text-tools@0.1.0` → `demo`, `editor`, `text_tools`; the package carries its version when the world
    /// has the package in several.
    fn package_path(&self, id: InterfaceId) -> Vec<String> {
        let interface = &self.resolve.interfaces[id];
        let last = kebab::snake(interface.name.as_deref().unwrap_or("interface"));
        let Some(package) = interface.package else { return vec![last] };
        let name = &self.resolve.packages[package].name;
        let versions = self
            .resolve
            .packages
            .iter()
            .filter(|(_, other)| other.name.namespace == name.namespace && other.name.name == name.name)
            .count();
        let mut package = kebab::snake(&name.name);
        if let (Some(version), true) = (&name.version, versions > 1) {
            package.push_str(&version.to_string().replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
        }
        let namespace = match kebab::snake(&name.namespace) {
            exports if exports == "exports" => "exports_".to_owned(),
            other => other,
        };
        vec![namespace, package, last]
    }

    fn type_name(&mut self, id: TypeId, module: Vec<Ident>, scope: &mut Scope, side: Side) {
        let def = &self.resolve.types[id];
        let Some(name) = &def.name else { return };
        let ident = kebab::rust_ident(&scope.fresh(kebab::upper_camel(name)), Span::call_site());
        if matches!(def.kind, TypeDefKind::Resource) && side == Side::Guest {
            self.guest_resources.insert(id);
        }
        self.types.insert(id, TypeName { module, ident });
    }

    fn match_with(&mut self, diag: &mut Diagnostics) {
        let options = self.options;
        for (index, with) in options.with.iter().enumerate() {
            let wanted = with.resource.value();
            let found = self.types.keys().copied().find(|id| {
                matches!(self.resolve.types[*id].kind, TypeDefKind::Resource)
                    && !self.guest_resources.contains(id)
                    && self.with_names(*id).contains(&wanted)
            });
            match found {
                Some(id) => drop(self.with.insert(id, index)),
                None => diag.error(
                    with.span(),
                    format!(
                        "the world imports no resource `{wanted}`: write it as in `namespace:package/interface/resource`"
                    ),
                ),
            }
        }
    }

    /// How an entry of `with` may write a resource: with or without the version.
    fn with_names(&self, id: TypeId) -> Vec<String> {
        let def = &self.resolve.types[id];
        let name = def.name.as_deref().unwrap_or_default();
        let wit_parser::TypeOwner::Interface(interface) = def.owner else { return vec![name.to_owned()] };
        let Some(full) = self.interfaces.iter().find(|i| i.id == interface).map(|i| &i.name) else {
            return Vec::new();
        };
        let bare = full.split('@').next().unwrap_or(full);
        vec![format!("{full}/{name}"), format!("{bare}/{name}")]
    }

    /// The name of a type that has one.
    pub(crate) fn type_of(&self, id: TypeId) -> Option<&TypeName> {
        self.types.get(&id)
    }

    /// The path in `with` for this resource.
    pub(crate) fn with(&self, id: TypeId) -> Option<&syn::Path> {
        self.with.get(&id).and_then(|index| self.options.with.get(*index)).map(|with| &with.path)
    }

    /// Whether this is a resource that the guest defines.
    pub(crate) fn is_guest_resource(&self, id: TypeId) -> bool {
        self.guest_resources.contains(&id)
    }

    /// Follows `use` and `type x = y` to the resource that is meant, and says who defines it.
    pub(crate) fn resource(&self, handle: Handle) -> (TypeId, Side) {
        let (Handle::Own(mut id) | Handle::Borrow(mut id)) = handle;
        while let TypeDefKind::Type(Type::Id(next)) = self.resolve.types[id].kind {
            id = next;
        }
        let side = if self.guest_resources.contains(&id) { Side::Guest } else { Side::Host };
        (id, side)
    }
}

/// The identifiers taken in one namespace.
#[derive(Default)]
pub(crate) struct Scope {
    taken: HashSet<String>,
}

impl Scope {
    /// Takes names without asking.
    pub(crate) fn reserve(&mut self, names: impl IntoIterator<Item = String>) {
        self.taken.extend(names);
    }

    /// `text`, with underscores behind it while it is taken; takes it.
    pub(crate) fn fresh(&mut self, mut text: String) -> String {
        while !self.taken.insert(text.clone()) {
            text.push('_');
        }
        text
    }

    /// Makes a module path unlike all before it.
    fn make_unique(&mut self, words: &mut [String]) {
        while !self.taken.insert(words.join("::")) {
            if let Some(last) = words.last_mut() {
                last.push('_');
            }
        }
    }
}
