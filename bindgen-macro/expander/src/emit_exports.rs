//! The guest's side of a world: functions found and checked once when a plugin is bound, and typed calls of them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use wit_parser::{Function, FunctionKind, Handle, Type, TypeDefKind, TypeId};

use crate::kebab;
use crate::{
    docs,
    plan::{Interface, Plan, Scope, Side},
    rust_type::{Lifetime, RustTypes},
};

/// One exported function with the field that keeps it.
pub(crate) struct Exported<'a> {
    function: &'a Function,
    field: Ident,
    /// Where it is found, such as `demo:editor/sessions@0.1.0#[method]session.append`.
    path: String,
}

/// Gives every function a field name.
pub(crate) fn fields<'a>(
    plan: &Plan<'_>,
    interface: &str,
    functions: impl Iterator<Item = &'a Function>,
    scope: &mut Scope,
) -> Vec<Exported<'a>> {
    functions
        .map(|function| {
            let item = kebab::snake(function.item_name());
            let text = match (function.kind.resource(), &function.kind) {
                (None, _) => item,
                (Some(id), FunctionKind::Constructor(_)) => format!("{}_new", resource_name(plan, id)),
                (Some(id), _) => format!("{}_{item}", resource_name(plan, id)),
            };
            let path = if interface.is_empty() {
                function.name.clone()
            } else {
                format!("{interface}#{}", function.name)
            };
            Exported { function, field: kebab::rust_ident(&scope.fresh(text), Span::call_site()), path }
        })
        .collect()
}

fn resource_name(plan: &Plan<'_>, id: TypeId) -> String {
    kebab::snake(plan.resolve.types[id].name.as_deref().unwrap_or("resource"))
}

