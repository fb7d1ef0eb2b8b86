//! Dynamic lifting: the walk that turns the guest's values of a given type into [`Val`]s. One function reads the flat
//! form, one the memory form; what they share is below them. Depth is that of the type, which validation bounds.

use super::flat::{FlatReader, low_half};
use super::layout::{Layout, align_to};
use super::load::{canonical_f32, canonical_f64, check_char, check_list};
use super::strings::lift_string;
use super::trap::AbiTrap;
use super::view;
use crate::error::{Error, Result};
use crate::marshal::LiftContext;
use crate::types::{ListType, ResultType, ValType, VariantType};
use crate::value::{Record, Val};

/// `lift_flat_values`: the values of `types`, from flat slots, or from memory when they take more than `max_flat`.
///
/// # Errors
/// When the guest's values break the canonical ABI, or exceed the budget of the call.
pub(crate) fn lift_values<'t>(
    cx: &mut LiftContext<'_>,
    types: impl Iterator<Item = &'t ValType> + Clone,
    max_flat: usize,
    slots: &[u64],
) -> Result<Vec<Val>> {
    let layout = sequence(types.clone());
    let mut src = FlatReader::new(slots);
    if layout.flat.fits(max_flat) {
        return types.map(|ty| lift(cx, ty, &mut src)).collect();
    }
    let ptr = src.next_u32()?;
    view::check(cx.memory().len(), ptr, layout.align, layout.size)?;
    let mut at = ptr;
    types
        .map(|ty| {
            at = align_to(at, ty.layout().align);
            let value = load(cx, ty, at);
            at = at.saturating_add(ty.layout().size);
            value
        })
        .collect()
}

/// [`lift_values`] of one type.
///
/// # Errors
/// As there.
pub(crate) fn lift_value(
    cx: &mut LiftContext<'_>,
    ty: &ValType,
    max_flat: usize,
    slots: &[u64],
) -> Result<Val> {
    let layout = ty.layout();
    let mut src = FlatReader::new(slots);
    if layout.flat.fits(max_flat) {
        return lift(cx, ty, &mut src);
    }
    let ptr = src.next_u32()?;
    view::check(cx.memory().len(), ptr, layout.align, layout.size)?;
    load(cx, ty, ptr)
}

/// The layout of a tuple of these types.
pub(crate) fn sequence<'t>(types: impl Iterator<Item = &'t ValType>) -> Layout {
    let mut out = Layout::UNIT;
    for ty in types {
        let next = ty.layout();
        out.size = align_to(out.size, next.align).saturating_add(next.size);
        out.align = out.align.max(next.align);
        out.flat = out.flat.concat(&next.flat);
        out.plain &= next.plain;
    }
    out.size = align_to(out.size, out.align);
    out
}

/// `lift_flat`: a value of type `ty` from flat slots.
fn lift(cx: &mut LiftContext<'_>, ty: &ValType, src: &mut FlatReader<'_>) -> Result<Val> {
    Ok(match ty {
        ValType::String => {
            let (ptr, length) = (src.next_u32()?, src.next_u32()?);
            Val::String(lift_string(cx, ptr, length)?)
        }
        ValType::List(ty) => {
            let (ptr, length) = (src.next_u32()?, src.next_u32()?);
            load_elements(cx, ty, ptr, length)?
        }
        ValType::Record(ty) => {
            charge_values(cx, ty.fields().len())?;
            let mut values = Vec::with_capacity(ty.fields().len());
            for (_, ty) in ty.fields() {
                values.push(lift(cx, ty, src)?);
            }
            Val::Record(Record::shared(ty.names(), values))
        }
        ValType::Tuple(ty) => {
            charge_values(cx, ty.types().len())?;
            Val::Tuple(ty.types().iter().map(|ty| lift(cx, ty, src)).collect::<Result<_>>()?)
        }
        ValType::Variant(ty) => {
            let (case, end) = src.variant(count(ty.cases().len()), ty.layout())?;
            let (name, payload) = case_of(ty, case)?;
            let payload = payload.map(|ty| lift(cx, ty, src)).transpose()?;
            src.skip_to(end);
            Val::Variant(label(cx, name)?, boxed(cx, payload)?)
        }
        ValType::Option(ty) => {
            let (case, end) = src.variant(2, ty.layout())?;
            let some = if case == 0 { None } else { Some(lift(cx, ty.some(), src)?) };
            src.skip_to(end);
            Val::Option(boxed(cx, some)?)
        }
        ValType::Result(ty) => {
            let (case, end) = src.variant(2, ty.layout())?;
            let payload = result_case(ty, case).map(|ty| lift(cx, ty, src)).transpose()?;
            src.skip_to(end);
            result(case, boxed(cx, payload)?)
        }
        scalar => lift_scalar(cx, scalar, src.next_u64()?)?,
    })
}

/// A value that takes one slot and no memory.
fn lift_scalar(cx: &mut LiftContext<'_>, ty: &ValType, slot: u64) -> Result<Val> {
    let low = low_half(slot);
    Ok(match ty {
        ValType::Bool => Val::Bool(low != 0),
        ValType::S8 => Val::S8(low as i8),
        ValType::U8 => Val::U8(low as u8),
        ValType::S16 => Val::S16(low as i16),
        ValType::U16 => Val::U16(low as u16),
        ValType::S32 => Val::S32(low.cast_signed()),
        ValType::U32 => Val::U32(low),
        ValType::S64 => Val::S64(slot.cast_signed()),
        ValType::U64 => Val::U64(slot),
        ValType::F32 => Val::F32(canonical_f32(f32::from_bits(low))),
        ValType::F64 => Val::F64(canonical_f64(f64::from_bits(slot))),
        ValType::Char => Val::Char(check_char(low)?),
        ValType::Enum(ty) => {
            let case = super::load::check_discriminant(low, count(ty.names().len()))?;
            let name = ty.names().get(view::index(case)).ok_or_else(no_case)?;
            Val::Enum(label(cx, name)?)
        }
        ValType::Flags(ty) => {
            let mut set = Vec::new();
            for (bit, name) in ty.names().iter().enumerate() {
                if bit < 32 && low & (1 << bit) != 0 {
                    set.push(label(cx, name)?);
                }
            }
            Val::Flags(set)
        }
        ValType::Own(ty) => Val::Resource(cx.handles().lift_own(Some(ty), low)?),
        ValType::Borrow(ty) => Val::Resource(cx.handles().lift_borrow(Some(ty), low)?),
        _ => return Err(Error::internal("a compound type was taken for a scalar")),
    })
}

