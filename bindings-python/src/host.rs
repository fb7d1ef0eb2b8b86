//! `Host`: the interfaces that a Python application offers, and loading.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use plugbay::{Compiled, Config, Source, TrapStyle};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::error::exception;
use crate::grants::Options;
use crate::plugin::Plugin;
use crate::provide::{Interface, define};

/// Compiles plugins and knows what they may be offered.
#[pyclass(module = "plugbay._plugbay", frozen)]
pub(crate) struct Host(Mutex<State>);

#[derive(Default)]
struct State {
    interfaces: Vec<(String, Interface)>,
    /// Whether plugins run with guard pages and signal handlers.
    signals: bool,
    /// Made at the first load, and again after an interface was added.
    host: Option<plugbay::Host>,
}

#[pymethods]
impl Host {
    #[new]
    #[pyo3(signature = (*, signals = false))]
    fn new(signals: bool) -> Self {
        Self(Mutex::new(State { signals, ..State::default() }))
    }

    /// Offers an interface: a mapping of names to functions, or an object with methods.
    fn provide(&self, name: String, implementation: &Bound<'_, PyAny>) -> PyResult<()> {
        let interface = Interface::new(implementation)?;
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.interfaces.retain(|(other, _)| *other != name);
        state.interfaces.push((name, interface));
        state.host = None;
        Ok(())
    }

    /// Compiles, links and instantiates a component: a path, or its bytes.
    #[pyo3(signature = (source, **options))]
    fn load(
        &self,
        py: Python<'_>,
        source: &Bound<'_, PyAny>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Plugin> {
        let Options { grants, limits, name } = Options::new(options)?;
        let compiled = self.compile(py, source, name)?;
        let component = compiled.component().clone();
        let plugin = py.detach(|| compiled.with_limits(limits).link(&grants)?.instantiate(()));
        plugin.map(|plugin| Plugin::new(plugin, component)).map_err(|error| exception(py, &error))
    }

    /// What a component asks for, as JSON.
    fn card(&self, py: Python<'_>, source: &Bound<'_, PyAny>) -> PyResult<String> {
        let card = self.compile(py, source, None)?.card();
        serde_json::to_string(&card).map_err(|error| PyTypeError::new_err(error.to_string()))
    }
}

impl Host {
    fn compile(&self, py: Python<'_>, source: &Bound<'_, PyAny>, name: Option<String>) -> PyResult<Compiled> {
        let source = match source.cast::<PyBytes>() {
            Ok(bytes) => Source::bytes(name.unwrap_or_else(|| "plugin".to_owned()), bytes.as_bytes()),
            Err(_) => Source::file(source.extract::<PathBuf>()?),
        };
        let host = self.host(py)?;
        py.detach(|| host.compile(source)).map_err(|error| exception(py, &error))
    }

    fn host(&self, py: Python<'_>) -> PyResult<plugbay::Host> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = &state.host {
            return Ok(host.clone());
        }
        // An interpreter and its extensions have signal handlers of their own, and this library is loaded late.
        let style = if state.signals { TrapStyle::Signals } else { TrapStyle::Explicit };
        let mut builder = plugbay::Host::builder().engine(Config::new().with_trap_style(style));
        for (name, interface) in &state.interfaces {
            let (path, interface) = (name.clone(), interface.clone());
            builder = builder.provide(name.as_str(), move |linker| define(linker, &path, &interface));
        }
        let host = builder.build().map_err(|error| exception(py, &error))?;
        state.host = Some(host.clone());
        Ok(host)
    }
}
