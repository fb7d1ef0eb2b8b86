//! Finding the changes between two worlds, or two functions. Named types are compared where they are named, once; a
//! function that uses them is not reported again. Pairs of types that were compared are remembered, because types share
//! parts: a walk of the tree could be exponentially longer than the binary.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::change::{Change, ChangeKind, Member, MemberChange, Side};
use super::names::{TypeNames, address};
use super::world::WorldType;
use crate::link::Name;
use crate::types::display::Name as Shown;
use crate::types::{ComponentItem, FuncType, InstanceType, ResourceType, ValType};

type Items = [(Arc<str>, ComponentItem)];

/// What has to change in `old` to become `new`.
pub(super) fn world_changes(old: &WorldType, new: &WorldType) -> Vec<Change> {
    let mut comparison = Comparison::new(Side::Import);
    comparison.items("", old.imports(), new.imports());
    comparison.side = Side::Export;
    comparison.items("", old.exports(), new.exports());
    comparison.changes
}

/// What has to change in the type of a function `old`, called `path`, to become `new`.
#[must_use]
pub fn function_changes(side: Side, path: &str, old: &FuncType, new: &FuncType) -> Vec<Change> {
    Comparison::new(side).func(path, old, new)
}

/// A comparison that is going on.
pub(crate) struct Comparison<'a> {
    side: Side,
    changes: Vec<Change>,
    /// Pairs of types that were compared, by where they are in memory.
    seen: HashSet<(usize, usize)>,
    /// Which resource of the new world each of the old one has become.
    resources: HashMap<u64, u64>,
    /// What the older side calls its types, when the newer one is made of Rust types, which have no names, and do not say
    /// which resource a handle is of.
    names: Option<&'a TypeNames>,
}

impl<'a> Comparison<'a> {
    fn new(side: Side) -> Self {
        Self { side, changes: Vec::new(), seen: HashSet::new(), resources: HashMap::new(), names: None }
    }

    /// Compares a plugin's types, which have these names, with Rust types.
    pub(crate) fn of_rust(side: Side, names: &'a TypeNames) -> Self {
        Self { names: Some(names), ..Self::new(side) }
    }

    /// What has to change in the type of a function `old`, called `path`, to become `new`.
    pub(crate) fn func(mut self, path: &str, old: &FuncType, new: &FuncType) -> Vec<Change> {
        self.function(path, old, new);
        self.changes
    }

    fn report(&mut self, path: &str, kind: ChangeKind) {
        let change = Change { side: self.side, path: path.to_owned(), kind };
        // Each mention of a Rust type is a type of its own.
        if self.names.is_none() || !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }

    /// Items by name: types and resources first, because functions speak of them. `inside` is the interface, or empty.
    fn items(&mut self, inside: &str, old: &Items, new: &Items) {
        let by_name: HashMap<&str, _> = new.iter().map(|item| (&*item.0, item)).collect();
        let counterpart = |name: &Arc<str>| {
            let exact = by_name.get(&**name).copied();
            exact.or_else(|| if inside.is_empty() { self.other_compatible(name, new) } else { None })
        };
        let pairs: Vec<_> = old.iter().map(|item| (item, counterpart(&item.0))).collect();
        for ((name, old), new) in &pairs {
            if let (ComponentItem::Resource(old), Some((_, ComponentItem::Resource(new)))) = (old, new) {
                self.resources.entry(old.id()).or_insert(new.id());
            }
            if let (ComponentItem::Type(old), Some((_, ComponentItem::Type(new)))) = (old, new) {
                self.ty(&place(inside, '.', name), old, new);
            }
        }
        for ((name, old), counterpart) in &pairs {
            match counterpart {
                None => {
                    let what = what(old);
                    let instead = if inside.is_empty() { other_version(name, new) } else { None };
                    self.report(&path_of(inside, name, old), ChangeKind::Removed { what, instead });
                }
                Some((new_name, new)) => match (old, new) {
                    (ComponentItem::Instance(old), ComponentItem::Instance(new)) => {
                        self.instance(new_name, old, new);
                    }
                    (ComponentItem::Func(old), ComponentItem::Func(new)) => {
                        self.function(&place(inside, '#', name), old, new);
                    }
                    _ if old.kind() != new.kind() => {
                        let kind = ChangeKind::Kind { old: what(old), new: what(new) };
                        self.report(&path_of(inside, name, old), kind);
                    }
                    _ => {}
                },
            }
        }
        let matched: HashSet<&str> =
            pairs.iter().filter_map(|(_, new)| new.map(|(name, _)| &**name)).collect();
        for (name, item) in new.iter().filter(|(name, _)| !matched.contains(&**name)) {
            self.report(&path_of(inside, name, item), ChangeKind::Added { what: what(item) });
        }
    }

