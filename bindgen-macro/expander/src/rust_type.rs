//! The Rust type of a WIT type, seen from one module: owned, or as a parameter that borrows what it can.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use wit_parser::{Handle, Type, TypeDefKind, TypeId};

use crate::{
    facts::FactTable,
    plan::{Module, Plan, Side, TypeName},
};

/// Writes types as they are named from `module`.
pub(crate) struct RustTypes<'a> {
    pub(crate) plan: &'a Plan<'a>,
    pub(crate) facts: &'a FactTable,
    pub(crate) module: &'a [Ident],
}

/// How long a borrowed parameter lives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// As the signature says: nothing is written.
    Elided,
    /// For the type of a function that is kept: lifetimes shrink where it is called.
    Static,
}

impl Lifetime {
    pub(crate) fn written(self) -> TokenStream {
        match self {
            Lifetime::Elided => quote!(),
            Lifetime::Static => quote!('static),
        }
    }
}

impl RustTypes<'_> {
    /// The path of a type, seen from this module.
    pub(crate) fn path_of(&self, name: &TypeName) -> TokenStream {
        match &name.module {
            Module::Here(module) => self.path_to(module, &name.ident),
            Module::Elsewhere(path) => {
                let (path, ident) = (self.applications_path(path), &name.ident);
                quote!(#path :: #ident)
            }
        }
    }

    /// Whether a type is defined in this module.
    pub(crate) fn is_here(&self, name: &TypeName) -> bool {
        matches!(&name.module, Module::Here(module) if module == self.module)
    }

    /// A path from this module to an item of another one of the expansion.
    pub(crate) fn path_to(&self, module: &[Ident], ident: &Ident) -> TokenStream {
        if module == self.module {
            return quote!(#ident);
        }
        let path = self.module_path(module);
        quote!(#path :: #ident)
    }

    /// A path from this module to another one.
    pub(crate) fn module_path(&self, module: &[Ident]) -> TokenStream {
        let up = self.module.iter().map(|_| quote!(super));
        let down = module.iter().map(|part| quote!(#part));
        let parts: Vec<TokenStream> = if self.module.is_empty() {
            std::iter::once(quote!(self)).chain(down).collect()
        } else {
            up.chain(down).collect()
        };
        quote!(#(#parts)::*)
    }

    /// A path of the application's, written as at the macro call.
    pub(crate) fn applications_path(&self, path: &syn::Path) -> TokenStream {
        let absolute =
            path.leading_colon.is_some() || path.segments.first().is_some_and(|s| s.ident == "crate");
        if absolute || self.module.is_empty() {
            return quote!(#path);
        }
        let up = self.module.iter().map(|_| quote!(super));
        let down = path.segments.iter().filter(|segment| segment.ident != "self");
        quote!(#(#up::)* #(#down)::*)
    }

    fn named(&self, id: TypeId) -> Option<TokenStream> {
        let name = self.plan.type_of(id)?;
        Some(self.path_of(name))
    }

    /// The owned type.
    pub(crate) fn owned(&self, ty: &Type) -> TokenStream {
        match ty {
            Type::Bool => quote!(bool),
            Type::U8 => quote!(u8),
            Type::U16 => quote!(u16),
            Type::U32 => quote!(u32),
            Type::U64 => quote!(u64),
            Type::S8 => quote!(i8),
            Type::S16 => quote!(i16),
            Type::S32 => quote!(i32),
            Type::S64 => quote!(i64),
            Type::F32 => quote!(f32),
            Type::F64 => quote!(f64),
            Type::Char => quote!(char),
            Type::String | Type::ErrorContext => quote!(::plugbay::macro_support::String),
            Type::Id(id) => {
                self.named(*id).unwrap_or_else(|| self.structure(&self.plan.resolve.types[*id].kind))
            }
        }
    }

    /// The owned type of something that may be absent, as `()` where it is.
    pub(crate) fn owned_or_unit(&self, ty: Option<&Type>) -> TokenStream {
        ty.map_or_else(|| quote!(()), |ty| self.owned(ty))
    }

    /// The structure behind a name, or of a type without one.
    pub(crate) fn structure(&self, kind: &TypeDefKind) -> TokenStream {
        match kind {
            TypeDefKind::Option(ty) => {
                let ty = self.owned(ty);
                quote!(::plugbay::macro_support::Option<#ty>)
            }
            TypeDefKind::List(ty) => {
                let ty = self.owned(ty);
                quote!(::plugbay::macro_support::Vec<#ty>)
            }
            TypeDefKind::Map(key, value) => {
                let (key, value) = (self.owned(key), self.owned(value));
                quote!(::plugbay::macro_support::Vec<(#key, #value)>)
            }
            TypeDefKind::Result(result) => {
                let (ok, err) =
                    (self.owned_or_unit(result.ok.as_ref()), self.owned_or_unit(result.err.as_ref()));
                quote!(::plugbay::macro_support::Result<#ok, #err>)
            }
            TypeDefKind::Tuple(tuple) => {
                let types = tuple.types.iter().map(|ty| self.owned(ty));
                quote!((#(#types,)*))
            }
            TypeDefKind::Handle(handle) => self.handle(*handle),
            TypeDefKind::Type(ty) => self.owned(ty),
            // Everything else has a name, or was refused by the check.
            _ => quote!(()),
        }
    }

    fn handle(&self, handle: Handle) -> TokenStream {
        let (resource, side) = self.plan.resource(handle);
        let name = self.named(resource).unwrap_or_else(|| quote!(()));
        match (handle, side) {
            (Handle::Own(_), Side::Host) => quote!(::plugbay::macro_support::Resource<#name>),
            (Handle::Borrow(_), Side::Host) => quote!(::plugbay::macro_support::Borrow<#name>),
            (Handle::Own(_), Side::Guest) => name,
            (Handle::Borrow(_), Side::Guest) => quote!(::plugbay::macro_support::BorrowAny),
        }
    }

    /// The type of a parameter that the host passes to the guest.
    pub(crate) fn param(&self, ty: &Type, lifetime: Lifetime) -> TokenStream {
        let written = lifetime.written();
        match ty {
            Type::String => quote!(& #written str),
            Type::Id(id) => self.param_of(*id, ty, lifetime),
            _ => self.owned(ty),
        }
    }

    /// The definition that a chain of names stands for.
    pub(crate) fn behind_names(&self, mut id: TypeId) -> &TypeDefKind {
        loop {
            match &self.plan.resolve.types[id].kind {
                TypeDefKind::Type(Type::Id(next)) => id = *next,
                kind => return kind,
            }
        }
    }

    fn param_of(&self, id: TypeId, ty: &Type, lifetime: Lifetime) -> TokenStream {
        let facts = self.facts.of_id(self.plan, id);
        let written = lifetime.written();
        let borrowed = |ty: &Type| self.param(ty, lifetime);
        match self.behind_names(id) {
            TypeDefKind::Type(aliased) => self.param(aliased, lifetime),
            TypeDefKind::Handle(handle) => self.handle(*handle),
            // What owns handles is given away, whole.
            _ if facts.own || facts.copy() => self.owned(ty),
            TypeDefKind::Option(ty) => {
                let ty = borrowed(ty);
                quote!(::plugbay::macro_support::Option<#ty>)
            }
            TypeDefKind::Result(result) => {
                let part = |ty: Option<&Type>| ty.map_or_else(|| quote!(()), borrowed);
                let (ok, err) = (part(result.ok.as_ref()), part(result.err.as_ref()));
                quote!(::plugbay::macro_support::Result<#ok, #err>)
            }
            TypeDefKind::Tuple(tuple) => {
                let types = tuple.types.iter().map(borrowed);
                quote!((#(#types,)*))
            }
            TypeDefKind::List(element) => {
                let element = self.owned(element);
                quote!(& #written [#element])
            }
            TypeDefKind::Map(key, value) => {
                let (key, value) = (self.owned(key), self.owned(value));
                quote!(& #written [(#key, #value)])
            }
            _ => {
                let owned = self.owned(ty);
                quote!(& #written #owned)
            }
        }
    }
}
