//! The types made of other types. Each is made once, with its layout, by a constructor that refuses what the
//! specification does not allow (no fields, no cases, more than 32 flags, a value of 2^28 bytes or more).

use std::sync::Arc;

use super::ValType;
use crate::abi::layout::{Layout, MAX_VALUE_BYTES};
use crate::abi::view;
use crate::error::{Error, Result};

/// Which structure in memory a type is: clones share it, equal types need not.
macro_rules! address {
    () => {
        pub(crate) fn address(&self) -> usize {
            Arc::as_ptr(&self.0).cast::<()>().addr()
        }
    };
}

/// `list<T>`, and `map<K, V>`, which is a list of pairs in everything but its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListType(Arc<ValType>, bool);

impl ListType {
    address!();

    /// A list of `element`.
    #[must_use]
    pub fn new(element: ValType) -> Self {
        Self(Arc::new(element), false)
    }

    /// A map from `key` to `value`.
    ///
    /// # Errors
    /// When an entry would be too large for memory.
    pub fn map(key: ValType, value: ValType) -> Result<Self> {
        Ok(Self(Arc::new(ValType::Tuple(TupleType::new([key, value])?)), true))
    }

    /// The types of keys and values, if this is a map.
    #[must_use]
    pub fn entry(&self) -> Option<(&ValType, &ValType)> {
        match (&*self.0, self.1) {
            (ValType::Tuple(entry), true) => Some((entry.types().first()?, entry.types().get(1)?)),
            _ => None,
        }
    }

    /// The type of the elements.
    #[must_use]
    pub fn element(&self) -> &ValType {
        &self.0
    }
}

/// `record { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordType(Arc<Fields>);

#[derive(Debug, PartialEq, Eq)]
struct Fields {
    fields: Box<[(Arc<str>, ValType)]>,
    /// The names once more, as dynamic values have them.
    names: Arc<[Arc<str>]>,
    offsets: Box<[u32]>,
    layout: Layout,
}

impl RecordType {
    address!();

    /// A record of these fields, in order.
    ///
    /// # Errors
    /// Without fields, or when a value would be too large for memory.
    pub fn new(fields: impl IntoIterator<Item = (Arc<str>, ValType)>) -> Result<Self> {
        let fields: Box<[_]> = fields.into_iter().collect();
        let (layout, offsets) = place("record", fields.iter().map(|(_, ty)| ty))?;
        let names = fields.iter().map(|(name, _)| Arc::clone(name)).collect();
        Ok(Self(Arc::new(Fields { fields, names, offsets, layout })))
    }

    /// Name and type of each field, in order.
    #[must_use]
    pub fn fields(&self) -> &[(Arc<str>, ValType)] {
        &self.0.fields
    }

    /// The names of the fields, to be shared.
    pub(crate) fn names(&self) -> &Arc<[Arc<str>]> {
        &self.0.names
    }

    /// The byte offset of each field.
    #[must_use]
    pub fn offsets(&self) -> &[u32] {
        &self.0.offsets
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.0.layout
    }
}

/// `tuple<…>`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TupleType(Arc<Elements>);

#[derive(Debug, PartialEq, Eq)]
struct Elements {
    types: Box<[ValType]>,
    offsets: Box<[u32]>,
    layout: Layout,
}

impl TupleType {
    address!();

    /// A tuple of these types, in order.
    ///
    /// # Errors
    /// Without elements, or when a value would be too large for memory.
    pub fn new(types: impl IntoIterator<Item = ValType>) -> Result<Self> {
        let types: Box<[_]> = types.into_iter().collect();
        let (layout, offsets) = place("tuple", types.iter())?;
        Ok(Self(Arc::new(Elements { types, offsets, layout })))
    }

    /// The type of each element, in order.
    #[must_use]
    pub fn types(&self) -> &[ValType] {
        &self.0.types
    }

    /// The byte offset of each element.
    #[must_use]
    pub fn offsets(&self) -> &[u32] {
        &self.0.offsets
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.0.layout
    }
}

/// `variant { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantType(Arc<Cases>);

#[derive(Debug, PartialEq, Eq)]
struct Cases {
    cases: Box<[(Arc<str>, Option<ValType>)]>,
    order: Order,
    payload_offset: u32,
    layout: Layout,
}

impl VariantType {
    address!();

