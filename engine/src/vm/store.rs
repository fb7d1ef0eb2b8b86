//! The store's header that generated code and the signal handler read, and the box that holds a store's two halves:
//! the runtime's and the application's.

use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::offset_of;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicPtr, AtomicU8, AtomicU64, AtomicUsize};
use std::time::Instant;

use super::call_limit::CallLimit;
use super::{builtins, offsets, thread};
use crate::runtime::StoreInner;
use crate::trap::TrapKind;

/// How many guest frames a trap records at most.
pub(crate) const MAX_FRAMES: usize = 64;

/// How much less stack than allowed an outermost call may have because the limit of an earlier one holds for it, too.
const STACK_SPARE: usize = 4 << 10;

/// What `thread` holds before the first call; no thread has this number.
const NO_THREAD: i32 = -1;

/// What `deadline` holds when there is none.
pub(crate) const NO_DEADLINE: u64 = u64::MAX;

/// The header of a store. It is shared (by `Arc`) with cancel tokens and the watchdog, which write `interrupt` and
/// `cancelled` and read `entry_sp`, `thread` and `deadline`; all else belongs to the thread that uses the store, its generated code
/// and its signal handlers included. All fields are atomic, so that none of this needs `unsafe`; relaxed accesses are
/// plain moves.
#[repr(C)]
pub(crate) struct VMStore {
    /// Below this stack pointer a function entry is a stack overflow.
    pub(super) stack_limit: AtomicUsize,
    /// Not zero when somebody asks the guest to look whether it must stop (a hint: see `must_stop`).
    pub(crate) interrupt: AtomicU64,
    /// What is left of the store's fuel; below 0 when a guest has overdrawn. While guest code runs, a register has it.
    pub(super) fuel: AtomicI64,
    /// Stack pointer of the innermost entry; 0 while no thread has guest code of this store on its stack.
    pub(super) entry_sp: AtomicUsize,
    /// The store's number.
    pub(crate) id: u64,
    /// The thread that entered guest code last.
    pub(super) thread: AtomicI32,
    /// Least stack of an outermost call for which `stack_limit` is not set anew, and how much more it may be.
    stack_enough: usize,
    stack_spare: usize,
    /// The code of the kind of the trap that stopped the last call; 0 for a recorded error.
    pub(super) trap: AtomicU8,
    /// How many of its thread's `frames` the last trap filled.
    pub(super) frame_count: AtomicUsize,
    /// Start and end of a linear memory, for the signal handler.
    pub(super) first_range: [AtomicUsize; 2],
    /// Those of the others.
    pub(super) memory_ranges: AtomicPtr<(usize, usize)>,
    /// How many there are.
    pub(super) memory_range_count: AtomicUsize,
    /// Whether the store was cancelled.
    pub(crate) cancelled: AtomicBool,
    /// Whether the store is gone (tokens may outlive it).
    pub(crate) closed: AtomicBool,
    /// When the guest must stop, in nanoseconds since [`epoch`].
    pub(crate) deadline: AtomicU64,
    /// The application's call that is under way, or was last.
    pub(crate) call: CallLimit,
    /// Most bytes of stack that an outermost call may use.
    pub(super) stack_bytes: usize,
    /// Whether guest faults and interrupts come as signals.
    pub(crate) signals: bool,
    /// Whether guest code counts fuel.
    pub(crate) metered: bool,
    /// The context that calls from the host pass as their caller's: the header of one.
    host_context: [AtomicU64; offsets::HEADER_SIZE as usize / 8],
    /// The store's box, a `StoreBox<T>` of its own `T`, for the functions that generated code calls.
    store: AtomicPtr<StoreBox<()>>,
}

const _: () = {
    assert!(offset_of!(VMStore, stack_limit) == offsets::store::STACK_LIMIT as usize);
    assert!(offset_of!(VMStore, interrupt) == offsets::store::INTERRUPT as usize);
    assert!(offset_of!(VMStore, fuel) == offsets::store::FUEL as usize);
    assert!(offset_of!(VMStore, entry_sp) == offsets::store::ENTRY_SP as usize);
};

