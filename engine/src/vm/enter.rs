//! The way from the host into guest code and back.

use std::io;
use std::ptr;
use std::sync::atomic::Ordering::Relaxed;

use super::arch;
use super::block::Callee;
use super::store::{StoreRef, VMStore};
use super::thread::{self, Thread};
use crate::error;
use crate::trap::TrapKind;
use crate::types::{FuncType, ValType};

/// Bytes of a thread's stack that guest code leaves to the host functions and builtins that it calls.
const HEAD_ROOM: usize = 128 << 10;

/// Fewest bytes of stack that a call starts with.
const LEAST_STACK: usize = 32 << 10;

/// A guest function, ready to be called: made once per function, so that a call looks nothing up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    code: usize,
    vmctx: usize,
    caller: usize,
}

impl Entry {
    /// The entry of a function; `caller` is the address of a context of the same store.
    pub(crate) fn new(func: Callee, caller: usize) -> Self {
        Self { code: func.code, vmctx: func.vmctx, caller }
    }
}

/// A guest function that is called on slots.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SlotEntry {
    entry: Entry,
    /// The array-to-wasm trampoline of the function's signature; 0 if its parameters and its result, if any, are integers
    /// that travel in registers.
    trampoline: usize,
    /// How many slots the signature takes.
    slots: usize,
    /// Which bits of such a result count.
    mask: u64,
}

/// Whether integers alone travel between host and guest, all in registers.
pub(crate) fn integers_only(ty: &FuncType) -> bool {
    let integer = |ty: &ValType| matches!(ty, ValType::I32 | ValType::I64);
    ty.params().len() <= INTEGERS
        && ty.results().len() <= 1
        && ty.params().iter().chain(ty.results()).all(integer)
}

impl SlotEntry {
    /// The way to a function of type `ty`; `trampoline` is only asked for if there is no way without. There is none where
    /// fuel is counted: trampolines see to the register that has it.
    pub(crate) fn new(
        entry: Entry,
        ty: &FuncType,
        slots: usize,
        metered: bool,
        trampoline: impl FnOnce() -> error::Result<usize>,
    ) -> error::Result<Self> {
        let trampoline = if integers_only(ty) && !metered { 0 } else { trampoline()? };
        let mask = if ty.results() == [ValType::I32] { u64::from(u32::MAX) } else { u64::MAX };
        Ok(Self { entry, trampoline, slots, mask })
    }

    /// The way without slots.
    pub(crate) fn without_slots(self) -> Entry {
        self.entry
    }
}

/// A guest function of integers only, no more than there are registers: what [`call_few`] relies on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IntegerEntry {
    entry: Entry,
    mask: u64,
}

impl SlotEntry {
    /// The way on registers alone, if that is how the function is called.
    pub(crate) fn integers(self) -> Option<IntegerEntry> {
        let Self { entry, trampoline, mask, .. } = self;
        (trampoline == 0).then_some(IntegerEntry { entry, mask })
    }
}

/// Calls a guest function of few integers; returns its result, of an i32 the low half.
#[inline(always)]
pub(crate) fn call_few<T>(
    store: &mut StoreRef<'_, T>,
    IntegerEntry { entry, mask }: IntegerEntry,
    integers: [u64; INTEGERS],
) -> Result<u64, Stop> {
    // SAFETY: an `IntegerEntry` is made by `SlotEntry::integers` alone, where `SlotEntry::new` found integers only, no more
    // than there are registers.
    unsafe { call_integers(store, entry, integers) }.map(|value| value & mask)
}

/// How many integer parameters travel in registers.
pub(crate) const INTEGERS: usize = 4;

/// How many float parameters travel in registers.
pub(crate) const FLOATS: usize = 8;

/// Arguments in registers; those that a function does not take are anything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Registers {
    pub(crate) integers: [u64; INTEGERS],
    pub(crate) floats: [f64; FLOATS],
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
    /// The function is of another store.
    Foreign,
}

