//! One value from one type to another that differs in allowed ways. Members are matched by name.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::reflect::address;
use crate::types::display::{Name, names};
use crate::types::{RecordType, ValType};
use crate::value::Val;

/// See the module.
#[derive(Debug)]
pub(crate) struct Adapter {
    /// What is put in the place of a field that is not there, by the record it goes into.
    defaults: HashMap<(usize, Arc<str>), Val>,
}

impl Adapter {
    pub(super) fn new(defaults: HashMap<(usize, Arc<str>), Val>) -> Self {
        Self { defaults }
    }

    /// `value` of type `from` as one of type `to`.
    ///
    /// # Errors
    /// A case or flag that `to` does not have, with its place.
    pub(super) fn adapt(&self, value: Val, from: &ValType, to: &ValType) -> Result<Val> {
        // Values of types without parts are the same on both sides: bytes, above all.
        let (Some(_), Some(into)) = (address(from), address(to)) else { return Ok(value) };
        Ok(match (value, from, to) {
            (Val::List(values), ValType::List(from), ValType::List(to)) => {
                let (from, to) = (from.element(), to.element());
                if address(from).is_none() {
                    return Ok(Val::List(values));
                }
                let values = values.into_iter().enumerate().map(|(i, value)| {
                    self.adapt(value, from, to).map_err(|error| error.within(format!("element {i}")))
                });
                Val::List(values.collect::<Result<_>>()?)
            }
            (Val::Tuple(values), ValType::Tuple(from), ValType::Tuple(to)) => {
                let types = from.types().iter().zip(to.types());
                let values = values.into_iter().zip(types).enumerate().map(|(i, (value, (from, to)))| {
                    self.adapt(value, from, to).map_err(|error| error.within(format!("element {i}")))
                });
                Val::Tuple(values.collect::<Result<_>>()?)
            }
            (Val::Record(fields), ValType::Record(from), ValType::Record(to)) => {
                let fields = fields.into_iter().map(|(name, value)| (name.to_string(), value));
                self.record(fields, from, to, into)?
            }
            (Val::Variant(name, payload), ValType::Variant(from), ValType::Variant(to)) => {
                let case = |ty: &crate::types::VariantType| {
                    ty.index_of(&name).and_then(|index| ty.cases().get(index).cloned())
                };
                let Some((_, to_payload)) = case(to) else {
                    return Err(unknown("case", &name, to.cases().iter().map(|(name, _)| &**name)));
                };
                let from_payload = case(from).and_then(|(_, payload)| payload);
                let payload = self.payload(payload, from_payload.as_ref(), to_payload.as_ref());
                let payload = payload.map_err(|error| error.within(format!("case `{}`", Name(&name))))?;
                Val::Variant(name, payload)
            }
            (Val::Enum(name), _, ValType::Enum(to)) => match to.index_of(&name) {
                Some(_) => Val::Enum(name),
                None => return Err(unknown("case", &name, to.names().iter().map(|name| &**name))),
            },
            (Val::Flags(set), _, ValType::Flags(to)) => {
                match set.iter().find(|name| to.index_of(name).is_none()) {
                    None => Val::Flags(set),
                    Some(name) => return Err(unknown("flag", name, to.names().iter().map(|name| &**name))),
                }
            }
            (Val::Option(some), ValType::Option(from), ValType::Option(to)) => {
                Val::Option(self.payload(some, Some(from.some()), Some(to.some()))?)
            }
            (Val::Result(Ok(ok)), ValType::Result(from), ValType::Result(to)) => {
                Val::Result(Ok(self.payload(ok, from.ok(), to.ok())?))
            }
            (Val::Result(Err(err)), ValType::Result(from), ValType::Result(to)) => {
                Val::Result(Err(self.payload(err, from.err(), to.err())?))
            }
            // What does not fit is told where it is lowered.
            (value, ..) => value,
        })
    }

    fn payload(
        &self,
        value: Option<Box<Val>>,
        from: Option<&ValType>,
        to: Option<&ValType>,
    ) -> Result<Option<Box<Val>>> {
        match (value, from, to) {
            (Some(value), Some(from), Some(to)) => Ok(Some(Box::new(self.adapt(*value, from, to)?))),
            (value, ..) => Ok(value),
        }
    }

    /// The fields that `to` has: those that are there, adapted, and defaults for the others.
    fn record(
        &self,
        fields: impl Iterator<Item = (String, Val)>,
        from: &RecordType,
        to: &RecordType,
        into: usize,
    ) -> Result<Val> {
        let mut given: HashMap<String, Val> = fields.collect();
        let mut out = Vec::with_capacity(to.fields().len());
        for (name, to) in to.fields() {
            let from = from.fields().iter().find(|(key, _)| key == name);
            let value = match (given.remove(&**name), from) {
                (Some(value), Some((_, from))) => {
                    let adapted = self.adapt(value, from, to);
                    adapted.map_err(|error| error.within(format!("field `{}`", Name(name))))?
                }
                (Some(value), None) => value,
                (None, _) => match self.defaults.get(&(into, Arc::clone(name))) {
                    Some(default) => default.clone(),
                    None => return Err(Error::internal("a field without a default")),
                },
            };
            out.push((name.to_string(), value));
        }
        Ok(Val::Record(out.into()))
    }
}

/// The other side has no word for it.
fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Error {
    Error::new(ErrorKind::Value {
        expected: format!("a {what} that the other side knows: {}", names(known)),
        found: format!("`{}`, which is newer", Name(name)),
    })
}
