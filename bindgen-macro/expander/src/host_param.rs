//! Parameters of functions of the host: borrowed where the host can read what lies in the guest's memory.

use proc_macro2::TokenStream;
use quote::quote;
use wit_parser::{Handle, Type, TypeDefKind, TypeId};

use crate::{
    plan::Side,
    rust_type::{Lifetime, RustTypes},
};

impl RustTypes<'_> {
    /// The type of a parameter: in the trait with [`Lifetime::Elided`] (`&str`), and with [`Lifetime::Static`] what stands
    /// for it where the function is defined (`&'static str`, `Owned<Level>`).
    pub(crate) fn host_param(&self, ty: &Type, lifetime: Lifetime) -> TokenStream {
        let written = lifetime.written();
        match ty {
            Type::String => quote!(& #written str),
            Type::Id(id) => self.host_param_of(*id, ty, lifetime),
            _ => self.owned(ty),
        }
    }

    fn host_param_of(&self, id: TypeId, ty: &Type, lifetime: Lifetime) -> TokenStream {
        if !self.is_viewed(ty) {
            let owned = self.owned(ty);
            return match lifetime {
                Lifetime::Elided => owned,
                Lifetime::Static => quote!(::plugbay::macro_support::Owned<#owned>),
            };
        }
        let part = |ty: &Type| self.host_param(ty, lifetime);
        match self.behind_names(id) {
            TypeDefKind::Type(aliased) => part(aliased),
            TypeDefKind::Option(ty) => {
                let ty = part(ty);
                quote!(::plugbay::macro_support::Option<#ty>)
            }
            TypeDefKind::Result(result) => {
                let part = |ty: Option<&Type>| ty.map_or_else(|| quote!(()), part);
                let (ok, err) = (part(result.ok.as_ref()), part(result.err.as_ref()));
                quote!(::plugbay::macro_support::Result<#ok, #err>)
            }
            TypeDefKind::Tuple(tuple) => {
                let types = tuple.types.iter().map(part);
                quote!((#(#types,)*))
            }
            TypeDefKind::List(element) => self.view(element, lifetime),
            _ => self.owned(ty),
        }
    }

    /// A list that is read where it lies.
    fn view(&self, element: &Type, lifetime: Lifetime) -> TokenStream {
        let written = lifetime.written();
        match self.behind_aliases(element) {
            Type::U8 => quote!(& #written [u8]),
            element => {
                let lifetime = if lifetime == Lifetime::Static { quote!('static) } else { quote!('_) };
                let element = match element {
                    Type::String => quote!(str),
                    other => self.owned(&other),
                };
                quote!(::plugbay::macro_support::ListView<#lifetime, #element>)
            }
        }
    }

    /// Whether a parameter is passed as it lies in the guest, at least in part; other types are lifted whole.
    fn is_viewed(&self, ty: &Type) -> bool {
        let Type::Id(id) = ty else { return !matches!(ty, Type::ErrorContext) };
        if self.facts.of_id(self.plan, *id).foreign {
            return false;
        }
        match self.behind_names(*id) {
            TypeDefKind::Type(aliased) => self.is_viewed(aliased),
            TypeDefKind::Handle(handle @ Handle::Own(_)) => self.plan.resource(*handle).1 == Side::Host,
            TypeDefKind::Handle(Handle::Borrow(_)) => true,
            TypeDefKind::Option(ty) => self.is_viewed(ty),
            TypeDefKind::Result(result) => result.ok.iter().chain(&result.err).any(|ty| self.is_viewed(ty)),
            TypeDefKind::Tuple(tuple) => tuple.types.iter().any(|ty| self.is_viewed(ty)),
            TypeDefKind::List(element) => {
                !matches!(self.behind_aliases(element), Type::Id(_) | Type::ErrorContext)
            }
            _ => false,
        }
    }

    /// The type that a chain of names stands for, when that is none with a name.
    fn behind_aliases(&self, ty: &Type) -> Type {
        let mut ty = *ty;
        while let Type::Id(id) = ty {
            match self.plan.resolve.types[id].kind {
                TypeDefKind::Type(next) if self.plan.with(id).is_none() => ty = next,
                _ => break,
            }
        }
        ty
    }
}
