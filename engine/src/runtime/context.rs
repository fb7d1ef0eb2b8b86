//! The context: exclusive access to a store, for the application between calls and for host functions during them.

use std::time::Instant;

use super::store::StoreInner;
use crate::engine::Engine;
use crate::vm::store::StoreRef;

/// Exclusive access to a store. Every call and every use of a handle takes one, and every host function is given one.
///
/// It is opaque: the store itself cannot be reached, moved or replaced through it, so that frames of guest code that
/// are on the stack stay valid whatever a host function does with it.
pub struct Context<'a, T>(StoreRef<'a, T>);

impl<'a, T> Context<'a, T> {
    pub(crate) fn new(store: StoreRef<'a, T>) -> Self {
        Self(store)
    }

    /// The application's data.
    pub fn data(&self) -> &T {
        self.0.data()
    }

    /// The application's data, to change.
    pub fn data_mut(&mut self) -> &mut T {
        self.0.data_mut()
    }

    /// The engine of the store.
    pub fn engine(&self) -> &Engine {
        self.inner().engine()
    }

    /// Sets the time at which the guest is stopped with [`TrapKind::Deadline`](crate::TrapKind::Deadline), wherever it
    /// is then; `None` for never. It holds for all calls until it is set again: calls made after it has passed are
    /// refused.
    ///
    /// A host function that runs at that time runs on, and the guest is stopped when it returns. So does a guest of
    /// another store that a host function called, until its own deadline.
    pub fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.inner_mut().set_deadline(deadline);
    }

    pub(crate) fn inner(&self) -> &StoreInner {
        self.0.inner()
    }

    pub(crate) fn inner_mut(&mut self) -> &mut StoreInner {
        self.0.inner_mut()
    }

    pub(crate) fn split_mut(&mut self) -> (&mut StoreInner, &mut T) {
        self.0.split_mut()
    }

    pub(crate) fn store_mut(&mut self) -> &mut StoreRef<'a, T> {
        &mut self.0
    }
}
