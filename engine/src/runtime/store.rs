//! The store: owner of everything that belongs to one plugin, and of the application's data for it.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use super::deadline::{CallClock, CancelToken};
use super::exceptions::{Exceptions, Word};
use super::func::Functions;
use super::instance::InstanceData;
use super::tag::TagData;
use super::{Context, StoreLimits, backtrace, pool, watchdog};
use crate::config::TrapStyle;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::vm;
use crate::vm::host_func::HostFunc;
use crate::vm::store::{OwnedStore, VMStore};

/// Everything of one plugin: its instances, memories, tables and globals, and the application's data of type `T` that
/// host functions can reach. Dropping it frees all of that.
///
/// Its host functions are made for exactly this `T`, so a store does not turn into one of data with a shorter lifetime:
///
/// ```compile_fail
/// fn shorten<'a>(store: plugbay_engine::Store<&'static str>, _: &'a str) -> plugbay_engine::Store<&'a str> {
///     store
/// }
/// ```
pub struct Store<T>(OwnedStore<T>);

impl<T> Store<T> {
    /// An empty store with this data.
    ///
    /// # Errors
    /// Of kind `Os` if the system refuses what the engine's trap style needs (signal handlers).
    pub fn new(engine: &Engine, data: T, limits: StoreLimits) -> Result<Self> {
        Ok(Self(OwnedStore::new(StoreInner::new(engine, limits)?, data)))
    }

    /// What calls and handles need: exclusive access to the store.
    pub fn context(&mut self) -> Context<'_, T> {
        Context::new(self.0.borrow_mut())
    }

    /// A call begins, whose time is counted against the limit of calls ([`Context::set_call_limit`]).
    #[inline(always)]
    pub fn begin_call(&mut self) {
        self.0.inner().vm().call.begin();
    }

    /// Tells when the call under way has to end.
    pub fn call_clock(&self) -> CallClock {
        CallClock::new(self.0.inner().vm())
    }

    /// The application's data.
    pub fn data(&self) -> &T {
        self.0.data()
    }

    /// The application's data, to change.
    pub fn data_mut(&mut self) -> &mut T {
        self.0.data_mut()
    }

    /// Drops the plugin and keeps the application's data.
    pub fn into_data(self) -> T {
        self.0.into_data()
    }

    /// The engine the store was made with.
    pub fn engine(&self) -> &Engine {
        self.0.inner().engine()
    }

    /// Bytes of all linear memories together, as counted against `StoreLimits::memory_bytes`.
    pub fn memory_bytes(&self) -> u64 {
        self.0.inner().used.memory_bytes
    }

    /// Elements of all tables together, as counted against `StoreLimits::table_elements`.
    pub fn table_elements(&self) -> u64 {
        self.0.inner().used.table_elements
    }

    /// A token with which any thread can stop what this store's guest does.
    pub fn cancel_token(&self) -> CancelToken {
        CancelToken::new(self.0.inner().vm())
    }
}

impl<T> std::fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let inner = self.0.inner();
        f.debug_struct("Store")
            .field("id", &inner.id())
            .field("instances", &inner.instances.len())
            .finish_non_exhaustive()
    }
}

/// What a store has in use of what its limits allow.
#[derive(Debug, Default)]
pub(super) struct Usage {
    pub(super) memory_bytes: u64,
    pub(super) table_elements: u64,
    pub(super) instance_bytes: u64,
    pub(super) memories: u32,
    pub(super) tables: u32,
}

/// The runtime's half of a store. Nothing is removed from it before it is dropped: blocks, host functions and code may be
/// referred to by address from anywhere in the store. (Fields are dropped in order: code last.)
pub(crate) struct StoreInner {
    vm: Arc<VMStore>,
    engine: Engine,
    pub(super) limits: StoreLimits,
    pub(super) used: Usage,
    pub(super) instances: Vec<InstanceData>,
    pub(super) functions: Functions,
    pub(super) host_funcs: Vec<HostFunc>,
    pub(super) tags: Vec<TagData>,
    pub(crate) exceptions: Exceptions,
    /// Where the linear memories lie, but for the first one: what the signal handler was told.
    pub(super) more_ranges: Vec<(usize, usize)>,
    /// Why the running call must end: recorded by a host function for whoever called the guest.
    pub(super) recorded: Option<Error>,
    /// Whether the watchdog knows the store.
    pub(super) watched: bool,
}