    /// A variant of these cases, in order.
    ///
    /// # Errors
    /// Without cases, or when a value would be too large for memory.
    pub fn new(cases: impl IntoIterator<Item = (Arc<str>, Option<ValType>)>) -> Result<Self> {
        let cases: Box<[_]> = cases.into_iter().collect();
        let layouts: Vec<Layout> = cases.iter().map(|(_, ty)| payload_layout(ty.as_ref())).collect();
        let layout = checked("variant", cases.len(), Layout::variant(&layouts))?;
        let order = Order::new(cases.len(), |i| case_name(&cases, i));
        Ok(Self(Arc::new(Cases { cases, order, payload_offset: Layout::payload_offset(&layouts), layout })))
    }

    /// Name and payload of each case, in order.
    #[must_use]
    pub fn cases(&self) -> &[(Arc<str>, Option<ValType>)] {
        &self.0.cases
    }

    /// The number of the case called `name`.
    #[must_use]
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.0.order.find(name, |i| case_name(&self.0.cases, i))
    }

    /// Where a payload starts, in bytes from the start of the variant.
    #[must_use]
    pub fn payload_offset(&self) -> u32 {
        self.0.payload_offset
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.0.layout
    }
}

/// `enum { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumType(Arc<Labels>);

/// `flags { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagsType(Arc<Labels>);

#[derive(Debug, PartialEq, Eq)]
struct Labels {
    names: Box<[Arc<str>]>,
    order: Order,
    layout: Layout,
}

impl Labels {
    fn new(names: Box<[Arc<str>]>, layout: Layout) -> Self {
        let order = Order::new(names.len(), |i| names.get(i).map_or("", |name| name));
        Self { names, order, layout }
    }

    fn index_of(&self, name: &str) -> Option<usize> {
        self.order.find(name, |i| self.names.get(i).map_or("", |name| name))
    }
}

impl EnumType {
    address!();

    /// An enum of these cases, in order.
    ///
    /// # Errors
    /// Without cases.
    pub fn new(names: impl IntoIterator<Item = Arc<str>>) -> Result<Self> {
        let names: Box<[_]> = names.into_iter().collect();
        let layout = checked("enum", names.len(), Layout::enumeration(names.len()))?;
        Ok(Self(Arc::new(Labels::new(names, layout))))
    }

    /// The name of each case, in order.
    #[must_use]
    pub fn names(&self) -> &[Arc<str>] {
        &self.0.names
    }

    /// The number of the case called `name`.
    #[must_use]
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.0.index_of(name)
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.0.layout
    }
}

impl FlagsType {
    address!();

    /// Flags with these labels, from the lowest bit up.
    ///
    /// # Errors
    /// Without labels, or with more than 32.
    pub fn new(names: impl IntoIterator<Item = Arc<str>>) -> Result<Self> {
        let names: Box<[_]> = names.into_iter().collect();
        if names.len() > 32 {
            return Err(Error::limit("labels of a flags type", names.len() as u64, 32));
        }
        let layout = checked("flags", names.len(), Layout::flags(names.len()))?;
        Ok(Self(Arc::new(Labels::new(names, layout))))
    }

    /// The name of each flag, from the lowest bit up.
    #[must_use]
    pub fn names(&self) -> &[Arc<str>] {
        &self.0.names
    }

    /// The number of the flag called `name`.
    #[must_use]
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.0.index_of(name)
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.0.layout
    }
}

/// `option<T>`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionType(Arc<OptionParts>);

#[derive(Debug, PartialEq, Eq)]
struct OptionParts {
    some: ValType,
    payload_offset: u32,
    layout: Layout,
}

impl OptionType {
    address!();

    /// An optional `some`.
    ///
    /// # Errors
    /// When a value would be too large for memory.
    pub fn new(some: ValType) -> Result<Self> {
        let cases = [Layout::UNIT, *some.layout()];
        let layout = checked("option", cases.len(), Layout::variant(&cases))?;
        Ok(Self(Arc::new(OptionParts { some, payload_offset: Layout::payload_offset(&cases), layout })))
    }

    /// The type of the value when there is one.
    #[must_use]
    pub fn some(&self) -> &ValType {
        &self.0.some
    }

    /// Where the value starts, in bytes from the start of the option.
    #[must_use]
    pub fn payload_offset(&self) -> u32 {
        self.0.payload_offset
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.0.layout
    }
}

/// `result<T, E>`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultType(Arc<ResultParts>);

#[derive(Debug, PartialEq, Eq)]
struct ResultParts {
    ok: Option<ValType>,
    err: Option<ValType>,
    payload_offset: u32,
    layout: Layout,
}

impl ResultType {
    address!();

