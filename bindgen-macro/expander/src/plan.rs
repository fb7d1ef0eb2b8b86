//! Which Rust names stand for what the world has: a module for every interface, an identifier for every type. Made once,
//! read by everything that emits.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Ident, Span};
use wit_parser::{Handle, InterfaceId, Resolve, Type, TypeDefKind, TypeId, WorldId, WorldItem, WorldKey};

use crate::{
    diag::Diagnostics,
    kebab,
    options::{Options, Trappable},
    source::Source,
};

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
    /// The module of the application's that stands for it, made by another `bindgen!`.
    pub(crate) with: Option<syn::Path>,
}

/// Where a type is defined.
pub(crate) struct TypeName {
    pub(crate) module: Module,
    pub(crate) ident: Ident,
}

/// A module of the expansion or of the application.
#[derive(Clone)]
pub(crate) enum Module {
    /// From the place of the macro call, which is the empty path.
    Here(Vec<Ident>),
    /// As written in `with`.
    Elsewhere(syn::Path),
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
    /// Entries of `with` that stand for an interface.
    with_used: HashSet<usize>,
    guest_resources: HashSet<TypeId>,
}

/// Names that the bindings of every interface use for themselves, those of type parameters among them.
const RESERVED: [&str; 5] = ["Host", "Guest", "Functions", "T", "U"];

