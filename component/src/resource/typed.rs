//! `Resource<R>` and `Borrow<R>`: handles to host resources in typed signatures. The Rust type says own or borrow, so
//! the typed path needs no type tree; which `R` a WIT resource is, the linker was told by `LinkerInstance::resource`.

use std::fmt;
use std::marker::PhantomData;

/// An owned handle to a host resource whose data is an `R`.
pub struct Resource<R: 'static> {
    rep: u32,
    marker: PhantomData<fn() -> R>,
}

impl<R: 'static> Resource<R> {
    /// Makes the handle that owns the resource represented by `rep`.
    #[must_use]
    pub fn own(rep: u32) -> Self {
        Self { rep, marker: PhantomData }
    }

    /// The representation: for a [`crate::ResourceTable`], the key of the data.
    #[must_use]
    pub fn rep(&self) -> u32 {
        self.rep
    }

    /// Always true; the borrowed form is [`Borrow`].
    #[must_use]
    pub fn is_owned(&self) -> bool {
        true
    }

    /// A borrow of this resource.
    #[must_use]
    pub fn borrow(&self) -> Borrow<R> {
        Borrow::new(self.rep)
    }
}

impl<R: 'static> fmt::Debug for Resource<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resource<{}>({})", std::any::type_name::<R>(), self.rep)
    }
}

/// A borrowed handle to a host resource whose data is an `R`; good until the call that gave it returns.
pub struct Borrow<R: 'static> {
    rep: u32,
    marker: PhantomData<fn() -> R>,
}

impl<R: 'static> Borrow<R> {
    /// Makes a borrow of the resource represented by `rep`.
    #[must_use]
    pub fn new(rep: u32) -> Self {
        Self { rep, marker: PhantomData }
    }

    /// The representation.
    #[must_use]
    pub fn rep(&self) -> u32 {
        self.rep
    }
}

impl<R: 'static> Clone for Borrow<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: 'static> Copy for Borrow<R> {}

impl<R: 'static> fmt::Debug for Borrow<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Borrow<{}>({})", std::any::type_name::<R>(), self.rep)
    }
}

impl<R: 'static> From<&Resource<R>> for Borrow<R> {
    fn from(handle: &Resource<R>) -> Self {
        handle.borrow()
    }
}

impl<R: 'static> From<&Borrow<R>> for Borrow<R> {
    fn from(handle: &Borrow<R>) -> Self {
        *handle
    }
}
