//! The `#[wit("…", path = "…")]` attribute: which WIT type a Rust type claims to be.

use proc_macro2::Span;
use syn::{Attribute, LitStr, Token, parse::ParseStream, spanned::Spanned as _};

use plugbay_bindgen::diag::Diagnostics;

/// What the attribute says.
pub(super) struct WitAttr {
    /// `demo:editor/types.token`, as written.
    pub(super) name: LitStr,
    /// A file or a folder, from the folder of `Cargo.toml`; `wit` if left out.
    pub(super) path: Option<LitStr>,
    /// WIT text in place of files.
    pub(super) inline: Option<LitStr>,
}

impl WitAttr {
    /// Where an error about the WIT as a whole is shown.
    pub(super) fn source_span(&self) -> Span {
        self.inline.as_ref().or(self.path.as_ref()).unwrap_or(&self.name).span()
    }

    /// The interface (or world) and the type in it. A version may have points in it, so the last point counts, and `#`
    /// stands for it where even that is not clear.
    pub(super) fn split(&self) -> Option<(String, String)> {
        let name = self.name.value();
        let (interface, ty) = name.rsplit_once('#').or_else(|| name.rsplit_once('.'))?;
        let given = !interface.is_empty() && plugbay_bindgen::kebab::is_label(ty);
        given.then(|| (interface.to_owned(), ty.to_owned()))
    }
}

/// The attribute on a type, if it has one.
pub(super) fn find(attributes: &[Attribute], diag: &mut Diagnostics) -> Option<WitAttr> {
    let mut found = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("wit")) {
        if found.is_some() {
            diag.error(attribute.span(), "a type is one WIT type: `#[wit(…)]` is given twice");
        }
        match attribute.parse_args_with(parse) {
            Ok(parsed) => found = Some(parsed),
            Err(error) => diag.push(error),
        }
    }
    found
}

fn parse(input: ParseStream<'_>) -> syn::Result<WitAttr> {
    const FORM: &str =
        "expected the name of a WIT type, as in `#[wit(\"demo:editor/types.token\", path = \"wit\")]`";
    let name: LitStr = input.parse().map_err(|error| syn::Error::new(error.span(), FORM))?;
    let mut attr = WitAttr { name, path: None, inline: None };
    while !input.is_empty() {
        input.parse::<Token![,]>()?;
        if input.is_empty() {
            break;
        }
        let word: syn::Ident = input.parse()?;
        input.parse::<Token![=]>()?;
        let value: LitStr = input.parse()?;
        let place = match word.to_string().as_str() {
            "path" => &mut attr.path,
            "inline" => &mut attr.inline,
            _ => return Err(syn::Error::new(word.span(), "expected `path = \"…\"` or `inline = \"…\"`")),
        };
        if place.replace(value).is_some() {
            return Err(syn::Error::new(word.span(), format!("`{word}` is given twice")));
        }
    }
    if let (Some(path), Some(_)) = (&attr.path, &attr.inline) {
        return Err(syn::Error::new(path.span(), "give `path` or `inline`, not both"));
    }
    Ok(attr)
}
