//! JSON as values. The recursion follows the type and is bounded; what is read is never larger than what was parsed
//! before.

use serde_json::{Map, Number, Value};

use super::{deeper, is_nullable, kind, no_form, no_name, unfit, unknown};
use crate::error::{Error, Result};
use crate::types::display::Name;
use crate::types::{FlagsType, RecordType, ResultType, ValType, VariantType};
use crate::value::Val;

/// A value of type `ty`, at most `depth` levels deep.
pub(super) fn read(json: &Value, ty: &ValType, depth: usize) -> Result<Val> {
    let depth = deeper(depth)?;
    Ok(match ty {
        ValType::Bool => Val::Bool(json.as_bool().ok_or_else(|| mismatch(ty, json))?),
        ValType::S8 => Val::S8(integer(json, ty)?),
        ValType::U8 => Val::U8(integer(json, ty)?),
        ValType::S16 => Val::S16(integer(json, ty)?),
        ValType::U16 => Val::U16(integer(json, ty)?),
        ValType::S32 => Val::S32(integer(json, ty)?),
        ValType::U32 => Val::U32(integer(json, ty)?),
        ValType::S64 => Val::S64(integer(json, ty)?),
        ValType::U64 => Val::U64(integer(json, ty)?),
        ValType::F32 => Val::F32(single(json, ty)?),
        ValType::F64 => Val::F64(float(json, ty)?),
        ValType::Char => Val::Char(char_of(json, ty)?),
        ValType::String => Val::String(string(json, ty)?.to_owned()),
        ValType::List(list) => {
            let values = array(json, ty)?.iter().enumerate();
            let values = values.map(|(i, json)| element(json, list.element(), i, depth));
            Val::List(values.collect::<Result<_>>()?)
        }
        ValType::Tuple(tuple) => {
            let values = array(json, ty)?;
            let (expected, found) = (tuple.types().len(), values.len());
            if expected != found {
                return Err(unfit(format!("an array of {expected}"), format!("an array of {found}")));
            }
            let parts = tuple.types().iter().zip(values).enumerate();
            let parts = parts.map(|(i, (ty, json))| element(json, ty, i, depth));
            Val::Tuple(parts.collect::<Result<_>>()?)
        }
        ValType::Record(record) => record_of(record, object(json, ty)?, depth)?,
        ValType::Variant(variant) => variant_of(variant, object(json, ty)?, depth)?,
        ValType::Enum(cases) => {
            let name = string(json, ty)?;
            match cases.index_of(name) {
                Some(_) => Val::Enum(name.to_owned()),
                None => return Err(no_name("case", name, cases.names())),
            }
        }
        ValType::Flags(labels) => flags(labels, array(json, ty)?)?,
        ValType::Option(_) if json.is_null() => Val::Option(None),
        ValType::Option(option) => {
            let some = option.some();
            let json = if is_nullable(some) { only(object(json, ty)?, &["some"])?.1 } else { json };
            Val::Option(Some(Box::new(read(json, some, depth)?)))
        }
        ValType::Result(result) => result_of(result, object(json, ty)?, depth)?,
        ValType::Own(_) | ValType::Borrow(_) => return Err(no_form()),
    })
}

fn element(json: &Value, ty: &ValType, index: usize, depth: usize) -> Result<Val> {
    read(json, ty, depth).map_err(|error| error.within(format!("element {index}")))
}

/// A number, or its decimal digits.
fn integer<T: TryFrom<i128>>(json: &Value, ty: &ValType) -> Result<T> {
    let number = match json {
        Value::Number(number) => whole(number),
        // `parse` takes a leading `+`, which JSON does not.
        Value::String(text) if !text.starts_with('+') => text.parse().ok(),
        other => return Err(mismatch(ty, other)),
    };
    let fitting = number.and_then(|number| T::try_from(number).ok());
    fitting.ok_or_else(|| unfit(ty.to_string(), text_of(json)))
}

/// The number, if it has no fraction. One that is written with a point or an exponent (`1e3`) has passed through `f64`.
fn whole(number: &Number) -> Option<i128> {
    if let Some(number) = number.as_i64() {
        return Some(i128::from(number));
    }
    if let Some(number) = number.as_u64() {
        return Some(i128::from(number));
    }
    // Beyond 2^53 the point or exponent may stand for several integers.
    let float =
        number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0);
    float.map(|float| float as i128)
}

fn float(json: &Value, ty: &ValType) -> Result<f64> {
    let number = match json {
        Value::Number(number) => number.as_f64().filter(|number| number.is_finite()),
        Value::String(text) => match text.as_str() {
            "nan" => Some(f64::NAN),
            "inf" => Some(f64::INFINITY),
            "-inf" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        other => return Err(mismatch(ty, other)),
    };
    number.ok_or_else(|| unfit(format!("{ty}: a number, \"nan\", \"inf\" or \"-inf\""), text_of(json)))
}

fn single(json: &Value, ty: &ValType) -> Result<f32> {
    let wide = float(json, ty)?;
    let single = wide as f32;
    if single.is_infinite() && wide.is_finite() {
        return Err(unfit(ty.to_string(), text_of(json)));
    }
    Ok(single)
}

fn char_of(json: &Value, ty: &ValType) -> Result<char> {
    let mut chars = string(json, ty)?.chars();
    match (chars.next(), chars.next()) {
        (Some(char), None) => Ok(char),
        _ => Err(unfit("a string of one character", text_of(json))),
    }
}

fn string<'a>(json: &'a Value, ty: &ValType) -> Result<&'a str> {
    json.as_str().ok_or_else(|| mismatch(ty, json))
}

