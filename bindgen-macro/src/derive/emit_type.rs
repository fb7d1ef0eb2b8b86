//! `impl ComponentType`: the layout from the layouts of the parts, typecheck and description from theirs.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{
    case_layouts, implementation, layout_of,
    model::{Case, Field, Model, Shape},
};

/// What is said of a type, once in each of the ways that the trait has.
struct Parts {
    layout: TokenStream,
    check: TokenStream,
    describe: TokenStream,
}

pub(super) fn emit(model: &Model) -> TokenStream {
    let Parts { layout, check, describe } = match &model.shape {
        Shape::Record(fields) => record(fields),
        Shape::Variant(cases) => variant(cases),
        Shape::Enum(cases) => names("enumeration", cases.len(), cases.iter().map(|case| &case.name)),
        Shape::Flags(fields) => names("flags", fields.len(), fields.iter().map(|field| &field.name)),
        Shape::Transparent(ty) => Parts {
            layout: layout_of(ty),
            check: quote!(<#ty as ::plugbay::macro_support::ComponentType>::typecheck(ty)),
            describe: quote!(<#ty as ::plugbay::macro_support::ComponentType>::val_type(depth)),
        },
    };
    let body = quote! {
        const LAYOUT: ::plugbay::macro_support::Layout = #layout;

        fn typecheck(
            ty: &::plugbay::macro_support::ValType,
        ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::TypeMismatch> {
            #check
        }

        fn val_type(
            depth: ::plugbay::macro_support::Depth,
        ) -> ::plugbay::macro_support::Result<
            ::plugbay::macro_support::ValType,
            ::plugbay::macro_support::ComponentError,
        > {
            #describe
        }
    };
    implementation(model, &quote!(::plugbay::macro_support::ComponentType), &body)
}

fn record(fields: &[Field]) -> Parts {
    let layouts = fields.iter().map(|field| layout_of(&field.ty));
    let pairs = |function: TokenStream| {
        fields.iter().map(move |Field { name, ty, .. }| {
            quote!((#name, <#ty as ::plugbay::macro_support::ComponentType>::#function))
        })
    };
    let (checks, types) = (pairs(quote!(typecheck)), pairs(quote!(val_type)));
    Parts {
        layout: quote!(::plugbay::macro_support::Layout::record(&[#(#layouts),*])),
        check: quote!(::plugbay::macro_support::check::record(ty, &[#(#checks),*])),
        describe: quote!(::plugbay::macro_support::describe::record(depth, &[#(#types),*])),
    }
}

fn variant(cases: &[Case]) -> Parts {
    let layouts = case_layouts(cases);
    let pairs = |function: TokenStream| {
        cases.iter().map(move |Case { name, payload, .. }| {
            let ty = payload.as_ref().map_or_else(|| quote!(()), |ty| quote!(#ty));
            quote!((#name, <#ty as ::plugbay::macro_support::ComponentType>::#function))
        })
    };
    let (checks, types) = (pairs(quote!(typecheck_optional)), pairs(quote!(val_type_optional)));
    Parts {
        layout: quote!(::plugbay::macro_support::Layout::variant(&[#(#layouts),*])),
        check: quote!(::plugbay::macro_support::check::variant(ty, &[#(#checks),*])),
        describe: quote!(::plugbay::macro_support::describe::variant(depth, &[#(#types),*])),
    }
}

/// A type of names alone; `kind` is what the functions that make and check it are called.
fn names<'a>(kind: &str, count: usize, names: impl Iterator<Item = &'a String>) -> Parts {
    let kind = format_ident!("{kind}");
    let names: Vec<_> = names.collect();
    Parts {
        layout: quote!(::plugbay::macro_support::Layout::#kind(#count)),
        check: quote!(::plugbay::macro_support::check::#kind(ty, &[#(#names),*])),
        describe: quote!(::plugbay::macro_support::describe::#kind(depth, &[#(#names),*])),
    }
}
