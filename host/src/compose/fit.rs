//! Whether what one plugin exports has the type that another one imports: all differences, each with its place. Resources
//! are only paired here; whether a pair is one and the same is `identity`'s question.

use std::fmt;
use std::sync::Arc;

use plugbay_component::types::{ComponentItem, FuncType, ResourceType, ValType};

/// How many types are compared before the comparison is given up. Types share parts, so a small component can have very
/// large ones.
const MAX_STEPS: usize = 100_000;
/// How many differences are told.
const MAX_DIFFERENCES: usize = 100;
/// Bytes of a name that are told.
const MAX_NAME: usize = 64;

/// A function of an edge.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) name: Arc<str>,
    pub(super) ty: FuncType,
}

/// A comparison.
#[derive(Debug, Default)]
pub(super) struct Fit {
    /// One sentence each.
    pub(super) differences: Vec<String>,
    /// The functions that are imported, by the importer's types.
    pub(super) functions: Vec<Shape>,
    /// The resource types that are imported, by name, and what they are for the exporter.
    pub(super) resources: Vec<(Arc<str>, ResourceType, ResourceType)>,
    /// Every two resource types that stand for each other in functions.
    pub(super) pairs: Vec<(ResourceType, ResourceType)>,
    steps: usize,
}

/// Where in a type: from the inside to the outside.
struct Place<'a> {
    outer: Option<&'a Place<'a>>,
    what: &'static str,
    name: &'a str,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(outer) = self.outer {
            write!(f, "{outer}, ")?;
        }
        match self.name {
            "" => f.write_str(self.what),
            name => write!(f, "{} `{}`", self.what, cut(name)),
        }
    }
}

/// A name that a component gave, as far as it is told.
fn cut(name: &str) -> &str {
    let end = name.char_indices().map(|(at, _)| at).find(|at| *at >= MAX_NAME).unwrap_or(name.len());
    name.get(..end).unwrap_or(name)
}

impl Fit {
    /// Compares what is imported with what is exported: an interface, or a function of the world.
    pub(super) fn new(name: &str, imported: &ComponentItem, exported: &ComponentItem) -> Self {
        let mut fit = Self::default();
        match (imported, exported) {
            (ComponentItem::Instance(imported), ComponentItem::Instance(exported)) => {
                for (name, item) in imported.exports() {
                    fit.item(name, item, exported.get(name));
                }
            }
            _ => fit.item(&name.into(), imported, Some(exported)),
        }
        fit
    }

    fn item(&mut self, name: &Arc<str>, imported: &ComponentItem, exported: Option<&ComponentItem>) {
        let what = match imported {
            ComponentItem::Func(_) => "function",
            ComponentItem::Resource(_) => "resource",
            // A type has no power and needs no counterpart: it is compared where a function uses it.
            ComponentItem::Type(_) => return,
            other => other.kind(),
        };
        let place = Place { outer: None, what, name };
        match (imported, exported) {
            (_, None) => self.differ(&place, "is not exported"),
            (ComponentItem::Func(wanted), Some(ComponentItem::Func(found))) => {
                self.function(&place, wanted, found);
                self.functions.push(Shape { name: Arc::clone(name), ty: wanted.clone() });
            }
            (ComponentItem::Resource(wanted), Some(ComponentItem::Resource(found))) => {
                self.resources.push((Arc::clone(name), wanted.clone(), found.clone()));
                self.pair(wanted, found);
            }
            (ComponentItem::Func(_) | ComponentItem::Resource(_), Some(other)) => {
                self.differ(&place, format_args!("is exported as a {}", other.kind()));
            }
            _ => self.differ(&place, "cannot come from another plugin"),
        }
    }

    fn function(&mut self, place: &Place<'_>, wanted: &FuncType, found: &FuncType) {
        fn list(ty: &FuncType) -> Vec<(&str, Option<&ValType>)> {
            ty.params().iter().map(|(name, ty)| (&**name, Some(ty))).collect()
        }
        self.members(place, "parameter", &list(wanted), &list(found));
        let place = Place { outer: Some(place), what: "result", name: "" };
        self.optional(&place, wanted.result(), found.result());
    }

