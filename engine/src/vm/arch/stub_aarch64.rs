//! Stubs for functions that are compiled when they are first called, on aarch64. Untested, as the rest for this processor.

use std::arch::naked_asm;

use super::super::lazy_code::resolve;
use super::super::traps::not_resolved;
use super::landing;

/// Bytes of what the stubs of a module share.
pub(crate) const STUBS_HEAD: usize = 32;

/// Bytes of a stub.
pub(crate) const STUB: usize = 24;

/// How far a call reaches. A module whose code would lie further from its stubs is refused.
pub(crate) const CALL_REACH: usize = (128 << 20) - (1 << 20);

/// The code that the stubs of a module share: goes to [`resolve_and_enter`] with `owner` in x9.
pub(crate) fn stubs_head(owner: usize) -> [u8; STUBS_HEAD] {
    // ldr x9, owner; ldr x16, address; br x16; nop
    let code = [0x5800_0009 | 4 << 5, 0x5800_0010 | 5 << 5, 0xd61f_0200, 0xd503_201f];
    let address = (resolve_and_enter as *const ()).expose_provenance();
    let mut bytes = [0; STUBS_HEAD];
    copy_instructions(&mut bytes, &code);
    bytes[16..24].copy_from_slice(&owner.to_le_bytes());
    bytes[24..].copy_from_slice(&address.to_le_bytes());
    bytes
}

/// The stub of the function with this index: jumps to the address in its slot, which at first is that of the stub's own
/// second half, at [`STUB_SECOND_HALF`]: it goes to the shared code with the index in w17. All addresses lie within
/// [`CALL_REACH`] of each other.
pub(crate) fn stub(at: usize, slot: usize, index: u32, head: usize) -> [u8; STUB] {
    let pages = (slot >> 12).wrapping_sub(at >> 12) as u32;
    let back = head.wrapping_sub(at + 20) as u32 >> 2;
    let code = [
        // adrp x16, slot; ldr x16, [x16, slot]; br x16
        0x9000_0010 | (pages & 3) << 29 | (pages >> 2 & 0x7_ffff) << 5,
        0xf940_0210 | ((slot & 0xfff) as u32 >> 3) << 10,
        0xd61f_0200,
        // mov w17, index; b head
        0x5280_0011 | (index & 0xffff) << 5,
        0x72a0_0011 | (index >> 16) << 5,
        0x1400_0000 | back & 0x03ff_ffff,
    ];
    let mut bytes = [0; STUB];
    copy_instructions(&mut bytes, &code);
    bytes
}

/// Where in a stub its second half is.
pub(crate) const STUB_SECOND_HALF: usize = 12;

fn copy_instructions(bytes: &mut [u8], code: &[u32]) {
    for (bytes, instruction) in bytes.chunks_exact_mut(4).zip(code) {
        bytes.copy_from_slice(&instruction.to_le_bytes());
    }
}

/// What a stub whose function was not compiled yet comes to, as if it were the function: with the arguments in registers
/// and on the stack, the function's index in w17 and its module's code in x9. Has it compiled, and goes there as if
/// nothing had happened in between; or lands, if that failed.
///
/// # Safety
/// Called by stubs only.
#[unsafe(naked)]
unsafe extern "C" fn resolve_and_enter() {
    naked_asm!(
        "stp x29, x30, [sp, #-224]!",
        "mov x29, sp",
        // x2 to x7 and 8 vector registers can hold arguments, x8 where results go.
        "stp x2, x3, [sp, #16]",
        "stp x4, x5, [sp, #32]",
        "stp x6, x7, [sp, #48]",
        "str x8, [sp, #64]",
        "stp q0, q1, [sp, #80]",
        "stp q2, q3, [sp, #112]",
        "stp q4, q5, [sp, #144]",
        "stp q6, q7, [sp, #176]",
        "mov x0, x9",
        "mov w1, w17",
        "bl {resolve}",
        "cbz x0, 2f",
        "mov x16, x0",
        "ldp x2, x3, [sp, #16]",
        "ldp x4, x5, [sp, #32]",
        "ldp x6, x7, [sp, #48]",
        "ldr x8, [sp, #64]",
        "ldp q0, q1, [sp, #80]",
        "ldp q2, q3, [sp, #112]",
        "ldp q4, q5, [sp, #144]",
        "ldp q6, q7, [sp, #176]",
        "ldp x29, x30, [sp], #224",
        "br x16",
        "2:",
        // The caller's program counter, frame and pinned register.
        "ldp x1, x0, [sp]",
        "mov x2, x21",
        "bl {not_resolved}",
        "b {landing}",
        resolve = sym resolve,
        not_resolved = sym not_resolved,
        landing = sym landing,
    )
}
