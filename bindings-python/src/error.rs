//! The tree of exceptions, and which error becomes which. Messages are the library's own.

use std::fmt;

use plugbay::{Error, ErrorKind};
use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyFileNotFoundError, PyOSError};
use pyo3::prelude::*;

create_exception!(
    plugbay,
    PlugbayError,
    PyException,
    "Anything that went wrong between an application and a plugin."
);
create_exception!(plugbay, LoadError, PlugbayError, "The file is no component, or one that cannot be run.");
create_exception!(plugbay, Denied, PlugbayError, "The plugin imports what nobody granted.");
create_exception!(plugbay, Incompatible, PlugbayError, "The plugin and the application do not fit together.");
create_exception!(plugbay, Trap, PlugbayError, "The plugin's code went wrong. The plugin is dead.");
create_exception!(plugbay, Deadline, PlugbayError, "The call took too long. The plugin is dead.");
create_exception!(plugbay, Cancelled, PlugbayError, "The call was cancelled. The plugin is dead.");
create_exception!(plugbay, LimitExceeded, PlugbayError, "The plugin needs more than it may use.");
create_exception!(plugbay, Exit, PlugbayError, "The plugin ended itself; `code` is its exit code.");
create_exception!(
    plugbay,
    Poisoned,
    PlugbayError,
    "The plugin is dead since an earlier call; load it again."
);
create_exception!(
    plugbay,
    ResultError,
    PlugbayError,
    "The function returned the error side of its result: `value`."
);

/// Puts the exceptions into the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("PlugbayError", py.get_type::<PlugbayError>())?;
    module.add("LoadError", py.get_type::<LoadError>())?;
    module.add("Denied", py.get_type::<Denied>())?;
    module.add("Incompatible", py.get_type::<Incompatible>())?;
    module.add("Trap", py.get_type::<Trap>())?;
    module.add("Deadline", py.get_type::<Deadline>())?;
    module.add("Cancelled", py.get_type::<Cancelled>())?;
    module.add("LimitExceeded", py.get_type::<LimitExceeded>())?;
    module.add("Exit", py.get_type::<Exit>())?;
    module.add("Poisoned", py.get_type::<Poisoned>())?;
    module.add("ResultError", py.get_type::<ResultError>())
}

/// An exception that a Python function raised while a plugin was calling it, on its way back to the caller.
pub(crate) struct Raised(pub(crate) PyErr);

impl fmt::Debug for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl std::error::Error for Raised {}

/// The exception for an error. One that a Python function raised comes back as itself, whatever its class.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    if let Some(Raised(raised)) = error.host_error::<Raised>() {
        return raised.clone_ref(py);
    }
    let text = error.to_string();
    let exception = match error.kind() {
        ErrorKind::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            PyFileNotFoundError::new_err(text)
        }
        ErrorKind::Io { .. } => PyOSError::new_err(text),
        ErrorKind::Load { .. } => LoadError::new_err(text),
        ErrorKind::Denied { .. } => Denied::new_err(text),
        ErrorKind::UnknownImports { .. } | ErrorKind::WorldMismatch { .. } | ErrorKind::NoExport { .. } => {
            Incompatible::new_err(text)
        }
        ErrorKind::Trap { .. } => Trap::new_err(text),
        ErrorKind::Deadline { .. } => Deadline::new_err(text),
        ErrorKind::Cancelled { .. } => Cancelled::new_err(text),
        ErrorKind::Limit { .. } => LimitExceeded::new_err(text),
        ErrorKind::Exit(_) => Exit::new_err(text),
        ErrorKind::Poisoned => Poisoned::new_err(text),
        _ => PlugbayError::new_err(text),
    };
    match details(py, error, &exception) {
        Ok(()) => exception,
        Err(other) => other,
    }
}

/// Attributes that a program can use: `code` (of the kind), `plugin`, and what the kind has besides.
fn details(py: Python<'_>, error: &Error, exception: &PyErr) -> PyResult<()> {
    let value = exception.value(py);
    value.setattr("kind", error.code())?;
    value.setattr("plugin", error.plugin())?;
    match error.kind() {
        ErrorKind::Denied { missing } => {
            let imports: Vec<&str> = missing.iter().map(|missing| missing.import.as_str()).collect();
            value.setattr("imports", imports)
        }
        ErrorKind::Trap { frames, .. } => {
            let frames: Vec<String> = frames.iter().map(ToString::to_string).collect();
            value.setattr("frames", frames)
        }
        ErrorKind::Exit(code) => value.setattr("code", *code),
        _ => Ok(()),
    }
}
