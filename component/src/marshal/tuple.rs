//! Tuples: of WIT, and as the parameters of a function.

use std::sync::Arc;

use super::{
    ComponentType, Depth, FlatReader, FlatWriter, Guest, Layout, Lift, LiftContext, Lower, LowerContext,
    Params, View, ViewContext,
};
use crate::error::Result;
use crate::types::{TupleType, TypeMismatch, ValType};

/// The layouts of the elements of a tuple.
trait Fields {
    const FIELDS: &'static [Layout];
}

macro_rules! tuple {
    ($count:literal: $($type:ident $value:ident $index:tt),*) => {
        impl<$($type: ComponentType),*> Fields for ($($type,)*) {
            const FIELDS: &'static [Layout] = &[$($type::LAYOUT),*];
        }

        impl<$($type: ComponentType),*> ComponentType for ($($type,)*) {
            const LAYOUT: Layout = Layout::record(Self::FIELDS);

            fn typecheck(ty: &ValType) -> Result<(), TypeMismatch> {
                let ValType::Tuple(tuple) = ty else {
                    return Err(TypeMismatch::of("a tuple", Some(ty)));
                };
                let [$($value),*] = tuple.types() else {
                    return Err(TypeMismatch::of(concat!("a tuple of ", $count), Some(ty)));
                };
                $($type::typecheck($value).map_err(|m| m.within(concat!("element ", $index)))?;)*
                Ok(())
            }

            fn val_type(depth: Depth) -> Result<ValType> {
                let depth = depth.deeper()?;
                TupleType::new([$($type::val_type(depth)?),*]).map(ValType::Tuple)
            }
        }

        impl<$($type: ComponentType),*> Params for ($($type,)*) {
            fn typecheck_params(params: &[(Arc<str>, ValType)]) -> Result<(), TypeMismatch> {
                let [$($value),*] = params else {
                    return Err(parameters($count, params.len()));
                };
                $($type::typecheck(&$value.1).map_err(|m| m.within(format!("parameter `{}`", $value.0)))?;)*
                Ok(())
            }
        }

        impl<$($type: Lower),*> Lower for ($($type,)*) {
            #[inline]
            fn lower<Gu: Guest>(&self, cx: &mut LowerContext<'_, Gu>, dst: &mut FlatWriter<'_>) -> Result<()> {
                $(self.$index.lower(cx, dst)?;)*
                Ok(())
            }

            #[inline]
            fn store<Gu: Guest>(&self, cx: &mut LowerContext<'_, Gu>, ptr: u32) -> Result<()> {
                $({
                    let offset = const { Layout::field_offset(Self::FIELDS, $index) };
                    self.$index.store(cx, ptr.wrapping_add(offset))?;
                })*
                Ok(())
            }
        }

        impl<$($type: Lift),*> Lift for ($($type,)*) {
            #[inline]
            fn lift(cx: &mut LiftContext<'_>, src: &mut FlatReader<'_>) -> Result<Self> {
                Ok(($($type::lift(cx, src)?,)*))
            }

            #[inline]
            fn load(cx: &mut LiftContext<'_>, ptr: u32) -> Result<Self> {
                Ok(($({
                    let offset = const { Layout::field_offset(Self::FIELDS, $index) };
                    $type::load(cx, ptr.wrapping_add(offset))?
                },)*))
            }
        }

        impl<$($type: View),*> View for ($($type,)*) {
            type Of<'m> = ($($type::Of<'m>,)*);

            #[inline]
            fn lift_view<'m>(cx: &mut ViewContext<'_, 'm>, src: &mut FlatReader<'_>) -> Result<Self::Of<'m>> {
                Ok(($($type::lift_view(cx, src)?,)*))
            }

            #[inline]
            fn load_view<'m>(cx: &mut ViewContext<'_, 'm>, ptr: u32) -> Result<Self::Of<'m>> {
                Ok(($({
                    let offset = const { Layout::field_offset(Self::FIELDS, $index) };
                    $type::load_view(cx, ptr.wrapping_add(offset))?
                },)*))
            }
        }
    };
}

tuple!(1: A a 0);
tuple!(2: A a 0, B b 1);
tuple!(3: A a 0, B b 1, C c 2);
tuple!(4: A a 0, B b 1, C c 2, D d 3);
tuple!(5: A a 0, B b 1, C c 2, D d 3, E e 4);
tuple!(6: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5);
tuple!(7: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6);
tuple!(8: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7);
tuple!(9: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8);
tuple!(10: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8, J j 9);
tuple!(11: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8, J j 9, K k 10);
tuple!(12: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8, J j 9, K k 10, L l 11);
tuple!(13: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8, J j 9, K k 10, L l 11, M m 12);
tuple!(14: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8, J j 9, K k 10, L l 11, M m 12, N n 13);
tuple!(15: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8, J j 9, K k 10, L l 11, M m 12, N n 13, O o 14);
tuple!(16: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8, J j 9, K k 10, L l 11, M m 12, N n 13, O o 14, P p 15);

impl Params for () {
    fn typecheck_params(params: &[(Arc<str>, ValType)]) -> Result<(), TypeMismatch> {
        if params.is_empty() { Ok(()) } else { Err(parameters(0, params.len())) }
    }
}

fn parameters(expected: usize, found: usize) -> TypeMismatch {
    let plural = |n: usize| format!("{n} parameter{}", if n == 1 { "" } else { "s" });
    TypeMismatch::new(plural(expected), plural(found))
}
