//! `Handle`: a resource of a plugin, as Python holds it.

use std::sync::Arc;

use plugbay::ResourceAny;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

/// What marks the handles of one plugin.
pub(crate) type Handles = Arc<()>;

/// A handle to a resource of a plugin. `plugbay.Resource` wraps it.
#[pyclass(module = "plugbay._plugbay", frozen)]
pub(crate) struct Handle {
    resource: ResourceAny,
    owner: Handles,
    name: String,
}

impl Handle {
    pub(crate) fn new(resource: ResourceAny, owner: &Handles, name: &str) -> Self {
        Self { resource, owner: owner.clone(), name: name.to_owned() }
    }

    /// The handle, if it is one of `owner`.
    pub(crate) fn of(&self, owner: &Handles) -> PyResult<ResourceAny> {
        if Arc::ptr_eq(&self.owner, owner) {
            Ok(self.resource)
        } else {
            Err(PyTypeError::new_err(format!("the resource `{}` belongs to another plugin", self.name)))
        }
    }
}

#[pymethods]
impl Handle {
    /// The name of the resource's type.
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    fn __repr__(&self) -> String {
        format!("<plugbay resource {}>", self.name)
    }
}
