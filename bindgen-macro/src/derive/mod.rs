//! `#[derive(ComponentType, Lift, Lower, View)]`: [`model`] parses and checks, [`wit`] compares with WIT, one `emit_*` file for
//! each trait writes. `#[derive(Exports)]` is a matter of its own: [`exports`].

mod attrs;
mod emit_lift;
mod emit_lower;
mod emit_type;
pub(crate) mod exports;
#[cfg(test)]
mod exports_tests;
mod model;
#[cfg(test)]
mod tests;
mod wit;
#[cfg(test)]
mod wit_tests;

use std::path::Path;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Generics, parse_quote};

use self::model::Model;
use crate::diag;

/// Expands `#[derive(ComponentType)]`, which also reports what is wrong with the input, and what differs from the WIT that
/// `#[wit(…)]` names. Relative paths start from `root`.
pub(crate) fn component_type(input: TokenStream, root: Option<&Path>) -> TokenStream {
    diag::or_compile_errors(model::parse(input).map(|model| {
        // The implementation stays, so that a difference from the WIT is not followed by complaints about its absence.
        let checks = diag::or_compile_errors(wit::check(&model, root));
        let implementation = emit_type::emit(&model);
        quote!(#implementation #checks)
    }))
}

/// Expands `#[derive(Lift)]`.
pub(crate) fn lift(input: TokenStream) -> TokenStream {
    // `ComponentType`, without which `Lift` does not compile, has reported what is wrong.
    model::parse(input).map(|model| emit_lift::emit(&model)).unwrap_or_default()
}

/// Expands `#[derive(Lower)]`.
pub(crate) fn lower(input: TokenStream) -> TokenStream {
    model::parse(input).map(|model| emit_lower::emit(&model)).unwrap_or_default()
}

/// Expands `#[derive(ComponentValue)]`: the three above, of one reading of the input.
pub(crate) fn component_value(input: TokenStream, root: Option<&Path>) -> TokenStream {
    diag::or_compile_errors(model::parse(input).map(|model| {
        let checks = diag::or_compile_errors(wit::check(&model, root));
        let implementations = [emit_type::emit(&model), emit_lift::emit(&model), emit_lower::emit(&model)];
        quote!(#(#implementations)* #checks)
    }))
}

/// Expands `#[derive(View)]`.
pub(crate) fn view(input: TokenStream) -> TokenStream {
    let Ok(model) = model::parse(input) else { return TokenStream::new() };
    if let Some(second) = model.generics.lifetimes().nth(1) {
        let message = "a view borrows from the guest alone: it has one lifetime at most";
        return syn::Error::new(second.lifetime.span(), message).to_compile_error();
    }
    emit_lift::emit_view(&model)
}

/// `impl<…> Trait for Type<…> where … { body }`, every type parameter bound by the trait.
fn implementation(model: &Model, of: &TokenStream, body: &TokenStream) -> TokenStream {
    implementation_with(model, of, of, body)
}

/// The same with another bound.
fn implementation_with(
    model: &Model,
    of: &TokenStream,
    bound: &TokenStream,
    body: &TokenStream,
) -> TokenStream {
    let mut generics: Generics = model.generics.clone();
    for param in generics.type_params_mut() {
        let bounds: syn::punctuated::Punctuated<syn::TypeParamBound, syn::Token![+]> = parse_quote!(#bound);
        param.bounds.extend(bounds);
    }
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, type_generics, _) = model.generics.split_for_impl();
    let ident = &model.ident;
    quote! {
        #[automatically_derived]
        impl #impl_generics #of for #ident #type_generics #where_clause {
            #body
        }
    }
}

/// `<Type as ComponentType>::LAYOUT`.
fn layout_of(ty: &syn::Type) -> TokenStream {
    quote!(<#ty as ::plugbay::macro_support::ComponentType>::LAYOUT)
}

/// The layouts of payloads, that of the unit where there is none.
fn case_layouts(cases: &[model::Case]) -> Vec<TokenStream> {
    cases
        .iter()
        .map(|case| match &case.payload {
            Some(ty) => layout_of(ty),
            None => quote!(::plugbay::macro_support::Layout::UNIT),
        })
        .collect()
}

/// The layout of the type itself.
fn own_layout() -> TokenStream {
    quote!(<Self as ::plugbay::macro_support::ComponentType>::LAYOUT)
}

/// A position as a `u32` literal. Types have far fewer parts than that.
fn literal(index: usize) -> proc_macro2::Literal {
    proc_macro2::Literal::u32_suffixed(u32::try_from(index).unwrap_or(u32::MAX))
}
