//! `InstancePre`: a component with every import matched; what remains is to walk the plan.

use std::sync::Arc;

use plugbay_engine as engine;

use super::Pass;
use super::ResourceDef;
use crate::call::{HostFunc, LowerSite};
use crate::component::Component;
use crate::error::Result;
use crate::instance::{self, Instance, Limits, StoreData};

/// A component ready to be instantiated, any number of times.
pub struct InstancePre<T: 'static> {
    inner: Arc<Inner<T>>,
}

/// A function of the host that stands for an import, and the gate before it.
pub(crate) struct LinkedFunc<T> {
    pub(super) func: Arc<dyn HostFunc<T>>,
    pub(super) pass: Option<Pass<T>>,
}

impl<T> LinkedFunc<T> {
    /// Makes the core function for one place where it is lowered.
    pub(crate) fn lower(
        &self,
        cx: &mut engine::Context<'_, StoreData<T>>,
        site: LowerSite,
    ) -> Result<engine::Func, engine::Error> {
        Arc::clone(&self.func).lower(cx, site, self.pass.clone())
    }
}

struct Inner<T> {
    component: Component,
    /// By number of the plan's imported functions.
    funcs: Vec<LinkedFunc<T>>,
    /// By number of the plan's resources: the host's definition of an imported one.
    resources: Vec<Option<ResourceDef<T>>>,
}

impl<T> Clone for InstancePre<T> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<T> std::fmt::Debug for InstancePre<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InstancePre").field("component", &self.inner.component).finish_non_exhaustive()
    }
}

impl<T: 'static> InstancePre<T> {
    pub(super) fn new(
        component: Component,
        funcs: Vec<LinkedFunc<T>>,
        resources: Vec<Option<ResourceDef<T>>>,
    ) -> Self {
        Self { inner: Arc::new(Inner { component, funcs, resources }) }
    }

    /// The component.
    #[must_use]
    pub fn component(&self) -> &Component {
        &self.inner.component
    }

    /// Makes an instance in a store of its own, with this host data.
    ///
    /// # Errors
    /// A limit, or whatever its core modules' instantiation and start functions run into.
    pub fn instantiate(&self, data: T, core: engine::StoreLimits, limits: Limits) -> Result<Instance<T>> {
        instance::instantiate(self, data, core, limits)
    }

    pub(crate) fn funcs(&self) -> &[LinkedFunc<T>] {
        &self.inner.funcs
    }

    pub(crate) fn resources(&self) -> &[Option<ResourceDef<T>>] {
        &self.inner.resources
    }
}
