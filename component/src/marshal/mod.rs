//! Typed values: the safe traits that carry Rust values across a component's boundary, and their implementations for
//! the types of the standard library. The derives of `bindgen-macro` implement the same traits with the helpers of
//! `check.rs` and of the contexts.

mod budget;
pub(crate) mod call;
pub mod check;
mod context;
mod decoded;
pub mod describe;
mod handle;
mod identity;
mod list;
mod list_view;
mod no_handles;
mod pointer;
mod scalar;
mod text;
mod tuple;
mod variant;
mod view;

pub use crate::abi::flat::{FlatReader, FlatWriter};
pub use crate::abi::layout::{
    CoreType, FlatTypes, Layout, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS, discriminant_size,
};
pub use crate::abi::options::StringEncoding;
pub use context::{Guest, Handles, LiftContext, LowerContext};
pub use describe::Depth;
pub use list_view::{ListIter, ListView};
pub use view::{Owned, View, ViewContext};

pub(crate) use budget::Budget;
pub(crate) use decoded::Decoded;
pub(crate) use identity::{Known, KnownResource};
pub(crate) use no_handles::NoHandles;

use crate::error::Result;
use crate::types::{TypeMismatch, ValType};

/// A Rust type that stands for a component type.
#[diagnostic::on_unimplemented(
    note = "a type of your own derives it: `#[derive(ComponentType, Lift, Lower)]` on a struct or an enum"
)]
pub trait ComponentType {
    /// Size, alignment and flat form in the canonical ABI.
    const LAYOUT: Layout;

    /// Whether this type can stand for `ty`: same structure, same field and case names.
    ///
    /// # Errors
    /// How they differ.
    fn typecheck(ty: &ValType) -> Result<(), TypeMismatch>;

    /// [`ComponentType::typecheck`] where the component may have nothing: the payload of a case, the result of a
    /// function. Only `()` stands for nothing.
    ///
    /// # Errors
    /// How they differ.
    fn typecheck_optional(ty: Option<&ValType>) -> Result<(), TypeMismatch> {
        match ty {
            Some(ty) => Self::typecheck(ty),
            None => Err(TypeMismatch::of(std::any::type_name::<Self>(), None)),
        }
    }

    /// The component type that this type stands for, with the names of fields and cases: what reflection shows, and what
    /// dynamic values are made by. Start it with [`ValType::of`].
    ///
    /// # Errors
    /// When the type stands for no value, or for none that the canonical ABI can hold.
    fn val_type(depth: Depth) -> Result<ValType>;

    /// [`ComponentType::val_type`] where a component may have nothing, which only `()` stands for.
    ///
    /// # Errors
    /// As [`ComponentType::val_type`].
    fn val_type_optional(depth: Depth) -> Result<Option<ValType>> {
        Self::val_type(depth).map(Some)
    }
}

/// A Rust type whose values can be given to a guest.
#[diagnostic::on_unimplemented(
    note = "a type of your own derives it: `#[derive(ComponentType, Lift, Lower)]` on a struct or an enum"
)]
pub trait Lower: ComponentType {
    /// Writes the flat form: exactly `LAYOUT.flat.len()` slots (variants pad with zeros).
    ///
    /// # Errors
    /// When the guest's `realloc` fails or misbehaves, or a handle is refused.
    fn lower<G: Guest>(&self, cx: &mut LowerContext<'_, G>, dst: &mut FlatWriter<'_>) -> Result<()>;

    /// Writes the memory form at `ptr`, which the caller has aligned and checked.
    ///
    /// # Errors
    /// As [`Lower::lower`].
    fn store<G: Guest>(&self, cx: &mut LowerContext<'_, G>, ptr: u32) -> Result<()>;

    /// Writes the elements of a list one after another from `ptr` on, which the caller has aligned and checked. Numbers
    /// do better than one element at a time.
    ///
    /// # Errors
    /// As [`Lower::lower`].
    #[inline]
    fn store_list<G: Guest>(list: &[Self], cx: &mut LowerContext<'_, G>, ptr: u32) -> Result<()>
    where
        Self: Sized,
    {
        if const { Self::LAYOUT.plain } {
            store_each(list, &mut LowerContext::new(&mut cx.bytes()), ptr)
        } else {
            store_each(list, cx, ptr)
        }
    }
}

#[inline]
fn store_each<T: Lower, G: Guest>(list: &[T], cx: &mut LowerContext<'_, G>, ptr: u32) -> Result<()> {
    let mut at = ptr;
    for element in list {
        element.store(cx, at)?;
        at = at.wrapping_add(T::LAYOUT.size);
    }
    Ok(())
}

/// A Rust type whose values can be taken from a guest.
#[diagnostic::on_unimplemented(
    note = "a type of your own derives it: `#[derive(ComponentType, Lift, Lower)]` on a struct or an enum"
)]
pub trait Lift: ComponentType + Sized {
    /// Reads the flat form: exactly `LAYOUT.flat.len()` slots.
    ///
    /// # Errors
    /// When the guest's values break the canonical ABI, or exceed the budget of the call.
    fn lift(cx: &mut LiftContext<'_>, src: &mut FlatReader<'_>) -> Result<Self>;

    /// Reads the memory form at `ptr`, which the caller has checked.
    ///
    /// # Errors
    /// As [`Lift::lift`].
    fn load(cx: &mut LiftContext<'_>, ptr: u32) -> Result<Self>;

    /// Reads `len` elements of a list that lie one after another from `ptr` on, a range that the caller has checked and
    /// charged. Numbers do better than one element at a time.
    ///
    /// # Errors
    /// As [`Lift::lift`].
    #[inline]
    fn load_list(cx: &mut LiftContext<'_>, ptr: u32, len: u32) -> Result<Vec<Self>> {
        let mut list = Vec::with_capacity(crate::abi::view::index(len));
        let mut at = ptr;
        for _ in 0..len {
            list.push(Self::load(cx, at)?);
            at = at.wrapping_add(Self::LAYOUT.size);
        }
        Ok(list)
    }
}

/// A tuple of Rust types that stands for the parameters of a function. Implemented for tuples of up to 16.
pub trait Params: ComponentType {
    /// Whether the tuple can stand for these parameters.
    ///
    /// # Errors
    /// Which parameter differs, and how.
    fn typecheck_params(params: &[(std::sync::Arc<str>, ValType)]) -> Result<(), TypeMismatch>;
}

#[cfg(test)]
mod tests;
