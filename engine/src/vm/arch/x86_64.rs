//! Entry and exit on x86-64, System V calling convention.

use std::arch::{asm, naked_asm};
use std::mem::offset_of;

use super::super::offsets::store::ENTRY_SP;
use super::super::store::VMStore;
use super::super::traps::must_stop;
use super::super::unwind::{Place, raised, thrown, thrown_again};
use super::{Floats, Integers};

/// Calls the function at `rax`, whose arguments are where its convention has them, in the store at `r10`. `rdx` is 0 when it
/// returned, 1 when it was stopped ([`landing`]): then `r12` to `r15` are whatever they were there. Guest code preserves the
/// registers that are pushed; it is for `landing` that they are, and the address where to go on.
macro_rules! enter {
    ($($operand:tt)*) => {
        asm!(
            // With what is pushed, 4 words: the stack stays aligned to 16 bytes for the call.
            "sub rsp, 8",
            "push rbp",
            "push rbx",
            "lea r11, [rip + 2f]",
            "push r11",
            "mov [r10 + {entry_sp}], rsp",
            "call rax",
            "xor edx, edx",
            "add rsp, 8",
            "2:",
            "pop rbx",
            "pop rbp",
            "add rsp, 8",
            entry_sp = const ENTRY_SP,
            $($operand)*,
            out("r12") _,
            out("r13") _,
            out("r14") _,
            out("r15") _,
            clobber_abi("sysv64"),
        )
    };
}

/// Calls a function of WebAssembly's convention whose parameters are at most four integers and whose result, if it has one,
/// is an integer. Returns the result, and 0 when it returned, 1 when the call was stopped ([`landing`]).
///
/// # Safety
/// `code` is a function of this kind and takes the context `vmctx` and, as its caller's, `caller`; `vm` is the store of all of
/// them, and ready (`enter.rs`). What else `code` takes and gives is the caller's business: trampolines are called so, too.
#[inline(always)]
pub(crate) unsafe fn enter_integers(
    vm: *const VMStore,
    code: usize,
    vmctx: usize,
    caller: usize,
    integers: Integers,
) -> (u64, u64) {
    let [first, second, third, fourth] = integers;
    let (value, stopped);
    // SAFETY: `code` is called as its convention has it (the caller's promise); whether the call ended or was stopped, all
    // registers are as they were or declared as changed, and the stack is as it was.
    unsafe {
        enter!(
            inlateout("rax") code => value,
            in("r10") vm,
            in("rdi") vmctx,
            in("rsi") caller,
            inlateout("rdx") first => stopped,
            in("rcx") second,
            in("r8") third,
            in("r9") fourth
        );
    }
    (value, stopped)
}

/// The same with floats among the parameters, at most eight, or, with `FLOAT`, a float as the result, returned as bits.
///
/// # Safety
/// As for [`enter_integers`].
#[inline(always)]
pub(crate) unsafe fn enter_mixed<const FLOAT: bool>(
    vm: *const VMStore,
    code: usize,
    vmctx: usize,
    caller: usize,
    (integers, floats): (Integers, Floats),
) -> (u64, u64) {
    let [first, second, third, fourth] = integers;
    let (value, float, stopped): (u64, f64, u64);
    // SAFETY: as in `enter_integers`.
    unsafe {
        enter!(
            inlateout("rax") code => value,
            in("r10") vm,
            in("rdi") vmctx,
            in("rsi") caller,
            inlateout("rdx") first => stopped,
            in("rcx") second,
            in("r8") third,
            in("r9") fourth,
            inlateout("xmm0") floats[0] => float,
            in("xmm1") floats[1],
            in("xmm2") floats[2],
            in("xmm3") floats[3],
            in("xmm4") floats[4],
            in("xmm5") floats[5],
            in("xmm6") floats[6],
            in("xmm7") floats[7]
        );
    }
    (if FLOAT { float.to_bits() } else { value }, stopped)
}

/// Where a stopped call goes on: at the end of the innermost `enter` of `store`, whatever lies above it on the stack.
///
/// # Safety
/// An `enter` of `store` is active on this thread, and what lies above it on the stack needs no destructors: guest code
/// and the frames of [`raise`] only.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn landing(store: *const VMStore) -> ! {
    naked_asm!(
        "mov rsp, [rdi + {entry_sp}]",
        "mov edx, 1",
        "ret",
        entry_sp = const ENTRY_SP,
    )
}

/// What guest code calls to reach a host function on registers whose result is no float: its parameters are where both
/// conventions have them. `call` returns the result in `rax` and in `rdx` whether it failed.
macro_rules! from_guest {
    ($call:path) => {
        naked_asm!(
            "push rsi",
            "call {call}",
            "test edx, edx",
            "jnz 2f",
            "add rsp, 8",
            "ret",
            // As if the guest had called `raise` itself.
            "2:",
            "pop rdi",
            "xor esi, esi",
            "jmp {raise}",
            call = sym $call,
            raise = sym $crate::vm::arch::raise,
        )
    };
}

