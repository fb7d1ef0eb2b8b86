//! Values that are looked at where they lie, in the guest's memory: `&str`, `&[u8]`, [`ListView`](super::ListView), and
//! everything made of them.
//!
//! A [`View`] type *stands for* what a function gets. `&'static str` stands for `&str`: the type of a parameter is written
//! with `'static`, and the function is called with a borrow as long as the call ([`View::Of`]). What cannot be borrowed
//! (records, variants, lists of those) is lifted as ever: [`Owned`] stands for it.
//!
//! ```text
//!   WIT parameter                    stands for it (P)               what the function gets
//!   u32, bool, char, …               u32, bool, char, …              the same
//!   string                           &'static str                    &str
//!   list<u8>                         &'static [u8]                   &[u8]
//!   list<u32>, list<string>, …       ListView<'static, u32>, …<str>  ListView<'_, u32>, …<str>
//!   option<string>, tuple<…>, …      Option<&'static str>, (…,)      Option<&str>, (…,)
//!   own<R>, borrow<R>                Resource<R>, Borrow<R>          the same
//!   anything else                    Owned<T> where T: Lift          T
//! ```
//!
//! The memory of the guest and the data of the host are borrowed side by side; that is possible because a host function
//! cannot call the guest. Everything is checked before the function runs (bounds, alignment, UTF-8, discriminants), so
//! looking at a view cannot fail. Strings of guests that write UTF-16 or Latin-1 are decoded once, into an arena that lasts
//! as long as the call.

use super::budget::Budget;
use super::{ComponentType, Decoded, Depth, FlatReader, Handles, Layout, Lift, LiftContext};
use crate::abi::load::check_list_range;
use crate::abi::options::StringEncoding;
use crate::abi::strings::{Utf8Window, view_string};
use crate::abi::trap::AbiTrap;
use crate::abi::view;
use crate::error::Result;
use crate::types::{TypeMismatch, ValType};
use crate::value::{Borrow, BorrowAny, Resource, ResourceAny};

/// A type that stands for a value that may borrow from the guest's memory.
pub trait View: ComponentType {
    /// The value, while the guest's memory is borrowed for `'m`.
    type Of<'m>;

    /// Reads the flat form: exactly `LAYOUT.flat.len()` slots.
    ///
    /// # Errors
    /// When the guest's values break the canonical ABI, or exceed the budget of the call.
    fn lift_view<'m>(cx: &mut ViewContext<'_, 'm>, src: &mut FlatReader<'_>) -> Result<Self::Of<'m>>;

    /// Reads the memory form at `ptr`, which the caller has checked.
    ///
    /// # Errors
    /// As [`View::lift_view`].
    fn load_view<'m>(cx: &mut ViewContext<'_, 'm>, ptr: u32) -> Result<Self::Of<'m>>;
}

/// What [`View`] reads through: a [`LiftContext`] for what is owned, and the guest's memory for as long as it is borrowed.
#[derive(Debug)]
pub struct ViewContext<'c, 'm> {
    owned: LiftContext<'c>,
    memory: &'m [u8],
    decoded: &'m Decoded,
    window: Utf8Window<'m>,
}

impl<'c, 'm: 'c> ViewContext<'c, 'm> {
    /// Lifts from `memory`; text that is not UTF-8 goes into `decoded`.
    pub(crate) fn new(
        memory: &'m [u8],
        encoding: StringEncoding,
        decoded: &'m Decoded,
        handles: &'c mut dyn Handles,
        budget: Budget,
    ) -> Self {
        let owned = LiftContext::with_budget(memory, encoding, handles, budget);
        Self { owned, memory, decoded, window: Utf8Window::EMPTY }
    }
}

impl<'c, 'm> ViewContext<'c, 'm> {
    /// For values that the host owns.
    #[inline]
    pub fn owned(&mut self) -> &mut LiftContext<'c> {
        &mut self.owned
    }

    /// The guest's memory.
    #[inline]
    #[must_use]
    pub fn memory(&self) -> &'m [u8] {
        self.memory
    }

    /// Where decoded text is.
    #[inline]
    pub(super) fn decoded(&self) -> &'m Decoded {
        self.decoded
    }

    /// The text that was validated last.
    #[inline]
    pub(super) fn window(&mut self) -> &mut Utf8Window<'m> {
        &mut self.window
    }

    /// The string at `ptr`.
    ///
    /// # Errors
    /// The string traps of the specification; a limit error when it must be decoded and the call's budget is spent.
    #[inline]
    pub fn text(&mut self, ptr: u32, length: u32) -> Result<&'m str> {
        let encoding = self.owned.encoding();
        let text = view_string(self.memory, encoding, &mut self.window, self.decoded, (ptr, length))?;
        // To look at costs time: a list may have one long string a million times.
        self.owned.budget().check_string(text.len() as u64)?;
        self.owned.charge(text.len() as u64)?;
        Ok(text)
    }

    /// The list of `length` bytes at `ptr`.
    ///
    /// # Errors
    /// When it does not lie in memory.
    #[inline]
    pub fn bytes(&mut self, ptr: u32, length: u32) -> Result<&'m [u8]> {
        let length = check_list_range(self.memory.len(), ptr, length, &Layout::BYTE)?;
        self.owned.budget().check_list(length)?;
        self.owned.charge(u64::from(length))?;
        view::bytes(self.memory, ptr, length).ok_or_else(|| AbiTrap::ListOutOfBounds.into())
    }
}

