//! `impl Lower`: each part in its turn. Which bytes and slots that makes is known to the contexts.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{
    case_layouts, implementation, layout_of, literal,
    model::{Case, Field, Model, Shape},
    own_layout,
};

/// The two bodies of an implementation.
struct Bodies {
    lower: TokenStream,
    store: TokenStream,
}

pub(super) fn emit(model: &Model) -> TokenStream {
    let Bodies { lower, store } = match &model.shape {
        Shape::Record(fields) => record(fields),
        Shape::Variant(cases) => variant(cases),
        Shape::Enum(cases) => enumeration(cases),
        Shape::Flags(fields) => flags(fields),
        Shape::Transparent(_) => Bodies {
            lower: quote!(::plugbay::macro_support::Lower::lower(&self.0, cx, dst)),
            store: quote!(::plugbay::macro_support::Lower::store(&self.0, cx, ptr)),
        },
    };
    let body = quote! {
        fn lower<PlugbayGuest: ::plugbay::macro_support::LowerGuest>(
            &self,
            cx: &mut ::plugbay::macro_support::LowerContext<'_, PlugbayGuest>,
            dst: &mut ::plugbay::macro_support::FlatWriter<'_>,
        ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
            #lower
        }

        fn store<PlugbayGuest: ::plugbay::macro_support::LowerGuest>(
            &self,
            cx: &mut ::plugbay::macro_support::LowerContext<'_, PlugbayGuest>,
            ptr: u32,
        ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
            #store
        }
    };
    implementation(model, &quote!(::plugbay::macro_support::Lower), &body)
}

fn record(fields: &[Field]) -> Bodies {
    let members: Vec<_> = fields.iter().map(|field| &field.ident).collect();
    let layouts = fields.iter().map(|field| layout_of(&field.ty));
    let offsets: Vec<_> = (0..fields.len()).map(|index| format_ident!("offset{index}")).collect();
    Bodies {
        lower: quote! {
            #(::plugbay::macro_support::Lower::lower(&self.#members, cx, dst)?;)*
            ::plugbay::macro_support::Result::Ok(())
        },
        store: quote! {
            let [#(#offsets),*] = const { ::plugbay::macro_support::field_offsets(&[#(#layouts),*]) };
            #(::plugbay::macro_support::Lower::store(&self.#members, cx, ptr.wrapping_add(#offsets))?;)*
            ::plugbay::macro_support::Result::Ok(())
        },
    }
}

fn variant(cases: &[Case]) -> Bodies {
    let count = cases.len();
    let layout = own_layout();
    let layouts = case_layouts(cases);
    let lower = cases.iter().enumerate().map(|(index, Case { ident, payload, .. })| {
        let index = literal(index);
        match payload {
            Some(_) => quote! {
                Self::#ident(value) => {
                    let end = dst.variant(#index, &#layout)?;
                    ::plugbay::macro_support::Lower::lower(value, cx, dst)?;
                    dst.pad(end)
                }
            },
            None => quote! {
                Self::#ident => {
                    let end = dst.variant(#index, &#layout)?;
                    dst.pad(end)
                }
            },
        }
    });
    let store = cases.iter().enumerate().map(|(index, Case { ident, payload, .. })| {
        let index = literal(index);
        match payload {
            Some(_) => quote! {
                Self::#ident(value) => {
                    cx.store_discriminant(ptr, #index, #count)?;
                    ::plugbay::macro_support::Lower::store(value, cx, ptr.wrapping_add(payload))
                }
            },
            None => quote!(Self::#ident => cx.store_discriminant(ptr, #index, #count),),
        }
    });
    let payload = cases.iter().any(|case| case.payload.is_some()).then(|| {
        quote!(let payload = const { ::plugbay::macro_support::Layout::payload_offset(&[#(#layouts),*]) };)
    });
    Bodies {
        lower: quote!(match self { #(#lower)* }),
        store: quote! {
            #payload
            match self { #(#store)* }
        },
    }
}

fn enumeration(cases: &[Case]) -> Bodies {
    let count = cases.len();
    let layout = own_layout();
    let arms = cases.iter().enumerate().map(|(index, case)| {
        let (ident, index) = (&case.ident, literal(index));
        quote!(Self::#ident => #index)
    });
    let case = quote!(let case = match self { #(#arms),* };);
    Bodies {
        lower: quote! {
            #case
            let end = dst.variant(case, &#layout)?;
            dst.pad(end)
        },
        store: quote! {
            #case
            cx.store_discriminant(ptr, case, #count)
        },
    }
}

fn flags(fields: &[Field]) -> Bodies {
    let count = fields.len();
    let members: Vec<_> = fields.iter().map(|field| &field.ident).collect();
    let bits = quote!(let bits = ::plugbay::macro_support::flags::to_bits(&[#(self.#members),*]););
    Bodies {
        lower: quote! {
            #bits
            ::plugbay::macro_support::flags::lower(bits, dst)
        },
        store: quote! {
            #bits
            ::plugbay::macro_support::flags::store(bits, #count, cx, ptr)
        },
    }
}
