//! Handles as values. They are plain numbers: what they refer to, and whether they still do, is known by the tables of
//! `resource/`, which check every use.

use std::fmt;
use std::marker::PhantomData;

/// An owned handle to a host resource of type `R`. What stands behind it is the host's: usually an entry of a
/// `ResourceTable`.
pub struct Resource<R> {
    rep: u32,
    marker: PhantomData<fn() -> R>,
}

/// A handle to a host resource of type `R`, lent by a guest for the length of a call.
pub struct Borrow<R> {
    rep: u32,
    marker: PhantomData<fn() -> R>,
}

impl<R> Resource<R> {
    /// The handle that owns the resource numbered `rep`.
    #[must_use]
    pub fn own(rep: u32) -> Self {
        Self { rep, marker: PhantomData }
    }

    /// The number of the resource.
    #[must_use]
    pub fn rep(&self) -> u32 {
        self.rep
    }

    /// A borrow of the same resource.
    #[must_use]
    pub fn borrow(&self) -> Borrow<R> {
        Borrow::new(self.rep)
    }
}

impl<R> Borrow<R> {
    /// A borrow of the resource numbered `rep`.
    #[must_use]
    pub fn new(rep: u32) -> Self {
        Self { rep, marker: PhantomData }
    }

    /// The number of the resource.
    #[must_use]
    pub fn rep(&self) -> u32 {
        self.rep
    }
}

impl<R> fmt::Debug for Resource<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resource<{}>({})", std::any::type_name::<R>(), self.rep)
    }
}

impl<R> fmt::Debug for Borrow<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Borrow<{}>({})", std::any::type_name::<R>(), self.rep)
    }
}

/// A handle that the host holds without knowing its Rust type: to a resource that a guest defined, or, on the dynamic
/// path, to any. It names an entry of the instance's host-side table; a stale or foreign one is refused where it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ResourceAny {
    /// The instance that it belongs to.
    pub(crate) store: u32,
    /// The entry of that instance's host-side table.
    pub(crate) slot: u32,
    /// Which of the entry's successive tenants.
    pub(crate) generation: u32,
}

/// A borrow of a [`ResourceAny`], for a parameter of type `borrow<R>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BorrowAny(pub ResourceAny);

impl ResourceAny {
    /// A borrow of this resource.
    #[must_use]
    pub fn borrow(self) -> BorrowAny {
        BorrowAny(self)
    }
}
