//! The arguments of `bindgen!`: which WIT, which world, and what to make of it.

use proc_macro2::Span;
use syn::{
    Ident, LitBool, LitStr, Path, Token, braced, bracketed,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    spanned::Spanned as _,
};

use crate::diag::Diagnostics;

/// What `bindgen!({ … })` was given.
#[derive(Default)]
pub struct Options {
    /// `.wit` files or folders of them, relative to the crate's manifest; the world is in the last. `wit` if neither this
    /// nor `inline` is given.
    pub(crate) path: Vec<LitStr>,
    /// WIT text, in place of a file. Packages under `path` can be used from it.
    pub(crate) inline: Option<LitStr>,
    /// The world, `plugin` or `demo:editor/plugin`. May be left out when there is only one.
    pub(crate) world: Option<LitStr>,
    /// The name of the plugin struct, in place of the world's.
    pub(crate) name: Option<Ident>,
    /// Which functions of the host return a result whose error ends the plugin's call.
    pub(crate) trappable: Trappable,
    /// Features of the WIT whose `@unstable` items are wanted.
    pub(crate) features: Vec<LitStr>,
    /// What the types made derive besides what bindings need.
    pub(crate) derives: Vec<Path>,
    /// Rust items that stand for types and interfaces of the WIT.
    pub(crate) with: Vec<With>,
}

/// Which functions of the host can fail in a way that ends the plugin's call.
#[derive(Default)]
pub(crate) enum Trappable {
    /// None.
    #[default]
    None,
    /// All.
    All,
    /// Those of these interfaces, and these.
    Of(Vec<LitStr>),
}

/// `"demo:editor/buffers/buffer": crate::Buffer`.
pub(crate) struct With {
    pub(crate) item: LitStr,
    pub(crate) path: Path,
}

impl Options {
    /// Of the WIT at `path`, all else left out.
    #[must_use]
    pub fn of_path(path: &str) -> Self {
        Self { path: vec![literal(path)], ..Self::default() }
    }

    /// Of the WIT at the last of `paths`, with that at the others to use from it.
    #[must_use]
    pub fn of_paths<'a>(paths: impl IntoIterator<Item = &'a str>) -> Self {
        Self { path: paths.into_iter().map(literal).collect(), ..Self::default() }
    }

    /// With a world chosen.
    #[must_use]
    pub fn world(self, world: &str) -> Self {
        Self { world: Some(literal(world)), ..self }
    }

    /// With WIT text, whose worlds are meant; it can use what is at the paths.
    #[must_use]
    pub fn inline(self, text: &str) -> Self {
        Self { inline: Some(literal(text)), ..self }
    }

    /// With a name of the plugin struct.
    ///
    /// # Errors
    /// When `name` is no Rust identifier.
    pub fn name(self, name: &str) -> syn::Result<Self> {
        Ok(Self { name: Some(syn::parse_str(name)?), ..self })
    }

    /// With a feature whose `@unstable` items are wanted.
    #[must_use]
    pub fn feature(mut self, feature: &str) -> Self {
        self.features.push(literal(feature));
        self
    }

    /// With all functions of the host able to fail.
    #[must_use]
    pub fn trappable(self) -> Self {
        Self { trappable: Trappable::All, ..self }
    }

    /// Where an error about the WIT is shown: at the path, the text, or the whole call.
    pub(crate) fn wit_span(&self) -> Span {
        self.inline.as_ref().or(self.path.last()).map_or_else(Span::call_site, LitStr::span)
    }

    /// Where an error about the world is shown.
    pub(crate) fn world_span(&self) -> Span {
        self.world.as_ref().map_or_else(|| self.wit_span(), LitStr::span)
    }

    fn set(&mut self, option: Opt) {
        match option {
            Opt::Path(value) => self.path = value,
            Opt::Inline(value) => self.inline = Some(value),
            Opt::World(value) => self.world = Some(value),
            Opt::Name(value) => self.name = Some(value),
            Opt::Trappable(value) => self.trappable = value,
            Opt::Features(value) => self.features = value,
            Opt::Derives(value) => self.derives = value,
            Opt::With(value) => self.with = value,
        }
    }
}

fn literal(text: &str) -> LitStr {
    LitStr::new(text, Span::call_site())
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path: Vec<String> = self.path.iter().map(LitStr::value).collect();
        let world = self.world.as_ref().map(LitStr::value);
        f.debug_struct("Options").field("path", &path).field("world", &world).finish_non_exhaustive()
    }
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let inner;
        let list = if input.peek(syn::token::Brace) {
            braced!(inner in input);
            let list = Punctuated::<Named, Token![,]>::parse_terminated(&inner)?;
            if !input.is_empty() {
                return Err(input.error("nothing is expected after the braces"));
            }
            list
        } else {
            Punctuated::<Named, Token![,]>::parse_terminated(input)?
        };
        let mut options = Options::default();
        let mut diag = Diagnostics::default();
        let mut given: Vec<Ident> = Vec::new();
        for Named { word, option } in list {
            if given.contains(&word) {
                diag.error(word.span(), format!("`{word}` is given twice"));
            }
            options.set(option);
            given.push(word);
        }
        diag.finish(options)
    }
}

/// `world: "plugin"`.
struct Named {
    word: Ident,
    option: Opt,
}

enum Opt {
    Path(Vec<LitStr>),
    Inline(LitStr),
    World(LitStr),
    Name(Ident),
    Trappable(Trappable),
    Features(Vec<LitStr>),
    Derives(Vec<Path>),
    With(Vec<With>),
}

impl Parse for Named {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let word: Ident = input.parse()?;
        input.parse::<Token![:]>()?;
        let option = match word.to_string().as_str() {
            "path" if input.peek(LitStr) => Opt::Path(vec![input.parse()?]),
            "path" => Opt::Path(list(input)?),
            "inline" => Opt::Inline(input.parse()?),
            "world" => Opt::World(input.parse()?),
            "name" => Opt::Name(input.parse()?),
            "trappable" if input.peek(LitBool) => {
                let all: LitBool = input.parse()?;
                Opt::Trappable(if all.value() { Trappable::All } else { Trappable::None })
            }
            "trappable" => Opt::Trappable(Trappable::Of(list(input)?)),
            "features" => Opt::Features(list(input)?),
            "derives" => Opt::Derives(list(input)?),
            "with" => {
                let inner;
                braced!(inner in input);
                let list = Punctuated::<With, Token![,]>::parse_terminated(&inner)?;
                Opt::With(list.into_iter().collect())
            }
            other => {
                return Err(syn::Error::new(
                    word.span(),
                    format!(
                        "no option `{other}`: there are `path`, `inline`, `world`, `name`, `trappable`, `features`, \
                         `derives` and `with`"
                    ),
                ));
            }
        };
        Ok(Named { word, option })
    }
}

/// `[a, b]`.
fn list<T: Parse>(input: ParseStream<'_>) -> syn::Result<Vec<T>> {
    let inner;
    bracketed!(inner in input);
    Ok(Punctuated::<T, Token![,]>::parse_terminated(&inner)?.into_iter().collect())
}

impl Parse for With {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let item = input.parse()?;
        input.parse::<Token![:]>()?;
        Ok(With { item, path: input.parse()? })
    }
}

impl With {
    /// Where an error about the entry is shown.
    pub(crate) fn span(&self) -> Span {
        self.item.span().join(self.path.span()).unwrap_or_else(|| self.item.span())
    }
}
