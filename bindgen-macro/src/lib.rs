//! `bindgen!` and the derives of plugbay. This file only hands token streams over: the work is done by [`derive`] and by the
//! crate `plugbay-bindgen`, in three steps each — parse, check, emit — on `proc_macro2` streams, so that tests run without a
//! compiler.
//!
//! Nothing here knows the canonical ABI. What is emitted calls `::plugbay::macro_support`, the only path that generated
//! code names, and stands under `#![forbid(unsafe_code)]` and `#![no_implicit_prelude]`.
#![forbid(unsafe_code)]

#[cfg(test)]
mod bindgen_tests;
mod derive;
#[cfg(test)]
mod golden;

use std::path::{Path, PathBuf};

use plugbay_bindgen::{diag, kebab};
use proc_macro::TokenStream;

/// Says which component type a Rust type is: its layout and its shape.
///
/// | Rust | component type |
/// |---|---|
/// | `struct` with named fields | `record` |
/// | `enum` without payloads | `enum` |
/// | `enum` with payloads, one per case at most | `variant` |
/// | `struct` whose fields are all `bool`, with `#[component(flags)]` | `flags` |
/// | `struct` with one unnamed field | whatever the field is |
///
/// `#[component(record)]`, `#[component(variant)]`, `#[component(enum)]` and `#[component(flags)]` on the type choose or
/// confirm the kind. The names of fields and cases are those of the Rust type in kebab-case; `#[component(name = "…")]`
/// on a field or case gives another one. The order of fields and cases is that of the component type.
///
/// ```ignore
/// #[derive(ComponentType, Lift, Lower)]
/// struct WordCount {
///     lines: u32,
///     #[component(name = "words")]
///     word_total: u32,
/// }
///
/// #[derive(ComponentType, Lift, Lower)]
/// #[component(flags)]
/// struct Permissions {
///     read: bool,
///     write: bool,
/// }
/// ```
///
/// # Checked against the WIT
///
/// `#[wit("demo:editor/types.token")]` says which WIT type this is. Names, order and types of fields and cases are then
/// compared when the application is compiled; an error stands at the field that differs, with the place in the `.wit` and
/// what to write. A version may be named, as in `demo:editor/types@0.1.0.token` (or with `#` before the type), and must
/// where the WIT has several. An interface of the package itself needs no package: `types.token`.
///
/// The WIT is the folder `wit` beside `Cargo.toml`; `path = "…"` names another folder or file, `inline = "…"` is WIT text.
/// For fields whose type is the application's own, the layouts are compared; give such a type the attribute, too. (In a
/// generic type they are left to the check when a function is bound.)
///
/// ```ignore
/// #[derive(ComponentType, Lift, Lower)]
/// #[wit("demo:editor/types.token", path = "wit")]
/// struct Token {
///     kind: TokenKind,
///     start: u32,
///     length: u32,
/// }
/// ```
///
/// # One derive for all forms
///
/// What implements `Lower` has a dynamic value (`Val::from_typed`), JSON (`json::to_value`) and text
/// (`wave::to_string`); what implements `Lift` can be made of them (`Val::to_typed`, `json::from_value`,
/// `wave::from_str`). `ValType::of` is the component type itself.
#[proc_macro_derive(ComponentType, attributes(component, wit))]
pub fn component_type(input: TokenStream) -> TokenStream {
    derive::component_type(input.into(), root().as_deref()).into()
}

/// Reads values of a type that derives [`ComponentType`](macro@ComponentType) out of a component.
///
/// Every field must be `Lift`; for a type parameter that is written down as a bound of the implementation.
#[proc_macro_derive(Lift, attributes(component, wit))]
pub fn lift(input: TokenStream) -> TokenStream {
    derive::lift(input.into()).into()
}

/// Writes values of a type that derives [`ComponentType`](macro@ComponentType) into a component.
///
/// Every field must be `Lower`; for a type parameter that is written down as a bound of the implementation.
#[proc_macro_derive(Lower, attributes(component, wit))]
pub fn lower(input: TokenStream) -> TokenStream {
    derive::lower(input.into()).into()
}

/// [`ComponentType`](macro@ComponentType), [`Lift`](macro@Lift) and [`Lower`](macro@Lower) in one: less to compile.
#[proc_macro_derive(ComponentValue, attributes(component, wit))]
pub fn component_value(input: TokenStream) -> TokenStream {
    derive::component_value(input.into(), root().as_deref()).into()
}

/// Looks at values of a type that derives [`ComponentType`](macro@ComponentType) where they lie, in the plugin's memory.
///
/// The type has one lifetime at most. Fields that mention it (`&'a str`, `&'a [u8]`, `ListView<'a, T>`, a type that derives
/// `View`) are borrowed, the others lifted.
///
/// ```ignore
/// #[derive(ComponentType, View)]
/// struct Line<'a> {
///     text: &'a str,
///     number: u32,
/// }
///
/// // A host function that is given a list of them without copying their text:
/// linker.func_view::<(ListView<'static, Line<'static>>,), (), _>("show", |cx, (lines,)| Ok(()))?;
/// ```
#[proc_macro_derive(View, attributes(component, wit))]
pub fn view(input: TokenStream) -> TokenStream {
    derive::view(input.into()).into()
}

