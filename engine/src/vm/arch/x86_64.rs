//! Entry and exit on x86-64, System V calling convention.

use std::arch::naked_asm;

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
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        // 7 words with the return address: one more aligns the stack to 16 bytes for the call.
        "sub rsp, 8",
        "mov [rdi + {entry_sp}], rsp",
        "mov rax, rsi",
        "mov rdi, rdx",
        "mov rsi, rcx",
        "mov rdx, r8",
        "mov rcx, r9",
        "call rax",
        "xor eax, eax",
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
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
        "mov rsp, [rdi + {entry_sp}]",
        "mov eax, 1",
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
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
        "mov rdx, [rsp]",
        "mov rcx, rbp",
        "sub rsp, 8",
        "call {raised}",
        "mov rdi, rax",
        "jmp {landing}",
        raised = sym raised,
        landing = sym landing,
    )
}

/// Makes code that was just written visible to instruction fetches: nothing to do on this processor.
pub(crate) fn flush_instructions(_start: *const u8, _len: usize) {}
