//! `StoreData`: what the engine's store holds for a component instance, and `HostContext`: what a host function sees of it.

use std::sync::Arc;
use std::time::Instant;

use plugbay_engine as engine;

use super::Limits;
use crate::call::CoreFunc;
use crate::error::{Error, Result};
use crate::resource::ComponentState;
use crate::types::ResourceType;
use crate::value::ResourceAny;

/// A destructor of a host resource.
pub(crate) type HostDtor<T> = Arc<dyn Fn(&mut HostContext<'_, T>, u32) -> Result<()> + Send + Sync>;

/// The data of the engine's store: the application's, and the component's books.
pub(crate) struct StoreData<T> {
    pub(crate) host: T,
    pub(crate) state: ComponentState,
    /// Destructors of guest-defined resources, by the number in `ResourceKind::Guest`.
    pub(crate) guest_dtors: Vec<CoreFunc>,
    /// Destructors of host-defined resources, by the number in `ResourceKind::Host`.
    pub(crate) host_dtors: Vec<HostDtor<T>>,
    pub(crate) limits: Limits,
    /// The most of `Limits::value_bytes` that one crossing took.
    pub(crate) most_value_bytes: u64,
    pub(crate) deadline: Option<Instant>,
    /// Knows the limit of calls, once there is a store.
    pub(crate) clock: Option<engine::CallClock>,
}

impl<T> StoreData<T> {
    pub(crate) fn new(host: T, limits: Limits) -> Self {
        Self {
            host,
            state: ComponentState::new(limits.handles, limits.lends),
            guest_dtors: Vec::new(),
            host_dtors: Vec::new(),
            limits,
            most_value_bytes: 0,
            deadline: None,
            clock: None,
        }
    }
}

impl<T> std::fmt::Debug for StoreData<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreData").field("state", &self.state).finish_non_exhaustive()
    }
}

/// What a host function is given: the application's data. The guest that called cannot be reached through it, so it
/// cannot be re-entered.
pub struct HostContext<'a, T> {
    data: &'a mut StoreData<T>,
}

impl<'a, T> HostContext<'a, T> {
    pub(crate) fn new(data: &'a mut StoreData<T>) -> Self {
        Self { data }
    }

    /// The application's data.
    #[must_use]
    pub fn data(&self) -> &T {
        &self.data.host
    }

    /// The application's data, to change.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.data.host
    }

    /// Makes a handle to a resource that the host defines ([`LinkerInstance::resource_dynamic`]), to return it from a
    /// function. `ty` is the type as the function's own type has it, `rep` what the host means by it.
    ///
    /// # Errors
    /// The type is not one of the host's, or the plugin holds too many handles.
    ///
    /// [`LinkerInstance::resource_dynamic`]: crate::LinkerInstance::resource_dynamic
    pub fn resource_new(&mut self, ty: &ResourceType, rep: u32) -> Result<ResourceAny> {
        let ty =
            u32::try_from(ty.id()).map_err(|_| Error::misuse("the resource type is of another component"))?;
        self.data.state.host_new(ty, rep)
    }

    /// What the host means by a handle to one of its own resources.
    ///
    /// # Errors
    /// The handle is stale, or to a resource that a guest defines.
    pub fn resource_rep(&mut self, resource: ResourceAny) -> Result<u32> {
        self.data.state.host_rep(resource)
    }

    /// Takes a handle to one of the host's own resources back; returns what the host meant by it. No destructor runs.
    ///
    /// # Errors
    /// The handle is stale, a borrow, lent, or to a resource that a guest defines.
    pub fn resource_take(&mut self, resource: ResourceAny) -> Result<u32> {
        self.data.state.host_take(resource)
    }

    /// When the call under way will be stopped. A host function that waits should not wait longer.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let limit = self.data.clock.as_ref().and_then(engine::CallClock::deadline);
        self.data.deadline.into_iter().chain(limit).min()
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for HostContext<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostContext").field("data", &self.data.host).finish()
    }
}
