//! Component types as self-contained values: what reflection, WAVE, the dynamic calls and the typechecks of typed calls
//! walk. Compound types are shared (`Arc`) and keep their canonical layout beside them, so a walk never recomputes it.

mod compound;
pub(crate) mod display;
mod item;
mod mismatch;

pub use compound::{
    EnumType, FlagsType, ListType, OptionType, RecordType, ResultType, TupleType, VariantType,
};
pub use item::{ComponentItem, FuncType, InstanceType, NameAttributes};
pub use mismatch::TypeMismatch;

use std::sync::Arc;

use crate::abi::layout::Layout;

/// A component value type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValType {
    /// `bool`
    Bool,
    /// `s8`
    S8,
    /// `u8`
    U8,
    /// `s16`
    S16,
    /// `u16`
    U16,
    /// `s32`
    S32,
    /// `u32`
    U32,
    /// `s64`
    S64,
    /// `u64`
    U64,
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// `char`: a Unicode scalar value
    Char,
    /// `string`
    String,
    /// `list<T>`
    List(ListType),
    /// `record { … }`
    Record(RecordType),
    /// `tuple<…>`
    Tuple(TupleType),
    /// `variant { … }`
    Variant(VariantType),
    /// `enum { … }`
    Enum(EnumType),
    /// `option<T>`
    Option(OptionType),
    /// `result<T, E>`
    Result(ResultType),
    /// `flags { … }`
    Flags(FlagsType),
    /// `own<R>`: a handle that owns its resource
    Own(ResourceType),
    /// `borrow<R>`: a handle lent for the length of a call
    Borrow(ResourceType),
}

impl ValType {
    /// Size, alignment and flat form in the canonical ABI.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        match self {
            Self::Bool | Self::S8 | Self::U8 => &Layout::BYTE,
            Self::S16 | Self::U16 => &Layout::SHORT,
            Self::S32 | Self::U32 | Self::Char => &Layout::INT,
            Self::Own(_) | Self::Borrow(_) => &Layout::HANDLE,
            Self::S64 | Self::U64 => &Layout::LONG,
            Self::F32 => &Layout::F32,
            Self::F64 => &Layout::F64,
            Self::String | Self::List(_) => &Layout::POINTER_LENGTH,
            Self::Record(ty) => ty.layout(),
            Self::Tuple(ty) => ty.layout(),
            Self::Variant(ty) => ty.layout(),
            Self::Enum(ty) => ty.layout(),
            Self::Option(ty) => ty.layout(),
            Self::Result(ty) => ty.layout(),
            Self::Flags(ty) => ty.layout(),
        }
    }
}

/// A resource type as one component names it. Which resource it is in a running instance is the instance's business:
/// two types are equal when they carry the same number.
#[derive(Clone, Debug)]
pub struct ResourceType {
    name: Arc<str>,
    id: u64,
}

impl ResourceType {
    /// The resource that the decoder numbered `id`, called `name` in messages.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, id: u64) -> Self {
        Self { name: name.into(), id }
    }

    /// The name under which the component imports or exports it; for messages only.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number that the decoder gave it.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }
}

impl PartialEq for ResourceType {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for ResourceType {}
