//! The tree of modules: items put in by path, written out nested.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// A module: its own items and the modules in it, in the order they came.
#[derive(Default)]
pub(crate) struct Modules {
    docs: TokenStream,
    items: TokenStream,
    children: Vec<(Ident, Modules)>,
}

impl Modules {
    /// The module at `path`, made if it is not there.
    pub(crate) fn at(&mut self, path: &[Ident]) -> &mut Modules {
        let Some((first, rest)) = path.split_first() else { return self };
        let index = match self.children.iter().position(|(ident, _)| ident == first) {
            Some(index) => index,
            None => {
                self.children.push((first.clone(), Modules::default()));
                self.children.len() - 1
            }
        };
        self.children[index].1.at(rest)
    }

    /// Adds to the items of this module.
    pub(crate) fn add(&mut self, docs: TokenStream, items: TokenStream) {
        self.docs.extend(docs);
        self.items.extend(items);
    }

    /// The modules in this one, as items.
    pub(crate) fn nested(&self) -> TokenStream {
        self.written(&quote! {
            #[allow(
                deprecated,
                missing_docs,
                rustdoc::broken_intra_doc_links,
                rustdoc::invalid_html_tags,
                reason = "the WIT decides what there is, what is documented, and how"
            )]
        })
    }

    /// The modules in this one; `lints` are for the outermost, which hold for those in them.
    fn written(&self, lints: &TokenStream) -> TokenStream {
        self.children
            .iter()
            .map(|(ident, module)| {
                let (docs, items) = (&module.docs, &module.items);
                let nested = module.written(&TokenStream::new());
                quote! {
                    #docs
                    #lints
                    pub mod #ident {
                        #items
                        #nested
                    }
                }
            })
            .collect()
    }
}
