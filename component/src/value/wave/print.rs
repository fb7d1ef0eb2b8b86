//! Writing a value. Options and results are written with their case, so that no type is needed to see what they are.

use std::fmt::{self, Display, Formatter, Write};

use super::KEYWORDS;
use crate::value::Val;

impl Display for Val {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(v) => write!(f, "{v}"),
            Self::S8(v) => write!(f, "{v}"),
            Self::U8(v) => write!(f, "{v}"),
            Self::S16(v) => write!(f, "{v}"),
            Self::U16(v) => write!(f, "{v}"),
            Self::S32(v) => write!(f, "{v}"),
            Self::U32(v) => write!(f, "{v}"),
            Self::S64(v) => write!(f, "{v}"),
            Self::U64(v) => write!(f, "{v}"),
            Self::F32(v) => float(f, v.is_nan(), v.is_infinite(), v.is_sign_negative(), v),
            Self::F64(v) => float(f, v.is_nan(), v.is_infinite(), v.is_sign_negative(), v),
            Self::Char(v) => quoted(f, '\'', std::iter::once(*v)),
            Self::String(v) => quoted(f, '"', v.chars()),
            Self::List(values) => sequence(f, "[", "]", values, |f, value| value.fmt(f)),
            Self::Tuple(values) => sequence(f, "(", ")", values, |f, value| value.fmt(f)),
            Self::Record(fields) if fields.is_empty() => f.write_str("{:}"),
            Self::Bytes(bytes) => sequence(f, "[", "]", bytes, |f, byte| write!(f, "{byte}")),
            Self::Record(fields) => {
                sequence(f, "{", "}", fields.iter(), |f, (name, value)| write!(f, "{name}: {value}"))
            }
            Self::Flags(names) => sequence(f, "{", "}", names, |f, name| f.write_str(name)),
            Self::Enum(name) => case(f, name, None),
            Self::Variant(name, payload) => case(f, name, payload.as_deref()),
            Self::Option(None) => f.write_str("none"),
            Self::Option(Some(value)) => write!(f, "some({value})"),
            Self::Result(Ok(payload)) => named(f, "ok", payload.as_deref()),
            Self::Result(Err(payload)) => named(f, "err", payload.as_deref()),
            Self::Resource(_) => f.write_str("<resource>"),
        }
    }
}

/// The shortest text that reads back as the same number.
fn float(
    f: &mut Formatter<'_>,
    nan: bool,
    infinite: bool,
    negative: bool,
    value: &impl fmt::Debug,
) -> fmt::Result {
    match (nan, infinite, negative) {
        (true, ..) => f.write_str("nan"),
        (_, true, false) => f.write_str("inf"),
        (_, true, true) => f.write_str("-inf"),
        _ => {
            let text = format!("{value:?}");
            f.write_str(text.strip_suffix(".0").unwrap_or(&text))
        }
    }
}

fn quoted(f: &mut Formatter<'_>, quote: char, chars: impl Iterator<Item = char>) -> fmt::Result {
    f.write_char(quote)?;
    for c in chars {
        match c {
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if c == quote => write!(f, "\\{c}")?,
            c if c.is_control() => write!(f, "\\u{{{:x}}}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char(quote)
}

fn sequence<T>(
    f: &mut Formatter<'_>,
    open: &str,
    close: &str,
    items: impl IntoIterator<Item = T>,
    each: impl Fn(&mut Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    f.write_str(open)?;
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        each(f, item)?;
    }
    f.write_str(close)
}

/// A case by its label, which must not be taken for a keyword.
fn case(f: &mut Formatter<'_>, name: &str, payload: Option<&Val>) -> fmt::Result {
    if KEYWORDS.contains(&name) {
        f.write_char('%')?;
    }
    named(f, name, payload)
}

fn named(f: &mut Formatter<'_>, name: &str, payload: Option<&Val>) -> fmt::Result {
    f.write_str(name)?;
    payload.map_or(Ok(()), |value| write!(f, "({value})"))
}
