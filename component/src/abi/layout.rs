//! Alignment, element size and flat form of a type: the sections "Alignment", "Element Size" and "Flattening" of
//! CanonicalABI.md as `const fn`s over already-computed parts. Nothing here walks a type tree (`types/` keeps the
//! layout of each compound type beside it) and nothing reads memory.

/// The most flat parameters a core function takes before they spill to memory (`MAX_FLAT_PARAMS`).
pub const MAX_FLAT_PARAMS: usize = 16;
/// The most flat results a core function gives before they spill to memory (`MAX_FLAT_RESULTS`).
pub const MAX_FLAT_RESULTS: usize = 1;
/// The largest size in bytes that a value type may have in linear memory.
pub(crate) const MAX_VALUE_BYTES: u32 = (1 << 28) - 1;

/// The type of one flat slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CoreType {
    /// A 32-bit integer, zero-extended in its slot.
    I32,
    /// A 64-bit integer.
    I64,
    /// The bits of a 32-bit float, zero-extended in its slot.
    F32,
    /// The bits of a 64-bit float.
    F64,
}

impl CoreType {
    /// The slot type that can carry both (`join` in the specification). As slots hold zero-extended bits, passing from
    /// a type to the joined type never changes a slot.
    #[must_use]
    pub const fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::I32, Self::I32 | Self::F32) | (Self::F32, Self::I32) => Self::I32,
            (Self::F32, Self::F32) => Self::F32,
            (Self::F64, Self::F64) => Self::F64,
            _ => Self::I64,
        }
    }
}

/// The flat form of a type: up to 16 core types, or "more than that", which never travels flat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlatTypes {
    /// Number of slots; `OVER` when there are more than 16.
    len: u8,
    types: [CoreType; MAX_FLAT_PARAMS],
}

/// The `len` of a flat form with more than 16 slots.
const OVER: u8 = MAX_FLAT_PARAMS as u8 + 1;

impl FlatTypes {
    /// No slots.
    pub const EMPTY: Self = Self { len: 0, types: [CoreType::I32; MAX_FLAT_PARAMS] };

    /// One slot.
    #[must_use]
    pub const fn one(ty: CoreType) -> Self {
        Self::EMPTY.push(ty)
    }

    /// The slots, or `None` when there are more than 16.
    #[must_use]
    pub fn as_slice(&self) -> Option<&[CoreType]> {
        self.types.get(..usize::from(self.len))
    }

    /// Number of slots; 17 stands for any greater number.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether the type has no slots at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether the slots fit in `max`.
    #[must_use]
    pub const fn fits(&self, max: usize) -> bool {
        self.len() <= max
    }

    /// These slots and then `ty`.
    #[must_use]
    pub const fn push(mut self, ty: CoreType) -> Self {
        if (self.len as usize) < MAX_FLAT_PARAMS {
            self.types[self.len as usize] = ty;
            self.len += 1;
        } else {
            self.len = OVER;
        }
        self
    }

    /// These slots and then those of `other`.
    #[must_use]
    pub const fn concat(mut self, other: &Self) -> Self {
        if other.len == OVER {
            self.len = OVER;
        }
        let mut i = 0;
        while i < other.len() && self.len != OVER {
            self = self.push(other.types[i]);
            i += 1;
        }
        self
    }

    /// Slots that can carry either (the payload of a variant).
    #[must_use]
    pub const fn join(mut self, other: &Self) -> Self {
        if self.len == OVER || other.len == OVER {
            self.len = OVER;
            return self;
        }
        let mut i = 0;
        while i < other.len() {
            if i < self.len() {
                self.types[i] = self.types[i].join(other.types[i]);
            } else {
                self = self.push(other.types[i]);
            }
            i += 1;
        }
        self
    }
}

/// What the canonical ABI says of a type: its size and alignment in linear memory (in bytes, for 32-bit memories) and
/// its flat form. Sizes saturate; a type over 2^28 - 1 bytes is refused where types are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Size in bytes, a multiple of `align`.
    pub size: u32,
    /// Alignment in bytes: 1, 2, 4 or 8.
    pub align: u32,
    /// The flat form.
    pub flat: FlatTypes,
    /// Whether values are nothing but their own bytes: no pointers and no handles, so that writing one never calls the
    /// guest.
    pub plain: bool,
}

