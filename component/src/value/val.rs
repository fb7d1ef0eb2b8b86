//! The dynamic value. How it crosses the boundary is in `abi/`; how it is written as text is in `wave/`.

use super::{Record, ResourceAny};

/// A value of any component type, self-described by names.
///
/// Bytes are bytes: a `list<u8>` comes out of a plugin as [`Val::Bytes`]. Into one it may go as either, and both are equal.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Val {
    /// `bool`
    Bool(bool),
    /// `s8`
    S8(i8),
    /// `u8`
    U8(u8),
    /// `s16`
    S16(i16),
    /// `u16`
    U16(u16),
    /// `s32`
    S32(i32),
    /// `u32`
    U32(u32),
    /// `s64`
    S64(i64),
    /// `u64`
    U64(u64),
    /// `f32`
    F32(f32),
    /// `f64`
    F64(f64),
    /// `char`
    Char(char),
    /// `string`
    String(String),
    /// `list<T>`
    List(Vec<Val>),
    /// `list<u8>`
    Bytes(Vec<u8>),
    /// `record`: name and value of each field; any order is accepted, the type's order is given
    Record(Record),
    /// `tuple`
    Tuple(Vec<Val>),
    /// `variant`: the case and its payload
    Variant(String, Option<Box<Val>>),
    /// `enum`: the case
    Enum(String),
    /// `option<T>`
    Option(Option<Box<Val>>),
    /// `result<T, E>`
    Result(Result<Option<Box<Val>>, Option<Box<Val>>>),
    /// `flags`: the labels that are set; any order is accepted, the type's order is given
    Flags(Vec<String>),
    /// `own<R>` or `borrow<R>`
    Resource(ResourceAny),
}

impl Val {
    /// What kind of value this is, in the words of a message.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) => "a bool",
            Self::S8(_) => "an s8",
            Self::U8(_) => "a u8",
            Self::S16(_) => "an s16",
            Self::U16(_) => "a u16",
            Self::S32(_) => "an s32",
            Self::U32(_) => "a u32",
            Self::S64(_) => "an s64",
            Self::U64(_) => "a u64",
            Self::F32(_) => "an f32",
            Self::F64(_) => "an f64",
            Self::Char(_) => "a char",
            Self::String(_) => "a string",
            Self::List(_) | Self::Bytes(_) => "a list",
            Self::Record(_) => "a record",
            Self::Tuple(_) => "a tuple",
            Self::Variant(..) => "a variant",
            Self::Enum(_) => "an enum",
            Self::Option(_) => "an option",
            Self::Result(_) => "a result",
            Self::Flags(_) => "flags",
            Self::Resource(_) => "a resource",
        }
    }
}

impl PartialEq for Val {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::S8(a), Self::S8(b)) => a == b,
            (Self::U8(a), Self::U8(b)) => a == b,
            (Self::S16(a), Self::S16(b)) => a == b,
            (Self::U16(a), Self::U16(b)) => a == b,
            (Self::S32(a), Self::S32(b)) => a == b,
            (Self::U32(a), Self::U32(b)) => a == b,
            (Self::S64(a), Self::S64(b)) => a == b,
            (Self::U64(a), Self::U64(b)) => a == b,
            (Self::F32(a), Self::F32(b)) => a == b,
            (Self::F64(a), Self::F64(b)) => a == b,
            (Self::Char(a), Self::Char(b)) => a == b,
            (Self::String(a), Self::String(b)) | (Self::Enum(a), Self::Enum(b)) => a == b,
            (Self::List(a), Self::List(b)) | (Self::Tuple(a), Self::Tuple(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Bytes(bytes), Self::List(list)) | (Self::List(list), Self::Bytes(bytes)) => {
                bytes.len() == list.len() && bytes.iter().zip(list).all(|(a, b)| *b == Self::U8(*a))
            }
            (Self::Record(a), Self::Record(b)) => a == b,
            (Self::Variant(a, x), Self::Variant(b, y)) => a == b && x == y,
            (Self::Option(a), Self::Option(b)) => a == b,
            (Self::Result(a), Self::Result(b)) => a == b,
            (Self::Flags(a), Self::Flags(b)) => a == b,
            (Self::Resource(a), Self::Resource(b)) => a == b,
            _ => false,
        }
    }
}

/// Rust values whose component type leaves no doubt.
macro_rules! from {
    ($($rust:ty => $variant:ident),*) => {$(
        impl From<$rust> for Val {
            fn from(value: $rust) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

from!(
    bool => Bool, i8 => S8, u8 => U8, i16 => S16, u16 => U16, i32 => S32, u32 => U32, i64 => S64, u64 => U64,
    f32 => F32, f64 => F64, char => Char, String => String, &str => String, ResourceAny => Resource, Record => Record,
    Vec<u8> => Bytes, &[u8] => Bytes
);
