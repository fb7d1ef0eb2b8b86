//! The store: owner of everything that belongs to one plugin, and of the application's data for it.

use std::marker::PhantomData;

use super::{Context, Extern, StoreLimits};
use crate::engine::Engine;
use crate::error::Result;
use crate::types::ExternType;

/// Everything of one plugin: its instances, memories, tables and globals, and the application's data of type `T` that
/// host functions can reach. Dropping it frees all of that.
pub struct Store<T> {
    _data: PhantomData<T>,
}

impl<T> Store<T> {
    /// An empty store with this data.
    ///
    /// # Errors
    /// Of kind `Os` if the system refuses what the engine's trap style needs (signal handlers).
    pub fn new(_engine: &Engine, _data: T, _limits: StoreLimits) -> Result<Self> {
        todo!()
    }

    /// What calls and handles need: exclusive access to the store.
    pub fn context(&mut self) -> Context<'_, T> {
        todo!()
    }

    /// The application's data.
    pub fn data(&self) -> &T {
        todo!()
    }

    /// The application's data, to change.
    pub fn data_mut(&mut self) -> &mut T {
        todo!()
    }

    /// Drops the plugin and keeps the application's data.
    pub fn into_data(self) -> T {
        todo!()
    }

    /// The engine the store was made with.
    pub fn engine(&self) -> &Engine {
        todo!()
    }

    /// A token with which any thread can stop what this store's guest does.
    pub fn cancel_token(&self) -> CancelToken {
        todo!()
    }
}

/// Stops a store's guest from any thread.
#[derive(Clone, Debug)]
pub struct CancelToken {}

impl CancelToken {
    /// Ends the call that is running in the store, if any, with [`TrapKind::Cancelled`](crate::TrapKind::Cancelled),
    /// and every later one: a cancelled store stays cancelled.
    pub fn cancel(&self) {
        todo!()
    }
}

pub(crate) struct StoreInner {}

impl StoreInner {
    pub(crate) fn extern_type(&self, _item: Extern) -> Result<ExternType> {
        todo!()
    }
}
