//! Python objects that plugins hold handles to, and the plugins' own resources: what is behind a handle on either side.

use plugbay::types::ResourceType;
use plugbay::{HostContext, Plugin, PluginState, Resource, ResourceAny};
use pyo3::prelude::*;

use crate::error::{PlugbayError, exception};
use crate::handle::{Handle, Handles};

type Object = Py<PyAny>;

/// Where handles live: in a call of a Python function, or between calls.
pub(crate) trait Table {
    /// The host's data of the plugin.
    fn state(&mut self) -> &mut PluginState<()>;
    /// Makes a handle to `rep`.
    fn new_handle(&mut self, py: Python<'_>, ty: &ResourceType, rep: u32) -> PyResult<ResourceAny>;
    /// What is behind a handle to a Python object; nothing when it is the plugin's own resource.
    fn rep(&mut self, resource: ResourceAny) -> Option<u32>;
    /// Takes an owned handle to a Python object back.
    fn take(&mut self, resource: ResourceAny) -> Option<u32>;
}

impl Table for HostContext<'_, PluginState<()>> {
    fn state(&mut self) -> &mut PluginState<()> {
        self.data_mut()
    }

    fn new_handle(&mut self, _: Python<'_>, ty: &ResourceType, rep: u32) -> PyResult<ResourceAny> {
        self.resource_new(ty, rep).map_err(|error| PlugbayError::new_err(error.to_string()))
    }

    fn rep(&mut self, resource: ResourceAny) -> Option<u32> {
        self.resource_rep(resource).ok()
    }

    fn take(&mut self, resource: ResourceAny) -> Option<u32> {
        self.resource_take(resource).ok()
    }
}

impl Table for Plugin<()> {
    fn state(&mut self) -> &mut PluginState<()> {
        self.state_mut()
    }

    fn new_handle(&mut self, py: Python<'_>, ty: &ResourceType, rep: u32) -> PyResult<ResourceAny> {
        self.resource_new(ty, rep).map_err(|error| exception(py, &error))
    }

    fn rep(&mut self, resource: ResourceAny) -> Option<u32> {
        self.resource_rep(resource).ok()
    }

    fn take(&mut self, resource: ResourceAny) -> Option<u32> {
        self.resource_take(resource).ok()
    }
}

/// One crossing: the table, whose handles they are, and the handles that were made for it.
pub(crate) struct Objects<'a> {
    table: &'a mut dyn Table,
    owner: &'a Handles,
    /// What makes the Python object for one of the plugin's own resources.
    wrap: Option<Py<PyAny>>,
    made: Vec<ResourceAny>,
}

impl<'a> Objects<'a> {
    pub(crate) fn new(table: &'a mut dyn Table, owner: &'a Handles) -> Self {
        Self { table, owner, wrap: None, made: Vec::new() }
    }

    /// Lets `wrap` make the Python objects for the plugin's own resources.
    pub(crate) fn wrapped_by(mut self, wrap: &Bound<'_, PyAny>) -> Self {
        self.wrap = Some(wrap.clone().unbind());
        self
    }

    /// A handle for `object`: one of the plugin's own resources, or any Python object where the type is the host's.
    pub(crate) fn lower(&mut self, ty: &ResourceType, object: &Bound<'_, PyAny>) -> PyResult<ResourceAny> {
        let wrapped = object.getattr_opt("_handle")?;
        if let Ok(handle) = wrapped.as_ref().unwrap_or(object).cast::<Handle>() {
            return handle.get().of(self.owner);
        }
        let pushed = self.table.state().table().push(object.clone().unbind());
        let rep = pushed.map_err(|error| PlugbayError::new_err(error.to_string()))?.rep();
        let resource = self.table.new_handle(object.py(), ty, rep).inspect_err(|_| self.forget(rep))?;
        self.made.push(resource);
        Ok(resource)
    }

    /// The object behind a handle that arrived. `owned`: the handle came with it, and is used up.
    pub(crate) fn lift<'py>(
        &mut self,
        py: Python<'py>,
        ty: &ResourceType,
        resource: ResourceAny,
        owned: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let rep = if owned { self.table.take(resource) } else { self.table.rep(resource) };
        let Some(rep) = rep else {
            let handle = Bound::new(py, Handle::new(resource, self.owner, ty.name()))?.into_any();
            return match &self.wrap {
                Some(wrap) => wrap.bind(py).call1((handle,)),
                None => Ok(handle),
            };
        };
        let found = self
            .table
            .state()
            .table()
            .get(&Resource::<Object>::own(rep))
            .map(|object| object.bind(py).clone());
        let object = found.map_err(|error| PlugbayError::new_err(error.to_string()))?;
        if owned {
            self.forget(rep);
        }
        Ok(object)
    }

    /// The handles that were made and may still be the host's, for [`release`].
    pub(crate) fn into_made(self) -> Vec<ResourceAny> {
        self.made
    }

    fn forget(&mut self, rep: u32) {
        forget(self.table.state(), rep);
    }
}

/// Takes handles back that were only lent. Those that were given away are somebody else's now.
pub(crate) fn release(table: &mut dyn Table, made: Vec<ResourceAny>) {
    for resource in made {
        if let Some(rep) = table.take(resource) {
            forget(table.state(), rep);
        }
    }
}

/// Lets go of the object behind `rep`.
pub(crate) fn forget(state: &mut PluginState<()>, rep: u32) {
    // An object that is not there any more has been let go already.
    drop(state.table().delete(Resource::<Object>::own(rep)));
}
