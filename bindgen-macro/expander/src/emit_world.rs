//! The world as a whole: modules of its interfaces, the typed plugin, and one function that provides all imports.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use wit_parser::{Function, Type, TypeDefKind, TypeId, WorldItem};

use crate::{
    docs,
    emit_exports::{self, Call},
    emit_imports::{self, Imported},
    emit_types,
    facts::FactTable,
    modules::Modules,
    plan::{Interface, Plan, Scope, Side},
    rust_type::RustTypes,
};

/// Everything that `bindgen!` expands to, but for the list of files read.
pub(crate) fn emit(plan: &Plan<'_>) -> TokenStream {
    let facts = FactTable::default();
    let errors = error_types(plan);
    let root = RustTypes { plan, facts: &facts, module: &[] };
    let mut modules = Modules::default();
    let mut accessors = Scope::default();
    let world = &plan.resolve.worlds[plan.world];
    accessors.reserve(["plugin".to_owned(), "finder".to_owned()]);
    let functions = emit_exports::fields(plan, "", functions(world.exports.values()), &mut accessors);
    let mut guests = Vec::new();
    for interface in plan.interfaces.iter().filter(|interface| interface.with.is_none()) {
        let types = RustTypes { plan, facts: &facts, module: &interface.path };
        let mut items = emit_types::of_interface(&types, interface, &errors);
        match interface.side {
            Side::Host => items.extend(import(&types, interface)),
            Side::Guest => {
                let guest = GuestInterface::new(plan, interface, &mut accessors);
                items.extend(emit_exports::interface(&types, interface, &guest.accessor));
                guests.push(guest);
            }
        }
        let wit = &plan.resolve.interfaces[interface.id];
        let about = docs::of_item(&wit.docs, &wit.stability, false, || format!("`{}`.", interface.name));
        modules.at(&interface.path).add(about, items);
    }
    let world_types = world_types(&root, &errors);
    let imports = world_imports(&root);
    let plugin = plugin(&root, &functions, &guests);
    let nested = modules.nested();
    quote!(#world_types #imports #plugin #nested)
}

fn functions<'a>(items: impl Iterator<Item = &'a WorldItem>) -> impl Iterator<Item = &'a Function> {
    items.filter_map(|item| match item {
        WorldItem::Function(function) => Some(function),
        _ => None,
    })
}

/// Named types that a function returns as the `E` of a `result<T, E>`.
fn error_types(plan: &Plan<'_>) -> HashSet<TypeId> {
    let world = &plan.resolve.worlds[plan.world];
    let of_world = functions(world.imports.values().chain(world.exports.values()));
    let of_interfaces = plan.interfaces.iter().flat_map(|i| plan.resolve.interfaces[i.id].functions.values());
    of_world.chain(of_interfaces).filter_map(|function| error_type(plan, function)).collect()
}

fn error_type(plan: &Plan<'_>, function: &Function) -> Option<TypeId> {
    let follow = |ty: &Type| {
        let Type::Id(mut id) = *ty else { return None };
        while let TypeDefKind::Type(Type::Id(next)) = plan.resolve.types[id].kind {
            id = next;
        }
        Some(id)
    };
    let TypeDefKind::Result(result) = &plan.resolve.types[follow(function.result.as_ref()?)?].kind else {
        return None;
    };
    follow(result.err.as_ref()?)
}

fn import(types: &RustTypes<'_>, interface: &Interface) -> TokenStream {
    let wit = &types.plan.resolve.interfaces[interface.id];
    let imported = Imported {
        name: &interface.name,
        functions: wit.functions.values().collect(),
        resources: emit_imports::defined_resources(types.plan, wit.types.values()),
    };
    if imported.is_empty() {
        return TokenStream::new();
    }
    emit_imports::emit(types, &imported, &format_ident!("provide"))
}

/// Types that stand in the world itself.
fn world_types(root: &RustTypes<'_>, errors: &HashSet<TypeId>) -> TokenStream {
    let world = &root.plan.resolve.worlds[root.plan.world];
    let items = world.imports.values().chain(world.exports.values());
    let ids = items.filter_map(|item| match item {
        WorldItem::Type { id, .. } => Some(*id),
        _ => None,
    });
    ids.map(|id| emit_types::definition(root, id, errors.contains(&id))).collect()
}

