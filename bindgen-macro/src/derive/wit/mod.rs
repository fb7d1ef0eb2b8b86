//! `#[wit("demo:editor/types.token")]`: holds a Rust type against the WIT type that it is meant to be, when the derive is
//! expanded. [`attr`] reads the attribute, [`source`] the WIT, [`compare`] tells what differs.

mod attr;
mod compare;
mod source;
mod types;

use std::path::Path;

use plugbay_bindgen::diag::Diagnostics;
use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::spanned::Spanned as _;
use wit_parser::TypeDefKind;

use self::{
    compare::{Members, Ours, Theirs},
    source::Source,
    types::Verdict,
};
use super::model::{Model, Shape};

/// Checks a type that has the attribute; returns what the compiler has to check and to watch.
///
/// # Errors
/// Everything that differs.
pub(super) fn check(model: &Model, root: Option<&Path>) -> syn::Result<TokenStream> {
    let mut diag = Diagnostics::default();
    let Some(attr) = attr::find(&model.attributes, &mut diag) else {
        return diag.finish(TokenStream::new());
    };
    let Some(root) = root else {
        diag.error(attr.name.span(), "`#[wit(…)]` is read under cargo, which sets CARGO_MANIFEST_DIR");
        return diag.finish(TokenStream::new());
    };
    let mut checks = TokenStream::new();
    if let Some(source) = source::load(&attr, root, &mut diag) {
        checks = beside(model, &source, &mut diag);
        for file in source.files.iter().filter_map(|file| file.to_str()) {
            checks.extend(quote!(
                const _: &[u8] = ::plugbay::macro_support::include_bytes!(#file);
            ));
        }
    }
    diag.finish(checks)
}

/// The Rust type beside the WIT type.
fn beside(model: &Model, source: &Source, diag: &mut Diagnostics) -> TokenStream {
    let Some(definition) = source.definition() else { return TokenStream::new() };
    let name = definition.name.as_deref().unwrap_or("…");
    let members = |noun, ours, theirs| Members {
        source,
        noun,
        of: name,
        span: model.ident.span(),
        closed: model.generics.params.is_empty(),
        ours,
        theirs,
    };
    let id = wit_parser::Type::Id(source.ty);
    let kind = types::behind_names(&source.resolve, &id);
    match (&model.shape, kind) {
        (Shape::Record(fields), Ok(TypeDefKind::Record(record))) => {
            let ours = fields.iter().map(|f| Ours { ident: &f.ident, name: &f.name, ty: Some(&f.ty) });
            let theirs =
                record.fields.iter().map(|f| Theirs { name: &f.name, ty: Some(&f.ty), span: f.span });
            members("field", ours.collect(), theirs.collect()).check(diag)
        }
        (Shape::Flags(fields), Ok(TypeDefKind::Flags(flags))) => {
            let ours = fields.iter().map(|f| Ours { ident: &f.ident, name: &f.name, ty: None });
            let theirs = flags.flags.iter().map(|f| Theirs { name: &f.name, ty: None, span: f.span });
            members("flag", ours.collect(), theirs.collect()).check(diag)
        }
        (Shape::Variant(cases), Ok(TypeDefKind::Variant(variant))) => {
            let ours = cases.iter().map(|c| Ours { ident: &c.ident, name: &c.name, ty: c.payload.as_ref() });
            let theirs =
                variant.cases.iter().map(|c| Theirs { name: &c.name, ty: c.ty.as_ref(), span: c.span });
            members("case", ours.collect(), theirs.collect()).check(diag)
        }
        (Shape::Enum(cases), Ok(TypeDefKind::Enum(wit))) => {
            let ours = cases.iter().map(|c| Ours { ident: &c.ident, name: &c.name, ty: None });
            let theirs = wit.cases.iter().map(|c| Theirs { name: &c.name, ty: None, span: c.span });
            members("case", ours.collect(), theirs.collect()).check(diag)
        }
        (Shape::Transparent(ty), _) => {
            let members = members("field", Vec::new(), Vec::new());
            match types::compare(&source.resolve, ty, &id) {
                Verdict::Same => TokenStream::new(),
                Verdict::Differ => {
                    let ours = format!("`{}`", compare::spaced(&ty.to_token_stream()));
                    diag.error(ty.span(), other(model, source, &ours));
                    TokenStream::new()
                }
                Verdict::Unknown => {
                    let message = format!(
                        "`{name}` in the WIT ({}) has another layout than this type",
                        source.place(definition.span)
                    );
                    members.compared_later(ty, &id, &message).unwrap_or_default()
                }
            }
        }
        (shape, _) => {
            diag.error(model.ident.span(), other(model, source, shape.kind()));
            TokenStream::new()
        }
    }
}

/// The WIT type is of another kind than the Rust type.
fn other(model: &Model, source: &Source, ours: &str) -> String {
    let Some(definition) = source.definition() else { return String::new() };
    let id = wit_parser::Type::Id(source.ty);
    let kind = types::behind_names(&source.resolve, &id);
    let (theirs, write) = match (kind, &model.shape) {
        (Ok(TypeDefKind::Flags(_)), Shape::Record(_)) => {
            ("flags".to_owned(), "make every field a `bool` and write `#[component(flags)]`".to_owned())
        }
        (Ok(TypeDefKind::Flags(_)), _) => {
            ("flags".to_owned(), "write a struct of `bool`s with `#[component(flags)]`".to_owned())
        }
        (Ok(TypeDefKind::Record(_)), Shape::Flags(_)) => {
            ("a record".to_owned(), "leave `#[component(flags)]` out".to_owned())
        }
        (Ok(TypeDefKind::Record(_)), _) => {
            ("a record".to_owned(), "write a struct with named fields".to_owned())
        }
        (Ok(TypeDefKind::Variant(_)), Shape::Enum(_)) => (
            "a variant".to_owned(),
            "write `#[component(variant)]`, or give the cases their payloads".to_owned(),
        ),
        (Ok(TypeDefKind::Variant(_)), _) => {
            ("a variant".to_owned(), "write an enum, each case with one payload or none".to_owned())
        }
        (Ok(TypeDefKind::Enum(_)), Shape::Variant(_)) => {
            ("an enum".to_owned(), "take the payloads away, or `#[component(variant)]`".to_owned())
        }
        (Ok(TypeDefKind::Enum(_)), _) => ("an enum".to_owned(), "write an enum without payloads".to_owned()),
        (Ok(TypeDefKind::Resource), _) => (
            "a resource".to_owned(),
            "use `Resource<R>` with a type of your own, or `ResourceAny`, where it stands".to_owned(),
        ),
        _ => {
            let rust = types::rust_text(&source.resolve, &id);
            let theirs = format!("`{}`", types::wit_text_behind(&source.resolve, &id));
            (theirs, format!("use `{rust}`, or write `struct {}({rust});`", model.ident))
        }
    };
    let name = definition.name.as_deref().unwrap_or("…");
    let of = source::owner(&source.resolve, definition);
    let of = of.map_or_else(String::new, |id| format!(" of `{id}`"));
    format!("`{name}`{of} is {theirs} in the WIT ({}), not {ours}: {write}", source.place(definition.span))
}