    fn optional(&mut self, place: &Place<'_>, wanted: Option<&ValType>, found: Option<&ValType>) {
        match (wanted, found) {
            (None, None) => {}
            (Some(wanted), Some(found)) => self.value(place, wanted, found),
            (Some(wanted), None) => {
                self.differ(place, format_args!("imported as {wanted}, exported with none"))
            }
            (None, Some(found)) => {
                self.differ(place, format_args!("imported with none, exported as {found}"))
            }
        }
    }

    /// Named parts: they must be the same ones in the same order.
    fn members<'a>(
        &mut self,
        place: &Place<'_>,
        what: &'static str,
        wanted: &[(&'a str, Option<&'a ValType>)],
        found: &[(&'a str, Option<&'a ValType>)],
    ) {
        let names =
            |list: &[(&'a str, Option<&'a ValType>)]| list.iter().map(|part| part.0).collect::<Vec<_>>();
        if names(wanted) == names(found) {
            for ((name, wanted), (_, found)) in wanted.iter().zip(found) {
                self.optional(&Place { outer: Some(place), what, name }, *wanted, *found);
            }
            return;
        }
        let before = self.differences.len();
        for (list, other, text) in [(wanted, found, "is not exported"), (found, wanted, "is not imported")] {
            let other: std::collections::HashSet<&str> = other.iter().map(|part| part.0).collect();
            for (name, _) in list.iter().filter(|(name, _)| !other.contains(name)) {
                self.differ(&Place { outer: Some(place), what, name }, text);
            }
        }
        if self.differences.len() == before {
            self.differ(place, format_args!("the {what}s come in another order"));
        }
    }

    fn value(&mut self, place: &Place<'_>, wanted: &ValType, found: &ValType) {
        self.steps = self.steps.saturating_add(1);
        if self.steps > MAX_STEPS {
            if self.steps == MAX_STEPS.saturating_add(1) {
                self.differences.push(format!("the types are too large to compare: over {MAX_STEPS} parts"));
            }
            return;
        }
        let inner = |what| Place { outer: Some(place), what, name: "" };
        match (wanted, found) {
            (ValType::List(wanted), ValType::List(found))
                if wanted.entry().is_some() == found.entry().is_some() =>
            {
                self.value(&inner("element"), wanted.element(), found.element());
            }
            (ValType::Option(wanted), ValType::Option(found)) => {
                self.value(&inner("`some`"), wanted.some(), found.some());
            }
            (ValType::Result(wanted), ValType::Result(found)) => {
                self.optional(&inner("`ok`"), wanted.ok(), found.ok());
                self.optional(&inner("`err`"), wanted.err(), found.err());
            }
            (ValType::Tuple(wanted), ValType::Tuple(found))
                if wanted.types().len() == found.types().len() =>
            {
                for (wanted, found) in wanted.types().iter().zip(found.types()) {
                    self.value(&inner("element of the tuple"), wanted, found);
                }
            }
            (ValType::Record(wanted), ValType::Record(found)) => {
                let [wanted, found] = [wanted, found]
                    .map(|ty| ty.fields().iter().map(|(name, ty)| (&**name, Some(ty))).collect::<Vec<_>>());
                self.members(place, "field", &wanted, &found);
            }
            (ValType::Variant(wanted), ValType::Variant(found)) => {
                let [wanted, found] = [wanted, found]
                    .map(|ty| ty.cases().iter().map(|(name, ty)| (&**name, ty.as_ref())).collect::<Vec<_>>());
                self.members(place, "case", &wanted, &found);
            }
            (ValType::Own(wanted), ValType::Own(found))
            | (ValType::Borrow(wanted), ValType::Borrow(found)) => {
                self.pair(wanted, found);
            }
            // Whatever is left has no resources in it, or is of two kinds.
            _ if wanted == found => {}
            _ => self.differ(place, format_args!("imported as {wanted}, exported as {found}")),
        }
    }

    fn pair(&mut self, wanted: &ResourceType, found: &ResourceType) {
        let known = |(a, b): &(ResourceType, ResourceType)| a == wanted && b == found;
        if !self.pairs.iter().any(known) {
            self.pairs.push((wanted.clone(), found.clone()));
        }
    }

    fn differ(&mut self, place: &Place<'_>, how: impl fmt::Display) {
        if self.differences.len() < MAX_DIFFERENCES {
            self.differences.push(format!("{place}: {how}"));
        }
    }
}
