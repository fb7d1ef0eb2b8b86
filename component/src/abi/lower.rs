//! Dynamic lowering: the walk that writes [`Val`]s as the guest's values of a given type. One function writes the flat
//! form, one the memory form; what they share is below them. A value that does not fit its type is the embedder's
//! mistake: it is refused, with the place, before anything has been written, allocated or given away.

use std::sync::Arc;

use super::flat::FlatWriter;
use super::layout::Layout;
use super::lift::sequence;
use super::load::{canonical_f32, canonical_f64};
use super::store::allocate_list;
use super::strings::lower_string;
use super::view;
use crate::error::{Error, ErrorKind, Result};
use crate::marshal::{Guest, LowerContext};
use crate::types::display::{Name, names};
use crate::types::{FlagsType, ListType, RecordType, ValType, VariantType};
use crate::value::{Record, Val};

/// `lower_flat_values`: `values` of `types` into flat slots, or, when they take more than `max_flat`, into memory: at
/// `out` if it is given, else at a place that the guest allocates, whose address becomes the one slot.
///
/// # Errors
/// When a value does not fit its type, `realloc` fails or misbehaves, or a handle is refused.
pub(crate) fn lower_values<'t, G: Guest>(
    cx: &mut LowerContext<'_, G>,
    types: impl Iterator<Item = &'t ValType> + Clone,
    values: &[Val],
    max_flat: usize,
    out: Option<u32>,
    slots: &mut [u64],
) -> Result<()> {
    let layout = sequence(types.clone());
    lower_laid_out(cx, (types, &layout), values, max_flat, out, slots)
}

/// [`lower_values`] for types whose layout together is known.
///
/// # Errors
/// As there.
pub(crate) fn lower_laid_out<'t, G: Guest>(
    cx: &mut LowerContext<'_, G>,
    (types, layout): (impl Iterator<Item = &'t ValType> + Clone, &Layout),
    values: &[Val],
    max_flat: usize,
    out: Option<u32>,
    slots: &mut [u64],
) -> Result<()> {
    let expected = types.clone().count();
    if expected != values.len() {
        return Err(Error::misuse(format!("{expected} values are needed, {} were given", values.len())));
    }
    if !layout.plain || !layout.flat.fits(max_flat) {
        types.clone().zip(values).try_for_each(|(ty, value)| check(ty, value))?;
    }
    let mut dst = FlatWriter::new(slots);
    if layout.flat.fits(max_flat) {
        return types.zip(values).try_for_each(|(ty, value)| lower(cx, ty, value, &mut dst));
    }
    let ptr = match out {
        Some(ptr) => {
            view::check(cx.guest().memory().len(), ptr, layout.align, layout.size)?;
            ptr
        }
        None => {
            let ptr = cx.allocate(layout.align, layout.size)?;
            dst.push(u64::from(ptr))?;
            ptr
        }
    };
    let mut at = ptr;
    for (ty, value) in types.zip(values) {
        at = super::layout::align_to(at, ty.layout().align);
        store(cx, ty, value, at)?;
        at = at.saturating_add(ty.layout().size);
    }
    Ok(())
}

/// Whether `value` is of type `ty`.
fn check(ty: &ValType, value: &Val) -> Result<()> {
    match (ty, value) {
        (ValType::String, Val::String(_)) => Ok(()),
        (ValType::List(ty), Val::List(values)) => {
            let mut values = values.iter().enumerate();
            values.try_for_each(|(i, value)| check(ty.element(), value).map_err(|e| in_element(e, i)))
        }
        (ValType::List(ty), Val::Bytes(_)) if matches!(ty.element(), ValType::U8) => Ok(()),
        (ValType::Record(ty), Val::Record(record)) => {
            let values = in_order(ty, record)?;
            let mut places = ty.fields().iter().zip(values.iter());
            places.try_for_each(|((name, ty), value)| check(ty, value).map_err(|e| in_field(e, name)))
        }
        (ValType::Tuple(ty), Val::Tuple(values)) if ty.types().len() == values.len() => {
            ty.types().iter().zip(values).try_for_each(|(ty, value)| check(ty, value))
        }
        (ValType::Own(_) | ValType::Borrow(_), Val::Resource(_)) => Ok(()),
        _ => match choice(ty, value)? {
            Some(choice) => choice.payload.map_or(Ok(()), |(ty, value)| check(ty, value)),
            None => number(ty, value).map(|_| ()),
        },
    }
}

