//! `option` and `result`.

use super::{
    ComponentType, Depth, FlatReader, FlatWriter, Guest, Layout, Lift, LiftContext, Lower, LowerContext,
};
use crate::error::Result;
use crate::types::{OptionType, ResultType, TypeMismatch, ValType};

impl<T: ComponentType> ComponentType for Option<T> {
    const LAYOUT: Layout = Layout::variant(&[Layout::UNIT, T::LAYOUT]);

    fn typecheck(ty: &ValType) -> Result<(), TypeMismatch> {
        match ty {
            ValType::Option(option) => {
                T::typecheck(option.some()).map_err(|mismatch| mismatch.within("the value of the option"))
            }
            other => Err(TypeMismatch::of("an option", Some(other))),
        }
    }

    fn val_type(depth: Depth) -> Result<ValType> {
        OptionType::new(T::val_type(depth.deeper()?)?).map(ValType::Option)
    }
}

impl<T: Lower> Lower for Option<T> {
    #[inline]
    fn lower<G: Guest>(&self, cx: &mut LowerContext<'_, G>, dst: &mut FlatWriter<'_>) -> Result<()> {
        let end = dst.variant(u32::from(self.is_some()), &Self::LAYOUT)?;
        if let Some(value) = self {
            value.lower(cx, dst)?;
        }
        dst.pad(end)
    }

    #[inline]
    fn store<G: Guest>(&self, cx: &mut LowerContext<'_, G>, ptr: u32) -> Result<()> {
        cx.store_discriminant(ptr, u32::from(self.is_some()), 2)?;
        let offset = const { Layout::payload_offset(&[Layout::UNIT, T::LAYOUT]) };
        match self {
            Some(value) => value.store(cx, ptr.wrapping_add(offset)),
            None => Ok(()),
        }
    }
}

impl<T: Lift> Lift for Option<T> {
    #[inline]
    fn lift(cx: &mut LiftContext<'_>, src: &mut FlatReader<'_>) -> Result<Self> {
        let (case, end) = src.variant(2, &Self::LAYOUT)?;
        let value = if case == 0 { None } else { Some(T::lift(cx, src)?) };
        src.skip_to(end);
        Ok(value)
    }

    #[inline]
    fn load(cx: &mut LiftContext<'_>, ptr: u32) -> Result<Self> {
        let offset = const { Layout::payload_offset(&[Layout::UNIT, T::LAYOUT]) };
        match cx.load_discriminant(ptr, 2)? {
            0 => Ok(None),
            _ => T::load(cx, ptr.wrapping_add(offset)).map(Some),
        }
    }
}

impl<T: ComponentType, E: ComponentType> ComponentType for Result<T, E> {
    const LAYOUT: Layout = Layout::variant(&[T::LAYOUT, E::LAYOUT]);

    fn typecheck(ty: &ValType) -> Result<(), TypeMismatch> {
        let ValType::Result(result) = ty else {
            return Err(TypeMismatch::of("a result", Some(ty)));
        };
        T::typecheck_optional(result.ok()).map_err(|mismatch| mismatch.within("the value of `ok`"))?;
        E::typecheck_optional(result.err()).map_err(|mismatch| mismatch.within("the value of `err`"))
    }

    fn val_type(depth: Depth) -> Result<ValType> {
        let depth = depth.deeper()?;
        ResultType::new(T::val_type_optional(depth)?, E::val_type_optional(depth)?).map(ValType::Result)
    }
}

impl<T: Lower, E: Lower> Lower for Result<T, E> {
    #[inline]
    fn lower<G: Guest>(&self, cx: &mut LowerContext<'_, G>, dst: &mut FlatWriter<'_>) -> Result<()> {
        let end = dst.variant(u32::from(self.is_err()), &Self::LAYOUT)?;
        match self {
            Ok(value) => value.lower(cx, dst)?,
            Err(error) => error.lower(cx, dst)?,
        }
        dst.pad(end)
    }

    #[inline]
    fn store<G: Guest>(&self, cx: &mut LowerContext<'_, G>, ptr: u32) -> Result<()> {
        cx.store_discriminant(ptr, u32::from(self.is_err()), 2)?;
        let payload = ptr.wrapping_add(const { Layout::payload_offset(&[T::LAYOUT, E::LAYOUT]) });
        match self {
            Ok(value) => value.store(cx, payload),
            Err(error) => error.store(cx, payload),
        }
    }
}

impl<T: Lift, E: Lift> Lift for Result<T, E> {
    #[inline]
    fn lift(cx: &mut LiftContext<'_>, src: &mut FlatReader<'_>) -> Result<Self> {
        let (case, end) = src.variant(2, &Self::LAYOUT)?;
        let value = if case == 0 { Ok(T::lift(cx, src)?) } else { Err(E::lift(cx, src)?) };
        src.skip_to(end);
        Ok(value)
    }

    #[inline]
    fn load(cx: &mut LiftContext<'_>, ptr: u32) -> Result<Self> {
        let payload = ptr.wrapping_add(const { Layout::payload_offset(&[T::LAYOUT, E::LAYOUT]) });
        match cx.load_discriminant(ptr, 2)? {
            0 => T::load(cx, payload).map(Ok),
            _ => E::load(cx, payload).map(Err),
        }
    }
}
