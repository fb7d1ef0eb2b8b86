//! The comments of the WIT as rustdoc.

use proc_macro2::TokenStream;
use quote::quote;
use wit_parser::Docs;

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
