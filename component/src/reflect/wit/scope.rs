//! A scope: which names types have inside one interface (or the world), and what has to be brought in by `use`.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use super::Interfaces;
use super::body::definition;
use super::text::id;
use crate::reflect::names::{address, needs_name, same};
use crate::types::{FuncType, ResourceType, ValType};

/// WIT has no words for something.
pub(super) struct Inexpressible;

pub(super) type Result<T> = std::result::Result<T, Inexpressible>;

/// Bytes that one type may take when it is written out: types share parts.
const MAX_TYPE: usize = 1 << 16;

/// Types with the same first member that are told apart; of more, equal ones are written out again.
const MAX_ALIKE: usize = 64;

/// What equal types have in common.
fn first_member(ty: &ValType) -> String {
    let first = match ty {
        ValType::Record(ty) => ty.fields().first().map(|(name, _)| name),
        ValType::Variant(ty) => ty.cases().first().map(|(name, _)| name),
        ValType::Enum(ty) => ty.names().first(),
        ValType::Flags(ty) => ty.names().first(),
        _ => None,
    };
    first.map_or_else(String::new, ToString::to_string)
}

/// See the module.
pub(super) struct Scope<'a> {
    interfaces: &'a Interfaces,
    home: Option<usize>,
    taken: HashSet<String>,
    names: HashMap<usize, String>,
    /// Types with a structure that only a name can stand for, to find equal ones.
    named: HashMap<String, Vec<(ValType, String)>>,
    resources: HashMap<u64, String>,
    /// Those among them that were brought in.
    used: HashSet<u64>,
    uses: String,
    definitions: String,
}

impl<'a> Scope<'a> {
    /// The scope of the interface `home`, or of the world.
    pub(super) fn new(interfaces: &'a Interfaces, home: Option<usize>) -> Self {
        Self {
            interfaces,
            home,
            taken: HashSet::new(),
            names: HashMap::new(),
            named: HashMap::new(),
            resources: HashMap::new(),
            used: HashSet::new(),
            uses: String::new(),
            definitions: String::new(),
        }
    }

    /// A name stands for something here.
    pub(super) fn take(&mut self, name: &str) {
        self.taken.insert(name.to_owned());
    }

    /// A type is called `name` here.
    pub(super) fn name(&mut self, ty: &ValType, name: &str) {
        if let Some(address) = address(ty) {
            self.names.entry(address).or_insert_with(|| name.to_owned());
        }
        if needs_name(ty) {
            let alike = self.named.entry(first_member(ty)).or_default();
            if alike.len() < MAX_ALIKE {
                alike.push((ty.clone(), name.to_owned()));
            }
        }
    }

    /// A resource is called `name` here.
    pub(super) fn name_resource(&mut self, ty: &ResourceType, name: &str) {
        self.resources.entry(ty.id()).or_insert_with(|| name.to_owned());
    }

    /// What the resource is called here, if it is called anything yet.
    pub(super) fn resource_name(&self, ty: &ResourceType) -> Option<&str> {
        self.resources.get(&ty.id()).map(String::as_str)
    }

    /// Whether a resource was brought in from elsewhere.
    pub(super) fn is_used(&self, ty: &ResourceType) -> bool {
        self.used.contains(&ty.id())
    }

    /// What an equal type is called here.
    pub(super) fn equal(&self, ty: &ValType) -> Option<&str> {
        let alike = self.named.get(&first_member(ty))?;
        alike.iter().find(|(other, _)| same(other, ty)).map(|(_, name)| name.as_str())
    }

    /// Brings in the resource from the interface that names it first, if that is another one.
    pub(super) fn use_resource(&mut self, ty: &ResourceType, wanted: &str) -> bool {
        match self.interfaces.owners.get(&ty.id()) {
            Some((owner, name)) if Some(*owner) != self.home => {
                let name = name.to_string();
                self.bring(*owner, &name, wanted);
                self.name_resource(ty, wanted);
                self.used.insert(ty.id());
                true
            }
            _ => false,
        }
    }

    /// Brings in a type from an earlier interface that has the same under the same name.
    pub(super) fn use_type(&mut self, ty: &ValType, name: &str) -> bool {
        let earlier = self.home.unwrap_or(self.interfaces.list.len());
        let namesakes = self.interfaces.types.get(name).map_or(&[][..], Vec::as_slice);
        let found = namesakes.iter().find(|(index, other)| *index < earlier && same(other, ty));
        let found = found.map(|(index, _)| *index);
        if let Some(owner) = found {
            self.bring(owner, name, name);
            self.name(ty, name);
        }
        found.is_some()
    }

    fn bring(&mut self, owner: usize, name: &str, wanted: &str) {
        let path = self.interfaces.path(owner, self.home);
        let renamed = if name == wanted { String::new() } else { format!(" as {}", id(wanted)) };
        // Writing to a string does not fail.
        let _ = writeln!(self.uses, "use {path}.{{{}{renamed}}};", id(name));
        self.take(wanted);
    }