/// `load`: a value of type `ty` at `ptr`, in a range that is already checked.
fn load(cx: &mut LiftContext<'_>, ty: &ValType, ptr: u32) -> Result<Val> {
    Ok(match ty {
        ValType::String => {
            let (begin, length) = cx.load_range(ptr)?;
            Val::String(lift_string(cx, begin, length)?)
        }
        ValType::List(ty) => {
            let (begin, length) = cx.load_range(ptr)?;
            load_elements(cx, ty, begin, length)?
        }
        ValType::Record(ty) => {
            charge_values(cx, ty.fields().len())?;
            let mut values = Vec::with_capacity(ty.fields().len());
            for ((_, ty), offset) in ty.fields().iter().zip(ty.offsets()) {
                values.push(load(cx, ty, ptr.saturating_add(*offset))?);
            }
            Val::Record(Record::shared(ty.names(), values))
        }
        ValType::Tuple(ty) => {
            charge_values(cx, ty.types().len())?;
            let places = ty.types().iter().zip(ty.offsets());
            let values = places.map(|(ty, offset)| load(cx, ty, ptr.saturating_add(*offset)));
            Val::Tuple(values.collect::<Result<_>>()?)
        }
        ValType::Variant(ty) => {
            let case = cx.load_discriminant(ptr, ty.cases().len())?;
            let (name, payload) = case_of(ty, case)?;
            let at = ptr.saturating_add(ty.payload_offset());
            let payload = payload.map(|ty| load(cx, ty, at)).transpose()?;
            Val::Variant(label(cx, name)?, boxed(cx, payload)?)
        }
        ValType::Option(ty) => {
            let case = cx.load_discriminant(ptr, 2)?;
            let at = ptr.saturating_add(ty.payload_offset());
            let some = if case == 0 { None } else { Some(load(cx, ty.some(), at)?) };
            Val::Option(boxed(cx, some)?)
        }
        ValType::Result(ty) => {
            let case = cx.load_discriminant(ptr, 2)?;
            let at = ptr.saturating_add(ty.payload_offset());
            let payload = result_case(ty, case).map(|ty| load(cx, ty, at)).transpose()?;
            result(case, boxed(cx, payload)?)
        }
        scalar => {
            let slot = match scalar.layout().size {
                1 => u64::from(u8::from_le_bytes(cx.load_bytes(ptr)?)),
                2 => u64::from(u16::from_le_bytes(cx.load_bytes(ptr)?)),
                4 => u64::from(cx.load_u32(ptr)?),
                _ => u64::from_le_bytes(cx.load_bytes(ptr)?),
            };
            lift_scalar(cx, scalar, slot)?
        }
    })
}

/// `load_list_from_range`.
fn load_elements(cx: &mut LiftContext<'_>, ty: &ListType, ptr: u32, length: u32) -> Result<Val> {
    let element = ty.element();
    let layout = element.layout();
    if matches!(element, ValType::U8) {
        check_list(cx, ptr, length, layout, 1)?;
        let bytes = view::bytes(cx.memory(), ptr, length);
        return Ok(Val::Bytes(bytes.ok_or(AbiTrap::ListOutOfBounds)?.to_vec()));
    }
    check_list(cx, ptr, length, layout, size_of::<Val>())?;
    let mut list = Vec::with_capacity(view::index(length));
    let mut at = ptr;
    for _ in 0..length {
        list.push(load(cx, element, at)?);
        at = at.wrapping_add(layout.size);
    }
    Ok(Val::List(list))
}

fn case_of(ty: &VariantType, case: u32) -> Result<(&str, Option<&ValType>)> {
    let (name, payload) = ty.cases().get(view::index(case)).ok_or_else(no_case)?;
    Ok((name, payload.as_ref()))
}

fn result_case(ty: &ResultType, case: u32) -> Option<&ValType> {
    if case == 0 { ty.ok() } else { ty.err() }
}

fn result(case: u32, payload: Option<Box<Val>>) -> Val {
    Val::Result(if case == 0 { Ok(payload) } else { Err(payload) })
}

fn boxed(cx: &mut LiftContext<'_>, payload: Option<Val>) -> Result<Option<Box<Val>>> {
    charge_values(cx, usize::from(payload.is_some()))?;
    Ok(payload.map(Box::new))
}

/// A copy of a name, paid for: names may be long and values many.
fn label(cx: &mut LiftContext<'_>, name: &str) -> Result<String> {
    cx.charge((size_of::<(String, Val)>() + name.len()) as u64)?;
    Ok(name.to_owned())
}

fn charge_values(cx: &mut LiftContext<'_>, values: usize) -> Result<()> {
    cx.charge((values as u64).saturating_mul(size_of::<Val>() as u64))
}

fn count(cases: usize) -> u32 {
    u32::try_from(cases).unwrap_or(u32::MAX)
}

fn no_case() -> Error {
    Error::internal("a checked discriminant has no case")
}
