//! The comments of the WIT as rustdoc.

use proc_macro2::TokenStream;
use quote::quote;
use wit_parser::{Docs, Stability};

/// `#[doc]` attributes, one a line; `otherwise` says something where the WIT says nothing.
pub(crate) fn attributes(docs: &Docs, otherwise: impl FnOnce() -> String) -> TokenStream {
    let text = docs.contents.as_deref().map_or_else(otherwise, |text| text.trim_end().to_owned());
    let mut in_fence = false;
    let lines = text.lines().map(|line| {
        let is_fence = line.trim_start().starts_with("```");
        // What rustdoc would take for a Rust example is text: a comment of the WIT is not ours to test.
        let plain = is_fence && !in_fence && line.trim() == "```";
        in_fence ^= is_fence;
        format!(" {}{}", line.trim_end(), if plain { "text" } else { "" })
    });
    quote!(#(#[doc = #lines])*)
}

/// Docs of an item that has a stability: with a line about it, and `#[deprecated]` where `warn` allows that.
pub(crate) fn of_item(
    docs: &Docs,
    stability: &Stability,
    warn: bool,
    otherwise: impl FnOnce() -> String,
) -> TokenStream {
    let text = attributes(docs, otherwise);
    let note = match stability {
        Stability::Unknown => None,
        Stability::Stable { since, .. } => Some(format!(" Since {since}.")),
        Stability::Unstable { feature, .. } => Some(format!(" Unstable: part of the feature `{feature}`.")),
    };
    let note = note.map(|note| quote!(#[doc = ""] #[doc = #note]));
    let deprecated = deprecated(stability).map(|version| {
        let (line, note) = (format!(" Deprecated since {version}."), format!("since {version} of the WIT"));
        if warn { quote!(#[deprecated(note = #note)]) } else { quote!(#[doc = #line]) }
    });
    quote!(#text #note #deprecated)
}

/// The version of the WIT since which an item is deprecated.
pub(crate) fn deprecated(stability: &Stability) -> Option<String> {
    let (Stability::Stable { deprecated, .. } | Stability::Unstable { deprecated, .. }) = stability else {
        return None;
    };
    deprecated.as_ref().map(ToString::to_string)
}