    /// The `use` lines so far.
    pub(super) fn take_uses(&mut self) -> String {
        std::mem::take(&mut self.uses)
    }

    /// Definitions that types without a name made necessary.
    pub(super) fn take_definitions(&mut self) -> String {
        std::mem::take(&mut self.definitions)
    }

    /// A function, as it stands behind its name.
    pub(super) fn func(&mut self, ty: &FuncType) -> Result<String> {
        let signature = self.signature(ty.params(), ty.result())?;
        Ok(format!("func{signature}"))
    }

    /// Parameters and result.
    pub(super) fn signature(
        &mut self,
        params: &[(std::sync::Arc<str>, ValType)],
        result: Option<&ValType>,
    ) -> Result<String> {
        let mut out = String::from("(");
        for (i, (name, ty)) in params.iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            let _ = write!(out, "{comma}{}: ", id(name));
            self.ty(ty, &mut out)?;
        }
        out.push(')');
        if let Some(ty) = result {
            out.push_str(" -> ");
            self.ty(ty, &mut out)?;
        }
        Ok(out)
    }

    /// A type where it is used.
    pub(super) fn ty(&mut self, ty: &ValType, out: &mut String) -> Result<()> {
        if let Some(name) = address(ty).and_then(|address| self.names.get(&address)) {
            out.push_str(&id(name));
            return Ok(());
        }
        if needs_name(ty) {
            let name = match self.equal(ty) {
                Some(name) => name.to_owned(),
                None => self.invent(ty)?,
            };
            out.push_str(&id(&name));
            return Ok(());
        }
        self.anonymous(ty, out)
    }

    /// A type without its name, if it is one that WIT can write in place.
    pub(super) fn anonymous(&mut self, ty: &ValType, out: &mut String) -> Result<()> {
        if out.len() > MAX_TYPE {
            return Err(Inexpressible);
        }
        match ty {
            ValType::List(ty) => match ty.entry() {
                Some((key, value)) => self.generic("map", &[key, value], out),
                None => self.generic("list", &[ty.element()], out),
            },
            ValType::Option(ty) => self.generic("option", &[ty.some()], out),
            ValType::Tuple(ty) => self.generic("tuple", &ty.types().iter().collect::<Vec<_>>(), out),
            ValType::Result(ty) => match (ty.ok(), ty.err()) {
                (None, None) => {
                    out.push_str("result");
                    Ok(())
                }
                (Some(ok), None) => self.generic("result", &[ok], out),
                (Some(ok), Some(err)) => self.generic("result", &[ok, err], out),
                (None, Some(err)) => {
                    out.push_str("result<_, ");
                    self.ty(err, out)?;
                    out.push('>');
                    Ok(())
                }
            },
            ValType::Own(ty) => {
                out.push_str(&self.resource(ty)?);
                Ok(())
            }
            ValType::Borrow(ty) => {
                let name = self.resource(ty)?;
                let _ = write!(out, "borrow<{name}>");
                Ok(())
            }
            primitive if address(primitive).is_none() => {
                let _ = write!(out, "{primitive}");
                Ok(())
            }
            _ => Err(Inexpressible),
        }
    }

    fn generic(&mut self, name: &str, types: &[&ValType], out: &mut String) -> Result<()> {
        out.push_str(name);
        out.push('<');
        for (i, ty) in types.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            self.ty(ty, out)?;
        }
        out.push('>');
        Ok(())
    }

    fn resource(&mut self, ty: &ResourceType) -> Result<String> {
        if let Some(name) = self.resource_name(ty) {
            return Ok(id(name));
        }
        // An interface that is imported and exported has two resources of one name.
        if let Some((owner, name)) = self.interfaces.owners.get(&ty.id())
            && Some(*owner) == self.home
        {
            return Ok(id(name));
        }
        let wanted = self.free(ty.name());
        if self.use_resource(ty, &wanted) { Ok(id(&wanted)) } else { Err(Inexpressible) }
    }

    /// Gives a name to a structure that has none here, and defines it.
    fn invent(&mut self, ty: &ValType) -> Result<String> {
        let name = self.free("unnamed");
        self.take(&name);
        let text = definition(self, &name, ty)?;
        self.definitions.push_str(&text);
        self.name(ty, &name);
        Ok(name)
    }

    /// A name like `wanted` that nothing has yet.
    fn free(&self, wanted: &str) -> String {
        let wanted = if super::text::is_label(wanted) { wanted } else { "unnamed" };
        let mut candidates =
            std::iter::once(wanted.to_owned()).chain((2..).map(|n| format!("{wanted}-n{n}")));
        candidates.find(|name| !self.taken.contains(name)).unwrap_or_default()
    }
}