impl StoreInner {
    fn new(engine: &Engine, limits: StoreLimits) -> Result<Self> {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        let signals = engine.config().trap_style() == TrapStyle::Signals;
        if signals {
            vm::install_signal_handlers()
                .map_err(|source| Error::os("installing signal handlers", source))?;
        }
        let id = NEXT_ID.fetch_add(1, Relaxed);
        let vm = VMStore::new(id, limits.stack_bytes, signals, engine.config().fuel());
        vm.set_fuel(limits.fuel);
        Ok(Self {
            vm,
            engine: engine.clone(),
            limits,
            used: Usage::default(),
            instances: Vec::new(),
            functions: Functions::default(),
            host_funcs: Vec::new(),
            tags: Vec::new(),
            exceptions: Exceptions::default(),
            more_ranges: Vec::new(),
            recorded: None,
            watched: false,
        })
    }

    /// The store's number, which its handles carry.
    pub(crate) fn id(&self) -> u64 {
        self.vm.id
    }

    /// The header.
    #[inline]
    pub(crate) fn vm(&self) -> &Arc<VMStore> {
        &self.vm
    }

    /// Address of the header.
    pub(crate) fn vm_address(&self) -> *const VMStore {
        Arc::as_ptr(&self.vm)
    }

    /// The engine.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Address of the context that calls from the host pass as their caller's.
    pub(super) fn host_context(&self) -> usize {
        self.vm.host_context()
    }

    /// The host function with this index.
    pub(crate) fn host_func(&self, index: u32) -> Result<&HostFunc> {
        self.host_funcs
            .get(index as usize)
            .ok_or_else(|| Error::internal("a host function that is not there"))
    }

    /// Refuses handles of other stores.
    pub(super) fn check_store(&self, store: u64) -> Result<()> {
        if store == self.id() { Ok(()) } else { Err(foreign()) }
    }

    /// Records why the running call must end.
    pub(crate) fn record(&mut self, error: Error) {
        self.recorded = Some(error);
    }

    /// Why the call that just ended was stopped.
    #[cold]
    pub(super) fn why_stopped(&mut self) -> Error {
        let Some(mut error) = self.recorded.take() else {
            return match self.vm.trap_kind() {
                Some(kind) => backtrace::trap(self, kind),
                None => Error::internal("a call was stopped, but nobody recorded why"),
            };
        };
        if let Some(exception) = error.exception_mut() {
            exception.set_frames(|| backtrace::frames(self));
        }
        match error.kind() {
            // A deadline that passed in a host function, say: the frames are those of the guest that called it.
            ErrorKind::Trap(trap) if trap.frames().is_empty() => backtrace::trap(self, trap.kind()),
            _ => error,
        }
    }

    /// The exception that a host function returned as its error, if it is one of this store.
    #[cold]
    pub(crate) fn recorded_exception(&self) -> Option<Word> {
        self.recorded.as_ref()?.exception()?.word_in(self.id())
    }

    /// Forgets why the running call should end.
    pub(crate) fn forget_recorded(&mut self) {
        self.recorded = None;
    }

    /// Why a host function that the host itself called failed.
    #[cold]
    pub(super) fn take_recorded(&mut self) -> Error {
        self.recorded.take().unwrap_or_else(|| Error::internal("a host function failed without an error"))
    }
}

impl Drop for StoreInner {
    fn drop(&mut self) {
        watchdog::forget(&self.vm, self.watched);
        let entered = self.vm.was_entered();
        for instance in std::mem::take(&mut self.instances) {
            pool::retire(instance, entered);
        }
    }
}

/// A handle of another store was used.
pub(super) fn foreign() -> Error {
    Error::misuse(
        "the handle belongs to another store; use it with the context of the store that it came from",
    )
}
