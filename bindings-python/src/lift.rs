//! Values of a plugin as Python objects.

use plugbay::Val;
use plugbay::types::ValType;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFrozenSet, PyList, PyString, PyTuple};

use crate::error::PlugbayError;
use crate::objects::Objects;

/// The Python classes of `plugbay.values`, looked up once for each conversion.
pub(crate) struct Classes<'py>(Bound<'py, PyModule>);

impl<'py> Classes<'py> {
    pub(crate) fn new(py: Python<'py>) -> PyResult<Self> {
        Ok(Self(py.import("plugbay.values")?))
    }

    fn make(&self, class: &str, args: impl pyo3::call::PyCallArgs<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.0.getattr(class)?.call1(args)
    }

    /// The class called `name`.
    pub(crate) fn class(&self, name: &str) -> PyResult<Bound<'py, PyAny>> {
        self.0.getattr(name)
    }
}

/// `value`, which is a `ty`, in Python.
pub(crate) fn lift<'py>(
    py: Python<'py>,
    classes: &Classes<'py>,
    ty: &ValType,
    value: Val,
    objects: &mut Objects<'_>,
) -> PyResult<Bound<'py, PyAny>> {
    let mut inner = |ty: &ValType, value: Val| lift(py, classes, ty, value, objects);
    match (ty, value) {
        (_, Val::Bool(value)) => Ok(pyo3::types::PyBool::new(py, value).to_owned().into_any()),
        (_, Val::S8(value)) => Ok(value.into_pyobject(py)?.into_any()),
        (_, Val::U8(value)) => Ok(value.into_pyobject(py)?.into_any()),
        (_, Val::S16(value)) => Ok(value.into_pyobject(py)?.into_any()),
        (_, Val::U16(value)) => Ok(value.into_pyobject(py)?.into_any()),
        (_, Val::S32(value)) => Ok(value.into_pyobject(py)?.into_any()),
        (_, Val::U32(value)) => Ok(value.into_pyobject(py)?.into_any()),
        (_, Val::S64(value)) => Ok(value.into_pyobject(py)?.into_any()),
        (_, Val::U64(value)) => Ok(value.into_pyobject(py)?.into_any()),
        (_, Val::F32(value)) => Ok(value.into_pyobject(py)?.into_any()),
        (_, Val::F64(value)) => Ok(value.into_pyobject(py)?.into_any()),
        (_, Val::Char(value)) => Ok(value.into_pyobject(py)?.into_any()),
        (_, Val::String(value)) | (_, Val::Enum(value)) => Ok(PyString::new(py, &value).into_any()),
        (_, Val::Flags(labels)) => Ok(PyFrozenSet::new(py, labels)?.into_any()),
        (ValType::List(ty), Val::List(values)) => list(py, ty.element(), values, inner),
        (_, Val::Bytes(bytes)) => Ok(PyBytes::new(py, &bytes).into_any()),
        (ValType::Record(ty), Val::Record(values)) => {
            let fields = PyDict::new(py);
            for ((name, value), (_, ty)) in values.into_iter().zip(ty.fields()) {
                fields.set_item(python_name(&name), inner(ty, value)?)?;
            }
            classes.class("Record")?.call((), Some(&fields))
        }
        (ValType::Tuple(ty), Val::Tuple(values)) => {
            let elements = values.into_iter().zip(ty.types()).map(|(value, ty)| inner(ty, value));
            Ok(PyTuple::new(py, elements.collect::<PyResult<Vec<_>>>()?)?.into_any())
        }
        (ValType::Variant(ty), Val::Variant(case, payload)) => {
            let payload_type =
                ty.cases().iter().find(|(name, _)| **name == *case).and_then(|(_, ty)| ty.as_ref());
            let payload = boxed(py, payload_type, payload, inner)?;
            classes.make("Variant", (case, payload))
        }
        (ValType::Option(ty), Val::Option(value)) => match value {
            None => Ok(py.None().into_bound(py)),
            Some(value) if matches!(ty.some(), ValType::Option(_)) => {
                classes.make("Some", (inner(ty.some(), *value)?,))
            }
            Some(value) => inner(ty.some(), *value),
        },
        (ValType::Result(ty), Val::Result(Ok(value))) => {
            classes.make("Ok", (boxed(py, ty.ok(), value, inner)?,))
        }
        (ValType::Result(ty), Val::Result(Err(value))) => {
            classes.make("Err", (boxed(py, ty.err(), value, inner)?,))
        }
        (ValType::Own(resource), Val::Resource(handle)) => objects.lift(py, resource, handle, true),
        (ValType::Borrow(resource), Val::Resource(handle)) => objects.lift(py, resource, handle, false),
        (ty, value) => Err(PlugbayError::new_err(format!("{} arrived where the type is {ty}", value.kind()))),
    }
}

fn boxed<'py>(
    py: Python<'py>,
    ty: Option<&ValType>,
    value: Option<Box<Val>>,
    mut inner: impl FnMut(&ValType, Val) -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    match (ty, value) {
        (Some(ty), Some(value)) => inner(ty, *value),
        _ => Ok(py.None().into_bound(py)),
    }
}

fn list<'py>(
    py: Python<'py>,
    element: &ValType,
    values: Vec<Val>,
    mut inner: impl FnMut(&ValType, Val) -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    if matches!(element, ValType::U8) {
        let bytes: Vec<u8> = values
            .iter()
            .filter_map(|value| if let Val::U8(byte) = value { Some(*byte) } else { None })
            .collect();
        return Ok(PyBytes::new(py, &bytes).into_any());
    }
    let values = values.into_iter().map(|value| inner(element, value)).collect::<PyResult<Vec<_>>>()?;
    Ok(PyList::new(py, values)?.into_any())
}

/// `word-count` is `word_count` in Python.
pub(crate) fn python_name(name: &str) -> String {
    name.replace('-', "_")
}
