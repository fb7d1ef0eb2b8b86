//! Keyword arguments of `Host.load` as grants and limits.

use std::path::PathBuf;
use std::time::Duration;

use plugbay::{Grants, Limits, Stdio};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

/// What a plugin may do, and how much of it.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) grants: Grants,
    pub(crate) limits: Limits,
    pub(crate) name: Option<String>,
}

impl Options {
    /// Reads the keyword arguments. An unknown one is an error: a grant that nobody enforces would be a lie.
    pub(crate) fn new(arguments: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let mut options = Self::default();
        for (name, value) in arguments.into_iter().flatten() {
            let name: String = name.extract()?;
            if !value.is_none() {
                options.set(&name, &value)?;
            }
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let grants = std::mem::take(&mut self.grants);
        self.grants = match name {
            "allow" => fold(grants, value, Grants::allow)?,
            "deny" => fold(grants, value, Grants::deny)?,
            "allow_read" => directories(grants, value, Grants::allow_read)?,
            "allow_write" => directories(grants, value, Grants::allow_write)?,
            "allow_env" => fold(grants, value, Grants::allow_env)?,
            "env" => {
                let variables: Vec<(String, String)> = value.cast::<PyDict>()?.items().extract()?;
                variables.into_iter().fold(grants, |grants, (name, value)| grants.env(name, value))
            }
            "args" => grants.args(value.extract::<Vec<String>>()?),
            "allow_clocks" => switch(grants, value, Grants::allow_clocks)?,
            "allow_random" => switch(grants, value, Grants::allow_random)?,
            "stdio" => grants.stdio(stdio(value)?),
            _ => {
                self.grants = grants;
                return self.set_limit(name, value);
            }
        };
        Ok(())
    }

    fn set_limit(&mut self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        match name {
            "deadline" => self.limits.deadline = Some(duration(value)?),
            "memory" => self.limits.memory = value.extract()?,
            "name" => self.name = Some(value.extract()?),
            _ => {
                return Err(PyTypeError::new_err(format!(
                    "load() got an unexpected keyword argument '{name}'"
                )));
            }
        }
        Ok(())
    }
}

/// Seconds, as everywhere in Python.
pub(crate) fn duration(value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    let seconds: f64 = value.extract()?;
    Duration::try_from_secs_f64(seconds)
        .map_err(|error| PyValueError::new_err(format!("deadline: {seconds} seconds: {error}")))
}

/// One string or several.
fn fold(
    grants: Grants,
    value: &Bound<'_, PyAny>,
    add: impl Fn(Grants, String) -> Grants,
) -> PyResult<Grants> {
    if value.is_instance_of::<PyString>() {
        return Ok(add(grants, value.extract()?));
    }
    value.try_iter()?.try_fold(grants, |grants, name| Ok(add(grants, name?.extract()?)))
}

/// A host directory, several, or a mapping of host directories to guest paths. Without a guest path a directory has the
/// path that it was named by.
fn directories(
    grants: Grants,
    value: &Bound<'_, PyAny>,
    add: impl Fn(Grants, PathBuf, String) -> Grants,
) -> PyResult<Grants> {
    if let Ok(mapping) = value.cast::<PyDict>() {
        let pairs: Vec<(PathBuf, String)> = mapping.items().extract()?;
        return Ok(pairs.into_iter().fold(grants, |grants, (host, guest)| add(grants, host, guest)));
    }
    let same = |grants, path: PathBuf| {
        let guest = path.to_string_lossy().into_owned();
        add(grants, path, guest)
    };
    if let Ok(path) = value.extract::<PathBuf>() {
        return Ok(same(grants, path));
    }
    value.try_iter()?.try_fold(grants, |grants, path| Ok(same(grants, path?.extract()?)))
}

fn switch(grants: Grants, value: &Bound<'_, PyAny>, add: impl Fn(Grants) -> Grants) -> PyResult<Grants> {
    Ok(if value.extract()? { add(grants) } else { grants })
}

fn stdio(value: &Bound<'_, PyAny>) -> PyResult<Stdio> {
    let name: String = value.extract()?;
    match name.as_str() {
        "null" => Ok(Stdio::null()),
        "inherit" => Ok(Stdio::inherit()),
        "capture" => Ok(Stdio::capture()),
        _ => Err(PyValueError::new_err(format!("stdio is 'null', 'inherit' or 'capture', not {name:?}"))),
    }
}