    fn instance(&mut self, name: &str, old: &InstanceType, new: &InstanceType) {
        self.items(name, old.exports(), new.exports());
    }

    /// At the level of the world, versions need only be compatible.
    fn other_compatible<'n>(&self, name: &str, new: &'n Items) -> Option<&'n (Arc<str>, ComponentItem)> {
        let old = Name::parse(name);
        let fits = |key: &str| match self.side {
            Side::Import => Name::parse(key).satisfies(&old),
            Side::Export => old.is_meant_by(&Name::parse(key)),
        };
        let fitting = new.iter().filter(|(key, _)| fits(key));
        fitting.max_by_key(|(key, _)| Name::parse(key).version)
    }

    fn function(&mut self, path: &str, old: &FuncType, new: &FuncType) {
        let (olds, news) = (old.params(), new.params());
        if olds.len() != news.len() {
            self.report(path, ChangeKind::Params { old: olds.len(), new: news.len() });
        }
        for ((old_name, old), (new_name, new)) in olds.iter().zip(news) {
            if old_name != new_name && olds.len() == news.len() {
                let (old, new) = (Shown(old_name).to_string(), Shown(new_name).to_string());
                self.report(path, ChangeKind::Renamed { old, new });
            }
            self.ty(&format!("{path}: parameter `{}`", Shown(new_name)), old, new);
        }
        self.optional(&format!("{path}: result"), old.result(), new.result());
    }

    fn optional(&mut self, path: &str, old: Option<&ValType>, new: Option<&ValType>) {
        match (old, new) {
            (Some(old), Some(new)) => self.ty(path, old, new),
            (None, None) => {}
            _ => self.other(path, old, new),
        }
    }

    fn other(&mut self, path: &str, old: Option<&ValType>, new: Option<&ValType>) {
        let text = |ty: Option<&ValType>| ty.map_or_else(|| "nothing".to_owned(), ToString::to_string);
        self.report(path, ChangeKind::Type { old: text(old), new: text(new) });
    }

    // The nesting of types is bounded where they are made: by the plan, or by the parser of WIT.
    fn ty(&mut self, path: &str, old: &ValType, new: &ValType) {
        if let (Some(old), Some(new)) = (address(old), address(new))
            && (old == new || !self.seen.insert((old, new)))
        {
            return;
        }
        let named = self.names.and_then(|names| names.get(old)).map(|place| place.path());
        let path = named.as_deref().unwrap_or(path);
        match (old, new) {
            (ValType::List(old), ValType::List(new)) if old.entry().is_some() == new.entry().is_some() => {
                self.ty(&format!("{path}: element"), old.element(), new.element());
            }
            (ValType::Option(old), ValType::Option(new)) => {
                self.ty(&format!("{path}: some"), old.some(), new.some());
            }
            (ValType::Tuple(olds), ValType::Tuple(news)) if olds.types().len() == news.types().len() => {
                for (i, (old, new)) in olds.types().iter().zip(news.types()).enumerate() {
                    self.ty(&format!("{path}: element {i}"), old, new);
                }
            }
            (ValType::Result(old), ValType::Result(new)) => {
                self.optional(&format!("{path}: ok"), old.ok(), new.ok());
                self.optional(&format!("{path}: err"), old.err(), new.err());
            }
            (ValType::Record(old), ValType::Record(new)) => {
                let (old, new) = (old.fields(), new.fields());
                self.members(path, Member::Field, old, new, |(name, ty)| (name, Some(ty)));
            }
            (ValType::Variant(old), ValType::Variant(new)) => {
                let (old, new) = (old.cases(), new.cases());
                self.members(path, Member::Case, old, new, |(name, ty)| (name, ty.as_ref()));
            }
            (ValType::Enum(old), ValType::Enum(new)) => {
                self.members(path, Member::Case, old.names(), new.names(), |name| (name, None));
            }
            (ValType::Flags(old), ValType::Flags(new)) => {
                self.members(path, Member::Flag, old.names(), new.names(), |name| (name, None));
            }
            (ValType::Own(a), ValType::Own(b)) | (ValType::Borrow(a), ValType::Borrow(b)) => {
                if !self.same_resource(a, b) {
                    self.other(path, Some(old), Some(new));
                }
            }
            (old, new) => {
                if std::mem::discriminant(old) != std::mem::discriminant(new) || address(old).is_some() {
                    self.other(path, Some(old), Some(new));
                }
            }
        }
    }

    /// Resources are the same when their definitions are counterparts. Of those that are defined elsewhere, the name has to
    /// do.
    fn same_resource(&self, old: &ResourceType, new: &ResourceType) -> bool {
        if self.names.is_some() {
            // The only handle that has a dynamic form, and so a way through an adapter: `ResourceAny`.
            return new.name() == "resource";
        }
        match self.resources.get(&old.id()) {
            Some(id) => *id == new.id(),
            None => old.name() == new.name(),
        }
    }

    /// Members by name.
    fn members<T>(
        &mut self,
        path: &str,
        member: Member,
        old: &[T],
        new: &[T],
        parts: impl Fn(&T) -> (&Arc<str>, Option<&ValType>),
    ) {
        let places: HashMap<&str, usize> =
            new.iter().enumerate().map(|(i, item)| (&**parts(item).0, i)).collect();
        let mut kept = HashSet::new();
        let mut last = None;
        for item in old {
            let (name, old) = parts(item);
            let Some(index) = places.get(&**name).copied() else {
                self.member(path, member, name, MemberChange::Removed);
                continue;
            };
            kept.insert(index);
            if last > Some(index) {
                self.member(path, member, name, MemberChange::Moved);
            }
            last = last.max(Some(index));
            if let Some(item) = new.get(index) {
                self.optional(&format!("{path}.{}", Shown(name)), old, parts(item).1);
            }
        }
        for (_, item) in new.iter().enumerate().filter(|(i, _)| !kept.contains(i)) {
            let (name, ty) = parts(item);
            let optional = member == Member::Field && matches!(ty, Some(ValType::Option(_)));
            self.member(path, member, name, MemberChange::Added { optional });
        }
    }

    fn member(&mut self, path: &str, member: Member, name: &str, change: MemberChange) {
        self.report(path, ChangeKind::Member { member, name: Shown(name).to_string(), change });
    }
}

/// What an item is called in a change. An instance that is imported or exported by name is an interface to people.
fn what(item: &ComponentItem) -> &'static str {
    match item {
        ComponentItem::Instance(_) => "interface",
        other => other.kind(),
    }
}

fn path_of(inside: &str, name: &str, item: &ComponentItem) -> String {
    place(inside, if matches!(item, ComponentItem::Func(_)) { '#' } else { '.' }, name)
}

fn place(inside: &str, separator: char, name: &str) -> String {
    if inside.is_empty() { Shown(name).to_string() } else { format!("{inside}{separator}{}", Shown(name)) }
}

/// The same interface in another version.
fn other_version(name: &str, new: &Items) -> Option<String> {
    let old = Name::parse(name);
    new.iter().map(|(key, _)| key).find(|key| Name::parse(key).base == old.base).map(|key| key.to_string())
}
