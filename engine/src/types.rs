//! WebAssembly's types as values (Core spec, "Types"): what modules import and export, how it is written, and when one
//! fits where another is asked for. Layout in memory is no business of this file.

use std::fmt;
use std::sync::Arc;

/// The function type that a typed function reference names. Function types of equal structure have equal identities as
/// long as a module or function of the engine uses them; an identity is never given to another type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FuncTypeId(pub(crate) u64);

/// What a reference refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum HeapType {
    /// Any function.
    Func,
    /// Something of the host's.
    Extern,
    /// A function of one type.
    Concrete(FuncTypeId),
    /// An exception.
    Exn,
    /// Nothing: only null is a reference of this type, to no exception.
    NoExn,
}

/// The type of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RefType {
    /// Whether the reference may be null.
    pub nullable: bool,
    /// What it refers to.
    pub heap: HeapType,
}

impl RefType {
    /// A nullable reference to any function.
    pub const FUNCREF: Self = Self { nullable: true, heap: HeapType::Func };
    /// A nullable reference to something of the host's.
    pub const EXTERNREF: Self = Self { nullable: true, heap: HeapType::Extern };
    /// A nullable reference to an exception.
    pub const EXNREF: Self = Self { nullable: true, heap: HeapType::Exn };

    /// Whether every reference of this type is one of type `asked` (Core spec, "Matching", reference types).
    pub fn fits(self, asked: Self) -> bool {
        let heap_fits = match (self.heap, asked.heap) {
            (HeapType::Concrete(_), HeapType::Func) | (HeapType::NoExn, HeapType::Exn) => true,
            (found, asked) => found == asked,
        };
        heap_fits && (asked.nullable || !self.nullable)
    }
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ValType {
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer.
    I64,
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
    /// A 128-bit vector.
    V128,
    /// A reference.
    Ref(RefType),
}

impl ValType {
    /// A nullable function reference.
    pub const FUNCREF: Self = Self::Ref(RefType::FUNCREF);
    /// A nullable host reference.
    pub const EXTERNREF: Self = Self::Ref(RefType::EXTERNREF);
    /// A nullable reference to an exception.
    pub const EXNREF: Self = Self::Ref(RefType::EXNREF);

    /// Whether it is one of the four number types that fit a 64-bit slot.
    pub const fn is_numeric(self) -> bool {
        matches!(self, Self::I32 | Self::I64 | Self::F32 | Self::F64)
    }

    /// Whether every value of this type is one of type `asked` (Core spec, "Matching", value types).
    pub fn fits(self, asked: Self) -> bool {
        match (self, asked) {
            (Self::Ref(found), Self::Ref(asked)) => found.fits(asked),
            (found, asked) => found == asked,
        }
    }
}

/// The type of a function. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FuncType {
    params: Arc<[ValType]>,
    results: Arc<[ValType]>,
}

impl FuncType {
    /// The type with these parameters and results.
    pub fn new(params: impl Into<Arc<[ValType]>>, results: impl Into<Arc<[ValType]>>) -> Self {
        Self { params: params.into(), results: results.into() }
    }

    /// The parameters, in order.
    pub fn params(&self) -> &[ValType] {
        &self.params
    }

    /// The results, in order.
    pub fn results(&self) -> &[ValType] {
        &self.results
    }

    /// Whether parameters and results are all numbers that fit a 64-bit slot.
    pub fn is_numeric(&self) -> bool {
        self.params.iter().chain(self.results.iter()).all(|ty| ty.is_numeric())
    }
}

/// What a memory or table is indexed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum IndexType {
    /// 32-bit integers.
    #[default]
    I32,
    /// 64-bit integers (the memory64 proposal).
    I64,
}

/// The type of a linear memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MemoryType {
    /// What it is indexed with.
    pub index: IndexType,
    /// Initial size in pages of 64 KiB.
    pub minimum: u64,
    /// Highest size in pages, if there is one.
    pub maximum: Option<u64>,
}

/// The type of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TableType {
    /// The type of the elements.
    pub element: RefType,
    /// What it is indexed with.
    pub index: IndexType,
    /// Initial number of elements.
    pub minimum: u64,
    /// Highest number of elements, if there is one.
    pub maximum: Option<u64>,
}

/// The type of a global.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GlobalType {
    /// The type of the value.
    pub content: ValType,
    /// Whether it can be written.
    pub mutable: bool,
}

/// The type of something imported or exported.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExternType {
    /// A function.
    Func(FuncType),
    /// A linear memory.
    Memory(MemoryType),
    /// A table.
    Table(TableType),
    /// A global.
    Global(GlobalType),
    /// A tag of exceptions: the parameters are what its exceptions carry, results there are none.
    Tag(FuncType),
}

/// Whether limits `(min, max)` fit where `(min, max)` are asked for (Core spec, "Import Matching", limits).
fn limits_fit(found: (u64, Option<u64>), asked: (u64, Option<u64>)) -> bool {
    let max_fits = match (found.1, asked.1) {
        (_, None) => true,
        (Some(found), Some(asked)) => found <= asked,
        (None, Some(_)) => false,
    };
    found.0 >= asked.0 && max_fits
}

