//! Collected compile errors. A macro goes on after a mistake and shows all it found; what it emits then is errors only.

use proc_macro2::{Span, TokenStream};

/// The mistakes found so far, in the order found.
#[derive(Debug, Default)]
pub struct Diagnostics {
    errors: Vec<syn::Error>,
}

impl Diagnostics {
    /// Notes a mistake at a place in the Rust source.
    pub fn error(&mut self, span: Span, message: impl std::fmt::Display) {
        self.errors.push(syn::Error::new(span, message));
    }

    /// Notes what `syn` complained about.
    pub fn push(&mut self, error: syn::Error) {
        self.errors.push(error);
    }

    /// The value if nothing was noted, else all that was noted, as one error.
    ///
    /// # Errors
    /// All that was noted.
    pub fn finish<T>(self, value: T) -> syn::Result<T> {
        match self.errors.into_iter().reduce(|mut all, next| {
            all.combine(next);
            all
        }) {
            None => Ok(value),
            Some(all) => Err(all),
        }
    }
}

/// The expansion, or `compile_error!`s in its place.
#[must_use]
pub fn or_compile_errors(result: syn::Result<TokenStream>) -> TokenStream {
    result.unwrap_or_else(|error| error.to_compile_error())
}

/// All that an error says, one mistake after another.
#[must_use]
pub fn messages(error: syn::Error) -> String {
    error.into_iter().map(|error| error.to_string()).collect::<Vec<_>>().join("\n")
}
