//! Python functions as functions of the host.

use std::sync::Arc;

use plugbay::types::{FuncType, ValType};
use plugbay::{ComponentError, HostContext, Linker, PluginState, Val};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::error::{PlugbayError, Raised};
use crate::lift::{Classes, Handles, lift};
use crate::lower::lower;

/// The functions of an interface, by their names in WIT.
pub(crate) struct Interface {
    functions: Vec<(String, Arc<Py<PyAny>>)>,
}

impl Interface {
    /// Takes the functions out of a mapping, or the public methods out of an object.
    pub(crate) fn new(implementation: &Bound<'_, PyAny>) -> PyResult<Self> {
        let mut functions = Vec::new();
        if let Ok(mapping) = implementation.cast::<PyDict>() {
            for (name, function) in mapping {
                functions.push((name.extract::<String>()?, function));
            }
        } else {
            for name in implementation.dir()? {
                let name: String = name.extract()?;
                let function = implementation.getattr(name.as_str())?;
                if !name.starts_with('_') && function.is_callable() {
                    functions.push((name.replace('_', "-"), function));
                }
            }
        }
        let functions = functions.into_iter().map(|(name, function)| {
            if function.is_callable() {
                Ok((name, Arc::new(function.unbind())))
            } else {
                Err(PyTypeError::new_err(format!("`{name}` is not a function")))
            }
        });
        Ok(Self { functions: functions.collect::<PyResult<_>>()? })
    }

    pub(crate) fn clone_ref(&self, _py: Python<'_>) -> Self {
        Self { functions: self.functions.clone() }
    }
}

/// Puts the functions of an interface into a linker.
pub(crate) fn define(
    linker: &mut Linker<PluginState<()>>,
    name: &str,
    interface: &Interface,
) -> Result<(), ComponentError> {
    let mut instance = linker.instance(name);
    for (function, callable) in &interface.functions {
        let callable = callable.clone();
        instance.func_dynamic(
            function,
            move |_: &mut HostContext<'_, PluginState<()>>, ty: &FuncType, args: &[Val]| {
                Python::attach(|py| call(py, &callable, ty, args))
                    .map_err(|raised| ComponentError::host(Raised(raised)))
            },
        )?;
    }
    Ok(())
}

fn call(py: Python<'_>, callable: &Py<PyAny>, ty: &FuncType, args: &[Val]) -> PyResult<Option<Val>> {
    let classes = Classes::new(py)?;
    let handles = Handles::default();
    let args = ty.params().iter().zip(args).map(|((_, ty), arg)| lift(py, &classes, ty, arg.clone(), &handles));
    let args = PyTuple::new(py, args.collect::<PyResult<Vec<_>>>()?)?;
    let result = callable.bind(py).call1(args);
    match ty.result() {
        None => result.map(|_| None),
        Some(ValType::Result(ty)) => outcome(py, &classes, ty, result, &handles).map(Some),
        Some(ty) => lower(&classes, ty, &result?, &handles).map(Some),
    }
}

/// The result of a function that returns a `result<T, E>`: what it returned is the good side (unless it is an `Err`), a
/// `ResultError` that it raised is the bad one.
fn outcome(
    py: Python<'_>,
    classes: &Classes<'_>,
    ty: &plugbay::types::ResultType,
    result: PyResult<Bound<'_, PyAny>>,
    handles: &Handles,
) -> PyResult<Val> {
    let side = |ty: Option<&ValType>, object: &Bound<'_, PyAny>| match ty {
        Some(ty) => lower(classes, ty, object, handles).map(|value| Some(Box::new(value))),
        None => Ok(None),
    };
    match result {
        Ok(object) if object.is_instance(&classes.class("Ok")?)? => {
            Ok(Val::Result(Ok(side(ty.ok(), &object.getattr("value")?)?)))
        }
        Ok(object) if object.is_instance(&classes.class("Err")?)? => {
            Ok(Val::Result(Err(side(ty.err(), &object.getattr("error")?)?)))
        }
        Ok(object) => Ok(Val::Result(Ok(side(ty.ok(), &object)?))),
        Err(raised) if raised.is_instance_of::<crate::error::ResultError>(py) => {
            let value = raised.value(py).getattr("value").map_err(|_| {
                PlugbayError::new_err("a ResultError that a host function raises needs a value: ResultError.of(…)")
            })?;
            Ok(Val::Result(Err(side(ty.err(), &value)?)))
        }
        Err(raised) => Err(raised),
    }
}