impl ExternType {
    /// Whether something of this type can be given where `asked` is imported. For memories and tables `self` must carry
    /// the current size as its minimum (Core spec, "External types", matching).
    pub fn fits(&self, asked: &Self) -> bool {
        match (self, asked) {
            (Self::Func(found), Self::Func(asked)) | (Self::Tag(found), Self::Tag(asked)) => found == asked,
            (Self::Memory(found), Self::Memory(asked)) => {
                found.index == asked.index
                    && limits_fit((found.minimum, found.maximum), (asked.minimum, asked.maximum))
            }
            (Self::Table(found), Self::Table(asked)) => {
                (found.element, found.index) == (asked.element, asked.index)
                    && limits_fit((found.minimum, found.maximum), (asked.minimum, asked.maximum))
            }
            (Self::Global(found), Self::Global(asked)) if !found.mutable && !asked.mutable => {
                found.content.fits(asked.content)
            }
            (Self::Global(found), Self::Global(asked)) => found == asked,
            _ => false,
        }
    }
}

impl fmt::Display for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let null = if self.nullable { "null " } else { "" };
        match self.heap {
            HeapType::Func if self.nullable => f.write_str("funcref"),
            HeapType::Extern if self.nullable => f.write_str("externref"),
            HeapType::Exn if self.nullable => f.write_str("exnref"),
            HeapType::NoExn if self.nullable => f.write_str("nullexnref"),
            HeapType::Func => f.write_str("(ref func)"),
            HeapType::Extern => f.write_str("(ref extern)"),
            HeapType::Exn => f.write_str("(ref exn)"),
            HeapType::NoExn => f.write_str("(ref noexn)"),
            HeapType::Concrete(FuncTypeId(id)) => write!(f, "(ref {null}function type {id})"),
        }
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::V128 => "v128",
            Self::Ref(ty) => return ty.fmt(f),
        })
    }
}

/// Types in parentheses, as parameters and results are written.
pub(crate) struct TypeList<'a>(pub(crate) &'a [ValType]);

impl fmt::Display for TypeList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (index, ty) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            ty.fmt(f)?;
        }
        f.write_str(")")
    }
}

impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", TypeList(&self.params), TypeList(&self.results))
    }
}

/// In front of `memory` and `table`: 32 bits go without saying.
impl fmt::Display for IndexType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::I32 => "",
            Self::I64 => "64-bit ",
        })
    }
}

fn write_limits(f: &mut fmt::Formatter<'_>, min: u64, max: Option<u64>) -> fmt::Result {
    match max {
        Some(max) => write!(f, "{min}..={max}"),
        None => write!(f, "{min}.."),
    }
}

impl fmt::Display for ExternType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Func(ty) => write!(f, "function {ty}"),
            Self::Memory(ty) => {
                write!(f, "{}memory of ", ty.index)?;
                write_limits(f, ty.minimum, ty.maximum)?;
                f.write_str(" pages")
            }
            Self::Table(ty) => {
                write!(f, "{}table of ", ty.index)?;
                write_limits(f, ty.minimum, ty.maximum)?;
                write!(f, " {}", ty.element)
            }
            Self::Global(ty) if ty.mutable => write!(f, "mutable global {}", ty.content),
            Self::Global(ty) => write!(f, "global {}", ty.content),
            Self::Tag(ty) => write!(f, "tag {}", TypeList(ty.params())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_match_as_the_specification_says() {
        let memory =
            |minimum, maximum| ExternType::Memory(MemoryType { index: IndexType::I32, minimum, maximum });
        assert!(memory(2, Some(3)).fits(&memory(1, None)));
        assert!(memory(2, Some(3)).fits(&memory(2, Some(3))));
        assert!(!memory(2, Some(4)).fits(&memory(2, Some(3))));
        assert!(!memory(2, None).fits(&memory(2, Some(3))));
        assert!(!memory(1, Some(3)).fits(&memory(2, Some(3))));
        let wide = ExternType::Memory(MemoryType { index: IndexType::I64, minimum: 2, maximum: Some(3) });
        assert!(wide.fits(&wide) && !wide.fits(&memory(2, Some(3))) && !memory(2, Some(3)).fits(&wide));
        assert_eq!(wide.to_string(), "64-bit memory of 2..=3 pages");
    }

    #[test]
    fn references_match_as_the_specification_says() {
        let of = |nullable, heap| RefType { nullable, heap };
        let typed = HeapType::Concrete(FuncTypeId(1));
        assert!(of(false, typed).fits(of(true, typed)) && !of(true, typed).fits(of(false, typed)));
        assert!(of(true, typed).fits(RefType::FUNCREF) && !RefType::FUNCREF.fits(of(true, typed)));
        assert!(!of(true, typed).fits(of(true, HeapType::Concrete(FuncTypeId(2)))));
        assert!(!of(false, HeapType::Extern).fits(RefType::FUNCREF));
        let global = |heap, mutable| {
            ExternType::Global(GlobalType { content: ValType::Ref(of(false, heap)), mutable })
        };
        assert!(global(typed, false).fits(&global(HeapType::Func, false)));
        assert!(!global(typed, true).fits(&global(HeapType::Func, true)));
        assert!(!global(typed, true).fits(&global(typed, false)));
    }

    #[test]
    fn types_are_written_as_people_read_them() {
        let ty = FuncType::new([ValType::I32, ValType::FUNCREF], [ValType::F64]);
        assert_eq!(ExternType::Func(ty).to_string(), "function (i32, funcref) -> (f64)");
        assert_eq!(
            ExternType::Table(TableType {
                element: RefType::EXTERNREF,
                index: IndexType::I32,
                minimum: 1,
                maximum: Some(2)
            })
            .to_string(),
            "table of 1..=2 externref"
        );
    }
}
