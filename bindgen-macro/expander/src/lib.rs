//! A WIT world in, typed Rust out: what `plugbay::bindgen!` expands to and what `plugbay bindgen --lang rust` prints.
//! [`source`] reads, [`check`] refuses, [`plan`] names, the `emit_*` files write.
//!
//! Works on `proc_macro2` streams, so that it runs in a compiler and out of one. Nothing here knows the canonical ABI:
//! what is emitted calls `::plugbay::macro_support`, the only path that generated code names, and stands under
//! `#![forbid(unsafe_code)]` and `#![no_implicit_prelude]`.
#![forbid(unsafe_code)]

mod check;
pub mod diag;
mod docs;
mod emit_exports;
mod emit_imports;
mod emit_types;
mod emit_world;
mod facts;
mod host_param;
pub mod kebab;
mod modules;
mod options;
mod plan;
mod rust_type;
mod source;
#[cfg(feature = "text")]
mod text;

use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;

pub use options::Options;
pub use source::{Contents, Item};
#[cfg(feature = "text")]
pub use text::text;

/// What a world became.
#[derive(Debug)]
pub struct Expansion {
    /// The items.
    pub items: TokenStream,
    /// The files that were read, absolute.
    pub files: Vec<PathBuf>,
}

impl Expansion {
    /// The items, and what makes the compiler expand anew when a file changes.
    #[must_use]
    pub fn watched(self) -> TokenStream {
        let mut items = self.items;
        items.extend(emit_world::rebuild_on_change(&self.files));
        items
    }
}

/// Expands what `bindgen!` was given. Relative paths start from `root`.
///
/// # Errors
/// Everything that is wrong with the options, the WIT, or what of it bindings cannot be made of: with a span in `input`,
/// and with path, line and column of the `.wit` in the text.
pub fn expand(input: TokenStream, root: &Path) -> syn::Result<Expansion> {
    expand_options(&syn::parse2(input)?, root)
}

/// What could be named: the worlds and interfaces of the WIT that `options` name, and of all that was read with it.
///
/// # Errors
/// When the WIT cannot be read or is wrong.
pub fn contents(options: &Options, root: &Path) -> syn::Result<Contents> {
    source::contents(options, root)
}

/// The same with options made by hand.
///
/// # Errors
/// As [`expand`].
pub fn expand_options(options: &Options, root: &Path) -> syn::Result<Expansion> {
    let source = source::load(options, root)?;
    let mut diag = diag::Diagnostics::default();
    check::world(&source.resolve, source.world, options, &mut diag);
    let plan = plan::Plan::new(&source, options, &mut diag);
    diag.finish(())?;
    Ok(Expansion { items: emit_world::emit(&plan), files: source.files })
}
