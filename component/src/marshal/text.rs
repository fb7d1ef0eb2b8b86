//! Strings: owned and borrowed text. How text is encoded in memory is the business of `abi/strings`.

use std::borrow::Cow;

use super::{
    ComponentType, Depth, FlatReader, FlatWriter, Guest, Layout, Lift, LiftContext, Lower, LowerContext,
};
use crate::abi::strings::{lift_string, lower_string};
use crate::error::Result;
use crate::types::{TypeMismatch, ValType};

impl ComponentType for str {
    const LAYOUT: Layout = Layout::POINTER_LENGTH;

    fn typecheck(ty: &ValType) -> Result<(), TypeMismatch> {
        match ty {
            ValType::String => Ok(()),
            other => Err(TypeMismatch::of("string", Some(other))),
        }
    }

    fn val_type(_: Depth) -> Result<ValType> {
        Ok(ValType::String)
    }
}

impl Lower for str {
    #[inline]
    fn lower<G: Guest>(&self, cx: &mut LowerContext<'_, G>, dst: &mut FlatWriter<'_>) -> Result<()> {
        let (ptr, length) = lower_string(cx, self)?;
        dst.push(u64::from(ptr))?;
        dst.push(u64::from(length))
    }

    #[inline]
    fn store<G: Guest>(&self, cx: &mut LowerContext<'_, G>, ptr: u32) -> Result<()> {
        let range = lower_string(cx, self)?;
        cx.store_range(ptr, range)
    }
}

/// A type that owns or borrows a `str`.
macro_rules! text {
    ($($rust:ty),*) => {$(
        impl ComponentType for $rust {
            const LAYOUT: Layout = <str as ComponentType>::LAYOUT;

            fn typecheck(ty: &ValType) -> Result<(), TypeMismatch> {
                <str as ComponentType>::typecheck(ty)
            }

            fn val_type(depth: Depth) -> Result<ValType> {
                <str as ComponentType>::val_type(depth)
            }
        }

        impl Lower for $rust {
            #[inline]
            fn lower<G: Guest>(&self, cx: &mut LowerContext<'_, G>, dst: &mut FlatWriter<'_>) -> Result<()> {
                <str as Lower>::lower(self, cx, dst)
            }

            #[inline]
            fn store<G: Guest>(&self, cx: &mut LowerContext<'_, G>, ptr: u32) -> Result<()> {
                <str as Lower>::store(self, cx, ptr)
            }
        }
    )*};
}

text!(String, Cow<'_, str>);

impl Lift for String {
    #[inline]
    fn lift(cx: &mut LiftContext<'_>, src: &mut FlatReader<'_>) -> Result<Self> {
        let (ptr, length) = (src.next_u32()?, src.next_u32()?);
        lift_string(cx, ptr, length)
    }

    #[inline]
    fn load(cx: &mut LiftContext<'_>, ptr: u32) -> Result<Self> {
        let (begin, length) = cx.load_range(ptr)?;
        lift_string(cx, begin, length)
    }
}

impl Lift for Box<str> {
    #[inline]
    fn lift(cx: &mut LiftContext<'_>, src: &mut FlatReader<'_>) -> Result<Self> {
        String::lift(cx, src).map(String::into_boxed_str)
    }

    #[inline]
    fn load(cx: &mut LiftContext<'_>, ptr: u32) -> Result<Self> {
        String::load(cx, ptr).map(String::into_boxed_str)
    }
}
