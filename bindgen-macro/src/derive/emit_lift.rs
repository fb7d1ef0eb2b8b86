//! `impl Lift` and `impl View`: each part in its turn. Discriminants come checked from the readers, so the last case needs no
//! test. A view differs in what it makes of parts with a lifetime: they are looked at where they lie.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, format_ident, quote};
use syn::{Lifetime, Type};

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

/// Which of the two traits is implemented.
enum Reading<'a> {
    Lift,
    /// Parts that mention the type's lifetime are viewed, the others lifted.
    View(Option<&'a Lifetime>),
}

pub(super) fn emit(model: &Model) -> TokenStream {
    let Bodies { lift, load } = bodies(model, &Reading::Lift);
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

/// Only for types with one lifetime at most; see [`view_lifetime`].
pub(super) fn emit_view(model: &Model) -> TokenStream {
    let Bodies { lift, load } = bodies(model, &Reading::View(view_lifetime(model)));
    let ident = &model.ident;
    let arguments = model.generics.params.iter().map(|param| match param {
        syn::GenericParam::Lifetime(_) => quote!('plugbay),
        syn::GenericParam::Type(param) => param.ident.to_token_stream(),
        syn::GenericParam::Const(param) => param.ident.to_token_stream(),
    });
    let body = quote! {
        type Of<'plugbay> = #ident<#(#arguments),*>;

        fn lift_view<'plugbay>(
            cx: &mut ::plugbay::macro_support::ViewContext<'_, 'plugbay>,
            src: &mut ::plugbay::macro_support::FlatReader<'_>,
        ) -> ::plugbay::macro_support::Result<Self::Of<'plugbay>, ::plugbay::macro_support::ComponentError> {
            #lift
        }

        fn load_view<'plugbay>(
            cx: &mut ::plugbay::macro_support::ViewContext<'_, 'plugbay>,
            ptr: u32,
        ) -> ::plugbay::macro_support::Result<Self::Of<'plugbay>, ::plugbay::macro_support::ComponentError> {
            #load
        }
    };
    let bound = quote!(::plugbay::macro_support::Lift + 'static);
    super::implementation_with(model, &quote!(::plugbay::macro_support::View), &bound, &body)
}

/// The lifetime that what is borrowed has.
pub(super) fn view_lifetime(model: &Model) -> Option<&Lifetime> {
    model.generics.lifetimes().next().map(|param| &param.lifetime)
}

