//! Handles. Own or borrow is in the Rust type, so no type tree is needed at run time; the tables behind
//! [`Guest`](super::Guest) and [`Handles`](super::Handles) check every handle against the types of the function.

use std::any::TypeId;

use super::{
    ComponentType, Depth, FlatReader, FlatWriter, Guest, Layout, Lift, LiftContext, Lower, LowerContext,
    describe, identity,
};
use crate::error::Result;
use crate::types::{TypeMismatch, ValType};
use crate::value::{Borrow, BorrowAny, Resource, ResourceAny};

/// A handle type: how a value becomes a handle and, for those that can be lifted, back.
macro_rules! handle {
    (impl[$($param:ident)?] $rust:ty, $variant:ident, $name:literal, $called:expr, $check:expr, lower: |$this:ident, $guest:ident| $lower:expr
     , lift: |$handles:ident, $handle:ident| $lift:expr) => {
        impl<$($param: 'static)?> ComponentType for $rust {
            const LAYOUT: Layout = Layout::HANDLE;

            fn typecheck(ty: &ValType) -> Result<(), TypeMismatch> {
                match ty {
                    ValType::$variant(resource) => $check(resource),
                    other => Err(TypeMismatch::of($name, Some(other))),
                }
            }

            fn val_type(_: Depth) -> Result<ValType> {
                Ok(ValType::$variant(describe::resource($called)))
            }
        }

        impl<$($param: 'static)?> Lower for $rust {
            #[inline]
            fn lower<Gu: Guest>(&self, cx: &mut LowerContext<'_, Gu>, dst: &mut FlatWriter<'_>) -> Result<()> {
                let ($this, $guest) = (self, cx.guest());
                dst.push(u64::from($lower?))
            }

            #[inline]
            fn store<Gu: Guest>(&self, cx: &mut LowerContext<'_, Gu>, ptr: u32) -> Result<()> {
                let ($this, $guest) = (self, cx.guest());
                let handle = $lower?;
                cx.store_bytes(ptr, handle.to_le_bytes())
            }
        }

        impl<$($param: 'static)?> Lift for $rust {
            #[inline]
            fn lift(cx: &mut LiftContext<'_>, src: &mut FlatReader<'_>) -> Result<Self> {
                let ($handles, $handle) = (cx.handles(), src.next_u32()?);
                $lift
            }

            #[inline]
            fn load(cx: &mut LiftContext<'_>, ptr: u32) -> Result<Self> {
                let $handle = cx.load_u32(ptr)?;
                let $handles = cx.handles();
                $lift
            }
        }
    };
}

handle!(impl[R] Resource<R>, Own, "an owned handle", rust_name::<R>(), identity::check::<R>,
    lower: |this, guest| guest.lower_host_own(TypeId::of::<R>(), this.rep()),
    lift: |handles, handle| handles.lift_host_own(TypeId::of::<R>(), handle).map(Resource::own));

handle!(impl[R] Borrow<R>, Borrow, "a borrowed handle", rust_name::<R>(), identity::check::<R>,
    lower: |this, guest| guest.lower_host_borrow(TypeId::of::<R>(), this.rep()),
    lift: |handles, handle| handles.lift_host_borrow(TypeId::of::<R>(), handle).map(Borrow::new));

handle!(impl[] ResourceAny, Own, "an owned handle", "resource", identity::check_any,
    lower: |this, guest| guest.lower_own(None, *this),
    lift: |handles, handle| handles.lift_own(None, handle));

handle!(impl[] BorrowAny, Borrow, "a borrowed handle", "resource", identity::check_any,
    lower: |this, guest| guest.lower_borrow(None, this.0),
    lift: |handles, handle| handles.lift_borrow(None, handle).map(BorrowAny));

/// `Buffer` for `app::editor::Buffer`.
fn rust_name<R>() -> &'static str {
    let path = std::any::type_name::<R>();
    let plain = path.split('<').next().unwrap_or(path);
    plain.rsplit("::").next().unwrap_or(plain)
}
