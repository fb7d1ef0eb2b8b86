//! What adapters import. The names say all that linking needs, so that a host without the compiler can link adapters
//! that another one made.

/// Which of the two components of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Caller,
    Callee,
}

/// An import of an adapter module; edges by their place in its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Import {
    /// One for the whole store.
    Common(Common),
    /// The flags of a component instance: a mutable global.
    Flags(u32),
    /// Something of an edge.
    Edge(u32, Part),
}

/// What there is once in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Common {
    /// Function (code): ends the call with a trap of the canonical ABI.
    Trap,
    /// Function (exception): ends the call with an exception that is not to be caught.
    Uncaught,
    /// Global: how many bytes may cross in one direction.
    Budget,
    /// Function (asked, left): ends the call because the budget is spent.
    Exhausted,
    /// Function: opens a scope of borrows.
    ScopeBegin,
    /// Function: closes it, unless borrows remain.
    ScopeEnd,
    /// Function (handle, resource, from, to) → handle: an own goes from one instance to another.
    Own,
    /// Function (handle, resource, from, to) → handle or representation: a borrow does.
    Borrow,
}

/// What an edge needs; sides are where a value comes from, for what concerns strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The callee's core function.
    Callee,
    /// Its `post-return`.
    PostReturn,
    /// A memory.
    Memory(Side),
    /// A `realloc`.
    Realloc(Side),
    /// Function (pointer, length): traps unless the bytes are UTF-8.
    Validate(Side),
    /// Function (pointer, length) → length in the other encoding, and bytes above it: traps if it is no string.
    Measure(Side),
    /// Function (pointer, length, destination, bytes): writes the string in the other encoding.
    Transcode(Side),
}

const COMMON: [(Common, &str); 8] = [
    (Common::Trap, "trap"),
    (Common::Uncaught, "uncaught"),
    (Common::Budget, "budget"),
    (Common::Exhausted, "exhausted"),
    (Common::ScopeBegin, "scope-begin"),
    (Common::ScopeEnd, "scope-end"),
    (Common::Own, "own"),
    (Common::Borrow, "borrow"),
];

const PARTS: [(Part, &str); 12] = [
    (Part::Callee, "callee"),
    (Part::PostReturn, "post-return"),
    (Part::Memory(Side::Caller), "memory-caller"),
    (Part::Memory(Side::Callee), "memory-callee"),
    (Part::Realloc(Side::Caller), "realloc-caller"),
    (Part::Realloc(Side::Callee), "realloc-callee"),
    (Part::Validate(Side::Caller), "validate-caller"),
    (Part::Validate(Side::Callee), "validate-callee"),
    (Part::Measure(Side::Caller), "measure-caller"),
    (Part::Measure(Side::Callee), "measure-callee"),
    (Part::Transcode(Side::Caller), "transcode-caller"),
    (Part::Transcode(Side::Callee), "transcode-callee"),
];

#[cfg(feature = "compile")]
impl Side {
    /// The other one.
    pub(super) fn other(self) -> Self {
        match self {
            Self::Caller => Self::Callee,
            Self::Callee => Self::Caller,
        }
    }
}

impl Import {
    /// What two names of an import mean.
    pub(super) fn parse(module: &str, name: &str) -> Option<Self> {
        match module {
            "common" => find(&COMMON, name).map(Self::Common),
            "flags" => name.parse().ok().map(Self::Flags),
            edge => Some(Self::Edge(edge.parse().ok()?, find(&PARTS, name)?)),
        }
    }

    /// The two names.
    #[cfg(feature = "compile")]
    pub(super) fn names(self) -> (String, String) {
        match self {
            Self::Common(common) => ("common".to_owned(), name(&COMMON, common).to_owned()),
            Self::Flags(instance) => ("flags".to_owned(), instance.to_string()),
            Self::Edge(edge, part) => (edge.to_string(), name(&PARTS, part).to_owned()),
        }
    }
}

fn find<K: Copy>(all: &[(K, &str)], name: &str) -> Option<K> {
    all.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
}

#[cfg(feature = "compile")]
fn name<K: Copy + PartialEq>(all: &[(K, &'static str)], kind: K) -> &'static str {
    all.iter().find(|(known, _)| *known == kind).map_or("", |(_, name)| name)
}

#[cfg(all(test, feature = "compile"))]
mod tests {
    use super::*;

    #[test]
    fn names_mean_what_they_were_made_of() {
        let commons = COMMON.iter().map(|(common, _)| Import::Common(*common));
        let parts = PARTS.iter().map(|(part, _)| Import::Edge(17, *part));
        for import in commons.chain(parts).chain([Import::Flags(3)]) {
            let (module, name) = import.names();
            assert_eq!(Import::parse(&module, &name), Some(import));
        }
        assert_eq!(Import::parse("common", "callee"), None);
        assert_eq!(Import::parse("x", "callee"), None);
    }
}