impl From<Refusal> for Stop {
    #[cold]
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

/// Calls a guest function on slots.
#[inline]
pub(crate) fn call<T>(store: &mut StoreRef<'_, T>, entry: SlotEntry, slots: &mut [u64]) -> Result<(), Stop> {
    if slots.len() < entry.slots {
        return Err(Refusal::Slots.into());
    }
    let SlotEntry { entry, trampoline, mask, .. } = entry;
    let mut integers = [0; INTEGERS];
    if trampoline == 0 {
        for (integer, slot) in integers.iter_mut().zip(&*slots) {
            *integer = *slot;
        }
        // SAFETY: `SlotEntry::new` found integers only, no more than there are registers.
        let value = unsafe {
            enter(store, |vm| arch::enter_integers(vm, entry.code, entry.vmctx, entry.caller, integers))
        }?;
        if let Some(first) = slots.first_mut() {
            *first = value & mask;
        }
        return Ok(());
    }
    integers[0] = entry.code as u64;
    integers[1] = slots.as_mut_ptr().expose_provenance() as u64;
    // SAFETY: the trampoline of the function's signature takes contexts, code and slots, of which there are enough.
    unsafe { enter(store, |vm| arch::enter_integers(vm, trampoline, entry.vmctx, entry.caller, integers)) }
        .map(drop)
}

/// Calls a guest function whose parameters and result are integers; returns the result's register.
///
/// # Safety
/// The function's parameters are at most [`INTEGERS`] integers and its result is one, or nothing.
#[inline(always)]
pub(crate) unsafe fn call_integers<T>(
    store: &mut StoreRef<'_, T>,
    Entry { code, vmctx, caller }: Entry,
    integers: [u64; INTEGERS],
) -> Result<u64, Stop> {
    // SAFETY: the caller's promise.
    unsafe { enter(store, |vm| arch::enter_integers(vm, code, vmctx, caller, integers)) }
}

/// Calls a guest function with floats among its parameters, or, with `FLOAT`, a float as its result; returns the result's
/// register.
///
/// # Safety
/// The function's parameters are at most [`INTEGERS`] integers and [`FLOATS`] floats, and its result is as said, or nothing.
#[inline(always)]
pub(crate) unsafe fn call_mixed<T, const FLOAT: bool>(
    store: &mut StoreRef<'_, T>,
    Entry { code, vmctx, caller }: Entry,
    Registers { integers, floats }: Registers,
) -> Result<u64, Stop> {
    // SAFETY: the caller's promise.
    unsafe { enter(store, |vm| arch::enter_mixed::<FLOAT>(vm, code, vmctx, caller, (integers, floats))) }
}

/// Enters guest code with `enter`, which returns a result and whether it was stopped, when store and thread are ready.
///
/// # Safety
/// `enter` enters, by `arch`, what an [`Entry`] says, in this store. (An `Entry` is made of a function reference of a live
/// instance and a context of the same store, in `runtime/`; the store keeps all code and instances until it is dropped.)
#[inline(always)]
unsafe fn enter<T>(
    store: &mut StoreRef<'_, T>,
    enter: impl FnOnce(&VMStore) -> (u64, u64),
) -> Result<u64, Stop> {
    // SAFETY: the header is shared by the store, which is borrowed for the whole call; as it lies outside the store's box,
    // host functions that borrow the store in the meantime do not touch this reference.
    let vm = unsafe { &*store.inner().vm_address() };
    // SAFETY: the state of a thread lasts until the thread ends, longer than this frame on its stack; it consists of cells
    // that nobody has exclusively.
    let thread = unsafe { &*thread::current() };
    let outer_sp = vm.entry_sp.load(Relaxed);
    if outer_sp != 0 {
        nested(vm, thread)?;
        let floor = store.inner_mut().exceptions.raise_floor();
        let (value, stopped) = enter(vm);
        store.inner_mut().exceptions.lower_floor(floor);
        vm.entry_sp.store(outer_sp, Relaxed);
        return result(value, stopped);
    }
    // From here on the watchdog sees that guest code runs: whatever it asks is seen below or comes as a signal.
    vm.entry_sp.store(ENTERING, Relaxed);
    let ready = vm.interrupt.load(Relaxed) == 0
        && ptr::eq(thread.active.get(), vm)
        && thread.id.get() == vm.thread.load(Relaxed)
        && vm.stack_suffices(stack_pointer());
    if !ready && let Err(refusal) = prepare(vm, thread, stack_pointer()) {
        vm.entry_sp.store(0, Relaxed);
        return Err(refusal.into());
    }
    let (value, stopped) = enter(vm);
    vm.entry_sp.store(0, Relaxed);
    result(value, stopped)
}

#[inline(always)]
fn result(value: u64, stopped: u64) -> Result<u64, Stop> {
    if stopped == 0 { Ok(value) } else { Err(Stop::Stopped) }
}

/// What [`VMStore::entry_sp`] says while a thread is about to enter.
const ENTERING: usize = 1;

/// A call from a host function: it shares the stack, and its limit, with the outermost one.
#[cold]
fn nested(vm: &VMStore, thread: &Thread) -> Result<(), Stop> {
    if stack_pointer() < vm.stack_limit.load(Relaxed) {
        return Err(Refusal::Trap(TrapKind::StackOverflow).into());
    }
    if let Some(kind) = vm.interrupted() {
        return Err(Refusal::Trap(kind).into());
    }
    thread.active.set(vm);
    Ok(())
}

/// Makes an outermost call possible: the thread is prepared, the store knows it and the stack's end, and nobody wants the
/// guest to stop.
#[cold]
fn prepare(vm: &VMStore, thread: &Thread, stack_pointer: usize) -> Result<(), Refusal> {
    if thread.id.get() == 0 || (vm.signals && !thread.has_alternate_stack.get()) {
        thread.prepare(vm.signals).map_err(Refusal::Thread)?;
    }
    let lowest = thread.stack_lowest.get().saturating_add(HEAD_ROOM);
    let available = stack_pointer.saturating_sub(lowest);
    if available < LEAST_STACK {
        return Err(Refusal::NoStack(available));
    }
    // As far down as the store allows, but within the thread's stack.
    vm.stack_limit.store(stack_pointer.saturating_sub(vm.stack_bytes.min(available)), Relaxed);
    vm.thread.store(thread.id.get(), Relaxed);
    if let Some(kind) = vm.interrupted() {
        return Err(Refusal::Trap(kind));
    }
    thread.active.set(vm);
    Ok(())
}

/// Roughly the stack pointer: the address of a local.
#[inline(always)]
fn stack_pointer() -> usize {
    let local = 0_u8;
    (&raw const local).addr()
}
