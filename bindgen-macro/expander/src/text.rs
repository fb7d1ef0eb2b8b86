//! Expansions as text to read.

use proc_macro2::TokenStream;

/// Items, formatted.
///
/// # Errors
/// When they are no Rust.
pub fn text(items: TokenStream) -> syn::Result<String> {
    Ok(prettyplease::unparse(&syn::parse2(items)?))
}