impl VMStore {
    /// A header for a store with this number whose outermost calls may use `stack_bytes` of stack.
    pub(crate) fn new(id: u64, stack_bytes: usize, signals: bool, metered: bool) -> Arc<Self> {
        let stack_spare = (stack_bytes / 8).min(STACK_SPARE);
        // Fixed before any signal handler might ask.
        epoch();
        let vm = Arc::new(Self {
            stack_limit: AtomicUsize::new(0),
            interrupt: AtomicU64::new(0),
            fuel: AtomicI64::new(0),
            entry_sp: AtomicUsize::new(0),
            id,
            thread: AtomicI32::new(NO_THREAD),
            stack_enough: stack_bytes.saturating_sub(stack_spare),
            stack_spare,
            trap: AtomicU8::new(0),
            frame_count: AtomicUsize::new(0),
            first_range: [const { AtomicUsize::new(0) }; 2],
            memory_ranges: AtomicPtr::new(ptr::null_mut()),
            memory_range_count: AtomicUsize::new(0),
            cancelled: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            deadline: AtomicU64::new(NO_DEADLINE),
            call: CallLimit::none(),
            stack_bytes,
            signals,
            metered,
            host_context: [const { AtomicU64::new(0) }; offsets::HEADER_SIZE as usize / 8],
            store: AtomicPtr::new(ptr::null_mut()),
        });
        let context = |offset: u32, value: u64| {
            if let Some(word) = vm.host_context.get(offset as usize / 8) {
                word.store(value, Relaxed);
            }
        };
        context(offsets::CONTEXT_STORE, Arc::as_ptr(&vm).expose_provenance() as u64);
        context(offsets::CONTEXT_BUILTINS, builtins::table_address() as u64);
        context(offsets::CONTEXT_INSTANCE, u64::from(u32::MAX));
        vm
    }

    /// Whether the limit of an earlier call from the same thread leaves enough stack below this pointer, and not too much.
    #[inline(always)]
    pub(super) fn stack_suffices(&self, stack_pointer: usize) -> bool {
        let stack = stack_pointer.wrapping_sub(self.stack_limit.load(Relaxed));
        stack.wrapping_sub(self.stack_enough) <= self.stack_spare
    }

    /// The thread that has guest code of this store on its stack, if there is one.
    pub(crate) fn running(&self) -> Option<i32> {
        (self.entry_sp.load(SeqCst) != 0).then(|| self.thread.load(SeqCst))
    }

    /// Whether the guest must stop now, and why. The thread that uses the store is the one that sets its deadline, so
    /// that asking here, when `interrupt` hints at it, can never stop a guest on account of a deadline since moved.
    /// Async-signal-safe.
    pub(crate) fn must_stop(&self) -> Option<TrapKind> {
        if self.cancelled.load(Relaxed) {
            return Some(TrapKind::Cancelled);
        }
        if self.call.is_overdue() {
            return Some(TrapKind::Deadline);
        }
        let deadline = self.deadline.load(Relaxed);
        (deadline != NO_DEADLINE && deadline <= nanoseconds(Instant::now())).then_some(TrapKind::Deadline)
    }

    /// The same, asked only if `interrupt` hints at it; a hint that is out of date is taken back.
    #[inline]
    pub(crate) fn interrupted(&self) -> Option<TrapKind> {
        if self.interrupt.load(Relaxed) == 0 { None } else { self.follow_hint() }
    }

    #[cold]
    fn follow_hint(&self) -> Option<TrapKind> {
        let stop = self.must_stop();
        if stop.is_none() {
            self.interrupt.store(0, Relaxed);
            if !crate::runtime::call_seen(self) {
                // Nobody could enforce the limit: rather stop at once than never.
                return Some(TrapKind::Deadline);
            }
        }
        stop
    }

    /// Takes note of what is left of the fuel when guest code that was stopped does not say so itself. Async-signal-safe.
    pub(super) fn settle(&self, pinned: usize) {
        if self.metered {
            self.fuel.store((pinned as u64).cast_signed(), Relaxed);
        }
    }