impl Exported<'_> {
    /// `tokenize: TypedFunc<(&'static str,), Vec<Token>>`.
    pub(crate) fn declaration(&self, types: &RustTypes<'_>) -> TokenStream {
        let field = &self.field;
        let params = self.function.params.iter().map(|param| types.param(&param.ty, Lifetime::Static));
        let result = types.owned_or_unit(self.function.result.as_ref());
        quote!(#field: ::plugbay::macro_support::TypedFunc<(#(#params,)*), #result>)
    }

    /// `finder.typed("…#tokenize")`.
    pub(crate) fn found(&self) -> TokenStream {
        let path = &self.path;
        quote!(finder.typed(#path))
    }

    /// The field that keeps the function, which is also the name of the method that calls it.
    pub(crate) fn field(&self) -> &Ident {
        &self.field
    }

    /// A method that calls the function. `callee` is the expression of the kept function, `plugin` that of the plugin.
    pub(crate) fn method(&self, types: &RustTypes<'_>, call: &Call<'_>) -> TokenStream {
        let function = self.function;
        let docs =
            docs::of_item(&function.docs, &function.stability, true, || format!("`{}`.", function.name));
        let mut names = Scope::default();
        names.reserve(["plugin".to_owned()]);
        let mut params = Vec::new();
        let mut arguments = Vec::new();
        for param in &function.params {
            if param.name == "self" && call.on_resource {
                arguments.push(quote!(::plugbay::macro_support::ResourceAny::borrow(self.0)));
                continue;
            }
            let name = kebab::rust_ident(&names.fresh(kebab::snake(&param.name)), Span::call_site());
            match guest_borrow(types, &param.ty) {
                Some(ty) => {
                    params.push(quote!(#name: &#ty));
                    arguments.push(quote!(::plugbay::macro_support::GuestResource::borrow(#name)));
                }
                None => {
                    let ty = types.param(&param.ty, Lifetime::Elided);
                    params.push(quote!(#name: #ty));
                    arguments.push(quote!(#name));
                }
            }
        }
        let (ident, receiver, generics) = (call.ident, call.receiver, call.generics);
        let (plugin, callee, field) = (call.plugin, call.callee, &self.field);
        let result = types.owned_or_unit(function.result.as_ref());
        let path = &self.path;
        quote! {
            #docs
            ///
            /// # Errors
            /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
            pub fn #ident #generics(
                #receiver #(, #params)*
            ) -> ::plugbay::macro_support::Result<#result, ::plugbay::macro_support::Error> {
                ::plugbay::macro_support::call(#plugin, #path, &#callee.#field, (#(#arguments,)*))
            }
        }
    }
}

/// How a method that calls an export is written.
pub(crate) struct Call<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a TokenStream,
    pub(crate) receiver: &'a TokenStream,
    pub(crate) plugin: &'a TokenStream,
    pub(crate) callee: &'a TokenStream,
    /// Whether `self` of the WIT is `self` of Rust.
    pub(crate) on_resource: bool,
}

/// The type behind a parameter that is `borrow<R>` of a guest's resource, which Rust passes as `&R`.
fn guest_borrow(types: &RustTypes<'_>, ty: &Type) -> Option<TokenStream> {
    let Type::Id(id) = ty else { return None };
    let TypeDefKind::Handle(handle @ Handle::Borrow(_)) = types.plan.resolve.types[*id].kind else {
        return None;
    };
    let (resource, side) = types.plan.resource(handle);
    let name = types.plan.type_of(resource).filter(|_| side == Side::Guest)?;
    Some(types.path_of(name))
}

/// What an exported interface adds to its module: the functions it keeps, calls of them, and its resources' methods.
pub(crate) fn interface(types: &RustTypes<'_>, interface: &Interface, accessor: &Ident) -> TokenStream {
    let wit = &types.plan.resolve.interfaces[interface.id];
    let mut scope = Scope::default();
    scope.reserve(["finder".to_owned()]);
    let exported = fields(types.plan, &interface.name, wit.functions.values(), &mut scope);
    if exported.is_empty() {
        return TokenStream::new();
    }
    let declarations = exported.iter().map(|function| function.declaration(types));
    let found = exported.iter().map(|function| {
        let (field, found) = (&function.field, function.found());
        quote!(let #field = #found;)
    });
    let fields = exported.iter().map(|function| &function.field);
    let up: Vec<TokenStream> = types.module.iter().map(|_| quote!(super)).collect();
    let guest = guest_calls(types, interface, &exported);
    let resources = wit
        .types
        .values()
        .filter(|id| types.plan.is_guest_resource(**id))
        .map(|id| resource_methods(types, *id, &exported, accessor));
    let kept = format!(" The functions of `{}`, found and checked.", interface.name);
    quote! {
        #[doc = #kept]
        pub(in #(#up)::*) struct Functions {
            #(#declarations),*
        }

        impl Functions {
            pub(in #(#up)::*) fn find<T: 'static>(
                finder: &mut ::plugbay::macro_support::Finder<'_, T>,
            ) -> ::plugbay::macro_support::Option<Self> {
                #(#found)*
                ::plugbay::macro_support::Option::Some(Functions { #(#fields: #fields?),* })
            }
        }

        #guest
        #(#resources)*
    }
}

/// `Guest<'_, T>`: what `plugin.text_tools()` gives.
fn guest_calls(types: &RustTypes<'_>, interface: &Interface, exported: &[Exported<'_>]) -> TokenStream {
    let free: Vec<&Exported<'_>> =
        exported.iter().filter(|exported| exported.function.kind.resource().is_none()).collect();
    if free.is_empty() {
        return TokenStream::new();
    }
    let up: Vec<TokenStream> = types.module.iter().map(|_| quote!(super)).collect();
    let methods = free.iter().map(|exported| {
        let call = Call {
            ident: &exported.field,
            generics: &TokenStream::new(),
            receiver: &quote!(&mut self),
            plugin: &quote!(self.plugin),
            callee: &quote!(self.functions),
            on_resource: false,
        };
        exported.method(types, &call)
    });
    let docs = format!(" Calls of a plugin's `{}`.", interface.name);
    quote! {
        #[doc = #docs]
        pub struct Guest<'a, T: 'static> {
            pub(in #(#up)::*) plugin: &'a mut ::plugbay::macro_support::Plugin<T>,
            pub(in #(#up)::*) functions: &'a Functions,
        }

        impl<T: 'static> Guest<'_, T> {
            #(#methods)*
        }
    }
}

fn resource_methods(
    types: &RustTypes<'_>,
    id: TypeId,
    exported: &[Exported<'_>],
    accessor: &Ident,
) -> TokenStream {
    let Some(name) = types.plan.type_of(id) else { return TokenStream::new() };
    let ident = &name.ident;
    let plugin_struct = types.path_to(&[], &types.plan.plugin);
    let mut scope = Scope::default();
    let own: Vec<&Exported<'_>> =
        exported.iter().filter(|exported| exported.function.kind.resource() == Some(id)).collect();
    let methods: Vec<TokenStream> = own
        .iter()
        .map(|exported| {
            let (text, receiver, on_resource) = match exported.function.kind {
                FunctionKind::Constructor(_) => {
                    ("new".to_owned(), quote!(plugin: &mut #plugin_struct<T>), false)
                }
                FunctionKind::Static(_) => (
                    kebab::snake(exported.function.item_name()),
                    quote!(plugin: &mut #plugin_struct<T>),
                    false,
                ),
                _ => {
                    let receiver = quote!(&self, plugin: &mut #plugin_struct<T>);
                    (kebab::snake(exported.function.item_name()), receiver, true)
                }
            };
            let call = Call {
                ident: &kebab::rust_ident(&scope.fresh(text), Span::call_site()),
                generics: &quote!(<T: 'static>),
                receiver: &receiver,
                plugin: &quote!(&mut plugin.plugin),
                callee: &quote!(plugin.#accessor),
                on_resource,
            };
            exported.method(types, &call)
        })
        .collect();
    let drop = kebab::rust_ident(&scope.fresh("drop".to_owned()), Span::call_site());
    quote! {
        impl #ident {
            #(#methods)*

            /// Drops the resource: the plugin's destructor runs.
            ///
            /// # Errors
            /// When the handle is of another plugin, or the destructor traps.
            pub fn #drop<T: 'static>(
                self,
                plugin: &mut #plugin_struct<T>,
            ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::Error> {
                ::plugbay::macro_support::drop_resource(&mut plugin.plugin, self.0)
            }
        }

        impl ::plugbay::macro_support::GuestResource for #ident {
            fn handle(&self) -> ::plugbay::macro_support::ResourceAny {
                self.0
            }
        }
    }
}

/// Accessors and fields of the plugin struct, one for each exported interface, unlike each other and the functions.
pub(crate) fn accessor(interface: &Interface, scope: &mut Scope) -> Ident {
    let last = interface.path.last().map(ToString::to_string).unwrap_or_default();
    kebab::rust_ident(&scope.fresh(last.trim_start_matches("r#").to_owned()), Span::call_site())
}
