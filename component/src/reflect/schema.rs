//! JSON Schema (2020-12) of functions, in the JSON form of [`crate::json`]. Types with names become definitions, each
//! once; those without stand where they are used.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::names::TypeNames;
use crate::error::{Error, Result};
use crate::types::display::Name;
use crate::types::{FuncType, RecordType, ResultType, ValType, VariantType};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// Types that one schema may spell out: types share parts, and what is shared and has no name is written again each time.
const MAX_TYPES: u64 = 100_000;

/// The parameters, as an object by their names.
pub(super) fn params(ty: &FuncType, names: &TypeNames) -> Result<Value> {
    let mut schema = Schema::new(names);
    let members = ty.params().iter().map(|(name, ty)| (name, ty));
    let body = schema.object(members, "parameter")?;
    Ok(schema.finish(body))
}

/// The result.
pub(super) fn result(ty: &FuncType, names: &TypeNames) -> Result<Value> {
    let mut schema = Schema::new(names);
    let body = match ty.result() {
        Some(ty) => schema.ty(ty).map_err(|error| error.within("the result"))?,
        None => json!({"type": "null"}),
    };
    Ok(schema.finish(body))
}

struct Schema<'a> {
    names: &'a TypeNames,
    definitions: Map<String, Value>,
    left: u64,
}

impl<'a> Schema<'a> {
    fn new(names: &'a TypeNames) -> Self {
        Self { names, definitions: Map::new(), left: MAX_TYPES }
    }

    fn finish(self, body: Value) -> Value {
        let mut whole = Map::from_iter([("$schema".to_owned(), Value::from(DIALECT))]);
        match body {
            Value::Object(members) => whole.extend(members),
            other => drop(whole.insert("const".to_owned(), other)),
        }
        if !self.definitions.is_empty() {
            whole.insert("$defs".to_owned(), Value::Object(self.definitions));
        }
        Value::Object(whole)
    }

    /// A type, by reference where it has a name.
    fn ty(&mut self, ty: &ValType) -> Result<Value> {
        let Some(place) = self.names.get(ty) else {
            return self.structure(ty);
        };
        let name = place.path();
        if !self.definitions.contains_key(&name) {
            let schema = self.structure(ty)?;
            self.definitions.insert(name.clone(), schema);
        }
        // In a JSON pointer, `~` and `/` are escaped, in a URI fragment `%`; names have only the slash.
        Ok(json!({"$ref": format!("#/$defs/{}", name.replace('/', "~1"))}))
    }

    fn structure(&mut self, ty: &ValType) -> Result<Value> {
        self.left = self
            .left
            .checked_sub(1)
            .ok_or_else(|| Error::limit("types in a JSON Schema", MAX_TYPES + 1, MAX_TYPES))?;
        Ok(match ty {
            ValType::Bool => json!({"type": "boolean"}),
            ValType::S8 => integer(i8::MIN.into(), i8::MAX as u64),
            ValType::U8 => integer(0, u8::MAX.into()),
            ValType::S16 => integer(i16::MIN.into(), i16::MAX as u64),
            ValType::U16 => integer(0, u16::MAX.into()),
            ValType::S32 => integer(i32::MIN.into(), i32::MAX as u64),
            ValType::U32 => integer(0, u32::MAX.into()),
            ValType::S64 => long(i64::MIN, i64::MAX as u64, "^-?[0-9]+$"),
            ValType::U64 => long(0, u64::MAX, "^[0-9]+$"),
            ValType::F32 | ValType::F64 => {
                json!({"anyOf": [{"type": "number"}, {"enum": ["nan", "inf", "-inf"]}]})
            }
            ValType::Char => json!({"type": "string", "minLength": 1, "maxLength": 1}),
            ValType::String => json!({"type": "string"}),
            ValType::List(list) => {
                let items = self.ty(list.element()).map_err(|error| error.within("an element"))?;
                json!({"type": "array", "items": items})
            }
            ValType::Tuple(tuple) => {
                let items = tuple.types().iter().map(|ty| self.ty(ty)).collect::<Result<Vec<_>>>()?;
                json!({"type": "array", "prefixItems": items, "items": false, "minItems": items.len()})
            }
            ValType::Record(record) => self.record(record)?,
            ValType::Variant(variant) => self.variant(variant)?,
            ValType::Enum(cases) => json!({"enum": labels(cases.names())}),
            ValType::Flags(flags) => {
                json!({"type": "array", "items": {"enum": labels(flags.names())}, "uniqueItems": true})
            }
            ValType::Option(option) => {
                let some = self.ty(option.some())?;
                let some = match option.some() {
                    ValType::Option(_) => closed(&[("some", some)]),
                    _ => some,
                };
                json!({"anyOf": [{"type": "null"}, some]})
            }
            ValType::Result(result) => self.result(result)?,
            ValType::Own(_) | ValType::Borrow(_) => return Err(Error::misuse("a resource has no JSON form")),
        })
    }

    fn record(&mut self, record: &RecordType) -> Result<Value> {
        self.object(record.fields().iter().map(|(name, ty)| (name, ty)), "field")
    }

    /// An object whose members of an `option` type may be left out.
    fn object<'t>(
        &mut self,
        members: impl Iterator<Item = (&'t Arc<str>, &'t ValType)>,
        what: &str,
    ) -> Result<Value> {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for (name, ty) in members {
            let schema = self.ty(ty).map_err(|error| error.within(format!("{what} `{}`", Name(name))))?;
            properties.insert(name.to_string(), schema);
            if !matches!(ty, ValType::Option(_)) {
                required.push(&**name);
            }
        }
        Ok(
            json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false}),
        )
    }

    fn variant(&mut self, variant: &VariantType) -> Result<Value> {
        let mut cases = Vec::with_capacity(variant.cases().len());
        for (name, payload) in variant.cases() {
            let tag = json!({"const": &**name});
            cases.push(match payload {
                None => closed(&[("tag", tag)]),
                Some(ty) => {
                    let value =
                        self.ty(ty).map_err(|error| error.within(format!("case `{}`", Name(name))))?;
                    let mut case = closed(&[("tag", tag), ("value", value)]);
                    if matches!(ty, ValType::Option(_)) {
                        case["required"] = json!(["tag"]);
                    }
                    case
                }
            });
        }
        Ok(json!({"oneOf": cases}))
    }

    fn result(&mut self, result: &ResultType) -> Result<Value> {
        let mut cases = Vec::new();
        for (key, ty) in [("ok", result.ok()), ("err", result.err())] {
            let value = match ty {
                Some(ty) => self.ty(ty).map_err(|error| error.within(format!("case `{key}`")))?,
                None => json!({"type": "null"}),
            };
            cases.push(closed(&[(key, value)]));
        }
        Ok(json!({"oneOf": cases}))
    }
}

/// An object of exactly these members.
fn closed(members: &[(&str, Value)]) -> Value {
    let properties: Map<_, _> =
        members.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    let required: Vec<_> = members.iter().map(|(key, _)| *key).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn integer(minimum: i64, maximum: u64) -> Value {
    json!({"type": "integer", "minimum": minimum, "maximum": maximum})
}

/// An integer that may be written as a string, too.
fn long(minimum: i64, maximum: u64, pattern: &str) -> Value {
    json!({"type": ["integer", "string"], "minimum": minimum, "maximum": maximum, "pattern": pattern})
}

fn labels(names: &[Arc<str>]) -> Vec<&str> {
    names.iter().map(|name| &**name).collect()
}
