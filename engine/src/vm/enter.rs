//! The way from the host into guest code and back.

use std::io;
use std::sync::atomic::Ordering::Relaxed;

use super::arch;
use super::block::Callee;
use super::store::{StoreRef, VMStore};
use super::thread::{self, Thread};
use crate::trap::TrapKind;

/// Bytes of a thread's stack that guest code leaves to the host functions and builtins that it calls.
const HEAD_ROOM: usize = 128 << 10;

/// Fewest bytes of stack that a call starts with.
const LEAST_STACK: usize = 32 << 10;

/// A guest function, ready to be called: made once per function, so that a call looks nothing up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    trampoline: usize,
    vmctx: usize,
    caller: usize,
    code: usize,
    slots: usize,
}

impl Entry {
    /// The entry of a function, through the array-to-wasm trampoline of its signature, which uses `slots` slots; `caller` is
    /// the address of a context of the same store.
    pub(crate) fn new(func: Callee, trampoline: usize, slots: usize, caller: usize) -> Self {
        Self { trampoline, vmctx: func.vmctx, caller, code: func.code, slots }
    }
}

/// Why a call did not return. No larger than two words, so that it costs a call that does return nothing.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The call was stopped: the header holds the trap kind and frames, or the store holds the recorded error.
    Stopped,
    /// The guest was not entered.
    Refused(Box<Refusal>),
}

/// Why a guest was not entered.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It would trap at once.
    Trap(TrapKind),
    /// So many bytes of stack are left on the thread.
    NoStack(usize),
    /// The system refused what a thread's first call needs.
    Thread(io::Error),
    /// Fewer slots than the signature needs.
    Slots,
}

impl From<Refusal> for Stop {
    #[cold]
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

/// Calls a guest function on slots.
#[inline]
pub(crate) fn call<T>(store: &mut StoreRef<'_, T>, entry: Entry, slots: &mut [u64]) -> Result<(), Stop> {
    if slots.len() < entry.slots {
        return Err(Refusal::Slots.into());
    }
    let vm = store.inner().vm_address();
    let Entry { trampoline, vmctx, caller, code, .. } = entry;
    // SAFETY: the header is shared by the store, which is borrowed for the whole call; as it lies outside the store's box,
    // host functions that borrow the store in the meantime do not touch this reference. An `Entry` is made of a function
    // reference of a live instance, the trampoline of its own signature and a context of the same store
    // (`runtime/func.rs`), which keeps all code and instances until it is dropped; the number of slots was checked.
    unsafe { run(&*vm, trampoline, vmctx, caller, code, slots.as_mut_ptr()) }
}

/// The arguments of [`arch::enter`] that follow the store's header.
#[derive(Clone, Copy)]
struct Way {
    trampoline: usize,
    vmctx: usize,
    caller: usize,
    code: usize,
    values: *mut u64,
}

/// The same, compiled once for stores of all types, with what it needs in registers.
///
/// # Safety
/// As for [`arch::enter`]; `vm` lives until the call returns.
unsafe fn run(
    vm: &VMStore,
    trampoline: usize,
    vmctx: usize,
    caller: usize,
    code: usize,
    values: *mut u64,
) -> Result<(), Stop> {
    let way = Way { trampoline, vmctx, caller, code, values };
    // SAFETY: the state of a thread lasts until the thread ends, longer than this frame on its stack; it consists of cells
    // that nobody has exclusively.
    let thread = unsafe { &*thread::current() };
    let stack_pointer = stack_pointer();
    if vm.running.load(Relaxed) != 0 {
        // SAFETY: the caller's promise.
        return unsafe { nested(vm, thread, stack_pointer, way) };
    }
    vm.stack_limit.store(stack_limit(vm, thread, stack_pointer)?, Relaxed);
    vm.running.store(thread.id.get(), Relaxed);
    // SAFETY: the caller's promise.
    let result = unsafe { enter(vm, thread, way) };
    vm.running.store(0, Relaxed);
    result
}

/// A call from a host function: it shares the stack, and its limit, with the outermost one.
///
/// # Safety
/// As for [`run`].
#[cold]
unsafe fn nested(vm: &VMStore, thread: &Thread, stack_pointer: usize, way: Way) -> Result<(), Stop> {
    if stack_pointer < vm.stack_limit.load(Relaxed) {
        return Err(Refusal::Trap(TrapKind::StackOverflow).into());
    }
    let outer_sp = vm.entry_sp.load(Relaxed);
    let outer_exit = (vm.exit_fp.load(Relaxed), vm.exit_pc.load(Relaxed));
    // SAFETY: a nested call comes from a host function of the store, whose access to it rests meanwhile.
    let floor = unsafe { StoreRef::<()>::from_header(vm) }.inner_mut().exceptions.raise_floor();
    // SAFETY: the caller's promise.
    let result = unsafe { enter(vm, thread, way) };
    // SAFETY: as above.
    unsafe { StoreRef::<()>::from_header(vm) }.inner_mut().exceptions.lower_floor(floor);
    vm.exit_fp.store(outer_exit.0, Relaxed);
    vm.exit_pc.store(outer_exit.1, Relaxed);
    vm.entry_sp.store(outer_sp, Relaxed);
    result
}

/// # Safety
/// As for [`run`].
#[inline]
unsafe fn enter(vm: &VMStore, thread: &Thread, way: Way) -> Result<(), Stop> {
    if let Some(kind) = vm.interrupted() {
        return Err(Refusal::Trap(kind).into());
    }
    let outer = thread.active.replace(vm);
    let Way { trampoline, vmctx, caller, code, values } = way;
    // SAFETY: the caller's promise.
    let stopped = unsafe { arch::enter(vm, trampoline, vmctx, caller, code, values) };
    thread.active.set(outer);
    if stopped == 0 { Ok(()) } else { Err(Stop::Stopped) }
}

/// Where the stack of an outermost call ends: as far down as the store allows, but within the thread's stack.
#[inline]
fn stack_limit(vm: &VMStore, thread: &Thread, stack_pointer: usize) -> Result<usize, Stop> {
    if thread.id.get() == 0 || (vm.signals && !thread.has_alternate_stack.get()) {
        thread.prepare(vm.signals).map_err(Refusal::Thread)?;
    }
    let lowest = thread.stack_lowest.get().saturating_add(HEAD_ROOM);
    let available = stack_pointer.saturating_sub(lowest);
    if available < LEAST_STACK {
        return Err(Refusal::NoStack(available).into());
    }
    Ok(stack_pointer.saturating_sub(vm.stack_bytes.min(available)))
}

/// Roughly the stack pointer: the address of a local.
#[inline(always)]
fn stack_pointer() -> usize {
    let local = 0_u8;
    (&raw const local).addr()
}
