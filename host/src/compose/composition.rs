//! `Composition`: which plugins there are and which of them use which. Edges are checked when they are drawn; grants and
//! resources when the whole is linked.

use std::fmt;
use std::sync::Arc;

use plugbay_component::Component;
use plugbay_component::types::ComponentItem;
use semver::Version;

use super::fit::Fit;
use super::linked::LinkedComposition;
use super::plugins::Plugins;
use crate::error::{Error, ErrorKind, Result};
use crate::grant::name::{Name, Pattern};
use crate::grant::{Grants, PermissionCard};
use crate::plugin::Compiled;

/// The most plugins in a row of which each calls the next: they share one thread's stack.
const MAX_CHAIN: usize = 16;

/// Plugins that use each other. Add them, connect their imports, and make them live.
///
/// ```no_run
/// # fn main() -> plugbay::Result<()> {
/// use plugbay::{Composition, Grants, Host, Source};
///
/// let host = Host::new()?;
/// let mut set = Composition::new();
/// set.add("db", &host.compile(Source::file("db.wasm"))?, Grants::none())?;
/// set.add("ui", &host.compile(Source::file("ui.wasm"))?, Grants::none().allow_from("db", "demo:db/store"))?;
/// set.connect("ui", "demo:db/store", "db")?; // the import of `ui`, answered by `db`
/// let mut plugins = set.instantiate(|_name| ())?;
/// let page: String = plugins.get("ui")?.call("render", ())?;
/// # let _ = page; Ok(())
/// # }
/// ```
///
/// An edge is a grant: the plugin that imports needs [`Grants::allow_from`], and [`Grants::deny`] wins over it. Each plugin
/// keeps its own memory, limits and deadline. A call into another plugin ends at the deadline of the call that it is part
/// of, or at its own if that is earlier. What fails in the other plugin ends the caller's call too, with
/// [`ErrorKind::Provider`], which names the plugin.
pub struct Composition<T: 'static = ()> {
    pub(super) members: Vec<Member<T>>,
}

/// A plugin of a composition.
pub(super) struct Member<T: 'static> {
    pub(super) name: Arc<str>,
    pub(super) compiled: Compiled<T>,
    pub(super) grants: Grants,
    pub(super) edges: Vec<Edge>,
}

/// An import that another plugin answers.
pub(super) struct Edge {
    /// As the importer names it.
    pub(super) import: Arc<str>,
    /// The number of the other plugin.
    pub(super) provider: usize,
    /// As the other plugin names it.
    pub(super) export: Arc<str>,
    pub(super) fit: Fit,
}

