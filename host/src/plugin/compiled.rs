//! `Compiled`: machine code and types of a component, shared by all plugins made from it.

use std::fmt;
use std::sync::Arc;

use plugbay_component::types::ComponentItem;
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

impl<T: 'static> Compiled<T> {
    pub(crate) fn new(host: &Host<T>, source: Source) -> Result<Self> {
        let name = source.name();
        let span = tracing::debug_span!("compile", plugin = &*name);
        let _entered = span.enter();
        let bytes = source.read()?;
        let component = Component::new(&host.inner.engine, &bytes)
            .map_err(|error| Error::from_load(error).with_plugin(&name))?;
        tracing::debug!(bytes = bytes.len(), "compiled");
        Ok(Self {
            host: host.inner.clone(),
            name,
            component,
            limits: host.inner.limits.clone(),
            size: bytes.len(),
        })
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
        // Names for types ask for nothing.
        let asking = self.component.imports().filter(|(_, item)| !is_types_only(item)).map(|(name, _)| name);
        PermissionCard::new(&self.name, asking, |import| self.host.offered(import) == Some(Need::Nothing))
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
        let span = tracing::debug_span!("link", plugin = &*self.name);
        let _entered = span.enter();
        self.try_link(grants).map_err(|error| error.with_plugin(&self.name)).inspect_err(|error| {
            if let ErrorKind::Denied { missing } = error.kind() {
                for missing in missing {
                    tracing::warn!(plugin = &*self.name, import = missing.import, "denied");
                }
            }
        })
    }

    fn try_link(&self, grants: &Grants) -> Result<Linked<T>> {
        authority::check_names(grants, || Box::new(self.host.offers()))?;
        let imports = || self.component.imports().map(|(name, _)| name);
        let unknown: Vec<_> = self
            .component
            .imports()
            .filter(|(name, item)| self.offered(name, item).is_none())
            .map(|(name, _)| self.unknown(name))
            .collect();
        if !unknown.is_empty() {
            return Err(Error::new(ErrorKind::UnknownImports { imports: unknown }));
        }
        let granted = authority::check(grants, imports(), |import| {
            self.item(import).and_then(|item| self.offered(import, &item))
        })?;
        let linker = self.linker(&granted)?;
        let differences: Vec<_> = linker.missing(&self.component).iter().map(ToString::to_string).collect();
        if !differences.is_empty() {
            return Err(Error::new(ErrorKind::WorldMismatch { differences }));
        }
        let pre = linker.pre(&self.component).map_err(Error::from_link)?;
        let authority = authority::resolve(grants)?;
        Ok(Linked::new(self.name.clone(), pre, authority, self.limits.clone()))
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
            } else if let Some(interface) = wasi::catalog::find(import) {
                if !defined.contains(&interface.name) {
                    wasi::define(interface, &mut linker).map_err(Error::from_link)?;
                    defined.push(interface.name);
                }
            } else {
                linker.instance(import);
            }
        }
        Ok(linker)
    }

    fn offered(&self, import: &str, item: &ComponentItem) -> Option<Need> {
        if is_types_only(item) { Some(Need::Nothing) } else { self.host.offered(import) }
    }

    fn item(&self, import: &str) -> Option<ComponentItem> {
        self.component.imports().find(|(name, _)| *name == import).map(|(_, item)| item)
    }

    fn unknown(&self, import: &str) -> UnknownImport {
        let plain = Name::unversioned(import);
        let hint = match self.host.offers().find(|offer| Name::unversioned(offer) == plain) {
            Some(offer) => {
                format!("this host offers it as `{offer}`, which is not compatible with that version")
            }
            None if import.starts_with("wasi:") => "this host does not have this part of WASI".to_owned(),
            None => {
                "the application does not offer it; is the plugin made for another application?".to_owned()
            }
        };
        UnknownImport { import: import.to_owned(), hint }
    }
}

/// An interface without functions and resources is only a name for types: there is nothing to provide, and no power.
fn is_types_only(item: &ComponentItem) -> bool {
    match item {
        ComponentItem::Type(_) => true,
        ComponentItem::Instance(instance) => instance.exports().iter().all(|(_, item)| is_types_only(item)),
        _ => false,
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