impl Reading<'_> {
    /// The name of the type in an expression that makes a value of it.
    fn own(&self, model: &Model) -> TokenStream {
        match self {
            Self::Lift => quote!(Self),
            // `Self` has the lifetime of what stands for the value.
            Self::View(_) => model.ident.to_token_stream(),
        }
    }

    /// The context that lifts.
    fn owned(&self) -> TokenStream {
        match self {
            Self::Lift => quote!(cx),
            Self::View(_) => quote!(cx.owned()),
        }
    }

    fn is_viewed(&self, ty: &Type) -> bool {
        matches!(self, Self::View(Some(lifetime)) if mentions(ty.to_token_stream(), lifetime))
    }

    fn lift(&self, ty: &Type) -> TokenStream {
        if self.is_viewed(ty) {
            return quote!(<#ty as ::plugbay::macro_support::View>::lift_view(cx, src)?);
        }
        let cx = self.owned();
        quote!(::plugbay::macro_support::Lift::lift(#cx, src)?)
    }

    fn load(&self, ty: &Type, ptr: &TokenStream) -> TokenStream {
        if self.is_viewed(ty) {
            return quote!(<#ty as ::plugbay::macro_support::View>::load_view(cx, #ptr)?);
        }
        let cx = self.owned();
        quote!(::plugbay::macro_support::Lift::load(#cx, #ptr)?)
    }
}

fn mentions(tokens: TokenStream, lifetime: &Lifetime) -> bool {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let here = match token {
            proc_macro2::TokenTree::Group(group) => mentions(group.stream(), lifetime),
            proc_macro2::TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                matches!(tokens.peek(), Some(proc_macro2::TokenTree::Ident(ident)) if *ident == lifetime.ident)
            }
            _ => false,
        };
        if here {
            return true;
        }
    }
    false
}

fn bodies(model: &Model, reading: &Reading<'_>) -> Bodies {
    let own = reading.own(model);
    match &model.shape {
        Shape::Record(fields) => record(&own, fields, reading),
        Shape::Variant(cases) | Shape::Enum(cases) => variant(&own, cases, reading),
        Shape::Flags(fields) => flags(&own, fields, reading),
        Shape::Transparent(ty) => {
            let (lift, load) = (reading.lift(ty), reading.load(ty, &quote!(ptr)));
            Bodies {
                lift: quote!(::plugbay::macro_support::Result::Ok(#own(#lift))),
                load: quote!(::plugbay::macro_support::Result::Ok(#own(#load))),
            }
        }
    }
}

fn record(own: &TokenStream, fields: &[Field], reading: &Reading<'_>) -> Bodies {
    let members: Vec<_> = fields.iter().map(|field| &field.ident).collect();
    let layouts = fields.iter().map(|field| layout_of(&field.ty));
    let offsets: Vec<_> = (0..fields.len()).map(|index| format_ident!("offset{index}")).collect();
    let lifts = fields.iter().map(|field| reading.lift(&field.ty));
    let loads = fields
        .iter()
        .zip(&offsets)
        .map(|(field, offset)| reading.load(&field.ty, &quote!(ptr.wrapping_add(#offset))));
    Bodies {
        lift: quote! {
            ::plugbay::macro_support::Result::Ok(#own {
                #(#members: #lifts,)*
            })
        },
        load: quote! {
            let [#(#offsets),*] = const { ::plugbay::macro_support::field_offsets(&[#(#layouts),*]) };
            ::plugbay::macro_support::Result::Ok(#own {
                #(#members: #loads,)*
            })
        },
    }
}

fn variant(own: &TokenStream, cases: &[Case], reading: &Reading<'_>) -> Bodies {
    let count = literal(cases.len());
    let size = cases.len();
    let layout = own_layout();
    let layouts = case_layouts(cases);
    let cx = reading.owned();
    let arms = |read: &dyn Fn(&Type) -> TokenStream| -> Vec<TokenStream> {
        cases
            .iter()
            .enumerate()
            .map(|(index, case)| {
                let ident = &case.ident;
                let value = case.payload.as_ref().map(|ty| {
                    let value = read(ty);
                    quote!((#value))
                });
                let last = index + 1 == cases.len();
                let pattern = if last {
                    quote!(_)
                } else {
                    let index = literal(index);
                    quote!(#index)
                };
                quote!(#pattern => #own::#ident #value)
            })
            .collect()
    };
    let lift = arms(&|ty| reading.lift(ty));
    let load = arms(&|ty| reading.load(ty, &quote!(ptr.wrapping_add(payload))));
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
            let case = #cx.load_discriminant(ptr, #size)?;
            #payload
            ::plugbay::macro_support::Result::Ok(match case { #(#load),* })
        },
    }
}

fn flags(own: &TokenStream, fields: &[Field], reading: &Reading<'_>) -> Bodies {
    let count = fields.len();
    let cx = reading.owned();
    let members: Vec<_> = fields.iter().map(|field| &field.ident).collect();
    let value = quote! {
        let [#(#members),*] = ::plugbay::macro_support::flags::from_bits(bits);
        ::plugbay::macro_support::Result::Ok(#own { #(#members),* })
    };
    Bodies {
        lift: quote! {
            let bits = ::plugbay::macro_support::flags::lift(src)?;
            #value
        },
        load: quote! {
            let bits = ::plugbay::macro_support::flags::load(#count, #cx, ptr)?;
            #value
        },
    }
}
