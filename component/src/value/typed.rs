//! Between Rust values and dynamic ones: a value is lowered into a guest that is nothing but memory, and lifted as the
//! other form. So `Val`s have the very rules of calls, and the derives need to know one form only. Which text a value
//! has is `wave/`'s.

use std::any::TypeId;

use super::{ResourceAny, Val};
use crate::abi::lift::lift_values;
use crate::abi::lower::lower_values;
use crate::abi::options::StringEncoding;
use crate::abi::view;
use crate::error::{Error, Result};
use crate::marshal::{Guest, Handles, Lift, LiftContext, Lower, LowerContext};
use crate::types::{ResourceType, ValType};

impl Val {
    /// The dynamic form of a Rust value: of a standard type, or of one that derives `ComponentType` and `Lower`.
    ///
    /// ```
    /// use plugbay_component::Val;
    ///
    /// let val = Val::from_typed(&(3u32, "three"))?;
    /// assert_eq!(val, Val::Tuple(vec![Val::U32(3), Val::String("three".into())]));
    /// # Ok::<(), plugbay_component::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the type stands for no value (`()`), when it contains `Resource<R>` or `Borrow<R>`, which mean something in
    /// calls only ([`ResourceAny`] is carried as it is), or when the value takes more than 4 GiB.
    pub fn from_typed<T: Lower + ?Sized>(value: &T) -> Result<Self> {
        let ty = ValType::of::<T>()?;
        let mut guest = MemoryGuest::default();
        let ptr = {
            let mut cx = LowerContext::new(&mut guest);
            let ptr = cx.allocate(T::LAYOUT.align, T::LAYOUT.size)?;
            value.store(&mut cx, ptr)?;
            ptr
        };
        let values = guest.lift(|cx| lift_values(cx, std::iter::once(&ty), 0, &[u64::from(ptr)]))?;
        values.into_iter().next().ok_or_else(|| Error::internal("a value was lifted as none"))
    }

    /// The Rust value that this is the dynamic form of; the way back from [`Val::from_typed`]. Fields may stand in any
    /// order.
    ///
    /// ```
    /// use plugbay_component::Val;
    ///
    /// let val = Val::Option(Some(Box::new(Val::String("x".into()))));
    /// assert_eq!(val.to_typed::<Option<String>>()?.as_deref(), Some("x"));
    /// assert!(val.to_typed::<Option<u8>>().is_err());
    /// # Ok::<(), plugbay_component::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Value`](crate::ErrorKind::Value), with the place inside the value, when it is not of the type; and
    /// as [`Val::from_typed`].
    pub fn to_typed<T: Lift>(&self) -> Result<T> {
        let ty = ValType::of::<T>()?;
        let mut guest = MemoryGuest::default();
        let mut slots = [0; 1];
        lower_values(
            &mut LowerContext::new(&mut guest),
            std::iter::once(&ty),
            std::slice::from_ref(self),
            0,
            None,
            &mut slots,
        )?;
        let ptr = crate::abi::flat::low_half(slots[0]);
        guest.lift(|cx| T::load(cx, ptr))
    }
}

/// A guest that is memory alone, which `realloc` takes from one end to the other. A handle is the number of an entry.
#[derive(Default)]
struct MemoryGuest {
    memory: Vec<u8>,
    handles: Entries,
}

#[derive(Default)]
struct Entries(Vec<ResourceAny>);

impl MemoryGuest {
    fn lift<R>(&mut self, lift: impl FnOnce(&mut LiftContext<'_>) -> Result<R>) -> Result<R> {
        let Self { memory, handles } = self;
        // The value is the application's own: it was in memory before, so it may be there again.
        lift(&mut LiftContext::new(memory, StringEncoding::Utf8, handles, u64::MAX))
    }
}

impl Guest for MemoryGuest {
    fn encoding(&self) -> StringEncoding {
        StringEncoding::Utf8
    }

    fn memory(&mut self) -> &mut [u8] {
        &mut self.memory
    }

    /// Nothing is given back: the memory lives as long as one conversion.
    fn realloc(&mut self, old: u32, old_size: u32, align: u32, new_size: u32) -> Result<u32> {
        let begin = self.memory.len().next_multiple_of(view::index(align.max(1)));
        let end = begin.checked_add(view::index(new_size)).ok_or_else(|| too_large(u64::MAX))?;
        let ptr = u32::try_from(begin).map_err(|_| too_large(end as u64))?;
        if u32::try_from(end).is_err() {
            return Err(too_large(end as u64));
        }
        self.memory.resize(end, 0);
        let kept = view::index(old_size.min(new_size));
        if kept > 0 {
            let old = view::index(old);
            self.memory.copy_within(old..old.saturating_add(kept), begin);
        }
        Ok(ptr)
    }

    fn lower_own(&mut self, _: Option<&ResourceType>, value: ResourceAny) -> Result<u32> {
        self.handles.add(value)
    }

    fn lower_borrow(&mut self, _: Option<&ResourceType>, value: ResourceAny) -> Result<u32> {
        self.handles.add(value)
    }

    fn lower_host_own(&mut self, _: TypeId, _: u32) -> Result<u32> {
        Err(host_resource())
    }

    fn lower_host_borrow(&mut self, _: TypeId, _: u32) -> Result<u32> {
        Err(host_resource())
    }
}

impl Entries {
    fn add(&mut self, value: ResourceAny) -> Result<u32> {
        let index = u32::try_from(self.0.len()).map_err(|_| too_large(u64::MAX))?;
        self.0.push(value);
        Ok(index)
    }

    fn get(&self, handle: u32) -> Result<ResourceAny> {
        let found = self.0.get(view::index(handle)).copied();
        found.ok_or_else(|| Error::internal("a handle in a converted value has no entry"))
    }
}

impl Handles for Entries {
    fn lift_own(&mut self, _: Option<&ResourceType>, handle: u32) -> Result<ResourceAny> {
        self.get(handle)
    }

    fn lift_borrow(&mut self, _: Option<&ResourceType>, handle: u32) -> Result<ResourceAny> {
        self.get(handle)
    }

    fn lift_host_own(&mut self, _: TypeId, _: u32) -> Result<u32> {
        Err(host_resource())
    }

    fn lift_host_borrow(&mut self, _: TypeId, _: u32) -> Result<u32> {
        Err(host_resource())
    }
}

fn host_resource() -> Error {
    Error::misuse(
        "`Resource<R>` and `Borrow<R>` have no dynamic form: outside a call they belong to no plugin; use `ResourceAny`",
    )
}

fn too_large(bytes: u64) -> Error {
    Error::limit("bytes of one converted value", bytes, u64::from(u32::MAX))
}

#[cfg(test)]
mod tests;
