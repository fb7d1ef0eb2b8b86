//! `bindgen!`: a world in, typed Rust out. [`source`] reads, [`check`] refuses, [`plan`] names, the `emit_*` files write.

mod check;
mod docs;
mod emit_exports;
mod emit_imports;
mod emit_types;
mod emit_world;
mod facts;
mod modules;
mod options;
mod plan;
mod rust_type;
mod source;
#[cfg(test)]
mod tests;

use std::path::Path;

use proc_macro2::{Span, TokenStream};

use crate::diag::{self, Diagnostics};

/// Expands `bindgen!`.
pub(crate) fn bindgen(input: TokenStream) -> TokenStream {
    let root = std::env::var_os("CARGO_MANIFEST_DIR");
    let expansion = match &root {
        Some(root) => expand(input, Path::new(root)),
        None => Err(syn::Error::new(
            Span::call_site(),
            "bindgen! runs under cargo, which sets CARGO_MANIFEST_DIR",
        )),
    };
    diag::or_compile_errors(expansion)
}

/// Expands with paths from `root` on.
fn expand(input: TokenStream, root: &Path) -> syn::Result<TokenStream> {
    let options: options::Options = syn::parse2(input)?;
    let source = source::load(&options, root)?;
    let mut diag = Diagnostics::default();
    check::world(&source.resolve, source.world, &options, &mut diag);
    let plan = plan::Plan::new(&source, &options, &mut diag);
    diag.finish(())?;
    let mut out = emit_world::emit(&plan);
    out.extend(emit_world::rebuild_on_change(&source.files));
    Ok(out)
}
