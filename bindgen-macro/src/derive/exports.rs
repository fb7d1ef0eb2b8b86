//! `#[derive(Exports)]`: each field of a struct is an export of a plugin. Parsing, checking and emitting of it; how a field
//! is found is known to its type.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Attribute, Data, DeriveInput, Fields, LitStr, Type, spanned::Spanned as _};

use plugbay_bindgen::{diag, diag::Diagnostics, kebab};

/// Expands `#[derive(Exports)]`.
pub(crate) fn exports(input: TokenStream) -> TokenStream {
    diag::or_compile_errors(expand(input))
}

/// A field: where it is looked for.
struct Wanted {
    ident: Ident,
    ty: Type,
    interface: Option<String>,
    name: String,
}

/// What `#[exports(…)]` said.
#[derive(Default)]
struct Attr {
    interface: Option<LitStr>,
    name: Option<LitStr>,
}

pub(super) fn expand(input: TokenStream) -> syn::Result<TokenStream> {
    let input: DeriveInput = syn::parse2(input)?;
    let mut diag = Diagnostics::default();
    let own = attribute(&input.attrs, &mut diag);
    if let Some(name) = &own.name {
        diag.error(
            name.span(),
            "a struct has no name: its fields have; `interface = \"…\"` says where they are",
        );
    }
    let fields = wanted(&input, &mut diag);
    diag.finish(())?;
    let interface = own.interface.map(|interface| interface.value());
    Ok(emit(&input, interface.as_ref(), &fields))
}

fn wanted(input: &DeriveInput, diag: &mut Diagnostics) -> Vec<Wanted> {
    let named = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) if !named.named.is_empty() => named,
            Fields::Unnamed(fields) => {
                diag.error(fields.span(), "fields are named as the functions that they are: give them names");
                return Vec::new();
            }
            _ => {
                diag.error(
                    input.ident.span(),
                    "write a field for each function: `count_words: Func<(u32,), String>`",
                );
                return Vec::new();
            }
        },
        _ => {
            diag.error(input.ident.span(), "what a plugin exports is a struct, a field for each function");
            return Vec::new();
        }
    };
    let mut out: Vec<Wanted> = Vec::new();
    for field in &named.named {
        let Some(ident) = field.ident.clone() else { continue };
        let attr = attribute(&field.attrs, diag);
        let name = match &attr.name {
            Some(name) => checked(name, diag),
            None => derived(&ident, diag),
        };
        let interface = attr.interface.map(|interface| interface.value());
        out.push(Wanted { ident, ty: field.ty.clone(), interface, name });
    }
    out
}

fn attribute(attributes: &[Attribute], diag: &mut Diagnostics) -> Attr {
    let mut out = Attr::default();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("exports")) {
        let parsed = attribute.parse_nested_meta(|meta| {
            let place = if meta.path.is_ident("interface") {
                &mut out.interface
            } else if meta.path.is_ident("name") {
                &mut out.name
            } else {
                return Err(
                    meta.error("expected `interface = \"demo:editor/tools\"` or `name = \"count-words\"`")
                );
            };
            let value: LitStr = meta.value()?.parse()?;
            let span = value.span();
            match place.replace(value) {
                Some(_) => Err(syn::Error::new(span, "given twice")),
                None => Ok(()),
            }
        });
        if let Err(error) = parsed {
            diag.push(error);
        }
    }
    if let Some(interface) = &out.interface {
        check_interface(interface, diag);
    }
    out
}

/// `demo:editor/tools`, `demo:editor/tools@0.1.0`, or a plain name.
fn check_interface(interface: &LitStr, diag: &mut Diagnostics) {
    let text = interface.value();
    let bare = text.split_once('@').map_or(text.as_str(), |(bare, _)| bare);
    if text.contains('#') {
        diag.error(
            interface.span(),
            "an interface has no `#`: the names of functions are those of the fields",
        );
    } else if !bare.split([':', '/']).all(kebab::is_label) {
        diag.error(
            interface.span(),
            format!(
                "`{text}` names no interface: write it as in `demo:editor/tools` or `demo:editor/tools@0.1.0`"
            ),
        );
    }
}

/// A name that was given: of a function, or of one that belongs to a resource, as `[method]session.eval`.
fn checked(name: &LitStr, diag: &mut Diagnostics) -> String {
    let text = name.value();
    let of_resource =
        ["[constructor]", "[method]", "[static]"].iter().find_map(|kind| text.strip_prefix(kind));
    let fits = match of_resource {
        Some(rest) => rest.split('.').all(kebab::is_label),
        None => kebab::is_label(&text),
    };
    if !fits {
        diag.error(
            name.span(),
            format!(
                "`{text}` is no name of a function: write it as in `word-count` or `[method]session.eval`"
            ),
        );
    }
    text
}

fn derived(ident: &Ident, diag: &mut Diagnostics) -> String {
    let name = kebab::from_rust(&ident.to_string());
    if !kebab::is_label(&name) {
        diag.error(
            ident.span(),
            format!("no WIT name can be made of `{ident}`: give one with `#[exports(name = \"…\")]`"),
        );
    }
    name
}

fn emit(input: &DeriveInput, own: Option<&String>, fields: &[Wanted]) -> TokenStream {
    let ident = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    let own = optional(own);
    let idents: Vec<_> = fields.iter().map(|field| &field.ident).collect();
    // Not the names of the fields: one may be called `path`.
    let found: Vec<_> = (0..fields.len()).map(|index| format_ident!("field{index}")).collect();
    let types: Vec<_> = fields.iter().map(|field| &field.ty).collect();
    let paths: Vec<TokenStream> = fields
        .iter()
        .map(|Wanted { interface, name, .. }| {
            let interface = optional(interface.as_ref());
            quote!(path.part(#own, #interface, #name))
        })
        .collect();
    quote! {
        #[automatically_derived]
        impl #impl_generics ::plugbay::macro_support::ExportItem for #ident #type_generics #where_clause {
            fn find<PlugbayState: 'static>(
                finder: &mut ::plugbay::macro_support::Finder<'_, PlugbayState>,
                path: ::plugbay::macro_support::ExportPath,
            ) -> ::plugbay::macro_support::Option<Self> {
                #(let #found = <#types as ::plugbay::macro_support::ExportItem>::find(finder, #paths);)*
                ::plugbay::macro_support::Option::Some(Self { #(#idents: #found?),* })
            }

            fn is_there<PlugbayState: 'static>(
                finder: &::plugbay::macro_support::Finder<'_, PlugbayState>,
                path: ::plugbay::macro_support::ExportPath,
            ) -> bool {
                #(<#types as ::plugbay::macro_support::ExportItem>::is_there(finder, #paths))||*
            }
        }

        #[automatically_derived]
        impl #impl_generics ::plugbay::macro_support::Exports for #ident #type_generics #where_clause {}
    }
}

fn optional(text: Option<&String>) -> TokenStream {
    match text {
        Some(text) => quote!(::plugbay::macro_support::Option::Some(#text)),
        None => quote!(::plugbay::macro_support::Option::None),
    }
}
