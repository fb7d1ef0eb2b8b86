//! What a Rust type says about itself: the component type that it stands for, with names. The implementations here and
//! the derives share these helpers; `ValType::of` starts them.

use std::sync::Arc;

use super::ComponentType;
use crate::error::{Error, Result};
use crate::types::{EnumType, FlagsType, RecordType, ResourceType, ValType, VariantType};

/// The deepest nesting of types that validation lets a component have is 100; a Rust type that contains itself through
/// a list has no end.
const MAX_DEPTH: u8 = 100;

/// How deep inside a type the description of a part may still go.
#[derive(Clone, Copy, Debug)]
pub struct Depth(u8);

impl Depth {
    /// For the parts of a type.
    ///
    /// # Errors
    /// At 100 levels: the type contains itself.
    pub fn deeper(self) -> Result<Self> {
        match self.0.checked_sub(1) {
            Some(left) => Ok(Self(left)),
            None => Err(Error::misuse(format!(
                "the Rust type is nested more than {MAX_DEPTH} levels deep: component types cannot contain themselves"
            ))),
        }
    }
}

/// [`ComponentType::val_type`] of a field.
pub type Describe = fn(Depth) -> Result<ValType>;
/// [`ComponentType::val_type_optional`] of a payload; that of `()` for a case without.
pub type DescribeOptional = fn(Depth) -> Result<Option<ValType>>;

impl ValType {
    /// The component type that the Rust type `T` stands for.
    ///
    /// Handles are of a resource called `resource` (or by the name of the Rust type in `Resource<R>`): which resource of
    /// a component they are is known when a function's type is checked, not before.
    ///
    /// ```
    /// use plugbay_component::types::ValType;
    ///
    /// let ty = ValType::of::<Vec<Option<(u32, String)>>>()?;
    /// assert_eq!(ty.to_string(), "list<option<tuple<u32, string>>>");
    /// # Ok::<(), plugbay_component::Error>(())
    /// ```
    ///
    /// # Errors
    /// When `T` stands for no value (`()`), or for none that the canonical ABI can hold.
    pub fn of<T: ComponentType + ?Sized>() -> Result<Self> {
        T::val_type(Depth(MAX_DEPTH))
    }

    /// [`ValType::of`] where nothing will do: `()` is `None`, as the result of a function.
    ///
    /// # Errors
    /// As [`ValType::of`].
    pub fn of_optional<T: ComponentType + ?Sized>() -> Result<Option<Self>> {
        T::val_type_optional(Depth(MAX_DEPTH))
    }
}

/// A record of these fields.
///
/// # Errors
/// As [`ComponentType::val_type`] of the fields; when a value would be too large.
pub fn record(depth: Depth, fields: &[(&str, Describe)]) -> Result<ValType> {
    let depth = depth.deeper()?;
    let described = fields.iter().map(|(name, ty)| Ok((Arc::from(*name), ty(depth)?)));
    RecordType::new(described.collect::<Result<Vec<_>>>()?).map(ValType::Record)
}

/// A variant of these cases.
///
/// # Errors
/// As [`ComponentType::val_type`] of the payloads; when a value would be too large.
pub fn variant(depth: Depth, cases: &[(&str, DescribeOptional)]) -> Result<ValType> {
    let depth = depth.deeper()?;
    let described = cases.iter().map(|(name, ty)| Ok((Arc::from(*name), ty(depth)?)));
    VariantType::new(described.collect::<Result<Vec<_>>>()?).map(ValType::Variant)
}

/// An enum of these cases.
///
/// # Errors
/// Without cases.
pub fn enumeration(_: Depth, cases: &[&str]) -> Result<ValType> {
    EnumType::new(cases.iter().map(|name| Arc::from(*name))).map(ValType::Enum)
}

/// Flags with these labels.
///
/// # Errors
/// Without labels, or with more than 32.
pub fn flags(_: Depth, labels: &[&str]) -> Result<ValType> {
    FlagsType::new(labels.iter().map(|name| Arc::from(*name))).map(ValType::Flags)
}

/// A resource that no component has numbered.
pub(super) fn resource(name: &str) -> ResourceType {
    ResourceType::new(name, u64::MAX)
}
