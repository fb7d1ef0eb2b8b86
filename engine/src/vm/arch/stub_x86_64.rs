//! Stubs for functions that are compiled when they are first called, on x86-64.

use std::arch::naked_asm;

use super::super::lazy_code::resolve;
use super::super::traps::not_resolved;
use super::landing;

/// Bytes of what the stubs of a module share.
pub(crate) const STUBS_HEAD: usize = 32;

/// Bytes of a stub.
pub(crate) const STUB: usize = 16;

/// How far a call, or a stub's access to its slot, reaches.
pub(crate) const CALL_REACH: usize = i32::MAX as usize - (1 << 20);

/// The code that the stubs of a module share: goes to [`resolve_and_enter`] with `owner` in r11.
pub(crate) fn stubs_head(owner: usize) -> [u8; STUBS_HEAD] {
    let mut code = [0xcc; STUBS_HEAD];
    // mov r11, owner; mov r10, address; jmp r10
    code[..2].copy_from_slice(&[0x49, 0xbb]);
    code[2..10].copy_from_slice(&owner.to_le_bytes());
    code[10..12].copy_from_slice(&[0x49, 0xba]);
    let address = (resolve_and_enter as *const ()).expose_provenance();
    code[12..20].copy_from_slice(&address.to_le_bytes());
    code[20..23].copy_from_slice(&[0x41, 0xff, 0xe2]);
    code
}

/// The stub of the function with this index: jumps to the address in its slot, which at first is that of the stub's own
/// second half, at [`STUB_SECOND_HALF`]: it goes to the shared code with the index in eax. All addresses lie within
/// [`CALL_REACH`] of each other.
pub(crate) fn stub(at: usize, slot: usize, index: u32, head: usize) -> [u8; STUB] {
    let mut code = [0; STUB];
    // jmp [rip + slot]; mov eax, index; jmp head
    code[..2].copy_from_slice(&[0xff, 0x25]);
    code[2..6].copy_from_slice(&distance(at + 6, slot));
    code[6] = 0xb8;
    code[7..11].copy_from_slice(&index.to_le_bytes());
    code[11] = 0xe9;
    code[12..].copy_from_slice(&distance(at + STUB, head));
    code
}

/// Where in a stub its second half is.
pub(crate) const STUB_SECOND_HALF: usize = 6;

fn distance(from: usize, to: usize) -> [u8; 4] {
    (to.wrapping_sub(from) as u32).to_le_bytes()
}

/// What a stub whose function was not compiled yet comes to, as if it were the function: with the arguments in registers
/// and on the stack, the function's index in eax and its module's code in r11. Has it compiled, and goes there as if
/// nothing had happened in between; or lands, if that failed.
///
/// # Safety
/// Called by stubs only.
#[unsafe(naked)]
unsafe extern "C" fn resolve_and_enter() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        // 6 integer and 8 vector registers can hold arguments.
        "sub rsp, 176",
        "mov [rsp], rdi",
        "mov [rsp + 8], rsi",
        "mov [rsp + 16], rdx",
        "mov [rsp + 24], rcx",
        "mov [rsp + 32], r8",
        "mov [rsp + 40], r9",
        "movups [rsp + 48], xmm0",
        "movups [rsp + 64], xmm1",
        "movups [rsp + 80], xmm2",
        "movups [rsp + 96], xmm3",
        "movups [rsp + 112], xmm4",
        "movups [rsp + 128], xmm5",
        "movups [rsp + 144], xmm6",
        "movups [rsp + 160], xmm7",
        "mov rdi, r11",
        "mov esi, eax",
        "call {resolve}",
        "test rax, rax",
        "jz 2f",
        "mov rdi, [rsp]",
        "mov rsi, [rsp + 8]",
        "mov rdx, [rsp + 16]",
        "mov rcx, [rsp + 24]",
        "mov r8, [rsp + 32]",
        "mov r9, [rsp + 40]",
        "movups xmm0, [rsp + 48]",
        "movups xmm1, [rsp + 64]",
        "movups xmm2, [rsp + 80]",
        "movups xmm3, [rsp + 96]",
        "movups xmm4, [rsp + 112]",
        "movups xmm5, [rsp + 128]",
        "movups xmm6, [rsp + 144]",
        "movups xmm7, [rsp + 160]",
        "leave",
        "jmp rax",
        "2:",
        // The caller's program counter, frame and pinned register.
        "mov rdi, [rbp + 8]",
        "mov rsi, [rbp]",
        "mov rdx, r15",
        "call {not_resolved}",
        "mov rdi, rax",
        "jmp {landing}",
        resolve = sym resolve,
        not_resolved = sym not_resolved,
        landing = sym landing,
    )
}
