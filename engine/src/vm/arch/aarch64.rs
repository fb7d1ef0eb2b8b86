//! Entry and exit on aarch64, AAPCS64. Untested: the project's machines are x86-64.

use std::arch::{asm, naked_asm};
use std::mem::offset_of;

use super::super::offsets::store::ENTRY_SP;
use super::super::store::VMStore;
use super::super::traps::must_stop;
use super::super::unwind::{Place, raised, thrown, thrown_again};
use super::{Floats, Integers};

/// What an `enter` returns.
#[repr(C)]
struct Returned {
    value: u64,
    stopped: u64,
}

/// Calls a function of WebAssembly's convention whose parameters are at most four integers and whose result, if it has one,
/// is an integer. Returns the result, and 0 when it returned, 1 when the call was stopped ([`landing`]).
///
/// # Safety
/// `code` is a function of this kind and takes the context `vmctx` and, as its caller's, `caller`; `vm` is the store of all of
/// them, and ready (`enter.rs`). What else `code` takes and gives is the caller's business.
#[inline]
pub(crate) unsafe fn enter_integers(
    vm: *const VMStore,
    code: usize,
    vmctx: usize,
    caller: usize,
    integers: Integers,
) -> (u64, u64) {
    // SAFETY: the caller's promise.
    unsafe { enter_mixed::<false>(vm, code, vmctx, caller, (integers, [0.0; 8])) }
}

/// The same with floats among the parameters, at most eight, or, with `FLOAT`, a float as the result, returned as bits.
///
/// # Safety
/// As for [`enter_integers`].
#[inline]
pub(crate) unsafe fn enter_mixed<const FLOAT: bool>(
    vm: *const VMStore,
    code: usize,
    vmctx: usize,
    caller: usize,
    (integers, floats): (Integers, Floats),
) -> (u64, u64) {
    let enter = if FLOAT { enter_float } else { enter_integer };
    let ([a, b, c, d], [e, f, g, h, i, j, k, l]) = (integers, floats);
    // SAFETY: the caller's promise.
    let returned = unsafe { enter(vm, code, vmctx, caller, a, b, c, d, e, f, g, h, i, j, k, l) };
    (returned.value, returned.stopped)
}

/// The convention of WebAssembly functions starts with x2 for parameters and results, where this one's third parameter is:
/// everything is in place.
macro_rules! enter {
    ($name:ident, $result:literal) => {
        /// # Safety
        /// As for [`enter_integers`].
        #[unsafe(naked)]
        unsafe extern "C" fn $name(
            vm: *const VMStore,
            code: usize,
            vmctx: usize,
            caller: usize,
            a: u64,
            b: u64,
            c: u64,
            d: u64,
            e: f64,
            f: f64,
            g: f64,
            h: f64,
            i: f64,
            j: f64,
            k: f64,
            l: f64,
        ) -> Returned {
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
                "blr x1",
                $result,
                "mov x1, #0",
                "ldp x29, x30, [sp], #160",
                "ret",
                entry_sp = const ENTRY_SP,
            )
        }
    };
}

enter!(enter_integer, "mov x0, x2");
enter!(enter_float, "fmov x0, d0");

