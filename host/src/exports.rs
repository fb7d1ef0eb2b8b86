//! The exports that an application wants, as a struct: `#[derive(Exports)]`. Each field is found and its type checked
//! once; what is missing or differs is told all at once. `bindgen!` is for whole worlds, this for a few functions.

use std::fmt;

use plugbay_component::marshal::Params;
use plugbay_component::{ComponentType, Lift, Lower, TypedFunc, View};

use crate::error::{Error, ErrorKind, Result};
use crate::plugin::{Bindings, Plugin};

/// A struct whose fields are functions of plugins. Derived: `#[derive(Exports)]`.
///
/// ```
/// use plugbay::{Exports, Func};
///
/// #[derive(Exports)]
/// #[exports(interface = "demo:text/tools")]
/// struct Tools {
///     count_words: Func<(&'static str,), u32>,
///     to_upper: Option<Func<(&'static str,), String>>,
/// }
///
/// fn use_it(mut plugin: plugbay::Plugin) -> plugbay::Result<()> {
///     let tools = Tools::bind(&plugin)?;
///     let text = String::from("one two");
///     let words = tools.count_words.call(&mut plugin, (&text,))?;
///     if let Some(to_upper) = &tools.to_upper {
///         to_upper.call(&mut plugin, (&text,))?;
///     }
///     # let _ = words; Ok(())
/// }
/// ```
///
/// `linked.instantiate_as::<(Plugin, Tools)>(state)?` makes the plugin and finds its functions in one step.
pub trait Exports: ExportItem {
    /// Finds every function that the struct wants and checks its type. They are called with the same plugin.
    ///
    /// # Errors
    /// [`ErrorKind::WorldMismatch`] with a sentence for each function that is missing or has another type.
    fn bind<T: 'static>(plugin: &Plugin<T>) -> Result<Self> {
        let mut finder = Finder::new(plugin);
        match Self::find(&mut finder, ExportPath::default()) {
            Some(exports) if finder.differences.is_empty() => Ok(exports),
            _ => Err(finder.into_error()),
        }
    }
}

/// The plugin and what the application wants of it, for [`Linked::instantiate_as`](crate::Linked::instantiate_as).
impl<T: 'static, E: Exports> Bindings<T> for (Plugin<T>, E) {
    fn bind(plugin: Plugin<T>) -> Result<Self> {
        let exports = E::bind(&plugin)?;
        Ok((plugin, exports))
    }

    fn plugin(&mut self) -> &mut Plugin<T> {
        &mut self.0
    }
}

/// What may be a field of a struct that derives [`Exports`]: a [`Func`], an [`Option`] of one, or another such struct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no export of a plugin",
    label = "not an export",
    note = "a field is a `Func<(…), …>`, an `Option<Func<(…), …>>`, or a struct that derives `Exports`",
    note = "the types of a `Func` implement `Lower` (parameters) and `Lift` or `View` (result)"
)]
pub trait ExportItem: Sized {
    /// Finds it. What is missing or differs goes to the finder; then, and only then, the answer is `None`.
    #[doc(hidden)]
    fn find<T: 'static>(finder: &mut Finder<'_, T>, path: ExportPath) -> Option<Self>;

    /// Whether the plugin has it, or any part of it.
    #[doc(hidden)]
    fn is_there<T: 'static>(finder: &Finder<'_, T>, path: ExportPath) -> bool;
}

/// Where a field is looked for.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default)]
pub struct ExportPath {
    /// The interface that was written at the field, `demo:text/tools`. It goes before the own one of a struct.
    given: Option<&'static str>,
    /// The interface of the struct that the field is of, if that has one.
    around: Option<&'static str>,
    /// The name of a function. Structs have no use for it.
    name: &'static str,
}

impl ExportPath {
    /// The path of a field of a struct that is at this path itself. `own` is the interface that the struct names.
    #[must_use]
    pub fn part(self, own: Option<&'static str>, given: Option<&'static str>, name: &'static str) -> Self {
        Self { given, around: self.given.or(own), name }
    }

    fn text(self) -> String {
        match self.given.or(self.around) {
            Some(interface) => format!("{interface}#{}", self.name),
            None => self.name.to_owned(),
        }
    }
}

/// Looks for exports and keeps what is wrong with them.
#[doc(hidden)]
pub struct Finder<'a, T: 'static> {
    plugin: &'a Plugin<T>,
    differences: Vec<String>,
}

