//! Noticing traps: what the signal handler asks, which frames were on the stack.

use std::ptr;
use std::sync::atomic::Ordering::Relaxed;

use super::arch;
use super::code_tables;
use super::frames::Frames;
use super::store::VMStore;
use super::thread;
use crate::sys::signals::{Cause, Interrupted, Redirect};
use crate::trap::TrapKind;

/// Accesses below this address are taken for uses of a null reference.
const NULL_PAGE: usize = 4096;

/// The signal handler's hook. A signal is ours if the processor was in published code (asked first, without touching
/// anything thread-local), this thread has a store active, and the code's tables know the instruction as one that traps,
/// for an access within what the store reserved. Everything else is somebody else's signal, or a defect that must not be
/// mistaken for a trap.
pub(crate) fn on_signal(interrupted: &Interrupted) -> Option<Redirect> {
    let tables = code_tables::tables_of(interrupted.pc)?;
    // SAFETY: the state of the thread that this runs on; nobody has it exclusively.
    let vm = unsafe { &*thread::current() }.active.get();
    // SAFETY: guest code is interrupted (the tables know its address), so `active` is the header of the store that runs it.
    let vm = unsafe { vm.as_ref() }?;
    let kind = match interrupted.cause {
        Cause::Interrupt => vm.must_stop()?,
        Cause::Instruction => tables.trap_at(interrupted.pc)?,
        Cause::Memory(address) => {
            let kind = tables.trap_at(interrupted.pc)?;
            let expected = match kind {
                TrapKind::MemoryOutOfBounds => in_memory(vm, address),
                _ => address < NULL_PAGE,
            };
            expected.then_some(kind)?
        }
    };
    // In trampolines the fuel is on its way between store and register: one is asked again soon.
    if vm.metered && tables.locate(interrupted.pc).is_none() {
        return None;
    }
    vm.settle(interrupted.pinned);
    note(vm, kind.code(), interrupted.pc, interrupted.fp);
    Some(Redirect {
        pc: arch::landing as *const () as usize,
        argument: ptr::from_ref(vm).expose_provenance(),
    })
}

fn in_memory(vm: &VMStore, address: usize) -> bool {
    let [start, end] = &vm.first_range;
    if (start.load(Relaxed)..end.load(Relaxed)).contains(&address) {
        return true;
    }
    let count = vm.memory_range_count.load(Relaxed);
    let ranges = vm.memory_ranges.load(Relaxed);
    if count == 0 || ranges.is_null() {
        return false;
    }
    // SAFETY: `set_memory_ranges` was given a slice of this length that stays in place while guest code runs.
    let ranges = unsafe { std::slice::from_raw_parts(ranges, count) };
    ranges.iter().any(|(start, end)| (*start..*end).contains(&address))
}

/// What the builtin `interrupt` asks: the code of the trap kind that the guest must stop with, or 0.
///
/// # Safety
/// Called by `arch::interrupt` only: `vmctx` is a context whose code is running.
pub(super) unsafe extern "C" fn must_stop(vmctx: *const u64) -> u32 {
    // SAFETY: a context starts with the pointer to its store's header, which lives while the store's code runs.
    let vm = unsafe { &**vmctx.cast::<*const VMStore>() };
    vm.interrupted().map_or(0, |kind| u32::from(kind.code()))
}

/// Notes the frames of a call that cannot go on, as the error that the running call's store holds already says; returns the
/// store, for landing.
///
/// # Safety
/// Called by the stubs of `arch` only: `pc`, `fp` and the pinned register are those of the code that called one.
pub(super) unsafe extern "C" fn not_resolved(pc: usize, fp: usize, pinned: usize) -> *const VMStore {
    // SAFETY: as said above.
    let vm = unsafe { thread::active_store() };
    vm.settle(pinned);
    note(vm, 0, pc.wrapping_sub(1), fp);
    ptr::from_ref(vm)
}

/// Notes a trap and the guest frames that it happened in. Async-signal-safe.
pub(super) fn note(vm: &VMStore, kind: u8, pc: usize, fp: usize) {
    vm.trap.store(kind, Relaxed);
    let mut count = 0;
    let frames = Frames::new(vm, pc, fp);
    // SAFETY: the state of the thread that this runs on; nobody has it exclusively.
    let noted = &unsafe { &*thread::current() }.frames;
    for (frame, (pc, _)) in noted.iter().zip(frames) {
        frame.set(pc);
        count += 1;
    }
    vm.frame_count.store(count, Relaxed);
}
