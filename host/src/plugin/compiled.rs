//! `Compiled`: machine code and types of a component, shared by all plugins made from it. Joining it with host functions is
//! `link`'s.

use std::fmt;
use std::sync::Arc;

use plugbay_component::reflect::WorldType;
use plugbay_component::{Compat, Component};

use crate::error::Result;
use crate::grant::PermissionCard;
use crate::grant::authority::Need;
use crate::grant::layers;
use crate::host::{Host, HostInner};
use crate::limits::Limits;
use crate::manifest::Manifest;
use crate::package::Package;
use crate::reflect::World;
use crate::source::Source;

/// A component that was checked and compiled: what [`Host::compile`] makes. Cheap to clone, and free to send to other
/// threads.
pub struct Compiled<T: 'static = ()> {
    pub(super) host: Arc<HostInner<T>>,
    pub(super) name: Arc<str>,
    pub(super) component: Component,
    pub(super) limits: Limits,
    pub(super) size: usize,
    pub(super) manifest: Option<Arc<Manifest>>,
    pub(super) compat: Option<Compat>,
    pub(super) digest: Option<Arc<str>>,
}

impl<T: 'static> Compiled<T> {
    pub(crate) fn new(host: &Host<T>, source: Source) -> Result<Self> {
        let name = source.name();
        let span = tracing::debug_span!("compile", plugin = &*name);
        let _entered = span.enter();
        let (component, size) = crate::artifact::component(host.inner.cache(), &host.inner.engine, &source)
            .map_err(|error| error.with_plugin(&name))?;
        tracing::debug!(bytes = size, "compiled");
        Ok(Self {
            host: host.inner.clone(),
            name,
            component,
            limits: host.inner.limits.clone(),
            size,
            manifest: None,
            compat: host.inner.compat.clone(),
            digest: None,
        })
    }

    pub(crate) fn of_package(host: &Host<T>, package: &Package) -> Result<Self> {
        let mut compiled = Self::new(host, package.source())?;
        compiled.limits = package.manifest().limits().within(&compiled.limits);
        compiled.digest = Some(package.digest_text().into());
        layers::check_manifest(package.manifest(), |name| host.inner.capability(name))
            .map_err(|error| error.with_plugin(&compiled.name))?;
        compiled.manifest = Some(Arc::new(package.manifest().clone()));
        Ok(compiled)
    }

    /// The manifest, if it came with one ([`Host::open`]).
    pub fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_deref()
    }

    /// What the plugin is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The size of the component, in bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Gives the plugins made from this other limits than the host's. What a manifest asks for lowers them.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = match self.manifest() {
            Some(manifest) => manifest.limits().within(&limits),
            None => limits,
        };
        self
    }

    /// Lets the plugins made from this be of an older version of the world that the application was built for: additive
    /// changes are bridged, the others refused with the list of differences when linking or binding. `None` undoes what the
    /// host says for all ([`HostBuilder::compat`](crate::HostBuilder::compat)).
    #[must_use]
    pub fn with_compat(mut self, compat: impl Into<Option<Compat>>) -> Self {
        self.compat = compat.into();
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
        let known = |import: &str| self.host.capability(import);
        let card = PermissionCard::new(name, self.component.needed_imports(), open, provider, known);
        match self.manifest() {
            Some(manifest) => card.explain(manifest, known),
            None => card,
        }
    }

    /// What the component imports and exports, with full types.
    pub fn world(&self) -> World {
        World::of(&self.component)
    }

    /// What the component imports and exports, as types: for the same as WIT text ([`WorldType::to_wit`]), for JSON Schema,
    /// and to see how it differs from a world ([`WorldType::changes_to`]).
    pub fn world_type(&self) -> WorldType {
        WorldType::of(&self.component)
    }

    /// The component itself, for what the other methods do not show.
    pub fn component(&self) -> &Component {
        &self.component
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
            manifest: self.manifest.clone(),
            compat: self.compat.clone(),
            digest: self.digest.clone(),
        }
    }
}

impl<T: 'static> fmt::Debug for Compiled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiled").field("name", &self.name).field("size", &self.size).finish_non_exhaustive()
    }
}