    /// What is left of the fuel.
    pub(crate) fn fuel(&self) -> u64 {
        if !self.metered {
            return 0;
        }
        u64::try_from(self.fuel.load(Relaxed)).unwrap_or(0)
    }

    /// Sets the fuel, up to 2^63 − 1.
    pub(crate) fn set_fuel(&self, fuel: u64) {
        self.fuel.store(i64::try_from(fuel).unwrap_or(i64::MAX), Relaxed);
    }

    /// Where the first of the store's linear memories lies; zeros if it has none.
    pub(crate) fn first_range(&self) -> (usize, usize) {
        let [start, end] = &self.first_range;
        (start.load(Relaxed), end.load(Relaxed))
    }

    /// Publishes the address ranges of the store's linear memories to the signal handler. They must stay where they are
    /// until the next call; only the thread that uses the store calls this, and not from a handler.
    pub(crate) fn set_memory_ranges(&self, first: (usize, usize), others: &[(usize, usize)]) {
        self.first_range[0].store(first.0, Relaxed);
        self.first_range[1].store(first.1, Relaxed);
        self.memory_range_count.store(0, Relaxed);
        self.memory_ranges.store(others.as_ptr().cast_mut(), Relaxed);
        self.memory_range_count.store(others.len(), Relaxed);
    }

    /// Address of the context that calls from the host pass as their caller's.
    pub(crate) fn host_context(&self) -> usize {
        self.host_context.as_ptr().expose_provenance()
    }

    /// Whether any guest code of the store ever ran.
    #[inline]
    pub(crate) fn was_entered(&self) -> bool {
        self.thread.load(Relaxed) != NO_THREAD
    }

    /// The kind of the last trap; `None` if an error was recorded instead.
    pub(crate) fn trap_kind(&self) -> Option<TrapKind> {
        TrapKind::from_code(self.trap.load(Relaxed))
    }

    /// Program counters of the guest frames of the last trap, innermost first: each within the instruction (or, for the
    /// callers, the call) that was being executed.
    pub(crate) fn trap_frames(&self) -> Vec<usize> {
        // SAFETY: the state of the thread that this runs on, which is the one that noted them; nobody has it exclusively.
        let frames = &unsafe { &*thread::current() }.frames;
        frames.iter().take(self.frame_count.load(Relaxed)).map(Cell::get).collect()
    }
}

/// The moment that deadlines are counted from: the first time anyone asks, which is when the first store is made.
pub(crate) fn epoch() -> Instant {
    static EPOCH: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    *EPOCH.get_or_init(Instant::now)
}

/// Nanoseconds from [`epoch`] to `instant`, short of [`NO_DEADLINE`]. Async-signal-safe once a store was made.
pub(crate) fn nanoseconds(instant: Instant) -> u64 {
    let since = instant.saturating_duration_since(epoch()).as_nanos();
    u64::try_from(since).unwrap_or(NO_DEADLINE).min(NO_DEADLINE - 1)
}

/// A store in memory: the runtime's half first, so that it can be reached without knowing `T`.
#[repr(C)]
pub(crate) struct StoreBox<T> {
    inner: StoreInner,
    data: T,
}

/// Owns a [`StoreBox`]. The box is only ever reached through this raw pointer, so that a context made from it while
/// generated code runs (in a host function) and the one that the running call borrows do not invalidate each other.
pub(crate) struct OwnedStore<T> {
    store: NonNull<StoreBox<T>>,
    owns: PhantomData<StoreBox<T>>,
    /// Host functions were made for this very `T`: a store of `&'static str` must not become one of a shorter lifetime.
    invariant: PhantomData<fn(T) -> T>,
}

fn assert_send<T: Send>() {}
const _: fn() = assert_send::<StoreInner>;

// SAFETY: both halves are `Send` (the runtime's is asserted above); the pointer is the only one, apart from the copy in
// the header, which only generated code uses, on the thread that calls it.
unsafe impl<T: Send> Send for OwnedStore<T> {}

