//! `Compiled`: machine code and types of a component, shared by all plugins made from it.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use plugbay_component::{Component, Linker};

use super::Linked;
use crate::error::{Error, ErrorKind, Result, UnknownImport};
use crate::grant::authority::{self, Need};
use crate::grant::name::Name;
use crate::grant::{Grants, PermissionCard};
use crate::host::{Host, HostInner};
use crate::limits::Limits;
use crate::reflect::World;
use crate::source::Source;
use crate::state::PluginState;
use crate::wasi;

/// A component that was checked and compiled: what [`Host::compile`] makes. Cheap to clone, and free to send to other
/// threads.
pub struct Compiled<T: 'static = ()> {
    host: Arc<HostInner<T>>,
    name: Arc<str>,
    component: Component,
    limits: Limits,
    size: usize,
}

/// What other plugins provide to one that is linked.
pub(crate) struct Neighbours<'a, T: 'static> {
    /// Connected imports, and the names of the plugins that answer them.
    pub(crate) edges: &'a [(&'a str, &'a str)],
    /// Defines the functions that call those plugins.
    pub(crate) define: &'a dyn Fn(&mut Linker<PluginState<T>>) -> plugbay_component::Result<()>,
    /// What might help when nobody provides an import.
    pub(crate) hint: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a, T: 'static> Neighbours<'a, T> {
    fn none() -> Self {
        Self { edges: &[], define: &|_| Ok(()), hint: &|_| None }
    }

    fn provider(&self, import: &str) -> Option<&'a str> {
        self.edges.iter().find(|(connected, _)| *connected == import).map(|(_, provider)| *provider)
    }
}

