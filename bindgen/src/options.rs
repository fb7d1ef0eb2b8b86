//! The arguments of `bindgen!`: which WIT, which world, and what to make of it.

use proc_macro2::Span;
use syn::{
    Ident, LitBool, LitStr, Path, Token, braced,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    spanned::Spanned as _,
};

use crate::diag::Diagnostics;

/// What `bindgen!({ … })` was given.
#[derive(Default)]
pub struct Options {
    /// A `.wit` file or a folder of them, relative to the crate's manifest. `wit` if neither this nor `inline` is given.
    pub(crate) path: Option<LitStr>,
    /// WIT text, in place of a file. Packages under `path` can be used from it.
    pub(crate) inline: Option<LitStr>,
    /// The world, `plugin` or `demo:editor/plugin`. May be left out when there is only one.
    pub(crate) world: Option<LitStr>,
    /// The name of the plugin struct, in place of the world's.
    pub(crate) name: Option<Ident>,
    /// Whether functions of the host return `plugbay::Result`, so that an error ends the plugin's call.
    pub(crate) trappable: bool,
    /// Rust types that stand for resources that the host defines.
    pub(crate) with: Vec<With>,
}

/// `"demo:editor/buffers/buffer": crate::Buffer`.
pub(crate) struct With {
    pub(crate) resource: LitStr,
    pub(crate) path: Path,
}

impl Options {
    /// Where an error about the WIT is shown: at the path, the text, or the whole call.
    pub(crate) fn wit_span(&self) -> Span {
        self.inline.as_ref().or(self.path.as_ref()).map_or_else(Span::call_site, LitStr::span)
    }

    /// Where an error about the world is shown.
    pub(crate) fn world_span(&self) -> Span {
        self.world.as_ref().map_or_else(|| self.wit_span(), LitStr::span)
    }

    fn set(&mut self, option: Opt, diag: &mut Diagnostics) {
        let (word, span, given_before) = match option {
            Opt::Path(value) => ("path", value.span(), self.path.replace(value).is_some()),
            Opt::Inline(value) => ("inline", value.span(), self.inline.replace(value).is_some()),
            Opt::World(value) => ("world", value.span(), self.world.replace(value).is_some()),
            Opt::Name(value) => ("name", value.span(), self.name.replace(value).is_some()),
            Opt::Trappable(value) => {
                self.trappable = value.value;
                return;
            }
            Opt::With(more) => {
                self.with.extend(more);
                return;
            }
        };
        if given_before {
            diag.error(span, format!("`{word}` is given twice"));
        }
    }
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let inner;
        let list = if input.peek(syn::token::Brace) {
            braced!(inner in input);
            let list = Punctuated::<Opt, Token![,]>::parse_terminated(&inner)?;
            if !input.is_empty() {
                return Err(input.error("nothing is expected after the braces"));
            }
            list
        } else {
            Punctuated::<Opt, Token![,]>::parse_terminated(input)?
        };
        let mut options = Options::default();
        let mut diag = Diagnostics::default();
        for option in list {
            options.set(option, &mut diag);
        }
        diag.finish(options)
    }
}

enum Opt {
    Path(LitStr),
    Inline(LitStr),
    World(LitStr),
    Name(Ident),
    Trappable(LitBool),
    With(Vec<With>),
}

impl Parse for Opt {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let word: Ident = input.parse()?;
        input.parse::<Token![:]>()?;
        match word.to_string().as_str() {
            "path" => Ok(Opt::Path(input.parse()?)),
            "inline" => Ok(Opt::Inline(input.parse()?)),
            "world" => Ok(Opt::World(input.parse()?)),
            "name" => Ok(Opt::Name(input.parse()?)),
            "trappable" => Ok(Opt::Trappable(input.parse()?)),
            "with" => {
                let inner;
                braced!(inner in input);
                let list = Punctuated::<With, Token![,]>::parse_terminated(&inner)?;
                Ok(Opt::With(list.into_iter().collect()))
            }
            other => Err(syn::Error::new(
                word.span(),
                format!(
                    "no option `{other}`: there are `path`, `inline`, `world`, `name`, `trappable` and `with`"
                ),
            )),
        }
    }
}

impl Parse for With {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let resource = input.parse()?;
        input.parse::<Token![:]>()?;
        Ok(With { resource, path: input.parse()? })
    }
}

impl With {
    /// Where an error about the entry is shown.
    pub(crate) fn span(&self) -> Span {
        self.resource.span().join(self.path.span()).unwrap_or_else(|| self.resource.span())
    }
}
