//! A call written as text: `count-words("some text")`. Finds the export it means and reads its arguments by their types.

use crate::commands::export::{resolve, unknown};
use crate::exit::Failure;
use plugbay::types::ValType;
use plugbay::{Compiled, Val, json, wave};

/// A call that fits the component.
pub(super) struct Call {
    /// The export, as the library names it.
    pub(super) path: String,
    /// Its arguments.
    pub(super) args: Vec<Val>,
    /// The type of its result.
    pub(super) result: Option<ValType>,
}

impl Call {
    /// The call of the export called `name`, with arguments in JSON.
    pub(super) fn of_json(compiled: &Compiled<()>, name: &str, args: &str) -> Result<Self, Failure> {
        let path = resolve(compiled, name.trim())?;
        let ty = compiled.component().func_type(&path);
        let ty = ty.ok_or_else(|| Failure::usage(unknown(compiled, name)))?;
        let unreadable = |error: &dyn std::fmt::Display| {
            Failure::usage(format!("the arguments of `{name}` cannot be read: {error}"))
        };
        let args = serde_json::from_str(args).map_err(|error| unreadable(&error))?;
        let args = json::args_from_json(ty.params(), &args).map_err(|error| unreadable(&error))?;
        Ok(Self { path, args, result: ty.result().cloned() })
    }

    /// Reads a call of an export of `compiled`.
    pub(super) fn parse(compiled: &Compiled<()>, text: &str) -> Result<Self, Failure> {
        let (name, args) = match wave::parse_call(text) {
            Ok(call) => call,
            // A name alone is a call without arguments.
            Err(_) if !text.contains('(') => (text.trim(), ""),
            Err(error) => return Err(Failure::usage(format!("`{text}` is not a call: {error}"))),
        };
        let path = resolve(compiled, name)?;
        let ty = compiled.component().func_type(&path);
        let ty = ty.ok_or_else(|| Failure::usage(unknown(compiled, name)))?;
        let args = wave::parse_args(ty.params(), args)
            .map_err(|e| Failure::usage(format!("the arguments of `{name}` cannot be read: {e}")))?;
        Ok(Self { path, args, result: ty.result().cloned() })
    }
}