/// Where a stopped call goes on: returns from the innermost `enter` of `store`, whatever lies above it on the stack.
///
/// # Safety
/// An `enter` of `store` is active on this thread, and what lies above it on the stack needs no destructors: guest code
/// and the frames of [`raise`] only.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn landing(store: *const VMStore) -> ! {
    naked_asm!(
        "ldr x9, [x0, #{entry_sp}]",
        "mov sp, x9",
        "mov x1, #1",
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

/// What guest code calls to reach a host function on registers whose result is no float: `call` has its parameters two
/// registers lower, and returns the result in `x0` and in `x1` whether it failed.
macro_rules! from_guest {
    ($call:path) => {
        naked_asm!(
            "stp x3, x30, [sp, #-16]!",
            "mov x0, x2",
            "mov x1, x3",
            "mov x2, x4",
            "mov x3, x5",
            "mov x4, x6",
            "mov x5, x7",
            "bl {call}",
            "mov x2, x0",
            "ldp x0, x30, [sp], #16",
            "cbnz w1, 2f",
            "ret",
            // As if the guest had called `raise` itself.
            "2:",
            "mov w1, #0",
            "b {raise}",
            call = sym $call,
            raise = sym $crate::vm::arch::raise,
        )
    };
}

/// The same for a result that is a float: in `x1`, and in `x0` whether the call failed.
macro_rules! float_from_guest {
    ($call:path) => {
        naked_asm!(
            "stp x3, x30, [sp, #-16]!",
            "mov x0, x2",
            "mov x1, x3",
            "mov x2, x4",
            "mov x3, x5",
            "mov x4, x6",
            "mov x5, x7",
            "bl {call}",
            "fmov d0, x1",
            "mov w1, w0",
            "ldp x0, x30, [sp], #16",
            "cbnz w1, 2f",
            "ret",
            "2:",
            "mov w1, #0",
            "b {raise}",
            call = sym $call,
            raise = sym $crate::vm::arch::raise,
        )
    };
}

pub(crate) use {float_from_guest, from_guest};

/// A builtin that does not return: it has `$noted` say where the guest goes on, with the guest's frame pointer and return
/// address, and goes there. The registers that the guest's callers may have values in are stored, for `$noted` to see.
/// `$arguments` moves the arguments to where the host's convention has them.
macro_rules! leaving {
    ($(#[$doc:meta])* $name:ident($($param:ident: $ty:ty),*), $noted:ident, [$($arguments:literal),*]) => {
        $(#[$doc])*
        ///
        /// # Safety
        /// Called by generated code only, with the context it runs in.
        #[unsafe(naked)]
        pub(crate) unsafe extern "C" fn $name(vmctx: *const u64, $($param: $ty),*) -> ! {
            naked_asm!(
                $($arguments,)*
                "sub sp, sp, #128",
                "stp x19, x20, [sp, #48]",
                "stp x21, x22, [sp, #64]",
                "stp x23, x24, [sp, #80]",
                "stp x25, x26, [sp, #96]",
                "stp x27, x28, [sp, #112]",
                "str x21, [sp, #{pinned}]",
                "mov x3, sp",
                "mov x4, x29",
                "mov x5, x30",
                "bl {noted}",
                "ldr x9, [sp, #{pc}]",
                "ldr x10, [sp, #{sp}]",
                "ldr x29, [sp, #{fp}]",
                "ldr x0, [sp, #{first}]",
                "ldr x1, [sp, #{second}]",
                "mov sp, x10",
                "br x9",
                noted = sym $noted,
                pc = const offset_of!(Place, pc),
                sp = const offset_of!(Place, sp),
                fp = const offset_of!(Place, fp),
                first = const offset_of!(Place, first),
                second = const offset_of!(Place, second),
                pinned = const offset_of!(Place, pinned),
            )
        }
    };
}

leaving! {
    /// The builtin `raise`: traps, or throws the exception that a host function returned as its error.
    raise(kind: u32), raised, []
}

// The convention of WebAssembly functions starts with x2.
leaving! {
    /// The builtin `throw`.
    throw(tag: u32, slots: *const u64), thrown, ["mov x0, x2", "mov x1, x3", "mov x2, x4"]
}

leaving! {
    /// The builtin `throw_ref`.
    throw_ref(exception: u64), thrown_again, ["mov x0, x2", "mov x1, x3"]
}

/// The builtin `interrupt`: asks whether the guest must stop and raises the trap if it must. Preserves all registers.
///
/// # Safety
/// Called by generated code only, with the context it runs in.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn interrupt(vmctx: *const u64) {
    naked_asm!(
        "sub sp, sp, #688",
        "stp x29, x30, [sp]",
        "mov x29, sp",
        "stp x0, x1, [sp, #16]",
        "stp x2, x3, [sp, #32]",
        "stp x4, x5, [sp, #48]",
        "stp x6, x7, [sp, #64]",
        "stp x8, x9, [sp, #80]",
        "stp x10, x11, [sp, #96]",
        "stp x12, x13, [sp, #112]",
        "stp x14, x15, [sp, #128]",
        "stp x16, x17, [sp, #144]",
        "str x18, [sp, #160]",
        "stp q0, q1, [sp, #176]",
        "stp q2, q3, [sp, #208]",
        "stp q4, q5, [sp, #240]",
        "stp q6, q7, [sp, #272]",
        "stp q8, q9, [sp, #304]",
        "stp q10, q11, [sp, #336]",
        "stp q12, q13, [sp, #368]",
        "stp q14, q15, [sp, #400]",
        "stp q16, q17, [sp, #432]",
        "stp q18, q19, [sp, #464]",
        "stp q20, q21, [sp, #496]",
        "stp q22, q23, [sp, #528]",
        "stp q24, q25, [sp, #560]",
        "stp q26, q27, [sp, #592]",
        "stp q28, q29, [sp, #624]",
        "stp q30, q31, [sp, #656]",
        "bl {must_stop}",
        "cbnz w0, 2f",
        "ldp q0, q1, [sp, #176]",
        "ldp q2, q3, [sp, #208]",
        "ldp q4, q5, [sp, #240]",
        "ldp q6, q7, [sp, #272]",
        "ldp q8, q9, [sp, #304]",
        "ldp q10, q11, [sp, #336]",
        "ldp q12, q13, [sp, #368]",
        "ldp q14, q15, [sp, #400]",
        "ldp q16, q17, [sp, #432]",
        "ldp q18, q19, [sp, #464]",
        "ldp q20, q21, [sp, #496]",
        "ldp q22, q23, [sp, #528]",
        "ldp q24, q25, [sp, #560]",
        "ldp q26, q27, [sp, #592]",
        "ldp q28, q29, [sp, #624]",
        "ldp q30, q31, [sp, #656]",
        "ldp x0, x1, [sp, #16]",
        "ldp x2, x3, [sp, #32]",
        "ldp x4, x5, [sp, #48]",
        "ldp x6, x7, [sp, #64]",
        "ldp x8, x9, [sp, #80]",
        "ldp x10, x11, [sp, #96]",
        "ldp x12, x13, [sp, #112]",
        "ldp x14, x15, [sp, #128]",
        "ldp x16, x17, [sp, #144]",
        "ldr x18, [sp, #160]",
        "ldp x29, x30, [sp]",
        "add sp, sp, #688",
        "ret",
        // The guest must stop: as if it had called `raise` itself.
        "2:",
        "mov w1, w0",
        "ldr x0, [sp, #16]",
        "ldp x29, x30, [sp]",
        "add sp, sp, #688",
        "b {raise}",
        must_stop = sym must_stop,
        raise = sym raise,
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
