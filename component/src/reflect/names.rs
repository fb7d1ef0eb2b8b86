//! Names of types. A type is a structure without a name; the name is that of the import or export that is the very same
//! structure in memory. (Two exports may be equal and still have two names.)

use std::collections::HashMap;
use std::sync::Arc;

use super::WorldType;
use crate::types::{ComponentItem, ValType};

/// Where a type is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The interface; `None` for the world itself.
    pub(crate) interface: Option<Arc<str>>,
    pub(crate) name: Arc<str>,
}

impl Place {
    /// `demo:editor/types@0.1.0.token`, or the bare name.
    pub(crate) fn path(&self) -> String {
        match &self.interface {
            Some(interface) => format!("{interface}.{}", self.name),
            None => self.name.to_string(),
        }
    }
}

/// The names of all types of a world.
#[derive(Debug, Default)]
pub(crate) struct TypeNames(HashMap<usize, Place>);

impl TypeNames {
    pub(crate) fn of(world: &WorldType) -> Self {
        let mut names = Self::default();
        for (key, item) in world.imports().iter().chain(world.exports()) {
            match item {
                ComponentItem::Type(ty) => names.add(None, key, ty),
                ComponentItem::Instance(instance) => {
                    for (name, item) in instance.exports() {
                        if let ComponentItem::Type(ty) = item {
                            names.add(Some(key), name, ty);
                        }
                    }
                }
                _ => {}
            }
        }
        names
    }

    fn add(&mut self, interface: Option<&Arc<str>>, name: &Arc<str>, ty: &ValType) {
        if let Some(address) = address(ty) {
            let place = Place { interface: interface.cloned(), name: Arc::clone(name) };
            self.0.entry(address).or_insert(place);
        }
    }

    pub(crate) fn get(&self, ty: &ValType) -> Option<&Place> {
        self.0.get(&address(ty)?)
    }

    /// A type in WIT notation, its named parts by their names, however deep; cut where it is excessively long.
    pub(super) fn text(&self, ty: &ValType) -> String {
        match self.get(ty) {
            Some(place) => place.name.to_string(),
            None => self.definition(ty),
        }
    }

    /// The same, but `ty` itself by its structure.
    pub(super) fn definition(&self, ty: &ValType) -> String {
        let mut out = String::new();
        self.write(ty, &mut out, false);
        out
    }

    fn write(&self, ty: &ValType, out: &mut String, by_name: bool) {
        const LONG: usize = 1 << 16;
        if out.len() > LONG {
            out.push('…');
            return;
        }
        if by_name && let Some(place) = self.get(ty) {
            out.push_str(&place.name);
            return;
        }
        let mut list = |open: &str, close: &str, parts: &[(&str, Option<&ValType>)], named: Named| {
            out.push_str(open);
            for (i, (name, ty)) in parts.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                named.open(out, name, ty.is_some());
                if let Some(ty) = ty {
                    self.write(ty, out, true);
                }
                named.close(out, ty.is_some());
            }
            out.push_str(close);
        };
        match ty {
            ValType::List(ty) => list("list<", ">", &[("", Some(ty.element()))], Named::No),
            ValType::Option(ty) => list("option<", ">", &[("", Some(ty.some()))], Named::No),
            ValType::Tuple(ty) => {
                let parts: Vec<_> = ty.types().iter().map(|ty| ("", Some(ty))).collect();
                list("tuple<", ">", &parts, Named::No);
            }
            ValType::Result(ty) => match (ty.ok(), ty.err()) {
                (None, None) => out.push_str("result"),
                (Some(ok), None) => list("result<", ">", &[("", Some(ok))], Named::No),
                (None, Some(err)) => list("result<_, ", ">", &[("", Some(err))], Named::No),
                (Some(ok), Some(err)) => list("result<", ">", &[("", Some(ok)), ("", Some(err))], Named::No),
            },
            ValType::Record(ty) => {
                let parts: Vec<_> = ty.fields().iter().map(|(name, ty)| (&**name, Some(ty))).collect();
                list("record { ", " }", &parts, Named::Field);
            }
            ValType::Variant(ty) => {
                let parts: Vec<_> = ty.cases().iter().map(|(name, ty)| (&**name, ty.as_ref())).collect();
                list("variant { ", " }", &parts, Named::Case);
            }
            ValType::Enum(ty) => {
                let parts: Vec<_> = ty.names().iter().map(|name| (&**name, None)).collect();
                list("enum { ", " }", &parts, Named::Case);
            }
            ValType::Flags(ty) => {
                let parts: Vec<_> = ty.names().iter().map(|name| (&**name, None)).collect();
                list("flags { ", " }", &parts, Named::Case);
            }
            ValType::Own(ty) => out.push_str(ty.name()),
            ValType::Borrow(ty) => {
                out.push_str("borrow<");
                out.push_str(ty.name());
                out.push('>');
            }
            primitive => out.push_str(&primitive.to_string()),
        }
    }
}

/// How the members of a type are written.
#[derive(Clone, Copy)]
enum Named {
    No,
    Field,
    Case,
}

impl Named {
    fn open(self, out: &mut String, name: &str, payload: bool) {
        match self {
            Self::No => {}
            Self::Field => {
                out.push_str(name);
                out.push_str(": ");
            }
            Self::Case => {
                out.push_str(name);
                if payload {
                    out.push('(');
                }
            }
        }
    }

    fn close(self, out: &mut String, payload: bool) {
        if matches!(self, Self::Case) && payload {
            out.push(')');
        }
    }
}

/// Which structure in memory a type is; `None` for types that are none, such as `u32`.
pub(crate) fn address(ty: &ValType) -> Option<usize> {
    Some(match ty {
        ValType::List(ty) => ty.address(),
        ValType::Record(ty) => ty.address(),
        ValType::Tuple(ty) => ty.address(),
        ValType::Variant(ty) => ty.address(),
        ValType::Enum(ty) => ty.address(),
        ValType::Option(ty) => ty.address(),
        ValType::Result(ty) => ty.address(),
        ValType::Flags(ty) => ty.address(),
        _ => return None,
    })
}