impl<'a> Plan<'a> {
    /// Gives everything a name. Options that name nothing of the world are noted.
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
            with_used: HashSet::new(),
            guest_resources: HashSet::new(),
        };
        let mut root = Scope::default();
        root.reserve(RESERVED.iter().map(|word| (*word).to_owned()).chain([plan.plugin.to_string()]));
        let mut modules = Scope::default();
        for (side, items) in [(Side::Host, &world.imports), (Side::Guest, &world.exports)] {
            for (key, item) in items {
                match item {
                    WorldItem::Interface { id, .. } => plan.interface(side, key, *id, &mut modules),
                    WorldItem::Type { id, .. } => {
                        plan.type_name(*id, &Module::Here(Vec::new()), &mut root, side);
                    }
                    WorldItem::Function(_) => {}
                }
            }
        }
        plan.match_with(diag);
        plan.match_trappable(diag);
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
        let name = self.resolve.name_world_key(key);
        let options = self.options;
        let with = options.with.iter().enumerate().find(|(_, with)| {
            let wanted = with.item.value();
            side == Side::Host && (wanted == name || wanted == without_version(&name))
        });
        let with = with.map(|(index, with)| {
            self.with_used.insert(index);
            with.path.clone()
        });
        let module = with.clone().map_or_else(|| Module::Here(path.clone()), Module::Elsewhere);
        let mut scope = Scope::default();
        scope.reserve(RESERVED.iter().map(|word| (*word).to_owned()));
        for ty in self.resolve.interfaces[id].types.values() {
            self.type_name(*ty, &module, &mut scope, side);
        }
        self.interfaces.push(Interface { id, name, path, side, with });
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

    fn type_name(&mut self, id: TypeId, module: &Module, scope: &mut Scope, side: Side) {
        let def = &self.resolve.types[id];
        let Some(name) = &def.name else { return };
        let ident = kebab::rust_ident(&scope.fresh(kebab::upper_camel(name)), Span::call_site());
        if matches!(def.kind, TypeDefKind::Resource) && side == Side::Guest {
            self.guest_resources.insert(id);
        }
        self.types.insert(id, TypeName { module: module.clone(), ident });
    }

    /// Finds the types that entries of `with` name: a resource of the host, or any other type, wherever the world has it.
    fn match_with(&mut self, diag: &mut Diagnostics) {
        let options = self.options;
        for (index, with) in options.with.iter().enumerate() {
            let wanted = with.item.value();
            let found: Vec<TypeId> =
                self.types.keys().copied().filter(|id| self.with_names(*id).contains(&wanted)).collect();
            let unused = !self.with_used.contains(&index);
            if found.is_empty() && unused {
                let message = format!(
                    "the world has no type `{wanted}` and imports no such interface: write `namespace:package/interface` \
                     or `namespace:package/interface/type`"
                );
                diag.error(with.span(), message);
            } else if unused && found.iter().all(|id| self.is_guest_resource(*id)) {
                diag.error(
                    with.span(),
                    format!("`{wanted}` is a resource that the plugin defines: no type of the host can stand for it"),
                );
            }
            let ours = found.into_iter().filter(|id| !self.is_guest_resource(*id));
            self.with.extend(ours.map(|id| (id, index)).collect::<Vec<_>>());
        }
    }

    /// Notes entries of `trappable` that name nothing that is imported.
    fn match_trappable(&self, diag: &mut Diagnostics) {
        let Trappable::Of(entries) = &self.options.trappable else { return };
        let of_interfaces =
            self.interfaces.iter().filter(|interface| interface.side == Side::Host).flat_map(|i| {
                let wit = &self.resolve.interfaces[i.id];
                let functions = wit.functions.keys().flat_map(|name| trappable_names(&i.name, name));
                let resources = wit.types.iter().filter(|(_, id)| self.is_resource(**id));
                let drops = resources.flat_map(|(name, _)| trappable_names(&i.name, &format!("{name}.drop")));
                functions.chain(drops).collect::<Vec<_>>()
            });
        let world = &self.resolve.worlds[self.world];
        let of_world = world.imports.iter().filter_map(|(key, item)| match (item, key) {
            (WorldItem::Function(_), WorldKey::Name(name)) => Some(trappable_names("", name)),
            (WorldItem::Type { id, .. }, WorldKey::Name(name)) if self.is_resource(*id) => {
                Some(trappable_names("", &format!("{name}.drop")))
            }
            _ => None,
        });
        let known: HashSet<String> = of_interfaces.chain(of_world.flatten()).collect();
        for entry in entries.iter().filter(|entry| !known.contains(&entry.value())) {
            let message = format!(
                "the world imports no `{}`: write `namespace:package/interface` or `namespace:package/interface/function`, \
                 of a resource `…/interface/resource.method`",
                entry.value()
            );
            diag.error(entry.span(), message);
        }
    }

    fn is_resource(&self, id: TypeId) -> bool {
        matches!(self.resolve.types[id].kind, TypeDefKind::Resource)
    }

    /// Whether a function of the host returns a result whose error ends the plugin's call. `function` is its name in the
    /// component, or `resource.drop`; `interface` is empty for the world.
    pub(crate) fn trappable(&self, interface: &str, function: &str) -> bool {
        match &self.options.trappable {
            Trappable::None => false,
            Trappable::All => true,
            Trappable::Of(entries) => {
                let names = trappable_names(interface, function);
                entries.iter().any(|entry| names.contains(&entry.value()))
            }
        }
    }

    /// How an entry of `with` may write a type: with or without the version.
    fn with_names(&self, id: TypeId) -> Vec<String> {
        let def = &self.resolve.types[id];
        let name = def.name.as_deref().unwrap_or_default();
        let wit_parser::TypeOwner::Interface(interface) = def.owner else { return vec![name.to_owned()] };
        let Some(full) = self.interfaces.iter().find(|i| i.id == interface).map(|i| &i.name) else {
            return Vec::new();
        };
        vec![format!("{full}/{name}"), format!("{}/{name}", without_version(full))]
    }

    /// The name of a type that has one.
    pub(crate) fn type_of(&self, id: TypeId) -> Option<&TypeName> {
        self.types.get(&id)
    }

    /// The path in `with` for this type.
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

/// `demo:calc/log@0.1.0` → `demo:calc/log`.
fn without_version(name: &str) -> &str {
    name.split('@').next().unwrap_or(name)
}

/// How an entry of `trappable` may write a function: by its interface, with or without the version, or on its own.
fn trappable_names(interface: &str, function: &str) -> Vec<String> {
    let item = match function.split_once(']') {
        Some(("[constructor", resource)) => format!("{resource}.constructor"),
        Some((_, item)) => item.to_owned(),
        None => function.to_owned(),
    };
    if interface.is_empty() {
        return vec![item];
    }
    let bare = without_version(interface);
    vec![interface.to_owned(), bare.to_owned(), format!("{interface}/{item}"), format!("{bare}/{item}")]
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
