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
use crate::marshal::{
    Budget, Decoded, FlatReader, Guest, Handles, Lift, LiftContext, Lower, LowerContext, View, ViewContext,
};
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

/// Several values at once, and values that are looked at: for functions that are called through dynamic values although
/// they are typed.
impl Val {
    /// Whether this is a value of type `ty`.
    ///
    /// # Errors
    /// How it is not, with the place inside the value.
    pub(crate) fn fits(&self, ty: &ValType) -> Result<()> {
        let mut cx = MemoryGuest::default();
        let value = std::slice::from_ref(self);
        lower_values(&mut LowerContext::new(&mut cx), std::iter::once(ty), value, 0, None, &mut [0; 1])
    }

    /// The values of a tuple of parameters; none of `()`.
    ///
    /// # Errors
    /// As [`Val::from_typed`].
    pub(crate) fn from_params<P: Lower>(params: &P) -> Result<Vec<Self>> {
        Ok(match Self::from_result(params)? {
            Some(Self::Tuple(values)) => values,
            Some(value) => vec![value],
            None => Vec::new(),
        })
    }

    /// A result; nothing for `()`.
    ///
    /// # Errors
    /// As [`Val::from_typed`].
    pub(crate) fn from_result<R: Lower>(result: &R) -> Result<Option<Self>> {
        ValType::of_optional::<R>()?.map(|_| Self::from_typed(result)).transpose()
    }

    /// The way back from [`Val::from_params`].
    ///
    /// # Errors
    /// As [`Val::to_typed`].
    pub(crate) fn to_params<P: Lift>(values: Vec<Self>) -> Result<P> {
        Self::to_result((!values.is_empty()).then_some(Self::Tuple(values)))
    }

    /// The way back from [`Val::from_result`].
    ///
    /// # Errors
    /// As [`Val::to_typed`].
    pub(crate) fn to_result<R: Lift>(value: Option<Self>) -> Result<R> {
        match value {
            Some(value) => value.to_typed(),
            None => MemoryGuest::default().lift(|cx| R::lift(cx, &mut FlatReader::new(&[]))),
        }
    }

    /// Looks at values as parameters that are borrowed.
    ///
    /// # Errors
    /// As [`Val::to_typed`]; what `look` returns.
    pub(crate) fn view_params<P: View, R>(
        values: Vec<Self>,
        look: impl FnOnce(P::Of<'_>) -> Result<R>,
    ) -> Result<R> {
        let mut guest = MemoryGuest::default();
        let mut slots = [0; 1];
        let ty = ValType::of_optional::<P>()?;
        if let Some(ty) = &ty {
            let values = [Self::Tuple(values)];
            lower_values(
                &mut LowerContext::new(&mut guest),
                std::iter::once(ty),
                &values,
                0,
                None,
                &mut slots,
            )?;
        }
        let MemoryGuest { memory, handles } = &mut guest;
        let decoded = Decoded::new(0);
        let mut cx =
            ViewContext::new(memory, StringEncoding::Utf8, &decoded, handles, Budget::bytes(u64::MAX));
        let params = match ty {
            Some(_) => P::load_view(&mut cx, crate::abi::flat::low_half(slots[0]))?,
            None => P::lift_view(&mut cx, &mut FlatReader::new(&[]))?,
        };
        look(params)
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
