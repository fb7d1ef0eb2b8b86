//! `Linked`: a component whose imports are joined with host functions, under one authority. Makes live plugins.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use plugbay_component::InstancePre;

use plugbay_component::Adaptation;

use super::{Bindings, Opted, Plugin, Revoker};
use crate::compose::Links;
use crate::error::{Error, Result};
use crate::grant::authority::Authority;
use crate::grant::watch::Watch;
use crate::interrupt::{Interrupt, Waiter};
use crate::limits::Limits;
use crate::state::PluginState;
use crate::wasi::Wasi;

/// A component that may be instantiated: what [`Compiled::link`](crate::Compiled::link) makes. Cheap to clone; every
/// instance has the same grants, and memory of its own.
pub struct Linked<T: 'static = ()> {
    name: Arc<str>,
    pre: InstancePre<PluginState<T>>,
    authority: Arc<Authority>,
    limits: Limits,
    opted: Option<Arc<Opted>>,
    watch: Arc<Watch>,
}

impl<T: 'static> Linked<T> {
    pub(crate) fn new(
        name: Arc<str>,
        pre: InstancePre<PluginState<T>>,
        authority: Arc<Authority>,
        limits: Limits,
        watch: Arc<Watch>,
        opted: Option<Arc<Opted>>,
    ) -> Self {
        Self { name, pre, authority, limits, watch, opted }
    }

    /// What the plugin is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The limits that instances get.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Gives the instances made from now on other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// What is bridged between the component's imports, made for an older world, and the host's functions. Empty without
    /// [`Compat`](crate::Compat). What is bridged of the exports is known by a live plugin
    /// ([`Plugin::adaptations`]).
    pub fn adaptations(&self) -> &[Adaptation] {
        self.opted.as_ref().map_or(&[], |opted| opted.imports())
    }

    /// What takes grants back, from any thread.
    pub fn revoker(&self) -> Revoker {
        Revoker { watch: self.watch.clone() }
    }

    /// The third verb: makes memories and tables, runs start functions, arms the limits. `state` is the application's
    /// state of this one plugin.
    ///
    /// # Errors
    /// What a call returns ([`Trap`](crate::ErrorKind::Trap), [`Deadline`](crate::ErrorKind::Deadline), …), because
    /// start functions are guest code; [`Limit`](crate::ErrorKind::Limit) when the plugin needs more than it may use.
    pub fn instantiate(&self, state: T) -> Result<Plugin<T>> {
        self.instantiate_among(state, Links::default())
    }

    /// [`instantiate`](Self::instantiate), with the plugins that this one may call.
    pub(crate) fn instantiate_among(&self, state: T, links: Links<T>) -> Result<Plugin<T>> {
        let span = tracing::debug_span!("instantiate", plugin = &*self.name);
        let _entered = span.enter();
        let interrupt = Arc::new(Interrupt::default());
        let mut waiter = Waiter::new(interrupt.clone());
        waiter.deadline = self.limits.deadline.and_then(|limit| Instant::now().checked_add(limit));
        let deadline = waiter.deadline;
        let wasi = Wasi::new(self.authority.clone(), waiter, &self.limits, self.watch.clone());
        let state = PluginState::new(state, wasi, links);
        let instance = self
            .pre
            .instantiate(state, self.limits.to_engine(), self.limits.to_component(deadline))
            .map_err(|error| Error::from_call(error, "instantiate", self.limits.deadline))
            .map_err(|error| error.with_plugin(&self.name))
            .inspect_err(|error| tracing::warn!(plugin = &*self.name, %error, "not instantiated"))?;
        let (limits, watch) = (self.limits.clone(), self.watch.clone());
        Ok(Plugin::new(self.name.clone(), instance, limits, interrupt, watch, self.opted.clone()))
    }

    /// [`instantiate`](Self::instantiate), with a typed face: `linked.instantiate_as::<EditorPlugin<_>>(state)`.
    ///
    /// # Errors
    /// What [`instantiate`](Self::instantiate) returns, and [`WorldMismatch`](crate::ErrorKind::WorldMismatch) when the
    /// plugin's exports are not those of the world.
    pub fn instantiate_as<B: Bindings<T>>(&self, state: T) -> Result<B> {
        B::bind(self.instantiate(state)?).map_err(|error| error.with_plugin(&self.name))
    }
}

impl<T: 'static> Clone for Linked<T> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            pre: self.pre.clone(),
            authority: self.authority.clone(),
            limits: self.limits.clone(),
            opted: self.opted.clone(),
            watch: self.watch.clone(),
        }
    }
}

impl<T: 'static> fmt::Debug for Linked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Linked")
            .field("name", &self.name)
            .field("authority", &self.authority)
            .finish_non_exhaustive()
    }
}