/// A struct whose fields are functions that plugins export: those that the application wants, however many more there
/// are.
///
/// ```ignore
/// #[derive(Exports)]
/// #[exports(interface = "demo:editor/text-tools")]
/// struct TextTools {
///     tokenize: Func<(&'static str,), Vec<Token>>,
///     to_upper: Option<Func<(&'static str,), String>>, // may be absent
///     #[exports(name = "count-words")]
///     words: Func<(&'static str,), u32>,
///     sessions: Option<Sessions>, // a struct that derives `Exports`, with an interface of its own
/// }
///
/// let tools = TextTools::bind(&plugin)?;
/// let tokens = tools.tokenize.call(&mut plugin, (text.as_str(),))?;
/// ```
///
/// `interface` on the struct says which interface the functions are of, with or without a version; without it they are
/// those of the world itself. On a field it says so for this one; on a field whose type is a struct, it stands for that
/// struct's own, so that one struct serves several interfaces of one shape. Names are those of the fields in kebab-case, or
/// given with `name`: `[method]session.eval` names a method.
///
/// An `Option` is `None` when the plugin does not export the function (of a struct: none of its functions); if it does, its
/// type must fit. Everything that is missing or has another type is told in one error.
///
/// Parameters that borrow are written with `'static`, or with a lifetime parameter of the struct. They are called with
/// borrows of any length.
#[proc_macro_derive(Exports, attributes(exports))]
pub fn exports(input: TokenStream) -> TokenStream {
    derive::exports::exports(input.into()).into()
}

/// Typed Rust for a WIT world: types, traits for what a plugin imports, a plugin struct for what it exports.
///
/// ```ignore
/// mod bindings {
///     plugbay::bindgen!({
///         path: "wit",          // a .wit file or a folder, from the folder of Cargo.toml, or a list; or inline: "package …"
///         world: "plugin",      // may be left out when there is only one
///         name: EditorPlugin,   // the plugin struct; the world's name if left out
///         trappable: false,     // true, or a list of interfaces and functions: they return a result whose error ends the call
///         features: ["zones"],  // `@unstable` items that are wanted
///         derives: [Hash],      // what types without handles derive besides what bindings need
///         with: {
///             "demo:editor/buffers/buffer": crate::Buffer,              // a resource: what stands behind its handles
///             "demo:editor/text/position": crate::Position,             // another type: the application's own
///             "demo:editor/logging": crate::other::demo::editor::logging, // an interface that another `bindgen!` made
///         },
///     });
/// }
/// ```
///
/// Call it inside a module of its own. It makes
/// - `demo::editor::logging` and so on, for each interface that the world imports: its types, `trait Host` for the
///   application to implement, and `provide`, which puts an implementation into a linker;
/// - `exports::demo::editor::text_tools` and so on, for each interface that the world exports: its types, `Guest` with
///   its functions, and for each of its resources a handle type with the resource's constructor and methods;
/// - the plugin struct, which implements `plugbay::Bindings`: `plugin.describe()?` calls a function of the world,
///   `plugin.text_tools().tokenize(text)?` one of an interface, `Session::new(&mut plugin, name)?` a constructor;
/// - `provide`, which puts all imports into a linker at once.
///
/// | WIT | Rust |
/// |---|---|
/// | `record`, `variant`, `enum` | `struct`, `enum`, `enum` |
/// | `flags` | a `struct` of `bool`s with `Default` |
/// | `list<T>`, `string` | `Vec<T>`, `String`; `&[T]`, `&str` as parameters of calls into the plugin |
/// | `string`, `list<u8>`, lists of numbers and strings as parameters of the host's functions | `&str`, `&[u8]`, `ListView<'_, T>` |
/// | `map<K, V>` | `Vec<(K, V)>` |
/// | `option<T>`, `result<T, E>`, `tuple<…>` | `Option<T>`, `Result<T, E>`, a tuple |
/// | a `resource` of the host, `own<R>`, `borrow<R>` | an empty type `R` (or the one in `with`), `Resource<R>`, `Borrow<R>` |
/// | a `resource` of the guest, `own<R>`, `borrow<R>` | a handle type `R`, `R`, `&R` |
///
/// A type in `with` is `ComponentType`, `Lift`, `Lower`, `Debug` and `Clone`. Mistakes in the WIT are compile errors with path, line
/// and column of the `.wit`. `plugbay bindgen` prints what is made.
#[proc_macro]
pub fn bindgen(input: TokenStream) -> TokenStream {
    let expansion = match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(root) => plugbay_bindgen::expand(input.into(), Path::new(&root)),
        None => Err(syn::Error::new(
            proc_macro2::Span::call_site(),
            "bindgen! runs under cargo, which sets CARGO_MANIFEST_DIR",
        )),
    };
    diag::or_compile_errors(expansion.map(plugbay_bindgen::Expansion::watched)).into()
}

/// The folder of the crate that is compiled.
fn root() -> Option<PathBuf> {
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from)
}
