//! Numbers, `bool`, `char`, and `()`, which stands for "nothing".

use super::{
    ComponentType, Depth, FlatReader, FlatWriter, Guest, Layout, Lift, LiftContext, Lower, LowerContext,
};
use crate::abi::flat::low_half;
use crate::abi::load::{canonical_f32, canonical_f64, check_char};
use crate::abi::trap::AbiTrap;
use crate::abi::view;
use crate::error::{Error, Result};
use crate::types::{TypeMismatch, ValType};

macro_rules! component_type {
    ($rust:ty, $variant:ident, $name:literal, $layout:ident) => {
        impl ComponentType for $rust {
            const LAYOUT: Layout = Layout::$layout;

            fn typecheck(ty: &ValType) -> Result<(), TypeMismatch> {
                match ty {
                    ValType::$variant => Ok(()),
                    other => Err(TypeMismatch::of($name, Some(other))),
                }
            }

            fn val_type(_: Depth) -> Result<ValType> {
                Ok(ValType::$variant)
            }
        }
    };
}

/// A number: `$slot` and `$unslot` pass between it and its flat slot; its memory form is its bytes, little endian;
/// `$canonical` makes every NaN the canonical one.
macro_rules! number {
    ($rust:ty, $variant:ident, $name:literal, $layout:ident, $slot:expr, $unslot:expr, $canonical:expr) => {
        component_type!($rust, $variant, $name, $layout);

        impl Lower for $rust {
            #[inline]
            fn lower<G: Guest>(&self, _: &mut LowerContext<'_, G>, dst: &mut FlatWriter<'_>) -> Result<()> {
                let slot: fn($rust) -> u64 = $slot;
                dst.push(slot($canonical(*self)))
            }

            #[inline]
            fn store<G: Guest>(&self, cx: &mut LowerContext<'_, G>, ptr: u32) -> Result<()> {
                cx.store_bytes(ptr, $canonical(*self).to_le_bytes())
            }

            #[inline]
            fn store_list<G: Guest>(list: &[Self], cx: &mut LowerContext<'_, G>, ptr: u32) -> Result<()> {
                const SIZE: usize = size_of::<$rust>();
                let length = list.len().checked_mul(SIZE).and_then(|bytes| u32::try_from(bytes).ok());
                let (places, _) =
                    cx.window(ptr, length.ok_or(AbiTrap::ListTooLong)?)?.as_chunks_mut::<SIZE>();
                for (place, value) in places.iter_mut().zip(list) {
                    *place = $canonical(*value).to_le_bytes();
                }
                Ok(())
            }
        }

        impl Lift for $rust {
            #[inline]
            fn lift(_: &mut LiftContext<'_>, src: &mut FlatReader<'_>) -> Result<Self> {
                let unslot: fn(u64) -> $rust = $unslot;
                Ok($canonical(unslot(src.next_u64()?)))
            }

            #[inline]
            fn load(cx: &mut LiftContext<'_>, ptr: u32) -> Result<Self> {
                Ok($canonical(<$rust>::from_le_bytes(cx.load_bytes(ptr)?)))
            }

            #[inline]
            fn load_list(cx: &mut LiftContext<'_>, ptr: u32, len: u32) -> Result<Vec<Self>> {
                const SIZE: usize = size_of::<$rust>();
                let bytes = len.checked_mul(SIZE as u32).and_then(|len| view::bytes(cx.memory(), ptr, len));
                let (places, _) = bytes.ok_or(AbiTrap::ListOutOfBounds)?.as_chunks::<SIZE>();
                Ok(places.iter().map(|place| $canonical(<$rust>::from_le_bytes(*place))).collect())
            }
        }
    };
}