/// `lower_flat`: `value` as flat slots of type `ty`.
fn lower<G: Guest>(
    cx: &mut LowerContext<'_, G>,
    ty: &ValType,
    value: &Val,
    dst: &mut FlatWriter<'_>,
) -> Result<()> {
    match (ty, value) {
        (ValType::String, Val::String(text)) => {
            let (ptr, length) = lower_string(cx, text)?;
            dst.push(u64::from(ptr))?;
            dst.push(u64::from(length))
        }
        (ValType::List(ty), Val::List(_) | Val::Bytes(_)) => {
            let (ptr, length) = store_elements(cx, ty, value)?;
            dst.push(u64::from(ptr))?;
            dst.push(u64::from(length))
        }
        (ValType::Record(ty), Val::Record(record)) => {
            let values = in_order(ty, record)?;
            for ((name, ty), value) in ty.fields().iter().zip(values.iter()) {
                lower(cx, ty, value, dst).map_err(|e| in_field(e, name))?;
            }
            Ok(())
        }
        (ValType::Tuple(ty), Val::Tuple(values)) if ty.types().len() == values.len() => {
            let mut parts = ty.types().iter().zip(values);
            parts.try_for_each(|(ty, value)| lower(cx, ty, value, dst))
        }
        _ => match choice(ty, value)? {
            Some(Choice { case, payload, .. }) => {
                let end = dst.variant(case, ty.layout())?;
                if let Some((ty, value)) = payload {
                    lower(cx, ty, value, dst)?;
                }
                dst.pad(end)
            }
            None => dst.push(scalar(cx, ty, value)?),
        },
    }
}

/// `store`: `value` of type `ty` at `ptr`, in a range that is already checked.
fn store<G: Guest>(cx: &mut LowerContext<'_, G>, ty: &ValType, value: &Val, ptr: u32) -> Result<()> {
    match (ty, value) {
        (ValType::String, Val::String(text)) => {
            let range = lower_string(cx, text)?;
            cx.store_range(ptr, range)
        }
        (ValType::List(ty), Val::List(_) | Val::Bytes(_)) => {
            let range = store_elements(cx, ty, value)?;
            cx.store_range(ptr, range)
        }
        (ValType::Record(ty), Val::Record(record)) => {
            let values = in_order(ty, record)?;
            for (((name, ty), offset), value) in ty.fields().iter().zip(ty.offsets()).zip(values.iter()) {
                store(cx, ty, value, ptr.saturating_add(*offset)).map_err(|e| in_field(e, name))?;
            }
            Ok(())
        }
        (ValType::Tuple(ty), Val::Tuple(values)) if ty.types().len() == values.len() => {
            let mut parts = ty.types().iter().zip(ty.offsets()).zip(values);
            parts.try_for_each(|((ty, offset), value)| store(cx, ty, value, ptr.saturating_add(*offset)))
        }
        _ => match choice(ty, value)? {
            Some(Choice { case, cases, payload_offset, payload }) => {
                cx.store_discriminant(ptr, case, cases)?;
                match payload {
                    Some((ty, value)) => store(cx, ty, value, ptr.saturating_add(payload_offset)),
                    None => Ok(()),
                }
            }
            None => {
                let bytes = scalar(cx, ty, value)?.to_le_bytes();
                let [a, b, c, d, ..] = bytes;
                match ty.layout().size {
                    1 => cx.store_bytes(ptr, [a]),
                    2 => cx.store_bytes(ptr, [a, b]),
                    4 => cx.store_bytes(ptr, [a, b, c, d]),
                    _ => cx.store_bytes(ptr, bytes),
                }
            }
        },
    }
}

/// A value that takes one slot and no memory, as that slot.
fn scalar<G: Guest>(cx: &mut LowerContext<'_, G>, ty: &ValType, value: &Val) -> Result<u64> {
    match (ty, value) {
        (ValType::Own(ty), Val::Resource(any)) => cx.guest().lower_own(Some(ty), *any).map(u64::from),
        (ValType::Borrow(ty), Val::Resource(any)) => cx.guest().lower_borrow(Some(ty), *any).map(u64::from),
        _ => number(ty, value),
    }
}

