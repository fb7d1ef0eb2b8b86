//! Names of types. A type is a structure without a name; the name is that of the import or export that is the very same
//! structure in memory, or, if an earlier interface has an equal type of that name, the name there.

use std::collections::{HashMap, HashSet};
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

/// The names of all types of a world, and types as text by these names.
#[derive(Debug, Default)]
pub struct TypeNames(HashMap<usize, Place>);

/// Equal types of one name that are told apart; those that come after are taken for new ones.
const MAX_NAMESAKES: usize = 16;

impl TypeNames {
    /// The names that types have in `world`.
    #[must_use]
    pub fn of(world: &WorldType) -> Self {
        let mut names = Self::default();
        let mut namesakes = HashMap::new();
        for (key, item) in world.imports().iter().chain(world.exports()) {
            match item {
                ComponentItem::Type(ty) => names.add(&mut namesakes, None, key, ty),
                ComponentItem::Instance(instance) => {
                    for (name, item) in instance.exports() {
                        if let ComponentItem::Type(ty) = item {
                            names.add(&mut namesakes, Some(key), name, ty);
                        }
                    }
                }
                _ => {}
            }
        }
        names
    }

    /// An interface that uses a type of another one has an equal type of the same name: the first is its home.
    fn add<'t>(
        &mut self,
        namesakes: &mut HashMap<&'t str, Vec<(&'t ValType, Place)>>,
        interface: Option<&Arc<str>>,
        name: &'t Arc<str>,
        ty: &'t ValType,
    ) {
        let Some(address) = address(ty) else { return };
        let others = namesakes.entry(name).or_default();
        let home = others.iter().find(|(other, _)| needs_name(ty) && same(other, ty));
        let place = match home {
            Some((_, place)) => place.clone(),
            None => Place { interface: interface.cloned(), name: Arc::clone(name) },
        };
        if home.is_none() && others.len() < MAX_NAMESAKES {
            others.push((ty, place.clone()));
        }
        self.0.entry(address).or_insert(place);
    }

    pub(crate) fn get(&self, ty: &ValType) -> Option<&Place> {
        self.0.get(&address(ty)?)
    }

    /// The name under which `ty`, a part of the world's types, is imported or exported first: `demo:editor/types.token`, a
    /// bare name for a type of the world itself. `None` for types without a name of their own, such as `list<u8>`.
    #[must_use]
    pub fn path(&self, ty: &ValType) -> Option<String> {
        self.get(ty).map(Place::path)
    }

    /// A type in WIT notation, by its name if it has one, and so its parts; cut where it is excessively long.
    #[must_use]
    pub fn text(&self, ty: &ValType) -> String {
        match self.get(ty) {
            Some(place) => place.name.to_string(),
            None => self.definition(ty),
        }
    }

    /// The same, but `ty` itself by its structure.
    #[must_use]
    pub fn definition(&self, ty: &ValType) -> String {
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
            ValType::List(ty) => match ty.entry() {
                Some((key, value)) => list("map<", ">", &[("", Some(key)), ("", Some(value))], Named::No),
                None => list("list<", ">", &[("", Some(ty.element()))], Named::No),
            },
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

/// Whether WIT can write the type only by a name.
pub(crate) fn needs_name(ty: &ValType) -> bool {
    matches!(ty, ValType::Record(_) | ValType::Variant(_) | ValType::Enum(_) | ValType::Flags(_))
}

/// Whether two types are the same. Pairs are visited once: types share parts.
pub(crate) fn same(a: &ValType, b: &ValType) -> bool {
    fn all<'t>(
        a: impl ExactSizeIterator<Item = &'t ValType>,
        b: impl ExactSizeIterator<Item = &'t ValType>,
        seen: &mut HashSet<(usize, usize)>,
    ) -> bool {
        a.len() == b.len() && a.zip(b).all(|(a, b)| visit(a, b, seen))
    }
    fn optional(a: Option<&ValType>, b: Option<&ValType>, seen: &mut HashSet<(usize, usize)>) -> bool {
        match (a, b) {
            (Some(a), Some(b)) => visit(a, b, seen),
            (None, None) => true,
            _ => false,
        }
    }
    fn visit(a: &ValType, b: &ValType, seen: &mut HashSet<(usize, usize)>) -> bool {
        if let (Some(a), Some(b)) = (address(a), address(b))
            && (a == b || !seen.insert((a, b)))
        {
            return true;
        }
        match (a, b) {
            (ValType::List(a), ValType::List(b)) => visit(a.element(), b.element(), seen),
            (ValType::Option(a), ValType::Option(b)) => visit(a.some(), b.some(), seen),
            (ValType::Tuple(a), ValType::Tuple(b)) => all(a.types().iter(), b.types().iter(), seen),
            (ValType::Result(a), ValType::Result(b)) => {
                optional(a.ok(), b.ok(), seen) && optional(a.err(), b.err(), seen)
            }
            (ValType::Record(a), ValType::Record(b)) => {
                a.fields().iter().map(|(name, _)| name).eq(b.fields().iter().map(|(name, _)| name))
                    && all(a.fields().iter().map(|(_, ty)| ty), b.fields().iter().map(|(_, ty)| ty), seen)
            }
            (ValType::Variant(a), ValType::Variant(b)) => {
                a.cases().len() == b.cases().len()
                    && a.cases().iter().zip(b.cases()).all(|((name, a), (other, b))| {
                        name == other && optional(a.as_ref(), b.as_ref(), seen)
                    })
            }
            // What has no parts that are types.
            (a, b) => a == b,
        }
    }
    visit(a, b, &mut HashSet::new())
}
