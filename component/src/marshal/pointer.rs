//! References and boxes: what they point at crosses the boundary.

use std::sync::Arc;

use super::{
    ComponentType, Depth, FlatReader, FlatWriter, Guest, Layout, Lift, LiftContext, Lower, LowerContext,
};
use crate::error::Result;
use crate::types::{TypeMismatch, ValType};

macro_rules! pointer {
    ($($rust:ty),*) => {$(
        impl<T: ComponentType + ?Sized> ComponentType for $rust {
            const LAYOUT: Layout = T::LAYOUT;

            fn typecheck(ty: &ValType) -> Result<(), TypeMismatch> {
                T::typecheck(ty)
            }

            fn typecheck_optional(ty: Option<&ValType>) -> Result<(), TypeMismatch> {
                T::typecheck_optional(ty)
            }

            fn val_type(depth: Depth) -> Result<ValType> {
                T::val_type(depth)
            }

            fn val_type_optional(depth: Depth) -> Result<Option<ValType>> {
                T::val_type_optional(depth)
            }
        }

        impl<T: Lower + ?Sized> Lower for $rust {
            #[inline]
            fn lower<G: Guest>(&self, cx: &mut LowerContext<'_, G>, dst: &mut FlatWriter<'_>) -> Result<()> {
                T::lower(self, cx, dst)
            }

            #[inline]
            fn store<G: Guest>(&self, cx: &mut LowerContext<'_, G>, ptr: u32) -> Result<()> {
                T::store(self, cx, ptr)
            }
        }
    )*};
}

pointer!(&T, Box<T>, Arc<T>);

impl<T: Lift> Lift for Box<T> {
    #[inline]
    fn lift(cx: &mut LiftContext<'_>, src: &mut FlatReader<'_>) -> Result<Self> {
        T::lift(cx, src).map(Self::new)
    }

    #[inline]
    fn load(cx: &mut LiftContext<'_>, ptr: u32) -> Result<Self> {
        T::load(cx, ptr).map(Self::new)
    }
}