/// A scalar that is not a handle, as its slot.
fn number(ty: &ValType, value: &Val) -> Result<u64> {
    Ok(match (ty, value) {
        (ValType::Bool, Val::Bool(v)) => u64::from(*v),
        (ValType::S8, Val::S8(v)) => signed(i32::from(*v)),
        (ValType::U8, Val::U8(v)) => u64::from(*v),
        (ValType::S16, Val::S16(v)) => signed(i32::from(*v)),
        (ValType::U16, Val::U16(v)) => u64::from(*v),
        (ValType::S32, Val::S32(v)) => signed(*v),
        (ValType::U32, Val::U32(v)) => u64::from(*v),
        (ValType::S64, Val::S64(v)) => v.cast_unsigned(),
        (ValType::U64, Val::U64(v)) => *v,
        (ValType::F32, Val::F32(v)) => u64::from(canonical_f32(*v).to_bits()),
        (ValType::F64, Val::F64(v)) => canonical_f64(*v).to_bits(),
        (ValType::Char, Val::Char(v)) => u64::from(u32::from(*v)),
        (ValType::Enum(ty), Val::Enum(name)) => {
            ty.index_of(name).ok_or_else(|| no_name("case", name, ty.names()))? as u64
        }
        (ValType::Flags(ty), Val::Flags(set)) => u64::from(flags(ty, set)?),
        _ => return Err(mismatch(ty, value)),
    })
}

fn signed(value: i32) -> u64 {
    u64::from(value.cast_unsigned())
}

/// A case of a variant, option or result.
struct Choice<'a> {
    case: u32,
    cases: usize,
    payload_offset: u32,
    payload: Option<(&'a ValType, &'a Val)>,
}

/// The case that `value` is, if `ty` is one of the types with cases and payloads.
fn choice<'a>(ty: &'a ValType, value: &'a Val) -> Result<Option<Choice<'a>>> {
    let (case, cases, payload_offset, payload_type, payload) = match (ty, value) {
        (ValType::Variant(ty), Val::Variant(name, payload)) => {
            let (case, payload_type) = named_case(ty, name)?;
            (case, ty.cases().len(), ty.payload_offset(), payload_type, payload)
        }
        (ValType::Option(ty), Val::Option(some)) => {
            (usize::from(some.is_some()), 2, ty.payload_offset(), some.as_ref().map(|_| ty.some()), some)
        }
        (ValType::Result(ty), Val::Result(Ok(ok))) => (0, 2, ty.payload_offset(), ty.ok(), ok),
        (ValType::Result(ty), Val::Result(Err(err))) => (1, 2, ty.payload_offset(), ty.err(), err),
        (ValType::Variant(_) | ValType::Option(_) | ValType::Result(_), _) => {
            return Err(mismatch(ty, value));
        }
        _ => return Ok(None),
    };
    let payload = match (payload_type, payload.as_deref()) {
        (Some(ty), Some(value)) => Some((ty, value)),
        (None, None) => None,
        (Some(_), None) => return Err(unfit(ty, format!("{} without a payload", value.kind()))),
        (None, Some(_)) => {
            return Err(unfit(ty, format!("{} with a payload that its case does not have", value.kind())));
        }
    };
    let case = u32::try_from(case).map_err(|_| Error::internal("a variant has more than 2^32 cases"))?;
    Ok(Some(Choice { case, cases, payload_offset, payload }))
}

fn named_case<'a>(ty: &'a VariantType, name: &str) -> Result<(usize, Option<&'a ValType>)> {
    let case = ty.index_of(name).and_then(|index| Some((index, ty.cases().get(index)?)));
    match case {
        Some((index, (_, payload))) => Ok((index, payload.as_ref())),
        None => Err(no_name("case", name, ty.cases().iter().map(|(label, _)| label))),
    }
}

fn flags(ty: &FlagsType, set: &[String]) -> Result<u32> {
    let mut bits = 0u32;
    for name in set {
        match ty.index_of(name) {
            Some(bit) if bit < 32 => bits |= 1 << bit,
            _ => return Err(no_name("flag", name, ty.names())),
        }
    }
    Ok(bits)
}

