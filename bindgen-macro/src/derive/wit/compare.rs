//! The members of a Rust type beside those of the WIT type that it claims to be: same names, same order, same types. All
//! differences are told, each at the member it is about, with its place in the WIT and what to write.

use plugbay_bindgen::{diag::Diagnostics, kebab};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::spanned::Spanned as _;
use wit_parser::Type;

use super::{
    source::{Source, list},
    types::{Verdict, compare, compare_optional, layout, rust_text, wit_text},
};

/// A field, case or flag of the Rust type.
pub(super) struct Ours<'a> {
    pub(super) ident: &'a Ident,
    pub(super) name: &'a str,
    pub(super) ty: Option<&'a syn::Type>,
}

/// A field, case or flag of the WIT type.
pub(super) struct Theirs<'a> {
    pub(super) name: &'a str,
    pub(super) ty: Option<&'a Type>,
    pub(super) span: wit_parser::Span,
}

/// One comparison.
pub(super) struct Members<'a> {
    pub(super) source: &'a Source,
    /// "field", "case" or "flag".
    pub(super) noun: &'static str,
    /// The name of the WIT type.
    pub(super) of: &'a str,
    /// Where what is missing is shown.
    pub(super) span: Span,
    /// Whether types that only the compiler knows can be compared where the derive stands.
    pub(super) closed: bool,
    pub(super) ours: Vec<Ours<'a>>,
    pub(super) theirs: Vec<Theirs<'a>>,
}