impl<T: 'static> Composition<T> {
    /// No plugin yet.
    #[must_use]
    pub fn new() -> Self {
        Self { members: Vec::new() }
    }

    /// Adds a plugin. `name` is what it is called here, in grants and in messages.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`] when the name is taken.
    pub fn add(
        &mut self,
        name: impl Into<Arc<str>>,
        compiled: &Compiled<T>,
        grants: Grants,
    ) -> Result<&mut Self> {
        let name = name.into();
        if self.members.iter().any(|member| member.name == name) {
            return Err(Error::misuse(format!("there is a plugin `{name}` already")));
        }
        self.members.push(Member { name, compiled: compiled.clone(), grants, edges: Vec::new() });
        Ok(self)
    }

    /// Lets `provider` answer what `importer` imports as `interface`: an interface, with or without its version, or a
    /// function of the world. The provider's export must be of a compatible version, and have everything that is
    /// imported, with the same types.
    ///
    /// # Errors
    /// [`ErrorKind::Edge`] with all differences; [`ErrorKind::Cycle`] when the provider uses the importer already;
    /// [`ErrorKind::Misuse`] for names that do not exist, and imports that are connected already.
    pub fn connect(&mut self, importer: &str, interface: &str, provider: &str) -> Result<&mut Self> {
        let (from, to) = (self.number(importer)?, self.number(provider)?);
        let edge = self.edge(from, interface, to)?;
        if let Some(way) = self.way(to, from) {
            let plugins = std::iter::once(from).chain(way).map(|number| self.name(number).to_owned());
            return Err(Error::new(ErrorKind::Cycle { plugins: plugins.collect() }));
        }
        if let Some(member) = self.members.get_mut(from) {
            member.edges.push(edge);
        }
        let longest = self.longest_chain();
        if longest > MAX_CHAIN {
            self.members.get_mut(from).and_then(|member| member.edges.pop());
            let problem =
                format!("{longest} plugins would call each other in a row; at most {MAX_CHAIN} may");
            return Err(self.refused(from, interface, to, vec![problem]));
        }
        Ok(self)
    }

    /// What the plugin asks for, of the host and of the plugins that it is connected to.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`] when there is no such plugin.
    pub fn card(&self, name: &str) -> Result<PermissionCard> {
        let number = self.number(name)?;
        let member = self.members.get(number).ok_or_else(|| self.unknown(name))?;
        let edges = self.edges(member);
        let provider = |import: &str| edges.iter().find(|edge| edge.0 == import).map(|edge| edge.1);
        Ok(member.compiled.card_among(name, provider))
    }

    /// Joins the imports of every plugin with what it was granted, of the host and of other plugins.
    ///
    /// # Errors
    /// Whatever [`Compiled::link`] returns, [`ErrorKind::Denied`] also for edges; [`ErrorKind::Edge`] for resources that
    /// the two plugins do not get from the same place.
    pub fn link(&self) -> Result<LinkedComposition<T>> {
        LinkedComposition::new(self)
    }

    /// [`link`](Self::link), and then makes every plugin live, those that are used before those that use them. `state`
    /// makes the application's state of the plugin with the given name.
    ///
    /// # Errors
    /// What [`link`](Self::link) and [`Linked::instantiate`](crate::Linked::instantiate) return.
    pub fn instantiate(&self, state: impl FnMut(&str) -> T) -> Result<Plugins<T>> {
        self.link()?.instantiate(state)
    }

    /// The connected imports of a plugin, and the names of the plugins that answer them.
    pub(super) fn edges<'a>(&'a self, member: &'a Member<T>) -> Vec<(&'a str, &'a str)> {
        member.edges.iter().map(|edge| (&*edge.import, self.name(edge.provider))).collect()
    }

    pub(super) fn name(&self, number: usize) -> &str {
        self.members.get(number).map_or("", |member| &member.name)
    }

    /// The plugin, with what it imports, that exports something for `import`, apart from `importer`.
    pub(super) fn could_provide(&self, importer: usize, import: &str) -> Option<&str> {
        let mut others = self.members.iter().enumerate().filter(|(number, _)| *number != importer);
        others
            .find(|(_, member)| export_for(member.compiled.component(), import).is_ok())
            .map(|(_, member)| &*member.name)
    }

    pub(super) fn refused(&self, from: usize, interface: &str, to: usize, problems: Vec<String>) -> Error {
        let (interface, provider) = (interface.to_owned(), self.name(to).to_owned());
        let error = Error::new(ErrorKind::Edge { interface, provider, problems });
        self.members.get(from).map(|member| &member.name).into_iter().fold(error, Error::with_plugin)
    }

    fn number(&self, name: &str) -> Result<usize> {
        self.members.iter().position(|member| &*member.name == name).ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &str) -> Error {
        let names: Vec<_> = self.members.iter().map(|member| format!("`{}`", member.name)).collect();
        Error::misuse(format!("there is no plugin `{name}` here, only: {}", names.join(", ")))
    }

    fn edge(&self, from: usize, interface: &str, to: usize) -> Result<Edge> {
        let (Some(importer), Some(provider)) = (self.members.get(from), self.members.get(to)) else {
            return Err(Error::misuse("no such plugin"));
        };
        let (import, wanted) = import_named(importer.compiled.component(), interface)
            .map_err(|problem| self.refused(from, interface, to, vec![problem]))?;
        if let Some(edge) = importer.edges.iter().find(|edge| edge.import == import) {
            let other = self.name(edge.provider);
            let problem = format!("`{import}` is connected to plugin `{other}` already");
            return Err(self.refused(from, interface, to, vec![problem]));
        }
        let (export, found) = export_for(provider.compiled.component(), &import)
            .map_err(|problem| self.refused(from, &import, to, vec![problem]))?;
        let fit = Fit::new(&import, &wanted, &found);
        match fit.differences.is_empty() {
            true => Ok(Edge { import, provider: to, export, fit }),
            false => Err(self.refused(from, &import, to, fit.differences)),
        }
    }

    /// The numbers along edges from one plugin to another, both included.
    fn way(&self, from: usize, to: usize) -> Option<Vec<usize>> {
        let mut seen = vec![false; self.members.len()];
        let mut ways = vec![vec![from]];
        while let Some(way) = ways.pop() {
            let last = *way.last()?;
            if last == to {
                return Some(way);
            }
            if std::mem::replace(seen.get_mut(last)?, true) {
                continue;
            }
            let next = self.members.get(last)?.edges.iter().map(|edge| edge.provider);
            ways.extend(next.map(|next| way.iter().copied().chain([next]).collect::<Vec<_>>()));
        }
        None
    }

    /// The numbers of all plugins, each after those that it uses.
    pub(super) fn order(&self) -> Vec<usize> {
        let (mut order, mut depth) = (Vec::new(), self.depths());
        order.extend(0..self.members.len());
        depth.resize(self.members.len(), 0);
        order.sort_by_key(|number| depth.get(*number).copied());
        order
    }

    fn longest_chain(&self) -> usize {
        self.depths().into_iter().max().unwrap_or(0)
    }

    /// For each plugin the longest row of plugins that starts with it. There is no circle, so that as many rounds as there
    /// are plugins settle it.
    fn depths(&self) -> Vec<usize> {
        let mut depths = vec![1_usize; self.members.len()];
        for _ in &self.members {
            for (number, member) in self.members.iter().enumerate() {
                let below = member.edges.iter().filter_map(|edge| depths.get(edge.provider)).max();
                let depth = below.map_or(1, |below| below.saturating_add(1));
                if let Some(slot) = depths.get_mut(number) {
                    *slot = depth;
                }
            }
        }
        depths
    }
}

