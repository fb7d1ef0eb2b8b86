//! Entry and exit on aarch64, AAPCS64. Untested: the project's machines are x86-64.

use std::arch::{asm, naked_asm};

use super::super::offsets::store::ENTRY_SP;
use super::super::store::VMStore;
use super::super::traps::raised;

/// Calls `trampoline(vmctx, caller, code, values)`. Returns 0 when it returned, 1 when the call was stopped: then
/// [`landing`] gave back the stack and the registers as they were on entry.
///
/// # Safety
/// `trampoline` is the array-to-wasm trampoline of the signature of `code`, `vmctx` the context that belongs to `code`,
/// `values` has a slot for every parameter and result, and `store` is the store of all of them.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn enter(
    store: *const VMStore,
    trampoline: usize,
    vmctx: usize,
    caller: usize,
    code: usize,
    values: *mut u64,
) -> u32 {
    naked_asm!(
        "stp x29, x30, [sp, #-160]!",
        "mov x29, sp",
        "stp x19, x20, [sp, #16]",
        "stp x21, x22, [sp, #32]",
        "stp x23, x24, [sp, #48]",
        "stp x25, x26, [sp, #64]",
        "stp x27, x28, [sp, #80]",
        "stp d8, d9, [sp, #96]",
        "stp d10, d11, [sp, #112]",
        "stp d12, d13, [sp, #128]",
        "stp d14, d15, [sp, #144]",
        "mov x9, sp",
        "str x9, [x0, #{entry_sp}]",
        "mov x9, x1",
        "mov x0, x2",
        "mov x1, x3",
        "mov x2, x4",
        "mov x3, x5",
        "blr x9",
        "mov w0, #0",
        "ldp x19, x20, [sp, #16]",
        "ldp x21, x22, [sp, #32]",
        "ldp x23, x24, [sp, #48]",
        "ldp x25, x26, [sp, #64]",
        "ldp x27, x28, [sp, #80]",
        "ldp d8, d9, [sp, #96]",
        "ldp d10, d11, [sp, #112]",
        "ldp d12, d13, [sp, #128]",
        "ldp d14, d15, [sp, #144]",
        "ldp x29, x30, [sp], #160",
        "ret",
        entry_sp = const ENTRY_SP,
    )
}

/// Where a stopped call goes on: returns 1 from the innermost [`enter`] of `store`, whatever lies above it on the stack.
///
/// # Safety
/// An `enter` of `store` is active on this thread, and what lies above it on the stack needs no destructors: guest code
/// and the frames of [`raise`] only.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn landing(store: *const VMStore) -> ! {
    naked_asm!(
        "ldr x9, [x0, #{entry_sp}]",
        "mov sp, x9",
        "mov w0, #1",
        "ldp x19, x20, [sp, #16]",
        "ldp x21, x22, [sp, #32]",
        "ldp x23, x24, [sp, #48]",
        "ldp x25, x26, [sp, #64]",
        "ldp x27, x28, [sp, #80]",
        "ldp d8, d9, [sp, #96]",
        "ldp d10, d11, [sp, #112]",
        "ldp d12, d13, [sp, #128]",
        "ldp d14, d15, [sp, #144]",
        "ldp x29, x30, [sp], #160",
        "ret",
        entry_sp = const ENTRY_SP,
    )
}

/// The builtin `raise`: notes the trap (see [`raised`]), with the guest's frame and return address, and lands.
///
/// # Safety
/// Called by generated code only, with the context it runs in.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn raise(vmctx: *const u64, kind: u32) -> ! {
    naked_asm!(
        "mov x2, x30",
        "mov x3, x29",
        "bl {raised}",
        "b {landing}",
        raised = sym raised,
        landing = sym landing,
    )
}

/// Makes code that was just written visible to instruction fetches, on every core.
pub(crate) fn flush_instructions(start: *const u8, len: usize) {
    // The smallest cache line that the architecture allows; flushing a line twice does no harm.
    const LINE: usize = 16;
    for offset in (0..len).step_by(LINE) {
        let at = start.wrapping_add(offset);
        // SAFETY: cache maintenance of mapped memory changes no values.
        unsafe { asm!("dc cvau, {at}", at = in(reg) at, options(nostack, preserves_flags)) };
    }
    // SAFETY: barriers change no values.
    unsafe { asm!("dsb ish", options(nostack, preserves_flags)) };
    for offset in (0..len).step_by(LINE) {
        let at = start.wrapping_add(offset);
        // SAFETY: as above.
        unsafe { asm!("ic ivau, {at}", at = in(reg) at, options(nostack, preserves_flags)) };
    }
    // SAFETY: barriers change no values.
    unsafe { asm!("dsb ish", "isb", options(nostack, preserves_flags)) };
}
