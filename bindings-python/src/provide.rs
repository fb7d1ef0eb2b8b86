//! Python functions and classes as functions and resources of the host.

use std::sync::Arc;

use plugbay::types::{FuncType, ResultType, ValType};
use plugbay::{ComponentError, HostContext, Linker, PluginState, Val};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::error::{PlugbayError, Raised, ResultError};
use crate::handle::Handles;
use crate::lift::{Classes, lift};
use crate::lower::lower;
use crate::objects::{Objects, Table, forget};

type Context<'a> = HostContext<'a, PluginState<()>>;

/// What stands for an interface: its functions by their names in WIT, and the names of its resources.
#[derive(Clone, Default)]
pub(crate) struct Interface {
    functions: Vec<(String, Arc<Py<PyAny>>)>,
    resources: Vec<String>,
}

impl Interface {
    /// Takes the functions and classes out of a mapping, or the public methods and classes out of an object.
    pub(crate) fn new(implementation: &Bound<'_, PyAny>) -> PyResult<Self> {
        let mut interface = Self::default();
        if let Ok(mapping) = implementation.cast::<PyDict>() {
            for (name, item) in mapping {
                interface.add(name.extract::<String>()?, item)?;
            }
        } else {
            for (name, item) in public(implementation)? {
                if item.is_callable() {
                    interface.add(name.replace('_', "-"), item)?;
                }
            }
        }
        Ok(interface)
    }

    fn add(&mut self, name: String, item: Bound<'_, PyAny>) -> PyResult<()> {
        if let Ok(class) = item.cast::<PyType>() {
            return self.add_resource(&name, class);
        }
        if !item.is_callable() {
            return Err(PyTypeError::new_err(format!("`{name}` is neither a function nor a class")));
        }
        self.functions.push((name, Arc::new(item.unbind())));
        Ok(())
    }

    /// A class is a resource: its methods are the resource's, static and class methods its static functions.
    fn add_resource(&mut self, name: &str, class: &Bound<'_, PyType>) -> PyResult<()> {
        let inspect = class.py().import("inspect")?;
        self.functions.push((format!("[constructor]{name}"), Arc::new(class.clone().into_any().unbind())));
        for (attribute, item) in public(class.as_any())? {
            let plain = inspect.getattr("getattr_static")?.call1((class, attribute.as_str()))?;
            let is_static =
                ["staticmethod", "classmethod"].contains(&plain.get_type().name()?.to_cow()?.as_ref());
            let kind = if is_static { "static" } else { "method" };
            if item.is_callable() {
                let function = format!("[{kind}]{name}.{}", attribute.replace('_', "-"));
                self.functions.push((function, Arc::new(item.unbind())));
            }
        }
        self.resources.push(name.to_owned());
        Ok(())
    }
}

fn public<'py>(object: &Bound<'py, PyAny>) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
    let names = object.dir()?.iter().map(|name| name.extract::<String>()).collect::<PyResult<Vec<_>>>()?;
    let names = names.into_iter().filter(|name| !name.starts_with('_'));
    names.map(|name| Ok((name.clone(), object.getattr(name.as_str())?))).collect()
}

/// Puts an interface into a linker.
pub(crate) fn define(
    linker: &mut Linker<PluginState<()>>,
    name: &str,
    interface: &Interface,
) -> Result<(), ComponentError> {
    let mut instance = linker.instance(name);
    for (function, callable) in &interface.functions {
        let callable = callable.clone();
        instance.func_dynamic(function, move |cx: &mut Context<'_>, ty: &FuncType, args: &[Val]| {
            Python::attach(|py| call(py, cx, &callable, ty, args))
                .map_err(|raised| ComponentError::host(Raised(raised)))
        })?;
    }
    for resource in &interface.resources {
        instance.resource_dynamic(resource, |cx: &mut Context<'_>, rep| {
            Python::attach(|_| forget(cx.state(), rep));
            Ok(())
        })?;
    }
    Ok(())
}

fn call(
    py: Python<'_>,
    cx: &mut Context<'_>,
    callable: &Py<PyAny>,
    ty: &FuncType,
    args: &[Val],
) -> PyResult<Option<Val>> {
    let classes = Classes::new(py)?;
    let handles = Handles::default();
    let mut objects = Objects::new(cx, &handles);
    let args = ty.params().iter().zip(args);
    let args = args.map(|((_, ty), arg)| lift(py, &classes, ty, arg.clone(), &mut objects));
    let args = PyTuple::new(py, args.collect::<PyResult<Vec<_>>>()?)?;
    let result = callable.bind(py).call1(args);
    match ty.result() {
        None => result.map(|_| None),
        Some(ValType::Result(ty)) => outcome(py, &classes, ty, result, &mut objects).map(Some),
        Some(ty) => lower(&classes, ty, &result?, &mut objects).map(Some),
    }
}

/// The result of a function that returns a `result<T, E>`: what it returned is the good side (unless it is an `Err`), a
/// `ResultError` that it raised is the bad one.
fn outcome(
    py: Python<'_>,
    classes: &Classes<'_>,
    ty: &ResultType,
    result: PyResult<Bound<'_, PyAny>>,
    objects: &mut Objects<'_>,
) -> PyResult<Val> {
    let mut side = |ty: Option<&ValType>, object: &Bound<'_, PyAny>| match ty {
        Some(ty) => lower(classes, ty, object, objects).map(|value| Some(Box::new(value))),
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
        Err(raised) if raised.is_instance_of::<ResultError>(py) => {
            let value = raised.value(py).getattr("value").map_err(|_| {
                PlugbayError::new_err(
                    "a ResultError that a host function raises needs its `value` set; or return Err(…)",
                )
            })?;
            Ok(Val::Result(Err(side(ty.err(), &value)?)))
        }
        Err(raised) => Err(raised),
    }
}
