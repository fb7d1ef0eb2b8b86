//! Python objects as values for a plugin. A value of the wrong type or out of range is a `TypeError` or `OverflowError`
//! that names the place.

use plugbay::Val;
use plugbay::types::ValType;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyString};

use crate::lift::{Classes, python_name};
use crate::objects::Objects;

/// How deep a Python value may be nested. Types are checked to be shallower than this; it guards against lists that
/// contain themselves only in combination with them.
const MAX_DEPTH: usize = 200;

/// `object` as a `ty`.
pub(crate) fn lower(
    classes: &Classes<'_>,
    ty: &ValType,
    object: &Bound<'_, PyAny>,
    objects: &mut Objects<'_>,
) -> PyResult<Val> {
    Lower { classes, objects }.value(ty, object, 0)
}

struct Lower<'a, 'o, 'py> {
    classes: &'a Classes<'py>,
    objects: &'a mut Objects<'o>,
}

impl Lower<'_, '_, '_> {
    fn value(&mut self, ty: &ValType, object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Val> {
        if depth > MAX_DEPTH {
            return Err(PyValueError::new_err(format!("values are nested more than {MAX_DEPTH} deep")));
        }
        match ty {
            ValType::List(_) | ValType::Record(_) | ValType::Tuple(_) => self.product(ty, object, depth + 1),
            ValType::Variant(_) | ValType::Option(_) | ValType::Result(_) => self.sum(ty, object, depth + 1),
            ValType::Enum(ty) => {
                let case: String = extract(object, "an enum value (str)")?;
                known(&case, ty.names())?;
                Ok(Val::Enum(case))
            }
            ValType::Flags(ty) => {
                if object.is_instance_of::<PyString>() {
                    return Err(expected("a set of flags", object));
                }
                let labels = object.try_iter()?.map(|label| extract(&label?, "a flag (str)"));
                let labels: Vec<String> = labels.collect::<PyResult<_>>()?;
                labels.iter().try_for_each(|label| known(label, ty.names()))?;
                Ok(Val::Flags(labels))
            }
            ValType::Own(ty) | ValType::Borrow(ty) => self.objects.lower(ty, object).map(Val::Resource),
            _ => scalar(ty, object),
        }
    }

    fn product(&mut self, ty: &ValType, object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Val> {
        match ty {
            ValType::List(ty) => {
                if let (ValType::U8, Ok(bytes)) = (ty.element(), bytes(object)) {
                    return Ok(Val::Bytes(bytes));
                }
                if object.is_instance_of::<PyString>() || object.is_instance_of::<PyDict>() {
                    return Err(expected("a list", object));
                }
                let iter = object.try_iter().map_err(|_| expected("a list", object))?;
                let elements = iter.enumerate().map(|(i, element)| {
                    self.value(ty.element(), &element?, depth)
                        .map_err(|error| within(object.py(), error, &format!("[{i}]")))
                });
                Ok(Val::List(elements.collect::<PyResult<_>>()?))
            }
            ValType::Tuple(ty) => {
                let elements: Vec<Bound<'_, PyAny>> = object.try_iter()?.collect::<PyResult<_>>()?;
                if elements.len() != ty.types().len() {
                    let message =
                        format!("expected a tuple of {}, found {} values", ty.types().len(), elements.len());
                    return Err(PyTypeError::new_err(message));
                }
                let elements = elements.iter().zip(ty.types()).enumerate().map(|(i, (element, ty))| {
                    self.value(ty, element, depth)
                        .map_err(|error| within(object.py(), error, &format!("[{i}]")))
                });
                Ok(Val::Tuple(elements.collect::<PyResult<_>>()?))
            }
            ValType::Record(ty) => {
                let fields = ty.fields().iter().map(|(name, ty)| {
                    let field = field(object, name)?;
                    let value = self
                        .value(ty, &field, depth)
                        .map_err(|error| within(object.py(), error, &format!(".{}", python_name(name))))?;
                    Ok((name.to_string(), value))
                });
                Ok(Val::Record(fields.collect::<PyResult<_>>()?))
            }
            _ => Err(expected("a value", object)),
        }
    }

    fn sum(&mut self, ty: &ValType, object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Val> {
        let classes = self.classes;
        let mut payload = |ty: Option<&ValType>, object: &Bound<'_, PyAny>| match ty {
            Some(ty) => Ok(Some(Box::new(self.value(ty, object, depth)?))),
            None if object.is_none() => Ok(None),
            None => Err(expected("nothing", object)),
        };
        match ty {
            ValType::Option(_) if object.is_none() => Ok(Val::Option(None)),
            ValType::Option(ty) if matches!(ty.some(), ValType::Option(_)) => {
                let some = wrapped(classes, object, "Some", "value")?;
                payload(Some(ty.some()), &some.ok_or_else(|| expected("None or Some(…)", object))?)
                    .map(Val::Option)
            }
            ValType::Option(ty) => payload(Some(ty.some()), object).map(Val::Option),
            ValType::Result(ty) => {
                if let Some(ok) = wrapped(classes, object, "Ok", "value")? {
                    return Ok(Val::Result(Ok(payload(ty.ok(), &ok)?)));
                }
                match wrapped(classes, object, "Err", "error")? {
                    Some(error) => Ok(Val::Result(Err(payload(ty.err(), &error)?))),
                    None => Err(expected("Ok(…) or Err(…)", object)),
                }
            }
            ValType::Variant(ty) => {
                let (case, value): (String, Bound<'_, PyAny>) = if object.is_instance_of::<PyString>() {
                    (object.extract()?, object.py().None().into_bound(object.py()))
                } else {
                    object.extract().map_err(|_| expected("a Variant(case, payload)", object))?
                };
                let found = ty.cases().iter().find(|(name, _)| **name == *case);
                let Some((_, payload_type)) = found else {
                    return Err(unknown(&case, ty.cases().iter().map(|(name, _)| &**name)));
                };
                let value = payload(payload_type.as_ref(), &value)
                    .map_err(|error| within(object.py(), error, &format!("({case})")))?;
                Ok(Val::Variant(case, value))
            }
            _ => Err(expected("a value", object)),
        }
    }
}

/// What is in `object`, if that is a `class`.
fn wrapped<'py>(
    classes: &Classes<'_>,
    object: &Bound<'py, PyAny>,
    class: &str,
    attribute: &str,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    if object.is_instance(&classes.class(class)?)? { Ok(Some(object.getattr(attribute)?)) } else { Ok(None) }
}