impl<T: 'static> Compiled<T> {
    pub(crate) fn new(host: &Host<T>, source: Source) -> Result<Self> {
        let name = source.name();
        let span = tracing::debug_span!("compile", plugin = &*name);
        let _entered = span.enter();
        let (component, size) = crate::artifact::component(host.inner.cache(), &host.inner.engine, &source)
            .map_err(|error| error.with_plugin(&name))?;
        tracing::debug!(bytes = size, "compiled");
        Ok(Self { host: host.inner.clone(), name, component, limits: host.inner.limits.clone(), size })
    }

    /// What the plugin is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The size of the component, in bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Gives the plugins made from this other limits than the host's.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// What the component asks for, in words.
    pub fn card(&self) -> PermissionCard {
        self.card_among(&self.name, |_| None)
    }

    /// The card of a plugin called `name`, some of whose imports come from other plugins.
    pub(crate) fn card_among<'a>(
        &'a self,
        name: &str,
        provider: impl Fn(&str) -> Option<&'a str>,
    ) -> PermissionCard {
        let open = |import: &str| self.host.offered(import) == Some(Need::Nothing);
        PermissionCard::new(name, self.component.needed_imports(), open, provider)
    }

    /// What the component imports and exports, with full types.
    pub fn world(&self) -> World {
        World::of(&self.component)
    }

    /// The component itself, for what the other methods do not show.
    pub fn component(&self) -> &Component {
        &self.component
    }

    /// The second verb: joins each import with a host function, if it was granted.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`] naming every import that the host offers but `grants` do not allow,
    /// [`ErrorKind::UnknownImports`] naming those that it does not offer at all, [`ErrorKind::WorldMismatch`] when an
    /// import has another type than what the host offers, [`ErrorKind::Grant`] and [`ErrorKind::Io`] for grants that
    /// cannot be used.
    pub fn link(&self, grants: &Grants) -> Result<Linked<T>> {
        self.link_among(&self.name, grants, &Neighbours::none())
    }

    /// [`link`](Self::link), as the plugin called `name`, with what other plugins provide.
    pub(crate) fn link_among(
        &self,
        name: &Arc<str>,
        grants: &Grants,
        neighbours: &Neighbours<'_, T>,
    ) -> Result<Linked<T>> {
        let span = tracing::debug_span!("link", plugin = &**name);
        let _entered = span.enter();
        self.try_link(name, grants, neighbours).map_err(|error| error.with_plugin(name)).inspect_err(
            |error| {
                if let ErrorKind::Denied { missing } = error.kind() {
                    for missing in missing {
                        tracing::warn!(plugin = &**name, import = missing.import, "denied");
                    }
                }
            },
        )
    }

    fn try_link(
        &self,
        name: &Arc<str>,
        grants: &Grants,
        neighbours: &Neighbours<'_, T>,
    ) -> Result<Linked<T>> {
        let connected = neighbours.edges.iter().map(|(import, _)| *import);
        authority::check_names(grants, || Box::new(self.host.offers().chain(connected.clone())))?;
        authority::check_plugins(grants, neighbours.edges)?;
        let needed: HashSet<&str> = self.component.needed_imports().collect();
        let unknown: Vec<_> = self
            .component
            .needed_imports()
            .filter(|import| neighbours.provider(import).is_none() && self.host.offered(import).is_none())
            .map(|import| self.unknown(import, (neighbours.hint)(import)))
            .collect();
        if !unknown.is_empty() {
            return Err(Error::new(ErrorKind::UnknownImports { imports: unknown }));
        }
        let imports = self.component.imports().map(|(name, _)| name);
        // What only names types needs no grant: there is nothing to provide, and no power.
        let offered = |import: &str| {
            if needed.contains(import) { self.host.offered(import) } else { Some(Need::Nothing) }
        };
        let provider = |import: &str| neighbours.provider(import);
        let granted = authority::check(grants, imports, offered, provider)?;
        let mut linker = self.linker(&granted)?;
        (neighbours.define)(&mut linker).map_err(Error::from_link)?;
        let differences: Vec<_> = linker.missing(&self.component).iter().map(ToString::to_string).collect();
        if !differences.is_empty() {
            return Err(Error::new(ErrorKind::WorldMismatch { differences }));
        }
        let pre = linker.pre(&self.component).map_err(Error::from_link)?;
        let authority = authority::resolve(grants, &self.host.guarded())?;
        Ok(Linked::new(name.clone(), pre, authority, self.limits.clone()))
    }

    fn linker(&self, granted: &[&str]) -> Result<Linker<PluginState<T>>> {
        let mut linker = Linker::new();
        let mut defined: Vec<&str> = Vec::new();
        for import in granted {
            if let Some(provision) = self.host.provision(import) {
                if !defined.contains(&provision.name.as_str()) {
                    (provision.define)(&mut linker).map_err(Error::from_link)?;
                    defined.push(&provision.name);
                }
            } else if let Some(interface) = wasi::catalog::find(import)
                && !defined.contains(&interface.name)
            {
                wasi::define(interface, &mut linker).map_err(Error::from_link)?;
                defined.push(interface.name);
            }
        }
        Ok(linker)
    }

    fn unknown(&self, import: &str, hint: Option<String>) -> UnknownImport {
        let plain = Name::unversioned(import);
        let other = || match self.host.offers().find(|offer| Name::unversioned(offer) == plain) {
            Some(offer) => {
                format!("this host offers it as `{offer}`, which is not compatible with that version")
            }
            None if import.starts_with("wasi:") => "this host does not have this part of WASI".to_owned(),
            None => {
                "the application does not offer it; is the plugin made for another application?".to_owned()
            }
        };
        UnknownImport { import: import.to_owned(), hint: hint.unwrap_or_else(other) }
    }
}

impl<T: 'static> Clone for Compiled<T> {
    fn clone(&self) -> Self {
        Self {
            host: self.host.clone(),
            name: self.name.clone(),
            component: self.component.clone(),
            limits: self.limits.clone(),
            size: self.size,
        }
    }
}

impl<T: 'static> fmt::Debug for Compiled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiled").field("name", &self.name).field("size", &self.size).finish_non_exhaustive()
    }
}