/// `store_list_into_range`.
fn store_elements<G: Guest>(cx: &mut LowerContext<'_, G>, ty: &ListType, list: &Val) -> Result<(u32, u32)> {
    let element = ty.element();
    let values = match (list, element) {
        (Val::Bytes(bytes), ValType::U8) => {
            let (ptr, length) = allocate_list(cx, bytes.len(), element.layout())?;
            cx.window(ptr, length)?.copy_from_slice(bytes);
            return Ok((ptr, length));
        }
        (Val::List(values), _) => values,
        _ => return Err(mismatch(&ValType::List(ty.clone()), list)),
    };
    let (ptr, length) = allocate_list(cx, values.len(), element.layout())?;
    if element.layout().plain {
        store_each(&mut LowerContext::new(&mut cx.bytes()), element, values, ptr)?;
    } else {
        store_each(cx, element, values, ptr)?;
    }
    Ok((ptr, length))
}

fn store_each<G: Guest>(
    cx: &mut LowerContext<'_, G>,
    element: &ValType,
    values: &[Val],
    ptr: u32,
) -> Result<()> {
    let mut at = ptr;
    for (i, value) in values.iter().enumerate() {
        store(cx, element, value, at).map_err(|error| in_element(error, i))?;
        at = at.wrapping_add(element.layout().size);
    }
    Ok(())
}

/// The values of a record in the order of its type's fields: at once, if the record was lifted with the type.
enum InOrder<'a> {
    AsTheyAre(&'a [Val]),
    Sorted(Vec<&'a Val>),
}

impl<'a> InOrder<'a> {
    fn iter(&self) -> impl Iterator<Item = &'a Val> {
        let (as_they_are, sorted): (&[Val], &[&Val]) = match self {
            Self::AsTheyAre(values) => (values, &[]),
            Self::Sorted(values) => (&[], values),
        };
        as_they_are.iter().chain(sorted.iter().copied())
    }
}

/// With as many fields as the type has, and each of the type's among them, there is no other.
fn in_order<'a>(ty: &RecordType, record: &'a Record) -> Result<InOrder<'a>> {
    if let Some(values) = record.values_of(ty.names()) {
        return Ok(InOrder::AsTheyAre(values));
    }
    if ty.fields().len() == record.len() {
        let in_place = record.iter().zip(ty.fields()).all(|((key, _), (name, _))| *key == **name);
        if in_place {
            return Ok(InOrder::AsTheyAre(record.values()));
        }
        return ty
            .fields()
            .iter()
            .map(|(name, _)| field(record, name))
            .collect::<Result<_>>()
            .map(InOrder::Sorted);
    }
    let unknown = record.iter().find(|(name, _)| !ty.fields().iter().any(|(label, _)| **label == **name));
    Err(match unknown {
        Some((name, _)) => no_name("field", name, ty.fields().iter().map(|(label, _)| label)),
        None => Error::new(ErrorKind::Value {
            expected: ValType::Record(ty.clone()).to_string(),
            found: format!("a record with {} of {} fields", record.len(), ty.fields().len()),
        }),
    })
}

/// The field called `name`.
fn field<'a>(record: &'a Record, name: &str) -> Result<&'a Val> {
    record.get(name).ok_or_else(|| {
        Error::new(ErrorKind::Value {
            expected: format!("a record with a field `{}`", Name(name)),
            found: "a record without it".to_owned(),
        })
    })
}

fn in_element(error: Error, index: usize) -> Error {
    error.within(format!("element {index}"))
}

fn in_field(error: Error, name: &str) -> Error {
    error.within(format!("field `{}`", Name(name)))
}

fn mismatch(ty: &ValType, value: &Val) -> Error {
    unfit(ty, value.kind().to_owned())
}

fn unfit(ty: &ValType, found: String) -> Error {
    Error::new(ErrorKind::Value { expected: ty.to_string(), found })
}

fn no_name<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a Arc<str>>) -> Error {
    let known = names(known.into_iter().map(|name| &**name));
    Error::new(ErrorKind::Value {
        expected: format!("a {what} among {known}"),
        found: format!("`{}`", Name(name)),
    })
}
