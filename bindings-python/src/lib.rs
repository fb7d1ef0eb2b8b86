//! The Python package's native half: hosts, plugins and values cross here and nothing is decided. What a Python user sees
//! beyond that (namespaces, typed stubs) is written in Python, in `python/plugbay`.

#![forbid(unsafe_code)]

mod error;
mod grants;
mod handle;
mod host;
mod lift;
mod lower;
mod objects;
mod plugin;
mod provide;

use pyo3::prelude::*;

/// The native half of `plugbay`. Use `import plugbay` instead.
#[pymodule]
fn _plugbay(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<host::Host>()?;
    module.add_class::<plugin::Plugin>()?;
    module.add_class::<handle::Handle>()?;
    error::register(module)
}
