//! Values as JSON. The recursion follows value and type together, and is bounded.

use serde_json::{Map, Number, Value};

use super::{deeper, is_nullable, no_form, no_name, unfit};
use crate::error::Result;
use crate::types::display::Name;
use crate::types::{RecordType, ResultType, ValType, VariantType};
use crate::value::{Record, Val};

/// `value` of type `ty`, at most `depth` levels deep.
pub(super) fn write(value: &Val, ty: &ValType, depth: usize) -> Result<Value> {
    let depth = deeper(depth)?;
    Ok(match (ty, value) {
        (ValType::Bool, Val::Bool(v)) => Value::Bool(*v),
        (ValType::S8, Val::S8(v)) => Value::from(*v),
        (ValType::U8, Val::U8(v)) => Value::from(*v),
        (ValType::S16, Val::S16(v)) => Value::from(*v),
        (ValType::U16, Val::U16(v)) => Value::from(*v),
        (ValType::S32, Val::S32(v)) => Value::from(*v),
        (ValType::U32, Val::U32(v)) => Value::from(*v),
        (ValType::S64, Val::S64(v)) => Value::from(*v),
        (ValType::U64, Val::U64(v)) => Value::from(*v),
        (ValType::F32, Val::F32(v)) => float(short(*v)),
        (ValType::F64, Val::F64(v)) => float(*v),
        (ValType::Char, Val::Char(v)) => Value::String(v.to_string()),
        (ValType::String, Val::String(v)) => Value::String(v.clone()),
        (ValType::List(ty), Val::List(values)) => {
            let values = values.iter().enumerate();
            let values = values.map(|(i, value)| {
                write(value, ty.element(), depth).map_err(|e| e.within(format!("element {i}")))
            });
            Value::Array(values.collect::<Result<_>>()?)
        }
        (ValType::List(ty), Val::Bytes(bytes)) if *ty.element() == ValType::U8 => {
            Value::Array(bytes.iter().map(|byte| Value::from(*byte)).collect())
        }
        (ValType::Tuple(tuple), Val::Tuple(values)) if tuple.types().len() == values.len() => {
            let parts = tuple.types().iter().zip(values).enumerate();
            let parts = parts.map(|(i, (ty, value))| {
                write(value, ty, depth).map_err(|error| error.within(format!("element {i}")))
            });
            Value::Array(parts.collect::<Result<_>>()?)
        }
        (ValType::Record(record), Val::Record(fields)) => fields_of(record, fields, ty, depth)?,
        (ValType::Variant(variant), Val::Variant(case, payload)) => {
            tagged(variant, case, payload.as_deref(), depth)?
        }
        (ValType::Enum(cases), Val::Enum(name)) => match cases.index_of(name) {
            Some(_) => Value::String(name.clone()),
            None => return Err(no_name("case", name, cases.names())),
        },
        (ValType::Flags(labels), Val::Flags(set)) => {
            if let Some(name) = set.iter().find(|name| labels.index_of(name).is_none()) {
                return Err(no_name("flag", name, labels.names()));
            }
            let in_order = labels.names().iter().filter(|label| set.iter().any(|name| **name == ***label));
            in_order.map(|label| Value::from(&**label)).collect()
        }
        (ValType::Option(_), Val::Option(None)) => Value::Null,
        (ValType::Option(option), Val::Option(Some(value))) => {
            let json = write(value, option.some(), depth)?;
            if is_nullable(option.some()) { object("some", json) } else { json }
        }
        (ValType::Result(result), Val::Result(value)) => outcome(result, value, depth)?,
        (ValType::Own(_) | ValType::Borrow(_), _) => return Err(no_form()),
        _ => return Err(unfit(ty.to_string(), value.kind())),
    })
}

/// The shortest number that reads back as the same `f32`.
fn short(value: f32) -> f64 {
    let exact = f64::from(value);
    let short: f64 = value.to_string().parse().unwrap_or(exact);
    if short as f32 == value { short } else { exact }
}

fn float(value: f64) -> Value {
    match Number::from_f64(value) {
        Some(number) => Value::Number(number),
        None if value.is_nan() => "nan".into(),
        None if value > 0.0 => "inf".into(),
        None => "-inf".into(),
    }
}

fn object(key: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(key.to_owned(), value)]))
}

fn fields_of(record: &RecordType, fields: &Record, ty: &ValType, depth: usize) -> Result<Value> {
    let mut object = Map::new();
    for (name, ty) in record.fields() {
        let Some(value) = fields.get(name) else {
            return Err(unfit(format!("a record with a field `{}`", Name(name)), "a record without it"));
        };
        let json =
            write(value, ty, depth).map_err(|error| error.within(format!("field `{}`", Name(name))))?;
        object.insert(name.to_string(), json);
    }
    if fields.len() != object.len() {
        return Err(unfit(ty.to_string(), format!("a record with {} fields", fields.len())));
    }
    Ok(Value::Object(object))
}

fn tagged(variant: &VariantType, case: &str, payload: Option<&Val>, depth: usize) -> Result<Value> {
    let Some((_, ty)) = variant.index_of(case).and_then(|index| variant.cases().get(index)) else {
        return Err(no_name("case", case, variant.cases().iter().map(|(name, _)| name)));
    };
    let mut object = Map::from_iter([("tag".to_owned(), Value::from(case))]);
    let written = optional(payload, ty.as_ref(), depth);
    if let Some(json) = written.map_err(|error| error.within(format!("case `{}`", Name(case))))? {
        object.insert("value".to_owned(), json);
    }
    Ok(Value::Object(object))
}

fn outcome(
    result: &ResultType,
    value: &std::result::Result<Option<Box<Val>>, Option<Box<Val>>>,
    depth: usize,
) -> Result<Value> {
    let (key, payload, ty) = match value {
        Ok(payload) => ("ok", payload, result.ok()),
        Err(payload) => ("err", payload, result.err()),
    };
    let json = optional(payload.as_deref(), ty, depth);
    let json = json.map_err(|error| error.within(format!("case `{key}`")))?;
    Ok(object(key, json.unwrap_or(Value::Null)))
}

/// A payload, where there is one exactly if its case has one.
fn optional(payload: Option<&Val>, ty: Option<&ValType>, depth: usize) -> Result<Option<Value>> {
    match (payload, ty) {
        (Some(value), Some(ty)) => write(value, ty, depth).map(Some),
        (None, None) => Ok(None),
        (Some(value), None) => Err(unfit("a case without a payload", value.kind())),
        (None, Some(ty)) => Err(unfit(ty.to_string(), "a case without a payload")),
    }
}