impl Layout {
    /// The absent value (a payload that is not there, the result of a function without one).
    pub const UNIT: Self = Self { size: 0, align: 1, flat: FlatTypes::EMPTY, plain: true };
    /// `bool`, `s8`, `u8`.
    pub const BYTE: Self = Self::scalar(1, CoreType::I32);
    /// `s16`, `u16`.
    pub const SHORT: Self = Self::scalar(2, CoreType::I32);
    /// `s32`, `u32`, `char`.
    pub const INT: Self = Self::scalar(4, CoreType::I32);
    /// `own<R>`, `borrow<R>`.
    pub const HANDLE: Self = Self { plain: false, ..Self::INT };
    /// `s64`, `u64`.
    pub const LONG: Self = Self::scalar(8, CoreType::I64);
    /// `f32`.
    pub const F32: Self = Self::scalar(4, CoreType::F32);
    /// `f64`.
    pub const F64: Self = Self::scalar(8, CoreType::F64);
    /// `string` and `list<T>`: a pointer and a length.
    pub const POINTER_LENGTH: Self =
        Self { size: 8, align: 4, flat: FlatTypes::one(CoreType::I32).push(CoreType::I32), plain: false };

    const fn scalar(size: u32, ty: CoreType) -> Self {
        Self { size, align: size, flat: FlatTypes::one(ty), plain: true }
    }

    /// A record or tuple of these fields, in order.
    #[must_use]
    pub const fn record(fields: &[Self]) -> Self {
        let mut out = Self::UNIT;
        let mut i = 0;
        while i < fields.len() {
            let field = &fields[i];
            out.size = align_to(out.size, field.align).saturating_add(field.size);
            out.align = max(out.align, field.align);
            out.flat = out.flat.concat(&field.flat);
            out.plain &= field.plain;
            i += 1;
        }
        out.size = align_to(out.size, out.align);
        out
    }

    /// Whether the canonical ABI treats values of both types alike; `==` for constants.
    #[must_use]
    pub const fn is_same(&self, other: &Self) -> bool {
        let (ours, theirs) = (&self.flat, &other.flat);
        let mut i = 0;
        while i < ours.len() && i < MAX_FLAT_PARAMS {
            if ours.len != OVER && ours.types[i] as u8 != theirs.types[i] as u8 {
                return false;
            }
            i += 1;
        }
        self.size == other.size
            && self.align == other.align
            && self.plain == other.plain
            && ours.len() == theirs.len()
    }

    /// Where field `index` of a record or tuple of these fields starts, in bytes from the start of the record.
    #[must_use]
    pub const fn field_offset(fields: &[Self], index: usize) -> u32 {
        let mut offset = 0u32;
        let mut i = 0;
        while i < fields.len() {
            offset = align_to(offset, fields[i].align);
            if i == index {
                return offset;
            }
            offset = offset.saturating_add(fields[i].size);
            i += 1;
        }
        offset
    }

    /// A variant of these cases (a case without payload is [`Layout::UNIT`]). `option<T>` is `[UNIT, T]`, `result<T, E>`
    /// is `[T, E]`.
    #[must_use]
    pub const fn variant(cases: &[Self]) -> Self {
        let discriminant = discriminant_size(cases.len());
        let mut out = Self { size: 0, align: discriminant, flat: FlatTypes::EMPTY, plain: true };
        let mut i = 0;
        while i < cases.len() {
            let case = &cases[i];
            out.size = max(out.size, case.size);
            out.align = max(out.align, case.align);
            out.flat = out.flat.join(&case.flat);
            out.plain &= case.plain;
            i += 1;
        }
        out.size = align_to(out.size.saturating_add(Self::payload_offset(cases)), out.align);
        out.flat = FlatTypes::one(CoreType::I32).concat(&out.flat);
        out
    }

    /// Where the payload of a variant of these cases starts, in bytes from the start of the variant.
    #[must_use]
    pub const fn payload_offset(cases: &[Self]) -> u32 {
        let mut align = 1;
        let mut i = 0;
        while i < cases.len() {
            align = max(align, cases[i].align);
            i += 1;
        }
        align_to(discriminant_size(cases.len()), align)
    }