impl Members<'_> {
    /// Tells all differences; returns what the compiler has to compare.
    pub(super) fn check(&self, diag: &mut Diagnostics) -> TokenStream {
        let mut checks = TokenStream::new();
        let mut taken = Vec::new();
        let mut ordered = true;
        for (index, ours) in self.ours.iter().enumerate() {
            let Some(at) = self.theirs.iter().position(|theirs| theirs.name == ours.name) else {
                taken.extend(self.unknown(index, ours, diag));
                continue;
            };
            if at != index && ordered && !self.shifted(index, at) {
                ordered = false;
                self.disordered(ours, at, diag);
            }
            if let Some(theirs) = self.theirs.get(at) {
                checks.extend(self.types(ours, theirs, diag));
            }
        }
        for (index, theirs) in self.theirs.iter().enumerate() {
            let there = self.ours.iter().any(|ours| ours.name == theirs.name);
            if !there && !taken.contains(&index) {
                self.missing(index, theirs, diag);
            }
        }
        checks
    }

    /// Whether a member stands elsewhere only because others before it are missing or too many.
    fn shifted(&self, index: usize, at: usize) -> bool {
        let before =
            |all: &mut dyn Iterator<Item = &str>| -> Vec<String> { all.map(str::to_owned).collect() };
        let ours = before(&mut self.ours.iter().take(index).map(|ours| ours.name));
        let theirs = before(&mut self.theirs.iter().take(at).map(|theirs| theirs.name));
        let common_ours = ours.iter().filter(|name| self.theirs.iter().any(|theirs| theirs.name == **name));
        let common_theirs = theirs.iter().filter(|name| self.ours.iter().any(|ours| ours.name == **name));
        common_ours.eq(common_theirs)
    }

    /// A member that the WIT does not have. Perhaps it has another name there: then that one's number is returned.
    fn unknown(&self, index: usize, ours: &Ours<'_>, diag: &mut Diagnostics) -> Option<usize> {
        let Self { noun, of, source, .. } = self;
        let free = |theirs: &&Theirs<'_>| !self.ours.iter().any(|ours| ours.name == theirs.name);
        if let Some(theirs) = self.theirs.get(index).filter(free) {
            let place = source.place(theirs.span);
            let ident = self.rust_ident(theirs.name);
            diag.error(
                ours.ident.span(),
                format!(
                    "{noun} number {} of `{of}` is `{}` in the WIT ({place}), not `{}`: call it `{ident}`, or write \
                     `#[component(name = \"{}\")]` before it",
                    index + 1,
                    theirs.name,
                    ours.name,
                    theirs.name
                ),
            );
            return Some(index);
        }
        let place = source.definition().map_or_else(String::new, |ty| source.place(ty.span));
        let known = list(self.theirs.iter().map(|theirs| theirs.name));
        diag.error(
            ours.ident.span(),
            format!(
                "`{of}` has no {noun} `{}` in the WIT ({place}): remove it; there are {known}",
                ours.name
            ),
        );
        None
    }

    fn disordered(&self, ours: &Ours<'_>, at: usize, diag: &mut Diagnostics) {
        let place = self.theirs.get(at).map_or_else(String::new, |theirs| self.source.place(theirs.span));
        let order = list(self.theirs.iter().map(|theirs| theirs.name));
        diag.error(
            ours.ident.span(),
            format!(
                "`{}` is {} number {} of `{}` in the WIT ({place}), and the order counts: {order}",
                ours.name,
                self.noun,
                at + 1,
                self.of
            ),
        );
    }

    fn missing(&self, index: usize, theirs: &Theirs<'_>, diag: &mut Diagnostics) {
        let place = self.source.place(theirs.span);
        let ident = self.rust_ident(theirs.name);
        let written = match (self.noun, theirs.ty) {
            ("field", Some(ty)) => format!("{ident}: {}", rust_text(&self.source.resolve, ty)),
            ("flag", _) => format!("{ident}: bool"),
            (_, Some(ty)) => format!("{ident}({})", rust_text(&self.source.resolve, ty)),
            (_, None) => ident,
        };
        let after = match index.checked_sub(1).and_then(|before| self.theirs.get(before)) {
            Some(before) => format!("after `{}`", before.name),
            None => "first".to_owned(),
        };
        diag.error(
            self.span,
            format!(
                "the {} `{}` of `{}` in the WIT ({place}) is missing: write `{written},` {after}",
                self.noun, theirs.name, self.of
            ),
        );
    }

    /// Compares the types of two members of one name.
    fn types(&self, ours: &Ours<'_>, theirs: &Theirs<'_>, diag: &mut Diagnostics) -> Option<TokenStream> {
        let resolve = &self.source.resolve;
        let place = self.source.place(theirs.span);
        let (rust, wit) = match (ours.ty, theirs.ty) {
            (None, None) => return None,
            (None, Some(wit)) => {
                diag.error(
                    ours.ident.span(),
                    format!(
                        "the case `{}` carries `{}` in the WIT ({place}): write `{}({})`",
                        theirs.name,
                        wit_text(resolve, wit),
                        ours.ident,
                        rust_text(resolve, wit)
                    ),
                );
                return None;
            }
            (Some(rust), None) => {
                if compare_optional(resolve, rust, None) != Verdict::Same {
                    diag.error(
                        rust.span(),
                        format!(
                            "the case `{}` carries nothing in the WIT ({place}): write `{}`",
                            theirs.name, ours.ident
                        ),
                    );
                }
                return None;
            }
            (Some(rust), Some(wit)) => (rust, wit),
        };
        match compare(resolve, rust, wit) {
            Verdict::Same => None,
            Verdict::Differ => {
                diag.error(
                    rust.span(),
                    format!(
                        "`{}` is `{}` in the WIT ({place}), not `{}`: write `{}`",
                        theirs.name,
                        wit_text(resolve, wit),
                        spaced(&rust.to_token_stream()),
                        rust_text(resolve, wit)
                    ),
                );
                None
            }
            Verdict::Unknown => {
                let message = format!(
                    "`{}` is `{}` in the WIT ({place}), which has another layout than this type",
                    theirs.name,
                    wit_text(resolve, wit)
                );
                self.compared_later(rust, wit, &message)
            }
        }
    }

    /// What makes the compiler compare the layouts.
    pub(super) fn compared_later(&self, rust: &syn::Type, wit: &Type, message: &str) -> Option<TokenStream> {
        let layout = layout(&self.source.resolve, wit).filter(|_| self.closed)?;
        Some(quote_spanned! {rust.span()=>
            const _: () = ::plugbay::macro_support::assert_layout(
                <#rust as ::plugbay::macro_support::ComponentType>::LAYOUT,
                #layout,
                #message,
            );
        })
    }

    fn rust_ident(&self, name: &str) -> String {
        let text = if self.noun == "case" { kebab::upper_camel(name) } else { kebab::snake(name) };
        kebab::rust_ident(&text, Span::call_site()).to_string()
    }
}

/// Tokens without the spaces that their printing puts around punctuation.
pub(super) fn spaced(tokens: &TokenStream) -> String {
    let text = tokens.to_string();
    text.replace(" < ", "<").replace(" >", ">").replace(" ,", ",").replace("& ", "&").replace(" :: ", "::")
}