    /// A result of `ok` or `err`.
    ///
    /// # Errors
    /// When a value would be too large for memory.
    pub fn new(ok: Option<ValType>, err: Option<ValType>) -> Result<Self> {
        let cases = [payload_layout(ok.as_ref()), payload_layout(err.as_ref())];
        let layout = checked("result", cases.len(), Layout::variant(&cases))?;
        Ok(Self(Arc::new(ResultParts { ok, err, payload_offset: Layout::payload_offset(&cases), layout })))
    }

    /// The payload of `ok`.
    #[must_use]
    pub fn ok(&self) -> Option<&ValType> {
        self.0.ok.as_ref()
    }

    /// The payload of `err`.
    #[must_use]
    pub fn err(&self) -> Option<&ValType> {
        self.0.err.as_ref()
    }

    /// Where a payload starts, in bytes from the start of the result.
    #[must_use]
    pub fn payload_offset(&self) -> u32 {
        self.0.payload_offset
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.0.layout
    }
}

fn case_name(cases: &[(Arc<str>, Option<ValType>)], index: usize) -> &str {
    cases.get(index).map_or("", |(name, _)| name)
}

/// Names by their number, in alphabetical order: a type may have very many, and a guest may pass very many values.
#[derive(Debug, PartialEq, Eq)]
struct Order(Box<[u32]>);

impl Order {
    fn new<'a>(count: usize, name: impl Fn(usize) -> &'a str) -> Self {
        let mut order: Box<[u32]> = (0..).take(count).collect();
        order.sort_unstable_by_key(|i| name(view::index(*i)));
        Self(order)
    }

    fn find<'a>(&self, wanted: &str, name: impl Fn(usize) -> &'a str) -> Option<usize> {
        let at = self.0.binary_search_by_key(&wanted, |i| name(view::index(*i))).ok()?;
        self.0.get(at).map(|i| view::index(*i))
    }
}

fn payload_layout(ty: Option<&ValType>) -> Layout {
    ty.map_or(Layout::UNIT, |ty| *ty.layout())
}

fn place<'a>(what: &'static str, types: impl Iterator<Item = &'a ValType>) -> Result<(Layout, Box<[u32]>)> {
    let layouts: Vec<Layout> = types.map(|ty| *ty.layout()).collect();
    let layout = checked(what, layouts.len(), Layout::record(&layouts))?;
    let mut offset = 0u32;
    let offsets = layouts.iter().map(|field| {
        let start = crate::abi::layout::align_to(offset, field.align);
        offset = start.saturating_add(field.size);
        start
    });
    Ok((layout, offsets.collect()))
}

/// Refuses a type with no parts, or one whose values are larger than memory can be asked to hold.
fn checked(what: &'static str, parts: usize, layout: Layout) -> Result<Layout> {
    if parts == 0 {
        return Err(Error::malformed(None, format!("a {what} type without members")));
    }
    if layout.size > MAX_VALUE_BYTES {
        return Err(Error::limit(
            "bytes of one value of a type",
            u64::from(layout.size),
            u64::from(MAX_VALUE_BYTES),
        ));
    }
    Ok(layout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_without_members_are_refused() {
        RecordType::new([]).unwrap_err();
        TupleType::new([]).unwrap_err();
        VariantType::new([]).unwrap_err();
        EnumType::new([]).unwrap_err();
        FlagsType::new([]).unwrap_err();
        FlagsType::new((0..33).map(|i| Arc::from(format!("f{i}")))).unwrap_err();
    }

    #[test]
    fn types_whose_values_do_not_fit_in_memory_are_refused() {
        let mut ty = ValType::U64;
        let mut levels = 0;
        let error = loop {
            match TupleType::new([ty.clone(), ty]) {
                Ok(tuple) => ty = ValType::Tuple(tuple),
                Err(error) => break error,
            }
            levels += 1;
        };
        assert_eq!(levels, 24);
        assert!(error.to_string().contains("268435455"), "{error}");
    }

    #[test]
    fn names_are_found_among_many() {
        let names = || (0..1000).map(|i| Arc::from(format!("n{i}")));
        let cases = EnumType::new(names()).unwrap();
        let variant = VariantType::new(names().map(|name| (name, None))).unwrap();
        for i in [0, 1, 10, 999] {
            assert_eq!(cases.index_of(&format!("n{i}")), Some(i));
            assert_eq!(variant.index_of(&format!("n{i}")), Some(i));
        }
        assert_eq!(cases.index_of("n1000"), None);
        assert_eq!(variant.index_of(""), None);
    }
}
