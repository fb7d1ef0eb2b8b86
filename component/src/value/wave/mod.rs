//! WAVE, the text form of component values: `{name: "x", tags: [a, b], size: some(3)}`. Reading is directed by a type,
//! so that what is read is a value of that type or an error with a place; writing needs only the value.

mod lex;
mod literal;
mod parse;
mod print;

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::marshal::{Lift, Lower};
use crate::types::ValType;
use crate::value::Val;

/// Reads a value of type `ty`.
///
/// # Errors
/// When the text is not one: at which byte, and what was expected there.
pub fn parse(ty: &ValType, text: &str) -> Result<Val> {
    let mut parser = parse::Parser::new(text);
    let value = parser.value(ty)?;
    parser.end()?;
    Ok(value)
}

/// Reads a Rust value: of a standard type, or of one that derives `ComponentType` and `Lift`.
///
/// ```
/// let pairs: Vec<(u32, String)> = plugbay_component::wave::from_str(r#"[(1, "one"), (2, "two")]"#)?;
/// assert_eq!(pairs[1], (2, "two".to_owned()));
/// # Ok::<(), plugbay_component::Error>(())
/// ```
///
/// # Errors
/// As [`parse`] and [`Val::to_typed`].
pub fn from_str<T: Lift>(text: &str) -> Result<T> {
    parse(&ValType::of::<T>()?, text)?.to_typed()
}

/// Writes a Rust value: of a standard type, or of one that derives `ComponentType` and `Lower`.
///
/// ```
/// assert_eq!(plugbay_component::wave::to_string(&(Some(1u8), "x"))?, r#"(some(1), "x")"#);
/// # Ok::<(), plugbay_component::Error>(())
/// ```
///
/// # Errors
/// As [`Val::from_typed`].
pub fn to_string<T: Lower + ?Sized>(value: &T) -> Result<String> {
    Ok(print(&Val::from_typed(value)?))
}

/// Splits `name(arguments)` into the name of a function and the text of its arguments, for [`parse_args`]. The name may
/// be a path: `demo:editor/tokenizer@0.1.0#tokenize`.
///
/// # Errors
/// When the text does not have that form.
pub fn parse_call(text: &str) -> Result<(&str, &str)> {
    let Some((name, rest)) = text.split_once('(') else {
        return Err(Error::text(text.len(), "expected `(` and the arguments, as in `name(1, \"two\")`"));
    };
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::text(0, "expected the name of a function before `(`"));
    }
    match rest.trim_end().strip_suffix(')') {
        Some(arguments) => Ok((name, arguments)),
        None => Err(Error::text(text.len(), "expected `)` after the arguments")),
    }
}

/// Reads the arguments of a function: values separated by commas. `none`s at the end may be left out.
///
/// # Errors
/// When the text does not fit the parameters: at which byte, and what was expected there.
pub fn parse_args(params: &[(Arc<str>, ValType)], text: &str) -> Result<Vec<Val>> {
    let mut parser = parse::Parser::new(text);
    let values = parser.arguments(params)?;
    parser.end()?;
    Ok(values)
}

/// Writes a value. What is written can be read again with the value's type, resources excepted, which have no text form
/// and are written `<resource>`.
#[must_use]
pub fn print(value: &Val) -> String {
    value.to_string()
}

/// Words that stand for themselves; a case of the same name is written with `%`.
const KEYWORDS: [&str; 8] = ["true", "false", "inf", "nan", "some", "none", "ok", "err"];

#[cfg(test)]
mod tests;
