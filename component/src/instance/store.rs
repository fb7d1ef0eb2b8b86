//! `StoreData`: what the engine's store holds for a component instance, and `HostContext`: what a host function sees of it.

use std::sync::Arc;
use std::time::Instant;

use plugbay_engine as engine;

use super::Limits;
use crate::error::Result;
use crate::resource::ComponentState;

/// A destructor of a host resource.
pub(crate) type HostDtor<T> = Arc<dyn Fn(&mut HostContext<'_, T>, u32) -> Result<()> + Send + Sync>;

/// The data of the engine's store: the application's, and the component's books.
pub(crate) struct StoreData<T> {
    pub(crate) host: T,
    pub(crate) state: ComponentState,
    /// Destructors of guest-defined resources, by the number in `ResourceKind::Guest`.
    pub(crate) guest_dtors: Vec<engine::Func>,
    /// Destructors of host-defined resources, by the number in `ResourceKind::Host`.
    pub(crate) host_dtors: Vec<HostDtor<T>>,
    pub(crate) limits: Limits,
    pub(crate) deadline: Option<Instant>,
}

impl<T> StoreData<T> {
    pub(crate) fn new(host: T, limits: Limits) -> Self {
        Self {
            host,
            state: ComponentState::new(limits.handles),
            guest_dtors: Vec::new(),
            host_dtors: Vec::new(),
            limits,
            deadline: None,
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

    /// When the call under way will be stopped. A host function that waits should not wait longer.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.data.deadline
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for HostContext<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostContext").field("data", &self.data.host).finish()
    }
}
