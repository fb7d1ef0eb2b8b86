//! The context: exclusive access to a store, for the application between calls and for host functions during them.

use std::marker::PhantomData;
use std::time::Instant;

use super::store::StoreInner;
use crate::engine::Engine;

/// Exclusive access to a store. Every call and every use of a handle takes one, and every host function is given one.
///
/// It is opaque: the store itself cannot be reached, moved or replaced through it, so that frames of guest code that
/// are on the stack stay valid whatever a host function does with it.
pub struct Context<'a, T> {
    _store: PhantomData<&'a mut T>,
}

impl<T> Context<'_, T> {
    /// The application's data.
    pub fn data(&self) -> &T {
        todo!()
    }

    /// The application's data, to change.
    pub fn data_mut(&mut self) -> &mut T {
        todo!()
    }

    /// The engine of the store.
    pub fn engine(&self) -> &Engine {
        todo!()
    }

    /// Sets the time at which the guest is stopped with [`TrapKind::Deadline`](crate::TrapKind::Deadline), wherever it
    /// is then; `None` for never. It holds for all calls until it is set again.
    ///
    /// A host function that runs at that time runs on and the guest is stopped when it returns.
    pub fn set_deadline(&mut self, _deadline: Option<Instant>) {
        todo!()
    }

    pub(crate) fn inner(&self) -> &StoreInner {
        todo!()
    }
}
