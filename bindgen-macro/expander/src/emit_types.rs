//! Definitions of the types of one module, with the public derives. The layout of a type is the derives' business.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use wit_parser::{Docs, Type, TypeDefKind, TypeId};

use crate::kebab;
use crate::{
    docs,
    plan::{Interface, Scope},
    rust_type::RustTypes,
};

/// Emits the definition of a type in the module that `types` looks from. Nothing for types that have no name.
pub(crate) fn definition(types: &RustTypes<'_>, id: TypeId, error: bool) -> TokenStream {
    let def = &types.plan.resolve.types[id];
    let Some(name) = types.plan.type_of(id) else { return TokenStream::new() };
    let ident = &name.ident;
    let warn = !types.module.is_empty();
    let docs = docs::of_item(&def.docs, &def.stability, warn, || {
        format!("`{}`.", def.name.as_deref().unwrap_or_default())
    });
    if let (Some(path), false) = (types.plan.with(id), matches!(def.kind, TypeDefKind::Resource)) {
        let path = types.applications_path(path);
        return quote!(#docs pub type #ident = #path;);
    }
    let mut scope = Scope::default();
    let body = match &def.kind {
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter().map(|field| {
                let member = member(&field.name, scope.fresh(kebab::snake(&field.name)), &field.docs);
                let ty = types.owned(&field.ty);
                quote!(#member: #ty)
            });
            let derives = derives(types, id, "record");
            quote!(#derives pub struct #ident { #(#fields),* })
        }
        TypeDefKind::Flags(flags) => {
            let fields = flags.flags.iter().map(|flag| {
                let member = member(&flag.name, scope.fresh(kebab::snake(&flag.name)), &flag.docs);
                quote!(#member: bool)
            });
            let derives = derives(types, id, "flags");
            quote!(#derives pub struct #ident { #(#fields),* })
        }
        TypeDefKind::Variant(variant) => {
            let cases = variant.cases.iter().map(|case| {
                let payload = case.ty.as_ref().map(|ty| {
                    let ty = types.owned(ty);
                    quote!((#ty))
                });
                let head = case_head(&case.name, &case.docs, &mut scope);
                quote!(#head #payload)
            });
            let derives = derives(types, id, "variant");
            quote!(#derives pub enum #ident { #(#cases),* })
        }
        TypeDefKind::Enum(cases) => {
            let cases = cases.cases.iter().map(|case| case_head(&case.name, &case.docs, &mut scope));
            let derives = derives(types, id, "enum");
            quote!(#derives pub enum #ident { #(#cases),* })
        }
        TypeDefKind::Resource => return resource(types, id, ident, &docs),
        TypeDefKind::Type(Type::Id(other)) => return alias(types, *other, ident, &docs),
        other => {
            let ty = types.structure(other);
            return quote!(#docs pub type #ident = #ty;);
        }
    };
    let error = if error { as_error(ident) } else { TokenStream::new() };
    quote!(#docs #body #error)
}

/// `type a = b;` and `use x.{b as a};`: the same Rust type under another name.
fn alias(types: &RustTypes<'_>, other: TypeId, ident: &Ident, docs: &TokenStream) -> TokenStream {
    match types.plan.type_of(other) {
        Some(name) if types.is_here(name) => {
            let target = &name.ident;
            quote!(#docs pub type #ident = #target;)
        }
        Some(name) => {
            let path = types.path_of(name);
            let rename = (name.ident != *ident).then(|| quote!(as #ident));
            quote!(pub use #path #rename;)
        }
        None => {
            let ty = types.owned(&Type::Id(other));
            quote!(#docs pub type #ident = #ty;)
        }
    }
}

fn resource(types: &RustTypes<'_>, id: TypeId, ident: &Ident, docs: &TokenStream) -> TokenStream {
    if types.plan.is_guest_resource(id) {
        return quote! {
            #docs
            ///
            /// A handle to a resource that lives in the plugin until it is given back or dropped with the plugin.
            #[derive(
                ::plugbay::macro_support::Debug,
                ::plugbay::macro_support::ComponentValue,
            )]
            pub struct #ident(::plugbay::macro_support::ResourceAny);
        };
    }
    match types.plan.with(id) {
        Some(path) => {
            let path = types.applications_path(path);
            quote!(#docs pub type #ident = #path;)
        }
        None => {
            quote! {
                #docs
                ///
                /// A mark for handles, `Resource` and `Borrow`; the host decides what stands behind their numbers.
                pub enum #ident {}
            }
        }
    }
}

/// `#[component(name)] docs pub ident`.
fn member(name: &str, text: String, docs: &Docs) -> TokenStream {
    let ident = kebab::rust_ident(&text, Span::call_site());
    let named = component_name(name, &ident);
    let docs = docs::attributes(docs, || format!("`{name}`."));
    quote!(#docs #named pub #ident)
}

fn case_head(name: &str, docs: &Docs, scope: &mut Scope) -> TokenStream {
    let ident = kebab::rust_ident(&scope.fresh(kebab::upper_camel(name)), Span::call_site());
    let named = component_name(name, &ident);
    let docs = docs::attributes(docs, || format!("`{name}`."));
    quote!(#docs #named #ident)
}

/// The name attribute, where the identifier does not say the name.
fn component_name(name: &str, ident: &Ident) -> Option<TokenStream> {
    (kebab::from_rust(&ident.to_string()) != name).then(|| quote!(#[component(name = #name)]))
}

fn derives(types: &RustTypes<'_>, id: TypeId, kind: &str) -> TokenStream {
    let facts = types.facts.of_id(types.plan, id);
    let mut list = vec!["Debug"];
    if !facts.handles() {
        list.push("Clone");
        if facts.copy() {
            list.push("Copy");
        }
        if !facts.foreign {
            list.push("PartialEq");
        }
        if !facts.foreign && !facts.float {
            list.extend(["Eq", "Hash"]);
        }
        match kind {
            "enum" => list.extend(["PartialOrd", "Ord"]),
            "flags" => list.push("Default"),
            _ => {}
        }
    }
    list.push("ComponentValue");
    let list = list.iter().map(|word| format_ident!("{word}"));
    let kind = Ident::new(kind, Span::call_site());
    let wanted = if facts.handles() { &[] } else { types.plan.options.derives.as_slice() };
    let wanted = wanted.iter().map(|path| types.applications_path(path));
    quote! {
        #[derive(#(::plugbay::macro_support::#list,)* #(#wanted),*)]
        #[component(#kind)]
    }
}

/// Types that functions fail with are Rust errors.
fn as_error(ident: &Ident) -> TokenStream {
    quote! {
        impl ::plugbay::macro_support::Display for #ident {
            fn fmt(
                &self,
                f: &mut ::plugbay::macro_support::Formatter<'_>,
            ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::FmtError> {
                ::plugbay::macro_support::Debug::fmt(self, f)
            }
        }

        impl ::plugbay::macro_support::StdError for #ident {}
    }
}

/// The types of an interface in their order.
pub(crate) fn of_interface(
    types: &RustTypes<'_>,
    interface: &Interface,
    errors: &std::collections::HashSet<TypeId>,
) -> TokenStream {
    types.plan.resolve.interfaces[interface.id]
        .types
        .values()
        .map(|id| definition(types, *id, errors.contains(id)))
        .collect()
}