/// The same for a result that is a float: in `xmm0`, and in `rax` whether the call failed.
macro_rules! float_from_guest {
    ($call:path) => {
        naked_asm!(
            "push rsi",
            "call {call}",
            "test eax, eax",
            "jnz 2f",
            "add rsp, 8",
            "ret",
            "2:",
            "pop rdi",
            "xor esi, esi",
            "jmp {raise}",
            call = sym $call,
            raise = sym $crate::vm::arch::raise,
        )
    };
}

pub(crate) use {float_from_guest, from_guest};

/// A builtin that does not return: it has `$noted` say where the guest goes on, with the guest's frame pointer and return
/// address, and goes there. The registers that the guest's callers may have values in are pushed, for `$noted` to see.
macro_rules! leaving {
    ($(#[$doc:meta])* $name:ident($($param:ident: $ty:ty),*), $noted:ident) => {
        $(#[$doc])*
        ///
        /// # Safety
        /// Called by generated code only, with the context it runs in.
        #[unsafe(naked)]
        pub(crate) unsafe extern "C" fn $name(vmctx: *const u64, $($param: $ty),*) -> ! {
            naked_asm!(
                "push rbx",
                "push r12",
                "push r13",
                "push r14",
                "push r15",
                // Six words with the return address; six more keep the stack aligned to 16 bytes.
                "sub rsp, 48",
                "mov [rsp + {pinned}], r15",
                "mov rcx, rsp",
                "mov r8, rbp",
                "mov r9, [rsp + 88]",
                "call {noted}",
                "mov rcx, [rsp + {pc}]",
                "mov rax, [rsp + {first}]",
                "mov rdi, rax",
                "mov rdx, [rsp + {second}]",
                "mov rbp, [rsp + {fp}]",
                "mov rsp, [rsp + {sp}]",
                "jmp rcx",
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
    raise(kind: u32), raised
}

leaving! {
    /// The builtin `throw`.
    throw(tag: u32, slots: *const u64), thrown
}

leaving! {
    /// The builtin `throw_ref`.
    throw_ref(exception: u64), thrown_again
}

/// The builtin `interrupt`: asks whether the guest must stop and raises the trap if it must. Preserves all registers.
///
/// # Safety
/// Called by generated code only, with the context it runs in.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn interrupt(vmctx: *const u64) {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rax",
        "push rcx",
        "push rdx",
        "push rsi",
        "push rdi",
        "push r8",
        "push r9",
        "push r10",
        "push r11",
        // 16 vectors, and one word that aligns the stack to 16 bytes.
        "sub rsp, 264",
        "movups [rsp], xmm0",
        "movups [rsp + 16], xmm1",
        "movups [rsp + 32], xmm2",
        "movups [rsp + 48], xmm3",
        "movups [rsp + 64], xmm4",
        "movups [rsp + 80], xmm5",
        "movups [rsp + 96], xmm6",
        "movups [rsp + 112], xmm7",
        "movups [rsp + 128], xmm8",
        "movups [rsp + 144], xmm9",
        "movups [rsp + 160], xmm10",
        "movups [rsp + 176], xmm11",
        "movups [rsp + 192], xmm12",
        "movups [rsp + 208], xmm13",
        "movups [rsp + 224], xmm14",
        "movups [rsp + 240], xmm15",
        "call {must_stop}",
        "test eax, eax",
        "jnz 2f",
        "movups xmm0, [rsp]",
        "movups xmm1, [rsp + 16]",
        "movups xmm2, [rsp + 32]",
        "movups xmm3, [rsp + 48]",
        "movups xmm4, [rsp + 64]",
        "movups xmm5, [rsp + 80]",
        "movups xmm6, [rsp + 96]",
        "movups xmm7, [rsp + 112]",
        "movups xmm8, [rsp + 128]",
        "movups xmm9, [rsp + 144]",
        "movups xmm10, [rsp + 160]",
        "movups xmm11, [rsp + 176]",
        "movups xmm12, [rsp + 192]",
        "movups xmm13, [rsp + 208]",
        "movups xmm14, [rsp + 224]",
        "movups xmm15, [rsp + 240]",
        "add rsp, 264",
        "pop r11",
        "pop r10",
        "pop r9",
        "pop r8",
        "pop rdi",
        "pop rsi",
        "pop rdx",
        "pop rcx",
        "pop rax",
        "pop rbp",
        "ret",
        // The guest must stop: as if it had called `raise` itself.
        "2:",
        "mov rdi, [rbp - 40]",
        "mov esi, eax",
        "mov rsp, rbp",
        "pop rbp",
        "jmp {raise}",
        must_stop = sym must_stop,
        raise = sym raise,
    )
}

/// Makes code that was just written visible to instruction fetches: nothing to do on this processor.
pub(crate) fn flush_instructions(_start: *const u8, _len: usize) {}