fn scalar(ty: &ValType, object: &Bound<'_, PyAny>) -> PyResult<Val> {
    // Python's `True` is an `int`; WIT's is none.
    let is_bool = object.is_instance_of::<pyo3::types::PyBool>();
    if is_bool != matches!(ty, ValType::Bool) {
        return Err(expected(&format!("a {ty}"), object));
    }
    match ty {
        ValType::Bool => object.extract().map(Val::Bool),
        ValType::S8 => integer(object, ty).map(Val::S8),
        ValType::U8 => integer(object, ty).map(Val::U8),
        ValType::S16 => integer(object, ty).map(Val::S16),
        ValType::U16 => integer(object, ty).map(Val::U16),
        ValType::S32 => integer(object, ty).map(Val::S32),
        ValType::U32 => integer(object, ty).map(Val::U32),
        ValType::S64 => integer(object, ty).map(Val::S64),
        ValType::U64 => integer(object, ty).map(Val::U64),
        ValType::F32 => extract(object, "a float").map(Val::F32),
        ValType::F64 => extract(object, "a float").map(Val::F64),
        ValType::Char => extract(object, "one character").map(Val::Char),
        ValType::String => extract(object, "a str").map(Val::String),
        _ => Err(expected(&format!("a {ty}"), object)),
    }
}

fn integer<'py, T: FromPyObjectOwned<'py>>(object: &Bound<'py, PyAny>, ty: &ValType) -> PyResult<T> {
    if object.is_instance_of::<PyFloat>() {
        return Err(expected(&format!("a {ty}"), object));
    }
    object.extract::<T>().map_err(|error| {
        let error: PyErr = error.into();
        within(object.py(), error, &format!("as a {ty}"))
    })
}

fn extract<'py, T: FromPyObjectOwned<'py>>(object: &Bound<'py, PyAny>, what: &str) -> PyResult<T> {
    object.extract().map_err(|_| expected(what, object))
}

/// The bytes of anything that is a buffer of bytes.
fn bytes(object: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(bytes) = object.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    let view = object.py().import("builtins")?.getattr("memoryview")?.call1((object,))?;
    Ok(view.call_method0("tobytes")?.cast::<PyBytes>()?.as_bytes().to_vec())
}

fn field<'py>(object: &Bound<'py, PyAny>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    let python = python_name(name);
    let found = match object.cast::<PyDict>() {
        Ok(dict) => match dict.get_item(&python)? {
            Some(value) => Some(value),
            None => dict.get_item(name)?,
        },
        Err(_) => object.getattr_opt(python.as_str())?,
    };
    found.ok_or_else(|| PyTypeError::new_err(format!("the record has no field `{python}`")))
}

fn known(name: &str, names: &[std::sync::Arc<str>]) -> PyResult<()> {
    if names.iter().any(|known| **known == *name) {
        Ok(())
    } else {
        Err(unknown(name, names.iter().map(|name| &**name)))
    }
}

fn unknown<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> PyErr {
    let names: Vec<_> = names.collect();
    PyValueError::new_err(format!("`{}` is none of {}", name.escape_debug(), names.join(", ")))
}

fn expected(what: &str, object: &Bound<'_, PyAny>) -> PyErr {
    let found =
        object.get_type().name().map(|name| name.to_string()).unwrap_or_else(|_| "something else".to_owned());
    PyTypeError::new_err(format!("expected {what}, found {found}"))
}

/// The same error, with the place in front.
pub(crate) fn within(py: Python<'_>, error: PyErr, place: &str) -> PyErr {
    PyErr::from_type(error.get_type(py), format!("{place}: {}", error.value(py)))
}
