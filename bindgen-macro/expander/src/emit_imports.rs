//! The host's side of a world: for each imported interface a trait that the application implements, and a function that
//! puts an implementation into a linker.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use wit_parser::{Function, FunctionKind, Type, TypeDefKind, TypeId};

use crate::kebab;
use crate::{
    docs,
    plan::{Plan, Scope},
    rust_type::{Lifetime, RustTypes},
};

/// What one imported instance has, or the world itself: functions, and resources to be dropped.
pub(crate) struct Imported<'a> {
    /// The name in the component; nothing for the world itself.
    pub(crate) name: &'a str,
    pub(crate) functions: Vec<&'a Function>,
    /// Resources that are defined here.
    pub(crate) resources: Vec<TypeId>,
}

impl Imported<'_> {
    /// Whether there is anything for the application to implement.
    pub(crate) fn is_empty(&self) -> bool {
        self.functions.is_empty() && self.resources.is_empty()
    }
}

/// Resources among these types that are definitions and not other names.
pub(crate) fn defined_resources<'a>(plan: &Plan<'_>, types: impl Iterator<Item = &'a TypeId>) -> Vec<TypeId> {
    types.copied().filter(|id| matches!(plan.resolve.types[*id].kind, TypeDefKind::Resource)).collect()
}

/// The trait `Host` and the function `provide`.
pub(crate) fn emit(types: &RustTypes<'_>, imported: &Imported<'_>, provide: &Ident) -> TokenStream {
    let mut scope = Scope::default();
    let mut methods = Vec::new();
    let mut definitions = Vec::new();
    for function in &imported.functions {
        let ident = method_ident(types.plan, function, &mut scope);
        let trappable = types.plan.trappable(imported.name, &function.name);
        methods.push(method(types, function, &ident, trappable));
        definitions.push(definition(types, function, &ident, trappable));
    }
    for resource in &imported.resources {
        let (method, definition) = drop_method(types, imported, *resource, &mut scope);
        methods.push(method);
        definitions.push(definition);
    }
    let name = imported.name;
    let subject = if name.is_empty() { "the world".to_owned() } else { format!("`{name}`") };
    let docs = format!(" What the application implements so that a plugin can use {subject}.");
    let provide_docs = format!(
        " Puts an implementation of [`Host`] into a linker, as {subject}. `get` finds it in the state of a plugin."
    );
    // In a module the allowance of the module serves.
    let deprecated =
        imported.functions.iter().any(|function| docs::deprecated(&function.stability).is_some());
    let deprecated = (deprecated && types.module.is_empty())
        .then(|| quote!(#[allow(deprecated, reason = "a plugin may call what is deprecated")]));
    quote! {
        #[doc = #docs]
        pub trait Host {
            #(#methods)*
        }

        #[doc = #provide_docs]
        ///
        /// # Errors
        /// When the linker has other functions of these names.
        #deprecated
        pub fn #provide<T: 'static, U: Host + 'static>(
            linker: &mut ::plugbay::macro_support::Linker<T>,
            get: fn(&mut T) -> &mut U,
        ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
            let mut instance = linker.instance(#name);
            #(#definitions)*
            ::plugbay::macro_support::Result::Ok(())
        }
    }
}

/// `log`, `buffer_text`, `buffer_new`.
fn method_ident(plan: &Plan<'_>, function: &Function, scope: &mut Scope) -> Ident {
    let item = kebab::snake(function.item_name());
    let text = match function.kind.resource() {
        None => item,
        Some(resource) => {
            let resource = kebab::snake(plan.resolve.types[resource].name.as_deref().unwrap_or("resource"));
            match function.kind {
                FunctionKind::Constructor(_) => format!("{resource}_new"),
                _ => format!("{resource}_{item}"),
            }
        }
    };
    kebab::rust_ident(&scope.fresh(text), Span::call_site())
}

fn method(types: &RustTypes<'_>, function: &Function, ident: &Ident, trappable: bool) -> TokenStream {
    let docs = docs::of_item(&function.docs, &function.stability, true, || format!("`{}`.", function.name));
    let mut names = Scope::default();
    let params = function.params.iter().map(|param| {
        let name = match param.name.as_str() {
            "self" => "this".to_owned(),
            other => kebab::snake(other),
        };
        let name = kebab::rust_ident(&names.fresh(name), Span::call_site());
        let ty = types.host_param(&param.ty, Lifetime::Elided);
        quote!(#name: #ty)
    });
    let result = result(types, function.result.as_ref(), trappable);
    quote!(#docs fn #ident(&mut self #(, #params)*) #result;)
}

/// `-> R`, wrapped where the application asked to be able to fail.
fn result(types: &RustTypes<'_>, result: Option<&Type>, trappable: bool) -> TokenStream {
    let inner = types.owned_or_unit(result);
    if trappable {
        quote!(-> ::plugbay::macro_support::Result<#inner, ::plugbay::macro_support::HostError>)
    } else if result.is_some() {
        quote!(-> #inner)
    } else {
        TokenStream::new()
    }
}

fn definition(types: &RustTypes<'_>, function: &Function, ident: &Ident, trappable: bool) -> TokenStream {
    let name = &function.name;
    let stand_ins = function.params.iter().map(|param| types.host_param(&param.ty, Lifetime::Static));
    let result = types.owned_or_unit(function.result.as_ref());
    let arguments = (0..function.params.len()).map(|index| {
        let index = syn::Index::from(index);
        quote!(params.#index)
    });
    let call = quote!(U::#ident(get(::plugbay::macro_support::data(cx)) #(, #arguments)*));
    let body = wrapped(&call, trappable);
    let params = if function.params.is_empty() { format_ident!("_params") } else { format_ident!("params") };
    quote! {
        instance.func_view::<(#(#stand_ins,)*), #result, _>(#name, move |cx, #params| #body)?;
    }
}

fn wrapped(call: &TokenStream, trappable: bool) -> TokenStream {
    if trappable {
        quote!(::plugbay::macro_support::trap(#call))
    } else {
        quote!(::plugbay::macro_support::Result::Ok(#call))
    }
}

/// `drop_buffer`, called when a plugin drops a handle that it owns.
fn drop_method(
    types: &RustTypes<'_>,
    imported: &Imported<'_>,
    resource: TypeId,
    scope: &mut Scope,
) -> (TokenStream, TokenStream) {
    let name = types.plan.resolve.types[resource].name.as_deref().unwrap_or("resource");
    let ident = kebab::rust_ident(&scope.fresh(format!("drop_{}", kebab::snake(name))), Span::call_site());
    let Some(ty) = types.plan.type_of(resource) else { return (TokenStream::new(), TokenStream::new()) };
    let ty = types.path_of(ty);
    let trappable = types.plan.trappable(imported.name, &format!("{name}.drop"));
    let result = result(types, None, trappable);
    let nothing = trappable.then(|| quote!(::plugbay::macro_support::Result::Ok(())));
    let docs =
        format!(" The plugin dropped a `{name}` that it owned. Nothing is done unless this is overridden.");
    let method = quote! {
        #[doc = #docs]
        fn #ident(&mut self, this: ::plugbay::macro_support::Resource<#ty>) #result {
            let _ = this;
            #nothing
        }
    };
    let call = quote! {
        U::#ident(get(::plugbay::macro_support::data(cx)), ::plugbay::macro_support::Resource::own(rep))
    };
    let body = wrapped(&call, trappable);
    let definition = quote! {
        instance.resource::<#ty>(#name, move |cx, rep| #body)?;
    };
    (method, definition)
}
