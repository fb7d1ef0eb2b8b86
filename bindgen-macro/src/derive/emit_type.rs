//! `impl ComponentType`: the layout from the layouts of the parts, the typecheck from theirs.

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    case_layouts, implementation, layout_of,
    model::{Case, Field, Model, Shape},
};

pub(super) fn emit(model: &Model) -> TokenStream {
    let (layout, check) = match &model.shape {
        Shape::Record(fields) => record(fields),
        Shape::Variant(cases) => variant(cases),
        Shape::Enum(cases) => enumeration(cases),
        Shape::Flags(fields) => flags(fields),
        Shape::Transparent(ty) => {
            (layout_of(ty), quote!(<#ty as ::plugbay::macro_support::ComponentType>::typecheck(ty)))
        }
    };
    let body = quote! {
        const LAYOUT: ::plugbay::macro_support::Layout = #layout;

        fn typecheck(
            ty: &::plugbay::macro_support::ValType,
        ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::TypeMismatch> {
            #check
        }
    };
    implementation(model, &quote!(::plugbay::macro_support::ComponentType), &body)
}

fn record(fields: &[Field]) -> (TokenStream, TokenStream) {
    let layouts = fields.iter().map(|field| layout_of(&field.ty));
    let checks = fields.iter().map(
        |Field { name, ty, .. }| quote!((#name, <#ty as ::plugbay::macro_support::ComponentType>::typecheck)),
    );
    (
        quote!(::plugbay::macro_support::Layout::record(&[#(#layouts),*])),
        quote!(::plugbay::macro_support::check::record(ty, &[#(#checks),*])),
    )
}

fn variant(cases: &[Case]) -> (TokenStream, TokenStream) {
    let layouts = case_layouts(cases);
    let checks = cases.iter().map(|Case { name, payload, .. }| {
        let ty = payload.as_ref().map_or_else(|| quote!(()), |ty| quote!(#ty));
        quote!((#name, <#ty as ::plugbay::macro_support::ComponentType>::typecheck_optional))
    });
    (
        quote!(::plugbay::macro_support::Layout::variant(&[#(#layouts),*])),
        quote!(::plugbay::macro_support::check::variant(ty, &[#(#checks),*])),
    )
}

fn enumeration(cases: &[Case]) -> (TokenStream, TokenStream) {
    let count = cases.len();
    let names = cases.iter().map(|case| &case.name);
    (
        quote!(::plugbay::macro_support::Layout::enumeration(#count)),
        quote!(::plugbay::macro_support::check::enumeration(ty, &[#(#names),*])),
    )
}

fn flags(fields: &[Field]) -> (TokenStream, TokenStream) {
    let count = fields.len();
    let names = fields.iter().map(|field| &field.name);
    (
        quote!(::plugbay::macro_support::Layout::flags(#count)),
        quote!(::plugbay::macro_support::check::flags(ty, &[#(#names),*])),
    )
}