/// `Host` for functions of the world itself, and `provide` for all that the world imports.
fn world_imports(root: &RustTypes<'_>) -> TokenStream {
    let plan = root.plan;
    let world = &plan.resolve.worlds[plan.world];
    let types: Vec<TypeId> = world
        .imports
        .values()
        .filter_map(|item| match item {
            WorldItem::Type { id, .. } => Some(*id),
            _ => None,
        })
        .collect();
    let imported = Imported {
        name: "",
        functions: functions(world.imports.values()).collect(),
        resources: emit_imports::defined_resources(plan, types.iter()),
    };
    let mut bounds = Vec::new();
    let mut calls = Vec::new();
    let mut offers = Vec::new();
    let mut own = TokenStream::new();
    if !imported.is_empty() {
        let provide = format_ident!("provide_functions");
        own = emit_imports::emit(root, &imported, &provide);
        bounds.push(quote!(Host));
        calls.push(quote!(#provide(linker, get)?;));
        // Bare names are granted one by one, and a linker takes a definition again in the place of the same one.
        let names = imported.functions.iter().map(|function| &function.name);
        offers.extend(names.map(|name| quote!(.provide(#name, move |linker| #provide(linker, get)))));
    }
    for interface in plan.interfaces.iter().filter(|i| i.side == Side::Host) {
        let wit = &plan.resolve.interfaces[interface.id];
        let resources = emit_imports::defined_resources(plan, wit.types.values());
        if wit.functions.is_empty() && resources.is_empty() {
            continue;
        }
        let module = interface
            .with
            .as_ref()
            .map_or_else(|| root.module_path(&interface.path), |path| root.applications_path(path));
        bounds.push(quote!(#module::Host));
        calls.push(quote!(#module::provide(linker, get)?;));
        let name = &interface.name;
        offers.push(quote!(.provide(#name, move |linker| #module::provide(linker, get))));
    }
    if calls.is_empty() {
        return own;
    }
    quote! {
        #own

        /// Puts everything that the world imports into a linker. `get` finds the implementation in the state of a plugin.
        ///
        /// # Errors
        /// When the linker has other functions of these names.
        pub fn provide<T: 'static, U: #(#bounds +)* 'static>(
            linker: &mut ::plugbay::macro_support::Linker<T>,
            get: fn(&mut T) -> &mut U,
        ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
            #(#calls)*
            ::plugbay::macro_support::Result::Ok(())
        }

        /// Offers everything that the world imports to the plugins of a host, each interface to those that are granted
        /// it. `get` finds the implementation in the state of a plugin.
        pub fn offer<T: 'static, U: #(#bounds +)* 'static>(
            builder: ::plugbay::macro_support::HostBuilder<T>,
            get: fn(&mut T) -> &mut U,
        ) -> ::plugbay::macro_support::HostBuilder<T> {
            builder #(#offers)*
        }
    }
}

/// An exported interface in the plugin struct.
struct GuestInterface<'a> {
    accessor: Ident,
    interface: &'a Interface,
    /// Whether functions are kept for it.
    functions: bool,
    /// Whether there are functions besides those of resources.
    calls: bool,
}

impl<'a> GuestInterface<'a> {
    fn new(plan: &Plan<'_>, interface: &'a Interface, scope: &mut Scope) -> Self {
        let functions = &plan.resolve.interfaces[interface.id].functions;
        GuestInterface {
            accessor: emit_exports::accessor(interface, scope),
            interface,
            functions: !functions.is_empty(),
            calls: functions.values().any(|function| function.kind.resource().is_none()),
        }
    }
}

/// The plugin struct, what finds its functions, and its methods.
fn plugin(
    root: &RustTypes<'_>,
    functions: &[emit_exports::Exported<'_>],
    guests: &[GuestInterface<'_>],
) -> TokenStream {
    let ident = &root.plan.plugin;
    let world = &root.plan.resolve.worlds[root.plan.world];
    let about = docs::attributes(&world.docs, || format!("A plugin of the world `{}`.", world.name));
    let declarations = functions.iter().map(|function| function.declaration(root));
    let found = functions.iter().map(|function| {
        let (field, found) = (function.field(), function.found());
        quote!(let #field = #found;)
    });
    let methods = functions.iter().map(|function| {
        let call = Call {
            ident: function.field(),
            generics: &TokenStream::new(),
            receiver: &quote!(&mut self),
            plugin: &quote!(&mut self.plugin),
            callee: &quote!(self),
            on_resource: false,
        };
        function.method(root, &call)
    });
    let kept: Vec<&GuestInterface<'_>> = guests.iter().filter(|guest| guest.functions).collect();
    let fields = kept.iter().map(|guest| {
        let (accessor, module) = (&guest.accessor, root.module_path(&guest.interface.path));
        quote!(#accessor: #module::Functions)
    });
    let finds = kept.iter().map(|guest| {
        let (accessor, module) = (&guest.accessor, root.module_path(&guest.interface.path));
        quote!(let #accessor = #module::Functions::find(&mut finder);)
    });
    let names: Vec<&Ident> = functions
        .iter()
        .map(emit_exports::Exported::field)
        .chain(kept.iter().map(|guest| &guest.accessor))
        .collect();
    let found = find_all(&names, found, finds);
    let accessors = kept.iter().filter(|guest| guest.calls).map(|guest| accessor(root, guest));
    quote! {
        #about
        pub struct #ident<T: 'static> {
            plugin: ::plugbay::macro_support::Plugin<T>,
            #(#declarations,)*
            #(#fields,)*
        }

        impl<T: 'static> #ident<T> {
            #(#methods)*
            #(#accessors)*
        }

        impl<T: 'static> ::plugbay::macro_support::Debug for #ident<T> {
            fn fmt(
                &self,
                f: &mut ::plugbay::macro_support::Formatter<'_>,
            ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::FmtError> {
                ::plugbay::macro_support::Debug::fmt(&self.plugin, f)
            }
        }

        impl<T: 'static> ::plugbay::macro_support::Bindings<T> for #ident<T> {
            fn bind(
                plugin: ::plugbay::macro_support::Plugin<T>,
            ) -> ::plugbay::macro_support::Result<Self, ::plugbay::macro_support::Error> {
                #found
            }

            fn plugin(&mut self) -> &mut ::plugbay::macro_support::Plugin<T> {
                &mut self.plugin
            }
        }
    }
}

/// The body of `bind`: looks for all exports before it says what is wrong.
fn find_all(
    names: &[&Ident],
    found: impl Iterator<Item = TokenStream>,
    finds: impl Iterator<Item = TokenStream>,
) -> TokenStream {
    if names.is_empty() {
        quote!(::plugbay::macro_support::Result::Ok(Self { plugin }))
    } else {
        quote! {
            let mut finder = ::plugbay::macro_support::Finder::new(&plugin);
            #(#found)*
            #(#finds)*
            match (#(#names,)*) {
                (#(::plugbay::macro_support::Option::Some(#names),)*) => {
                    ::plugbay::macro_support::Result::Ok(Self { plugin, #(#names),* })
                }
                _ => ::plugbay::macro_support::Result::Err(finder.into_error()),
            }
        }
    }
}

fn accessor(root: &RustTypes<'_>, guest: &GuestInterface<'_>) -> TokenStream {
    let (accessor, module) = (&guest.accessor, root.module_path(&guest.interface.path));
    let wit = &root.plan.resolve.interfaces[guest.interface.id];
    let about = docs::attributes(&wit.docs, || format!("`{}`.", guest.interface.name));
    quote! {
        #about
        pub fn #accessor(&mut self) -> #module::Guest<'_, T> {
            #module::Guest { plugin: &mut self.plugin, functions: &self.#accessor }
        }
    }
}

/// `const _: &str = include_str!("…")` for each file, so that a change of the WIT rebuilds the crate.
pub(crate) fn rebuild_on_change(files: &[std::path::PathBuf]) -> TokenStream {
    files
        .iter()
        .filter_map(|file| file.to_str())
        .map(|file| {
            let file = proc_macro2::Literal::string(file);
            quote!(
                const _: &[u8] = ::plugbay::macro_support::include_bytes!(#file);
            )
        })
        .collect()
}