impl<'a, T: 'static> Finder<'a, T> {
    /// Looks among the exports of `plugin`.
    #[must_use]
    pub fn new(plugin: &'a Plugin<T>) -> Self {
        Self { plugin, differences: Vec::new() }
    }

    /// The export at `path`, when there is one and its type is right.
    pub fn typed<P: Params + Lower, R: ComponentType>(&mut self, path: &str) -> Option<TypedFunc<P, R>> {
        self.plugin.typed(path).map_err(|error| self.note(path, &error)).ok()
    }

    fn function<P: Params + Lower, R: ComponentType>(&mut self, path: ExportPath) -> Option<Func<P, R>> {
        let path = path.text();
        self.typed(&path).map(|typed| Func { path: path.into(), typed })
    }

    fn note(&mut self, path: &str, error: &Error) {
        match error.kind() {
            ErrorKind::WorldMismatch { differences } => self.differences.extend(differences.iter().cloned()),
            ErrorKind::NoExport { available, .. } => self.differences.push(missing(path, available)),
            _ => self.differences.push(format!("`{path}`: {error}")),
        }
    }

    /// Everything that is wrong.
    #[must_use]
    pub fn into_error(self) -> Error {
        let kind = ErrorKind::WorldMismatch { differences: self.differences };
        Error::new(kind).with_plugin(self.plugin.shared_name())
    }
}

impl<T: 'static> fmt::Debug for Finder<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finder").field("differences", &self.differences).finish_non_exhaustive()
    }
}

/// A sentence about an export that is not there, with a function of the same name elsewhere or a similar one here.
fn missing(path: &str, available: &[String]) -> String {
    let name = path.rsplit('#').next().unwrap_or(path);
    let same_name = available.iter().find(|other| other.rsplit('#').next() == Some(name));
    match same_name {
        Some(other) => format!("`{path}` is not exported; `{other}` is"),
        None => format!("`{path}` is not exported"),
    }
}

/// A function that a plugin exports, with Rust types for its parameters (a tuple) and its result (`()` for none). A field
/// of a struct that derives [`Exports`].
///
/// Parameters that borrow are written with `'static`, or with a lifetime parameter of the struct; either way the function
/// is called with borrows as short as one likes:
///
/// ```
/// # use plugbay::{Func, Plugin};
/// fn shout(plugin: &mut Plugin, upper: &Func<(&'static str,), String>, words: &[String]) -> plugbay::Result<String> {
///     upper.call(plugin, (&words.join(" "),))
/// }
/// ```
pub struct Func<P, R> {
    path: Box<str>,
    typed: TypedFunc<P, R>,
}

impl<P: Params + Lower, R: ComponentType> Func<P, R> {
    /// Finds one export and checks its type. For several, derive [`Exports`].
    ///
    /// # Errors
    /// As [`Plugin::typed`].
    pub fn find<T: 'static>(plugin: &Plugin<T>, path: &str) -> Result<Self> {
        Ok(Self { path: path.into(), typed: plugin.typed(path)? })
    }
}

impl<P: Params + Lower, R: Lift> Func<P, R> {
    /// Calls the function. `plugin` must be the one it was found in.
    ///
    /// # Errors
    /// What ended the call, as [`Plugin::call`]; [`ErrorKind::Misuse`] when it is another plugin.
    pub fn call<T: 'static>(&self, plugin: &mut Plugin<T>, params: P) -> Result<R> {
        plugin.call_typed(&self.path, &self.typed, params)
    }
}

impl<P: Params + Lower, V: View> Func<P, V> {
    /// Calls the function and looks at its result where it lies, in the memory of the plugin: nothing is copied. `with`
    /// gets it beside the application's state.
    ///
    /// ```
    /// # use plugbay::{Func, ListView, Plugin};
    /// fn longest(plugin: &mut Plugin, words: &Func<(&'static str,), ListView<'static, str>>) -> plugbay::Result<usize> {
    ///     words.call_with(plugin, ("a few words",), |_, words| words.iter().map(str::len).max().unwrap_or(0))
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`Func::call`], and as [`Plugin::call_typed_with`].
    pub fn call_with<T: 'static, R>(
        &self,
        plugin: &mut Plugin<T>,
        params: P,
        with: impl for<'m> FnOnce(&mut T, V::Of<'m>) -> R,
    ) -> Result<R> {
        plugin.call_typed_with(&self.path, &self.typed, params, with)
    }
}

impl<P, R> Func<P, R> {
    /// Under which path it was found: `demo:text/tools#count-words`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl<P, R> Clone for Func<P, R> {
    fn clone(&self) -> Self {
        Self { path: self.path.clone(), typed: self.typed }
    }
}

impl<P, R> fmt::Debug for Func<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Func").field("path", &self.path).finish_non_exhaustive()
    }
}

impl<P: Params + Lower, R: ComponentType> ExportItem for Func<P, R> {
    fn find<T: 'static>(finder: &mut Finder<'_, T>, path: ExportPath) -> Option<Self> {
        finder.function(path)
    }

    fn is_there<T: 'static>(finder: &Finder<'_, T>, path: ExportPath) -> bool {
        finder.plugin.func(&path.text()).is_ok()
    }
}

/// What may be absent. Where it is there, it must fit.
impl<E: ExportItem> ExportItem for Option<E> {
    fn find<T: 'static>(finder: &mut Finder<'_, T>, path: ExportPath) -> Option<Self> {
        if E::is_there(finder, path) { E::find(finder, path).map(Some) } else { Some(None) }
    }

    fn is_there<T: 'static>(finder: &Finder<'_, T>, path: ExportPath) -> bool {
        E::is_there(finder, path)
    }
}
