//! What a type contains, as far as it decides about derives and about how a parameter is passed.

use std::{cell::RefCell, collections::HashMap};

use wit_parser::{Handle, Type, TypeDefKind, TypeId};

use crate::plan::Plan;

/// Facts of a type; those of a compound type are the sum of its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Strings or lists: not `Copy`.
    pub(crate) heap: bool,
    /// Floats: not `Eq`.
    pub(crate) float: bool,
    /// Owned handles: given away when passed.
    pub(crate) own: bool,
    /// Borrowed handles.
    pub(crate) borrow: bool,
    /// Types of the application's, of which no more is known than what bindings ask for.
    pub(crate) foreign: bool,
}

impl Facts {
    fn and(self, other: Self) -> Self {
        Facts {
            heap: self.heap || other.heap,
            float: self.float || other.float,
            own: self.own || other.own,
            borrow: self.borrow || other.borrow,
            foreign: self.foreign || other.foreign,
        }
    }

    /// Whether there are handles of any sort.
    pub(crate) fn handles(self) -> bool {
        self.own || self.borrow
    }

    /// Whether the Rust type can be `Copy`.
    pub(crate) fn copy(self) -> bool {
        !self.heap && !self.foreign && !self.handles()
    }
}

/// Facts by type, each found out once.
#[derive(Default)]
pub(crate) struct FactTable {
    known: RefCell<HashMap<TypeId, Facts>>,
}

impl FactTable {
    /// The facts of a type.
    pub(crate) fn of(&self, plan: &Plan<'_>, ty: &Type) -> Facts {
        match ty {
            Type::F32 | Type::F64 => Facts { float: true, ..Facts::default() },
            Type::String => Facts { heap: true, ..Facts::default() },
            Type::Id(id) => self.of_id(plan, *id),
            _ => Facts::default(),
        }
    }

    /// The facts of a defined type.
    pub(crate) fn of_id(&self, plan: &Plan<'_>, id: TypeId) -> Facts {
        if let Some(known) = self.known.borrow().get(&id) {
            return *known;
        }
        let sum = |types: &mut dyn Iterator<Item = &Type>| {
            types.fold(Facts::default(), |facts, ty| facts.and(self.of(plan, ty)))
        };
        let resource = matches!(plan.resolve.types[id].kind, TypeDefKind::Resource);
        if plan.with(id).is_some() && !resource {
            return Facts { foreign: true, ..Facts::default() };
        }
        let facts = match &plan.resolve.types[id].kind {
            TypeDefKind::Record(record) => sum(&mut record.fields.iter().map(|field| &field.ty)),
            TypeDefKind::Variant(variant) => {
                sum(&mut variant.cases.iter().filter_map(|case| case.ty.as_ref()))
            }
            TypeDefKind::Tuple(tuple) => sum(&mut tuple.types.iter()),
            TypeDefKind::Result(result) => sum(&mut result.ok.iter().chain(&result.err)),
            TypeDefKind::Option(ty) | TypeDefKind::Type(ty) => self.of(plan, ty),
            TypeDefKind::Map(key, value) => {
                Facts { heap: true, ..self.of(plan, key).and(self.of(plan, value)) }
            }
            TypeDefKind::List(ty) => Facts { heap: true, ..self.of(plan, ty) },
            TypeDefKind::Handle(Handle::Own(_)) => Facts { own: true, ..Facts::default() },
            TypeDefKind::Handle(Handle::Borrow(_)) => Facts { borrow: true, ..Facts::default() },
            _ => Facts::default(),
        };
        self.known.borrow_mut().insert(id, facts);
        facts
    }
}