fn array<'a>(json: &'a Value, ty: &ValType) -> Result<&'a [Value]> {
    json.as_array().map(Vec::as_slice).ok_or_else(|| mismatch(ty, json))
}

fn object<'a>(json: &'a Value, ty: &ValType) -> Result<&'a Map<String, Value>> {
    json.as_object().ok_or_else(|| mismatch(ty, json))
}

fn record_of(record: &RecordType, fields: &Map<String, Value>, depth: usize) -> Result<Val> {
    if let Some(name) = unknown(fields, record.fields()) {
        return Err(no_name("field", name, record.fields().iter().map(|(name, _)| name)));
    }
    let mut values = Vec::with_capacity(record.fields().len());
    for (name, ty) in record.fields() {
        let value = match (fields.get(&**name), ty) {
            (Some(json), ty) => read(json, ty, depth),
            (None, ValType::Option(_)) => Ok(Val::Option(None)),
            (None, ty) => Err(unfit(ty.to_string(), "nothing")),
        };
        let value = value.map_err(|error| error.within(format!("field `{}`", Name(name))))?;
        values.push((name.to_string(), value));
    }
    Ok(Val::Record(values.into()))
}

fn variant_of(variant: &VariantType, object: &Map<String, Value>, depth: usize) -> Result<Val> {
    let shape = "an object with `tag` and, if the case has a payload, `value`";
    let Some(tag) = object.get("tag").and_then(Value::as_str) else {
        return Err(unfit(shape, "an object without a string `tag`"));
    };
    if let Some(key) = object.keys().find(|key| !matches!(key.as_str(), "tag" | "value")) {
        return Err(unfit(shape, format!("an object with `{}`", Name(key))));
    }
    let Some((_, ty)) = variant.index_of(tag).and_then(|index| variant.cases().get(index)) else {
        return Err(no_name("case", tag, variant.cases().iter().map(|(name, _)| name)));
    };
    let payload = match (object.get("value"), ty) {
        (Some(json), Some(ty)) => read(json, ty, depth).map(Some),
        (None, None) => Ok(None),
        // An option that is left out is `none`, as in a record.
        (None, Some(ValType::Option(_))) => Ok(Some(Val::Option(None))),
        (None, Some(ty)) => Err(unfit(ty.to_string(), "nothing")),
        (Some(json), None) => Err(unfit("a case without `value`", kind(json))),
    };
    let payload = payload.map_err(|error| error.within(format!("case `{}`", Name(tag))))?;
    Ok(Val::Variant(tag.to_owned(), payload.map(Box::new)))
}

fn result_of(result: &ResultType, object: &Map<String, Value>, depth: usize) -> Result<Val> {
    let (key, json) = only(object, &["ok", "err"])?;
    let ty = if key == "ok" { result.ok() } else { result.err() };
    let payload = match ty {
        Some(ty) => read(json, ty, depth).map(Some),
        None if json.is_null() => Ok(None),
        None => Err(unfit("null", kind(json))),
    };
    let payload = payload.map_err(|error| error.within(format!("case `{key}`")))?.map(Box::new);
    Ok(Val::Result(if key == "ok" { Ok(payload) } else { Err(payload) }))
}

/// The one member of an object, called one of `keys`.
fn only<'a>(object: &'a Map<String, Value>, keys: &[&str]) -> Result<(&'a str, &'a Value)> {
    let mut members = object.iter();
    match (members.next(), members.next()) {
        (Some((key, json)), None) if keys.contains(&key.as_str()) => Ok((key, json)),
        _ => {
            let keys: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
            Err(unfit(format!("an object with {} alone", keys.join(" or ")), "another object"))
        }
    }
}

fn flags(labels: &FlagsType, names: &[Value]) -> Result<Val> {
    let mut set = vec![false; labels.names().len()];
    for (i, json) in names.iter().enumerate() {
        let place = |error: Error| error.within(format!("element {i}"));
        let Some(name) = json.as_str() else {
            return Err(place(unfit("the name of a flag", kind(json))));
        };
        match labels.index_of(name).and_then(|index| set.get_mut(index)) {
            Some(flag) => *flag = true,
            None => return Err(place(no_name("flag", name, labels.names()))),
        }
    }
    let set = labels.names().iter().zip(set).filter(|(_, set)| *set);
    Ok(Val::Flags(set.map(|(name, _)| name.to_string()).collect()))
}

/// The JSON itself, for messages about scalars, cut where it would only be there to fill the screen.
fn text_of(json: &Value) -> String {
    match json {
        Value::String(text) => format!("\"{}\"", Name(text)),
        Value::Number(number) => Name(&number.to_string()).to_string(),
        other => kind(other).to_owned(),
    }
}

fn mismatch(ty: &ValType, json: &Value) -> Error {
    unfit(ty.to_string(), kind(json))
}
