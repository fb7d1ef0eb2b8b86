//! The context: exclusive access to a store, for the application between calls and for host functions during them.

use std::time::{Duration, Instant};

use super::store::StoreInner;
use crate::engine::Engine;
use crate::error::{Error, Result};
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

    /// Sets how long each call of the application may take, all that it does together, wherever the guest is then; `None`
    /// for as long as it likes. A call begins with [`Store::begin_call`](crate::Store::begin_call). It is stopped when it
    /// took so long, or a little later: by a sixteenth, at least 1 ms and at most 100 ms.
    ///
    /// Unlike [`Context::set_deadline`], it is set once for all calls, which then need not look at a clock.
    pub fn set_call_limit(&mut self, limit: Option<Duration>) {
        self.inner_mut().set_call_limit(limit);
    }

    /// What is left of the fuel; 0 when it is used up, and always if the engine does not count it.
    ///
    /// Every executed operator takes 1, but `nop`, `drop`, `block`, `loop`, `try_table`, `else` and `end`, which take
    /// nothing; a call of a host function 50 more; a bulk operation 1 more for every 8 bytes or element that it is asked to
    /// write, growing 1 more for every 8 bytes or element that it adds. What takes long pays before it changes anything,
    /// and is not begun if there is not enough. Whether anything is left is asked at the entry of functions, at the head of
    /// loops, and at least every 1000 operators.
    ///
    /// What a call took is exact when it returned, and when a host function looks. After a trap it is the same in every
    /// run and trap style, but may lack the operators of the straight run of code that trapped, less than 1000; what a
    /// deadline or cancelling leaves depends on when it struck. No trap gives anything back.
    pub fn fuel(&self) -> u64 {
        self.inner().vm().fuel()
    }

    /// Sets what is left of the fuel, for all calls from here on, also from within a host function. More than 2⁶³ − 1
    /// counts as that much.
    ///
    /// # Errors
    /// `Misuse` if the engine does not count fuel: see [`Config::with_fuel`](crate::Config::with_fuel).
    pub fn set_fuel(&mut self, fuel: u64) -> Result<()> {
        if !self.engine().config().fuel() {
            return Err(Error::misuse("the engine does not count fuel; make it with Config::with_fuel"));
        }
        self.inner().vm().set_fuel(fuel);
        Ok(())
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
