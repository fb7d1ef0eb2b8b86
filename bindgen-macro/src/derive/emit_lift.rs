//! `impl Lift`: each part in its turn. Discriminants come checked from the readers, so the last case needs no test.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{
    case_layouts, implementation, layout_of, literal,
    model::{Case, Field, Model, Shape},
    own_layout,
};

/// The two bodies of an implementation.
struct Bodies {
    lift: TokenStream,
    load: TokenStream,
}

pub(super) fn emit(model: &Model) -> TokenStream {
    let Bodies { lift, load } = match &model.shape {
        Shape::Record(fields) => record(fields),
        Shape::Variant(cases) | Shape::Enum(cases) => variant(cases),
        Shape::Flags(fields) => flags(fields),
        Shape::Transparent(_) => Bodies {
            lift: quote! {
                ::plugbay::macro_support::Result::Ok(Self(::plugbay::macro_support::Lift::lift(cx, src)?))
            },
            load: quote! {
                ::plugbay::macro_support::Result::Ok(Self(::plugbay::macro_support::Lift::load(cx, ptr)?))
            },
        },
    };
    let body = quote! {
        fn lift(
            cx: &mut ::plugbay::macro_support::LiftContext<'_>,
            src: &mut ::plugbay::macro_support::FlatReader<'_>,
        ) -> ::plugbay::macro_support::Result<Self, ::plugbay::macro_support::ComponentError> {
            #lift
        }

        fn load(
            cx: &mut ::plugbay::macro_support::LiftContext<'_>,
            ptr: u32,
        ) -> ::plugbay::macro_support::Result<Self, ::plugbay::macro_support::ComponentError> {
            #load
        }
    };
    implementation(model, &quote!(::plugbay::macro_support::Lift), &body)
}

fn record(fields: &[Field]) -> Bodies {
    let members: Vec<_> = fields.iter().map(|field| &field.ident).collect();
    let layouts = fields.iter().map(|field| layout_of(&field.ty));
    let offsets: Vec<_> = (0..fields.len()).map(|index| format_ident!("offset{index}")).collect();
    Bodies {
        lift: quote! {
            ::plugbay::macro_support::Result::Ok(Self {
                #(#members: ::plugbay::macro_support::Lift::lift(cx, src)?,)*
            })
        },
        load: quote! {
            let [#(#offsets),*] = const { ::plugbay::macro_support::field_offsets(&[#(#layouts),*]) };
            ::plugbay::macro_support::Result::Ok(Self {
                #(#members: ::plugbay::macro_support::Lift::load(cx, ptr.wrapping_add(#offsets))?,)*
            })
        },
    }
}

fn variant(cases: &[Case]) -> Bodies {
    let count = literal(cases.len());
    let size = cases.len();
    let layout = own_layout();
    let layouts = case_layouts(cases);
    let arms = |payload: &TokenStream| -> Vec<TokenStream> {
        cases
            .iter()
            .enumerate()
            .map(|(index, case)| {
                let ident = &case.ident;
                let value = case.payload.as_ref().map(|_| quote!((#payload)));
                let last = index + 1 == cases.len();
                let pattern = if last {
                    quote!(_)
                } else {
                    let index = literal(index);
                    quote!(#index)
                };
                quote!(#pattern => Self::#ident #value)
            })
            .collect()
    };
    let lift = arms(&quote!(::plugbay::macro_support::Lift::lift(cx, src)?));
    let load = arms(&quote!(::plugbay::macro_support::Lift::load(cx, ptr.wrapping_add(payload))?));
    let payload = cases.iter().any(|case| case.payload.is_some()).then(|| {
        quote!(let payload = const { ::plugbay::macro_support::Layout::payload_offset(&[#(#layouts),*]) };)
    });
    Bodies {
        lift: quote! {
            let (case, end) = src.variant(#count, &#layout)?;
            let value = match case { #(#lift),* };
            src.skip_to(end);
            ::plugbay::macro_support::Result::Ok(value)
        },
        load: quote! {
            let case = cx.load_discriminant(ptr, #size)?;
            #payload
            ::plugbay::macro_support::Result::Ok(match case { #(#load),* })
        },
    }
}

fn flags(fields: &[Field]) -> Bodies {
    let count = fields.len();
    let members: Vec<_> = fields.iter().map(|field| &field.ident).collect();
    let value = quote! {
        let [#(#members),*] = ::plugbay::macro_support::flags::from_bits(bits);
        ::plugbay::macro_support::Result::Ok(Self { #(#members),* })
    };
    Bodies {
        lift: quote! {
            let bits = ::plugbay::macro_support::flags::lift(src)?;
            #value
        },
        load: quote! {
            let bits = ::plugbay::macro_support::flags::load(#count, cx, ptr)?;
            #value
        },
    }
}
