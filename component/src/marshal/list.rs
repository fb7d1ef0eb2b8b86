//! Lists: vectors and slices of any element, with a quick way for elements that lie in memory as they do in Rust.

use super::{
    ComponentType, Depth, FlatReader, FlatWriter, Guest, Layout, Lift, LiftContext, Lower, LowerContext,
};
use crate::abi::load::check_list;
use crate::abi::store::allocate_list;
use crate::error::Result;
use crate::types::{ListType, TypeMismatch, ValType};

impl<T: ComponentType> ComponentType for [T] {
    const LAYOUT: Layout = Layout::POINTER_LENGTH;

    fn typecheck(ty: &ValType) -> Result<(), TypeMismatch> {
        match ty {
            ValType::List(list) => {
                T::typecheck(list.element()).map_err(|mismatch| mismatch.within("the elements of the list"))
            }
            other => Err(TypeMismatch::of("a list", Some(other))),
        }
    }

    fn val_type(depth: Depth) -> Result<ValType> {
        Ok(ValType::List(ListType::new(T::val_type(depth.deeper()?)?)))
    }
}

impl<T: Lower> Lower for [T] {
    #[inline]
    fn lower<G: Guest>(&self, cx: &mut LowerContext<'_, G>, dst: &mut FlatWriter<'_>) -> Result<()> {
        let (ptr, length) = lower_list(cx, self)?;
        dst.push(u64::from(ptr))?;
        dst.push(u64::from(length))
    }

    #[inline]
    fn store<G: Guest>(&self, cx: &mut LowerContext<'_, G>, ptr: u32) -> Result<()> {
        let range = lower_list(cx, self)?;
        cx.store_range(ptr, range)
    }
}

impl<T: ComponentType> ComponentType for Vec<T> {
    const LAYOUT: Layout = Layout::POINTER_LENGTH;

    fn typecheck(ty: &ValType) -> Result<(), TypeMismatch> {
        <[T]>::typecheck(ty)
    }

    fn val_type(depth: Depth) -> Result<ValType> {
        <[T]>::val_type(depth)
    }
}

impl<T: Lower> Lower for Vec<T> {
    #[inline]
    fn lower<G: Guest>(&self, cx: &mut LowerContext<'_, G>, dst: &mut FlatWriter<'_>) -> Result<()> {
        self.as_slice().lower(cx, dst)
    }

    #[inline]
    fn store<G: Guest>(&self, cx: &mut LowerContext<'_, G>, ptr: u32) -> Result<()> {
        self.as_slice().store(cx, ptr)
    }
}

impl<T: Lift> Lift for Vec<T> {
    #[inline]
    fn lift(cx: &mut LiftContext<'_>, src: &mut FlatReader<'_>) -> Result<Self> {
        let range = (src.next_u32()?, src.next_u32()?);
        lift_list(cx, range)
    }

    #[inline]
    fn load(cx: &mut LiftContext<'_>, ptr: u32) -> Result<Self> {
        let range = cx.load_range(ptr)?;
        lift_list(cx, range)
    }
}

impl<T: Lift> Lift for Box<[T]> {
    #[inline]
    fn lift(cx: &mut LiftContext<'_>, src: &mut FlatReader<'_>) -> Result<Self> {
        Vec::lift(cx, src).map(Vec::into_boxed_slice)
    }

    #[inline]
    fn load(cx: &mut LiftContext<'_>, ptr: u32) -> Result<Self> {
        Vec::load(cx, ptr).map(Vec::into_boxed_slice)
    }
}

fn lower_list<T: Lower, G: Guest>(cx: &mut LowerContext<'_, G>, list: &[T]) -> Result<(u32, u32)> {
    let (ptr, length) = allocate_list(cx, list.len(), &T::LAYOUT)?;
    T::store_list(list, cx, ptr)?;
    Ok((ptr, length))
}

fn lift_list<T: Lift>(cx: &mut LiftContext<'_>, (ptr, length): (u32, u32)) -> Result<Vec<T>> {
    check_list(cx, ptr, length, &T::LAYOUT, size_of::<T>())?;
    T::load_list(cx, ptr, length)
}