/// Stands for a value that the host owns: whatever can be lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owned<T>(std::marker::PhantomData<fn() -> T>);

impl<T: ComponentType> ComponentType for Owned<T> {
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

/// Types whose values are owned in any case, each of which stands for itself.
macro_rules! owned {
    ($(impl[$($param:ident $(: $bound:ident)?),*] $rust:ty => $of:ty;)*) => {$(
        impl<$($param $(: $bound)? + 'static),*> View for $rust {
            type Of<'m> = $of;

            #[inline]
            fn lift_view<'m>(cx: &mut ViewContext<'_, 'm>, src: &mut FlatReader<'_>) -> Result<$of> {
                <$of as Lift>::lift(cx.owned(), src)
            }

            #[inline]
            fn load_view<'m>(cx: &mut ViewContext<'_, 'm>, ptr: u32) -> Result<$of> {
                <$of as Lift>::load(cx.owned(), ptr)
            }
        }
    )*};
}

macro_rules! itself {
    ($($rust:ty),*) => { owned!($(impl[] $rust => $rust;)*); };
}

itself!((), bool, i8, u8, i16, u16, i32, u32, i64, u64, f32, f64, char, String, ResourceAny, BorrowAny);
owned! {
    impl[T: Lift] Owned<T> => T;
    impl[T: Lift] Vec<T> => Vec<T>;
    impl[R: Sized] Resource<R> => Resource<R>;
    impl[R: Sized] Borrow<R> => Borrow<R>;
}

/// Text and bytes, written as what they point at or as the reference.
macro_rules! borrowed {
    ($($rust:ty, $target:ty, $get:ident;)*) => {$(
        impl View for $rust {
            type Of<'m> = &'m $target;

            #[inline]
            fn lift_view<'m>(cx: &mut ViewContext<'_, 'm>, src: &mut FlatReader<'_>) -> Result<&'m $target> {
                let (ptr, length) = (src.next_u32()?, src.next_u32()?);
                cx.$get(ptr, length)
            }

            #[inline]
            fn load_view<'m>(cx: &mut ViewContext<'_, 'm>, ptr: u32) -> Result<&'m $target> {
                let (begin, length) = cx.owned().load_range(ptr)?;
                cx.$get(begin, length)
            }
        }
    )*};
}

borrowed! {
    str, str, text;
    &str, str, text;
    [u8], [u8], bytes;
    &[u8], [u8], bytes;
}

impl<A: View> View for Option<A> {
    type Of<'m> = Option<A::Of<'m>>;

    #[inline]
    fn lift_view<'m>(cx: &mut ViewContext<'_, 'm>, src: &mut FlatReader<'_>) -> Result<Self::Of<'m>> {
        let (case, end) = src.variant(2, &Self::LAYOUT)?;
        let value = if case == 0 { None } else { Some(A::lift_view(cx, src)?) };
        src.skip_to(end);
        Ok(value)
    }

    #[inline]
    fn load_view<'m>(cx: &mut ViewContext<'_, 'm>, ptr: u32) -> Result<Self::Of<'m>> {
        let offset = const { Layout::payload_offset(&[Layout::UNIT, A::LAYOUT]) };
        match cx.owned().load_discriminant(ptr, 2)? {
            0 => Ok(None),
            _ => A::load_view(cx, ptr.wrapping_add(offset)).map(Some),
        }
    }
}

impl<A: View, E: View> View for Result<A, E> {
    type Of<'m> = Result<A::Of<'m>, E::Of<'m>>;

    #[inline]
    fn lift_view<'m>(cx: &mut ViewContext<'_, 'm>, src: &mut FlatReader<'_>) -> Result<Self::Of<'m>> {
        let (case, end) = src.variant(2, &Self::LAYOUT)?;
        let value = if case == 0 { Ok(A::lift_view(cx, src)?) } else { Err(E::lift_view(cx, src)?) };
        src.skip_to(end);
        Ok(value)
    }

    #[inline]
    fn load_view<'m>(cx: &mut ViewContext<'_, 'm>, ptr: u32) -> Result<Self::Of<'m>> {
        let payload = ptr.wrapping_add(const { Layout::payload_offset(&[A::LAYOUT, E::LAYOUT]) });
        match cx.owned().load_discriminant(ptr, 2)? {
            0 => A::load_view(cx, payload).map(Ok),
            _ => E::load_view(cx, payload).map(Err),
        }
    }
}
