//! JSON, the form of component values that other programs read and write. Both directions are directed by a type, so
//! that nothing has to be guessed and a mistake has a place.
//!
//! | WIT | JSON |
//! |---|---|
//! | `bool` | `true`, `false` |
//! | integers | a number; when reading also a string of decimal digits, for programs whose numbers end at 2^53 |
//! | `f32`, `f64` | a number; `"nan"`, `"inf"`, `"-inf"` for what is none |
//! | `char`, `string` | a string |
//! | `list<T>`, `tuple<…>` | an array; bytes are an array of numbers |
//! | `record` | an object; when reading, a field of an `option` type may be left out |
//! | `variant` | `{"tag": "case", "value": payload}`, without `value` when the case has no payload |
//! | `enum` | the name of the case, a string |
//! | `flags` | an array of the names that are set |
//! | `option<T>` | `null`, or the value; when `T` is itself an option: `null`, or `{"some": value}` |
//! | `result<T, E>` | `{"ok": value}` or `{"err": value}`, `null` for a value that there is not |
//! | resources | none: a handle means something inside one instance only |
//!
//! Numbers are exact: a number with a fraction is no integer, one that is too large for its type is refused, never
//! rounded or cut. (An `f32` is the nearest to the number that is written, as everywhere.) An unknown field, case or flag
//! is refused with those that there are.

mod read;
#[cfg(test)]
mod tests;
mod write;

use std::sync::Arc;

use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};
use crate::marshal::{Lift, Lower};
use crate::types::ValType;
use crate::types::display::{Name, names};
use crate::value::Val;

/// The deepest nesting of types that is read and written. Types of guests are bounded more tightly when they are loaded.
const MAX_DEPTH: usize = 200;

/// Writes `value`, which is of type `ty`, as JSON.
///
/// # Errors
/// When the value is not of that type, or has a resource in it: with the place inside the value.
pub fn to_json(value: &Val, ty: &ValType) -> Result<Value> {
    write::write(value, ty, MAX_DEPTH)
}

/// Reads a value of type `ty` from JSON.
///
/// # Errors
/// When the JSON is not one: what was expected, and the place inside the value.
pub fn from_json(json: &Value, ty: &ValType) -> Result<Val> {
    read::read(json, ty, MAX_DEPTH)
}

/// Writes a Rust value as JSON: of a standard type, or of one that derives `ComponentType` and `Lower`.
///
/// ```
/// let json = plugbay_component::json::to_value(&(Some(1u8), "x"))?;
/// assert_eq!(json.to_string(), r#"[1,"x"]"#);
/// # Ok::<(), plugbay_component::Error>(())
/// ```
///
/// # Errors
/// As [`Val::from_typed`]; when the value has a resource in it.
pub fn to_value<T: Lower + ?Sized>(value: &T) -> Result<Value> {
    to_json(&Val::from_typed(value)?, &ValType::of::<T>()?)
}

/// Reads a Rust value from JSON: of a standard type, or of one that derives `ComponentType` and `Lift`.
///
/// ```
/// let json = serde_json::json!([[1, "one"], [2, "two"]]);
/// let pairs: Vec<(u32, String)> = plugbay_component::json::from_value(&json)?;
/// assert_eq!(pairs[1], (2, "two".to_owned()));
/// # Ok::<(), plugbay_component::Error>(())
/// ```
///
/// # Errors
/// As [`from_json`] and [`Val::to_typed`].
pub fn from_value<T: Lift>(json: &Value) -> Result<T> {
    from_json(json, &ValType::of::<T>()?)?.to_typed()
}

/// Reads the arguments of a function: an array of them in order, or an object with the parameters' names as keys. An
/// argument of an `option` type may be left out: at the end of an array, anywhere in an object. `null` is no arguments.
///
/// # Errors
/// As [`from_json`], and when an argument is missing or there is no such parameter.
pub fn args_from_json(params: &[(Arc<str>, ValType)], json: &Value) -> Result<Vec<Val>> {
    let argument = |(name, ty): &(Arc<str>, ValType), json: Option<&Value>| {
        let value = match (json, ty) {
            (Some(json), ty) => from_json(json, ty),
            (None, ValType::Option(_)) => Ok(Val::Option(None)),
            (None, ty) => Err(unfit(ty.to_string(), "nothing")),
        };
        value.map_err(|error| error.within(format!("argument `{}`", Name(name))))
    };
    match json {
        Value::Null => params.iter().map(|param| argument(param, None)).collect(),
        Value::Array(values) => {
            if values.len() > params.len() {
                return Err(Error::misuse(format!(
                    "the function takes {} arguments, {} were given",
                    params.len(),
                    values.len()
                )));
            }
            params.iter().enumerate().map(|(i, param)| argument(param, values.get(i))).collect()
        }
        Value::Object(fields) => {
            if let Some(name) = unknown(fields, params) {
                return Err(no_name("parameter", name, params.iter().map(|(name, _)| name)));
            }
            params.iter().map(|param| argument(param, fields.get(&*param.0))).collect()
        }
        other => Err(unfit("an array or an object of arguments", kind(other))),
    }
}

/// A key of `fields` that is none of the names in `known`.
fn unknown<'a, T>(fields: &'a serde_json::Map<String, Value>, known: &[(Arc<str>, T)]) -> Option<&'a str> {
    fields.keys().find(|key| !known.iter().any(|(name, _)| **name == ***key)).map(String::as_str)
}

/// One level further down.
fn deeper(depth: usize) -> Result<usize> {
    depth
        .checked_sub(1)
        .ok_or_else(|| Error::limit("nesting of a type in JSON", MAX_DEPTH as u64 + 1, MAX_DEPTH as u64))
}

/// Whether `null` is a value of type `ty`, so that an option of it needs more than `null` to say "none".
fn is_nullable(ty: &ValType) -> bool {
    matches!(ty, ValType::Option(_))
}

/// What a JSON value is, in the words of a message.
fn kind(json: &Value) -> &'static str {
    match json {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn unfit(expected: impl Into<String>, found: impl Into<String>) -> Error {
    Error::new(ErrorKind::Value { expected: expected.into(), found: found.into() })
}

fn no_name<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a Arc<str>>) -> Error {
    let known = names(known.into_iter().map(|name| &**name));
    unfit(format!("a {what} among {known}"), format!("`{}`", Name(name)))
}

fn no_form() -> Error {
    Error::misuse("a resource has no JSON form")
}
