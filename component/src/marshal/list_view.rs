//! `ListView`: a list of a guest, looked at where it lies.

use std::fmt;
use std::marker::PhantomData;

use super::budget::Budget;
use super::{ComponentType, Decoded, Depth, FlatReader, Layout, NoHandles, View, ViewContext};
use crate::abi::load::check_list_range;
use crate::abi::options::StringEncoding;
use crate::abi::strings::Utf8Window;
use crate::abi::view;
use crate::error::Result;
use crate::types::{ListType, TypeMismatch, ValType};

/// A list in the guest's memory, borrowed for `'m`: `ListView<'_, str>`, `ListView<'_, u32>`. Nothing is copied; elements
/// are read when they are asked for. All of them were checked before the view came to be, so reading cannot fail.
pub struct ListView<'m, T: ?Sized> {
    memory: &'m [u8],
    decoded: &'m Decoded,
    encoding: StringEncoding,
    ptr: u32,
    length: u32,
    /// The text among the elements that was validated at once.
    window: Utf8Window<'m>,
    element: PhantomData<fn() -> Box<T>>,
}

impl<T: ?Sized> Clone for ListView<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for ListView<'_, T> {}

impl<T: ?Sized> fmt::Debug for ListView<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListView").field("length", &self.length).finish_non_exhaustive()
    }
}

impl<'m, T: View + ?Sized> ListView<'m, T> {
    /// The checks of `load_list_from_range`, and those of every element.
    fn new(cx: &mut ViewContext<'_, 'm>, ptr: u32, length: u32) -> Result<Self> {
        let memory = cx.memory();
        let bytes = check_list_range(memory.len(), ptr, length, &T::LAYOUT)?;
        cx.owned().budget().check_list(length)?;
        // Lists may overlap: what is looked at may be far more than the guest's memory.
        cx.owned().charge(u64::from(bytes.max(length)))?;
        let (decoded, encoding) = (cx.decoded(), cx.owned().encoding());
        let mut list =
            Self { memory, decoded, encoding, ptr, length, window: Utf8Window::EMPTY, element: PhantomData };
        let mut handles = NoHandles;
        let budget = *cx.owned().budget();
        let mut elements = ViewContext::new(memory, encoding, decoded, &mut handles, budget);
        for index in 0..length {
            T::load_view(&mut elements, list.place(index))?;
        }
        list.window = *elements.window();
        let budget = *elements.owned().budget();
        *cx.owned().budget() = budget;
        Ok(list)
    }

    /// How many elements there are.
    #[must_use]
    pub fn len(&self) -> usize {
        view::index(self.length)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The element at `index`.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<T::Of<'m>> {
        let index = u32::try_from(index).ok().filter(|index| *index < self.length)?;
        self.load(index, &mut self.window.clone())
    }

    /// The elements in order.
    pub fn iter(&self) -> ListIter<'m, T> {
        ListIter { list: *self, next: 0 }
    }

    /// All elements: borrowed ones as they are, numbers and owned values copied.
    #[must_use]
    pub fn to_vec(&self) -> Vec<T::Of<'m>> {
        self.iter().collect()
    }

    /// Where an element lies. It was checked that all do.
    fn place(&self, index: u32) -> u32 {
        self.ptr.wrapping_add(index.wrapping_mul(T::LAYOUT.size))
    }

    fn load(&self, index: u32, window: &mut Utf8Window<'m>) -> Option<T::Of<'m>> {
        let mut handles = NoHandles;
        let budget = Budget::bytes(u64::MAX);
        let mut cx = ViewContext::new(self.memory, self.encoding, self.decoded, &mut handles, budget);
        *cx.window() = *window;
        // It was read once, and the memory is borrowed since.
        let element = T::load_view(&mut cx, self.place(index)).ok();
        *window = *cx.window();
        element
    }
}

impl<T: ComponentType + ?Sized> ComponentType for ListView<'_, T> {
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

impl<T: View + ?Sized + 'static> View for ListView<'_, T> {
    type Of<'m> = ListView<'m, T>;

    #[inline]
    fn lift_view<'m>(cx: &mut ViewContext<'_, 'm>, src: &mut FlatReader<'_>) -> Result<Self::Of<'m>> {
        let (ptr, length) = (src.next_u32()?, src.next_u32()?);
        ListView::new(cx, ptr, length)
    }

    #[inline]
    fn load_view<'m>(cx: &mut ViewContext<'_, 'm>, ptr: u32) -> Result<Self::Of<'m>> {
        let (begin, length) = cx.owned().load_range(ptr)?;
        ListView::new(cx, begin, length)
    }
}

impl<'m, T: View + ?Sized> IntoIterator for ListView<'m, T> {
    type Item = T::Of<'m>;
    type IntoIter = ListIter<'m, T>;

    fn into_iter(self) -> ListIter<'m, T> {
        self.iter()
    }
}

impl<'m, T: View + ?Sized> IntoIterator for &ListView<'m, T> {
    type Item = T::Of<'m>;
    type IntoIter = ListIter<'m, T>;

    fn into_iter(self) -> ListIter<'m, T> {
        self.iter()
    }
}

/// The elements of a [`ListView`].
pub struct ListIter<'m, T: ?Sized> {
    list: ListView<'m, T>,
    next: u32,
}

impl<T: ?Sized> fmt::Debug for ListIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListIter").field("next", &self.next).finish_non_exhaustive()
    }
}

impl<'m, T: View + ?Sized> Iterator for ListIter<'m, T> {
    type Item = T::Of<'m>;

    #[inline]
    fn next(&mut self) -> Option<T::Of<'m>> {
        if self.next >= self.list.length {
            return None;
        }
        let mut window = self.list.window;
        let element = self.list.load(self.next, &mut window);
        self.list.window = window;
        self.next += 1;
        element
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = view::index(self.list.length.saturating_sub(self.next));
        (left, Some(left))
    }
}

impl<T: View + ?Sized> ExactSizeIterator for ListIter<'_, T> {}