impl<T> OwnedStore<T> {
    pub(crate) fn new(inner: StoreInner, data: T) -> Self {
        let vm = Arc::clone(inner.vm());
        let store = NonNull::from(Box::leak(Box::new(StoreBox { inner, data })));
        vm.store.store(store.as_ptr().cast(), Relaxed);
        Self { store, owns: PhantomData, invariant: PhantomData }
    }

    /// Exclusive access to both halves.
    pub(crate) fn borrow_mut(&mut self) -> StoreRef<'_, T> {
        StoreRef { store: self.store, borrows: PhantomData }
    }

    /// The runtime's half.
    pub(crate) fn inner(&self) -> &StoreInner {
        // SAFETY: the box lives as long as `self`; `&self` means that no context borrows it.
        unsafe { &(*self.store.as_ptr()).inner }
    }

    /// The application's half.
    pub(crate) fn data(&self) -> &T {
        // SAFETY: as in `inner`.
        unsafe { &(*self.store.as_ptr()).data }
    }

    /// The application's half, to change.
    pub(crate) fn data_mut(&mut self) -> &mut T {
        // SAFETY: as in `inner`, exclusively.
        unsafe { &mut (*self.store.as_ptr()).data }
    }

    /// Drops the runtime's half and returns the application's.
    pub(crate) fn into_data(self) -> T {
        let this = std::mem::ManuallyDrop::new(self);
        // SAFETY: `this` is not dropped, so the box is owned here, exactly once.
        let StoreBox { inner, data } = *unsafe { Box::from_raw(this.store.as_ptr()) };
        drop(inner);
        data
    }
}

impl<T> Drop for OwnedStore<T> {
    fn drop(&mut self) {
        // SAFETY: the box was leaked in `new` and is owned by `self`, whose last use this is. No generated code of the
        // store runs: calls borrow it mutably.
        drop(unsafe { Box::from_raw(self.store.as_ptr()) });
    }
}

/// Exclusive access to a store's two halves for `'a`.
pub(crate) struct StoreRef<'a, T> {
    store: NonNull<StoreBox<T>>,
    borrows: PhantomData<&'a mut StoreBox<T>>,
}

impl<'a, T> StoreRef<'a, T> {
    /// Access for a function that generated code of the store called.
    ///
    /// # Safety
    /// `vm` is the header of a store made with data of type `T` whose generated code called the caller, which keeps the
    /// result no longer than its own frame.
    pub(super) unsafe fn from_header(vm: &VMStore) -> Self {
        // SAFETY: the pointer was set in `OwnedStore::new` and the box lives while its generated code runs, since the call
        // borrows the store. That call does not use its borrow until generated code returns to it.
        Self { store: unsafe { NonNull::new_unchecked(vm.store.load(Relaxed).cast()) }, borrows: PhantomData }
    }

    /// The runtime's half.
    #[inline]
    pub(crate) fn inner(&self) -> &StoreInner {
        // SAFETY: `self` stands for exclusive access to the box while it is not lent on, which `&self` excludes.
        unsafe { &(*self.store.as_ptr()).inner }
    }

    /// The store's number.
    #[inline]
    pub(crate) fn number(&self) -> u64 {
        self.inner().vm().id
    }

    /// The runtime's half, to change.
    #[inline]
    pub(crate) fn inner_mut(&mut self) -> &mut StoreInner {
        // SAFETY: as in `inner`, exclusively.
        unsafe { &mut (*self.store.as_ptr()).inner }
    }

    /// The application's half.
    pub(crate) fn data(&self) -> &T {
        // SAFETY: as in `inner`.
        unsafe { &(*self.store.as_ptr()).data }
    }

    /// The application's half, to change.
    pub(crate) fn data_mut(&mut self) -> &mut T {
        // SAFETY: as in `inner`, exclusively.
        unsafe { &mut (*self.store.as_ptr()).data }
    }

    /// Both halves, to change.
    pub(crate) fn split_mut(&mut self) -> (&mut StoreInner, &mut T) {
        let store = self.store.as_ptr();
        // SAFETY: as in `inner`, exclusively; the fields are disjoint.
        unsafe { (&mut (*store).inner, &mut (*store).data) }
    }
}