    /// An `enum` of `cases` cases.
    #[must_use]
    pub const fn enumeration(cases: usize) -> Self {
        Self::scalar(discriminant_size(cases), CoreType::I32)
    }

    /// `flags` with `labels` labels (at most 32).
    #[must_use]
    pub const fn flags(labels: usize) -> Self {
        match labels {
            0..=8 => Self::BYTE,
            9..=16 => Self::SHORT,
            _ => Self::INT,
        }
    }
}

/// The size in bytes of the discriminant of a variant with `cases` cases: 1, 2 or 4.
#[must_use]
pub const fn discriminant_size(cases: usize) -> u32 {
    match cases {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

/// `offset` rounded up to a multiple of `align` (a power of two).
#[must_use]
pub(crate) const fn align_to(offset: u32, align: u32) -> u32 {
    let mask = align.wrapping_sub(1);
    offset.saturating_add(mask) & !mask
}

const fn max(a: u32, b: u32) -> u32 {
    if a > b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CoreType::{F32, F64, I32, I64};

    fn flat(layout: Layout) -> Vec<CoreType> {
        layout.flat.as_slice().unwrap().to_vec()
    }

    #[test]
    fn records_pad_between_and_after_fields() {
        let fields = [Layout::BYTE, Layout::LONG, Layout::SHORT];
        let record = Layout::record(&fields);
        assert_eq!((record.size, record.align), (24, 8));
        assert_eq!([0, 8, 16], [0, 1, 2].map(|i| Layout::field_offset(&fields, i)));
        assert_eq!(flat(record), [I32, I64, I32]);
    }

    #[test]
    fn variants_join_their_payloads() {
        let float_or_int = Layout::variant(&[Layout::F32, Layout::INT]);
        assert_eq!((float_or_int.size, float_or_int.align), (8, 4));
        assert_eq!(flat(float_or_int), [I32, I32]);
        let wide = Layout::variant(&[Layout::F32, Layout::F64, Layout::POINTER_LENGTH]);
        assert_eq!((wide.size, wide.align), (16, 8));
        assert_eq!(flat(wide), [I32, I64, I32]);
        assert_eq!(flat(Layout::variant(&[Layout::UNIT, Layout::F64])), [I32, F64]);
        assert_eq!(flat(Layout::variant(&[Layout::F32, Layout::F32])), [I32, F32]);
        assert_eq!(Layout::payload_offset(&[Layout::UNIT, Layout::LONG]), 8);
        assert_eq!(Layout::payload_offset(&[Layout::UNIT, Layout::BYTE]), 1);
    }

    #[test]
    fn discriminants_grow_with_the_number_of_cases() {
        assert_eq!([1, 256, 257, 65_536, 65_537].map(discriminant_size), [1, 1, 2, 2, 4]);
        assert_eq!([1, 8, 9, 16, 17, 32].map(|n| Layout::flags(n).size), [1, 1, 2, 2, 4, 4]);
    }

    #[test]
    fn what_holds_a_pointer_or_a_handle_is_not_plain() {
        assert!(Layout::record(&[Layout::BYTE, Layout::variant(&[Layout::UNIT, Layout::F64])]).plain);
        assert!(!Layout::record(&[Layout::BYTE, Layout::POINTER_LENGTH]).plain);
        assert!(!Layout::variant(&[Layout::UNIT, Layout::HANDLE]).plain);
    }

    #[test]
    fn more_than_sixteen_slots_are_over() {
        let pair = Layout::POINTER_LENGTH;
        let full = Layout::record(&[pair; 8]);
        assert!(full.flat.fits(16) && full.flat.as_slice().is_some());
        let over = Layout::record(&[full, Layout::BYTE]);
        assert!(!over.flat.fits(16) && over.flat.as_slice().is_none());
        assert!(!Layout::variant(&[full, Layout::UNIT]).flat.fits(16));
        assert!(!Layout::record(&[Layout::BYTE, over]).flat.fits(16));
    }

    #[test]
    fn sizes_saturate() {
        let mut layout = Layout::LONG;
        for _ in 0..40 {
            layout = Layout::record(&[layout, layout]);
        }
        assert!(layout.size > MAX_VALUE_BYTES);
    }
}