/// The import that `interface` means.
fn import_named(component: &Component, interface: &str) -> Result<(Arc<str>, ComponentItem), String> {
    let pattern = Pattern::new(interface);
    let meant = |name: &str| {
        name == interface || (interface.contains('/') == name.contains('/') && pattern.matches(name))
    };
    let mut fitting: Vec<_> = component.imports().filter(|(name, _)| meant(name)).collect();
    if let Some(exact) = fitting.iter().position(|(name, _)| *name == interface) {
        fitting = vec![fitting.swap_remove(exact)];
    }
    match fitting.as_slice() {
        [(name, item)] => Ok(((*name).into(), item.clone())),
        [] => {
            let names: Vec<_> = component.needed_imports().map(|name| format!("`{name}`")).collect();
            Err(match names.is_empty() {
                true => format!("`{interface}` is not imported; nothing is"),
                false => format!("`{interface}` is not imported, only: {}", names.join(", ")),
            })
        }
        several => {
            let names: Vec<_> = several.iter().map(|(name, _)| format!("`{name}`")).collect();
            Err(format!("`{interface}` is imported in several versions, name one: {}", names.join(", ")))
        }
    }
}

/// The export that can stand for `import`: the newest of those with a compatible version.
fn export_for(component: &Component, import: &str) -> Result<(Arc<str>, ComponentItem), String> {
    let exact = component.exports().find(|(name, _)| *name == import);
    let version = |name: &str| Name::parse(name).version.and_then(|version| Version::parse(version).ok());
    let mut compatible: Vec<_> =
        component.exports().filter(|(name, _)| Pattern::new(*name).matches(import)).collect();
    compatible.sort_by_key(|(name, _)| version(name));
    if let Some((name, item)) = exact.or_else(|| compatible.pop()) {
        return Ok((name.into(), item));
    }
    let plain = Name::unversioned(import);
    let other = component.exports().find(|(name, _)| Name::unversioned(name) == plain);
    Err(match other {
        Some((name, _)) => format!("it exports `{name}`, which is not compatible with that version"),
        None => {
            let names: Vec<_> = component.exports().map(|(name, _)| format!("`{name}`")).collect();
            format!("it does not export that, only: {}", names.join(", "))
        }
    })
}

impl<T: 'static> Default for Composition<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: 'static> fmt::Debug for Composition<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let edges = |member| self.edges(member);
        f.debug_map().entries(self.members.iter().map(|member| (&member.name, edges(member)))).finish()
    }
}