number!(i8, S8, "s8", BYTE, |v| sign_extended(v.into()), |slot| low_half(slot) as i8, same);
number!(u8, U8, "u8", BYTE, u64::from, |slot| low_half(slot) as u8, same);
number!(i16, S16, "s16", SHORT, |v| sign_extended(v.into()), |slot| low_half(slot) as i16, same);
number!(u16, U16, "u16", SHORT, u64::from, |slot| low_half(slot) as u16, same);
number!(i32, S32, "s32", INT, sign_extended, |slot| low_half(slot).cast_signed(), same);
number!(u32, U32, "u32", INT, u64::from, low_half, same);
number!(i64, S64, "s64", LONG, i64::cast_unsigned, u64::cast_signed, same);
number!(u64, U64, "u64", LONG, u64::from, u64::from, same);
number!(f32, F32, "f32", F32, |v| v.to_bits().into(), |slot| f32::from_bits(low_half(slot)), canonical_f32);
number!(f64, F64, "f64", F64, f64::to_bits, f64::from_bits, canonical_f64);

const fn same<T>(value: T) -> T
where
    T: Copy,
{
    value
}

/// A signed number fills the low half of its slot with its sign.
fn sign_extended(value: i32) -> u64 {
    u64::from(value.cast_unsigned())
}

component_type!(bool, Bool, "bool", BYTE);

impl Lower for bool {
    #[inline]
    fn lower<G: Guest>(&self, _: &mut LowerContext<'_, G>, dst: &mut FlatWriter<'_>) -> Result<()> {
        dst.push(u64::from(*self))
    }

    #[inline]
    fn store<G: Guest>(&self, cx: &mut LowerContext<'_, G>, ptr: u32) -> Result<()> {
        cx.store_bytes(ptr, [u8::from(*self)])
    }
}

impl Lift for bool {
    #[inline]
    fn lift(_: &mut LiftContext<'_>, src: &mut FlatReader<'_>) -> Result<Self> {
        Ok(src.next_u32()? != 0)
    }

    #[inline]
    fn load(cx: &mut LiftContext<'_>, ptr: u32) -> Result<Self> {
        Ok(cx.load_bytes(ptr)? != [0])
    }
}

component_type!(char, Char, "char", INT);

impl Lower for char {
    #[inline]
    fn lower<G: Guest>(&self, _: &mut LowerContext<'_, G>, dst: &mut FlatWriter<'_>) -> Result<()> {
        dst.push(u64::from(u32::from(*self)))
    }

    #[inline]
    fn store<G: Guest>(&self, cx: &mut LowerContext<'_, G>, ptr: u32) -> Result<()> {
        cx.store_bytes(ptr, u32::from(*self).to_le_bytes())
    }
}

impl Lift for char {
    #[inline]
    fn lift(_: &mut LiftContext<'_>, src: &mut FlatReader<'_>) -> Result<Self> {
        check_char(src.next_u32()?)
    }

    #[inline]
    fn load(cx: &mut LiftContext<'_>, ptr: u32) -> Result<Self> {
        check_char(cx.load_u32(ptr)?)
    }
}

impl ComponentType for () {
    const LAYOUT: Layout = Layout::UNIT;

    fn typecheck(ty: &ValType) -> Result<(), TypeMismatch> {
        Err(TypeMismatch::of("() (nothing)", Some(ty)))
    }

    fn typecheck_optional(ty: Option<&ValType>) -> Result<(), TypeMismatch> {
        ty.map_or(Ok(()), Self::typecheck)
    }

    fn val_type(_: Depth) -> Result<ValType> {
        Err(Error::misuse("`()` stands for nothing: it has no component type and no value"))
    }

    fn val_type_optional(_: Depth) -> Result<Option<ValType>> {
        Ok(None)
    }
}

impl Lower for () {
    #[inline]
    fn lower<G: Guest>(&self, _: &mut LowerContext<'_, G>, _: &mut FlatWriter<'_>) -> Result<()> {
        Ok(())
    }

    #[inline]
    fn store<G: Guest>(&self, _: &mut LowerContext<'_, G>, _: u32) -> Result<()> {
        Ok(())
    }
}

impl Lift for () {
    #[inline]
    fn lift(_: &mut LiftContext<'_>, _: &mut FlatReader<'_>) -> Result<Self> {
        Ok(())
    }

    #[inline]
    fn load(_: &mut LiftContext<'_>, _: u32) -> Result<Self> {
        Ok(())
    }
}
