//! `Plugin`: calling exports by name, with the interpreter free for others meanwhile.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use plugbay::types::{FuncType, ValType};
use plugbay::{Component, Val};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::error::{PlugbayError, ResultError, exception};
use crate::grants::duration;
use crate::handle::{Handle, Handles};
use crate::lift::{Classes, lift};
use crate::lower::{lower, within};
use crate::objects::{Objects, release};

/// A live plugin. Calls from several threads are refused while one is under way.
#[pyclass(module = "plugbay._plugbay", frozen)]
pub(crate) struct Plugin {
    live: Mutex<plugbay::Plugin>,
    component: Component,
    handles: Handles,
}

impl Plugin {
    pub(crate) fn new(live: plugbay::Plugin, component: Component) -> Self {
        Self { live: Mutex::new(live), component, handles: Handles::default() }
    }

    fn lock(&self) -> PyResult<MutexGuard<'_, plugbay::Plugin>> {
        match self.live.try_lock() {
            Ok(live) => Ok(live),
            Err(TryLockError::Poisoned(live)) => Ok(live.into_inner()),
            Err(TryLockError::WouldBlock) => Err(PlugbayError::new_err(
                "the plugin is busy with a call; a plugin does one thing at a time",
            )),
        }
    }

    /// Runs `task` on the live plugin, without the interpreter's lock.
    fn with<R: Send>(
        &self,
        py: Python<'_>,
        task: impl Send + FnOnce(&mut plugbay::Plugin) -> R,
    ) -> PyResult<R> {
        let mut guard = self.lock()?;
        let live = &mut *guard;
        Ok(py.detach(|| task(live)))
    }
}

#[pymethods]
impl Plugin {
    /// What the plugin is called in messages.
    #[getter]
    fn name(&self) -> String {
        self.live.lock().unwrap_or_else(PoisonError::into_inner).name().to_owned()
    }

    /// The exported functions: path, names of the parameters, the whole type in WIT notation.
    fn functions(&self) -> Vec<(String, Vec<String>, String)> {
        let mut functions = Vec::new();
        let mut add = |path: String, ty: &FuncType| {
            let params = ty.params().iter().map(|(name, _)| name.to_string()).collect();
            functions.push((path, params, ty.to_string()));
        };
        for (name, item) in self.component.exports() {
            match &item {
                plugbay::types::ComponentItem::Func(ty) => add(name.to_owned(), ty),
                plugbay::types::ComponentItem::Instance(instance) => {
                    for (function, item) in instance.exports() {
                        if let plugbay::types::ComponentItem::Func(ty) = item {
                            add(format!("{name}#{function}"), ty);
                        }
                    }
                }
                _ => {}
            }
        }
        functions
    }

    /// Calls the export at `path`. `wrap` makes what stands for a resource that comes back.
    #[pyo3(signature = (path, wrap, *args))]
    fn call<'py>(
        &self,
        py: Python<'py>,
        path: &str,
        wrap: &Bound<'py, PyAny>,
        args: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Some(ty) = self.component.func_type(path) else {
            // The library has the message.
            let error = self.with(py, |live| live.func(path).err())?;
            return Err(
                error.map_or_else(|| PlugbayError::new_err("no such export"), |error| exception(py, &error))
            );
        };
        let classes = Classes::new(py)?;
        let mut guard = self.lock()?;
        let live = &mut *guard;
        let mut objects = Objects::new(live, &self.handles);
        let args = lower_args(&classes, path, &ty, args, &mut objects);
        let made = objects.into_made();
        let result = args.map(|args| py.detach(|| live.call_dynamic(path, &args)));
        release(live, made);
        let result = result?.map_err(|error| exception(py, &error))?;
        lift_result(
            py,
            &classes,
            path,
            ty.result(),
            result,
            &mut Objects::new(live, &self.handles).wrapped_by(wrap),
        )
    }

    /// Gives a resource back; its destructor runs.
    fn drop(&self, py: Python<'_>, handle: &Bound<'_, Handle>) -> PyResult<()> {
        let resource = handle.get().of(&self.handles)?;
        self.with(py, |live| live.drop_resource(resource))?.map_err(|error| exception(py, &error))
    }

    /// Changes the deadline of the calls from now on, in seconds; `None` lets them take as long as they like.
    fn set_deadline(&self, py: Python<'_>, seconds: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let deadline = seconds.map(duration).transpose()?;
        self.with(py, |live| live.set_deadline(deadline))
    }

    /// Whether an earlier call ended the plugin.
    #[getter]
    fn poisoned(&self, py: Python<'_>) -> PyResult<bool> {
        self.with(py, |live| live.is_poisoned())
    }

    /// Bytes of memory in use.
    #[getter]
    fn memory(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |live| live.usage().memory.now)
    }

    /// What the plugin wrote to a captured standard output since the last time.
    fn take_stdout(&self, py: Python<'_>) -> PyResult<Vec<u8>> {
        self.with(py, plugbay::Plugin::take_stdout)
    }

    /// What the plugin wrote to a captured standard error since the last time.
    fn take_stderr(&self, py: Python<'_>) -> PyResult<Vec<u8>> {
        self.with(py, plugbay::Plugin::take_stderr)
    }
}

fn lower_args(
    classes: &Classes<'_>,
    path: &str,
    ty: &FuncType,
    args: &Bound<'_, PyTuple>,
    objects: &mut Objects<'_>,
) -> PyResult<Vec<Val>> {
    if args.len() != ty.params().len() {
        let names: Vec<_> = ty.params().iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
        let message = format!("{path} takes ({}), and was given {} arguments", names.join(", "), args.len());
        return Err(PyTypeError::new_err(message));
    }
    let args = ty.params().iter().zip(args.iter()).map(|((name, ty), arg)| {
        lower(classes, ty, &arg, objects).map_err(|error| within(arg.py(), error, &format!("{path}: {name}")))
    });
    args.collect()
}

/// The result of a call: what a `result` holds on its good side, or the exception for its bad one.
fn lift_result<'py>(
    py: Python<'py>,
    classes: &Classes<'py>,
    path: &str,
    ty: Option<&ValType>,
    value: Option<Val>,
    objects: &mut Objects<'_>,
) -> PyResult<Bound<'py, PyAny>> {
    let (ty, value, failed) = match (ty, value) {
        (Some(ValType::Result(ty)), Some(Val::Result(Ok(value)))) => {
            (ty.ok(), value.map(|value| *value), false)
        }
        (Some(ValType::Result(ty)), Some(Val::Result(Err(value)))) => {
            (ty.err(), value.map(|value| *value), true)
        }
        (ty, value) => (ty, value, false),
    };
    let value = match (ty, value) {
        (Some(ty), Some(value)) => lift(py, classes, ty, value, objects)?,
        _ => py.None().into_bound(py),
    };
    if failed { Err(result_error(path, value)?) } else { Ok(value) }
}

fn result_error(path: &str, value: Bound<'_, PyAny>) -> PyResult<PyErr> {
    let text = if value.is_none() { format!("{path} failed") } else { format!("{path} failed: {value}") };
    let error = ResultError::new_err(text);
    error.value(value.py()).setattr("value", value)?;
    Ok(error)
}
