//! One function under construction: instructions, and locals as they are asked for.

use wasm_encoder::{BlockType, Function, InstructionSink, MemArg, MemArgTarget, ValType};

use super::super::host::TRAPS;
use crate::abi::trap::AbiTrap;

/// A function's code so far.
pub(super) struct Body {
    code: Vec<u8>,
    params: u32,
    locals: Vec<ValType>,
    /// The function that traps.
    trap: u32,
}

impl Body {
    /// Nothing yet, of a function with so many parameters.
    pub(super) fn new(params: usize, trap: u32) -> Self {
        Self { code: Vec::new(), params: u32::try_from(params).unwrap_or(u32::MAX), locals: Vec::new(), trap }
    }

    /// A new local, zero until it is set.
    pub(super) fn local(&mut self, ty: ValType) -> u32 {
        let index = u32::try_from(self.locals.len()).unwrap_or(u32::MAX);
        self.locals.push(ty);
        self.params.saturating_add(index)
    }

    /// Where instructions go.
    pub(super) fn ops(&mut self) -> InstructionSink<'_> {
        InstructionSink::new(&mut self.code)
    }

    /// Takes a condition from the stack and traps if it holds.
    pub(super) fn trap_if(&mut self, trap: AbiTrap) {
        self.ops().if_(BlockType::Empty);
        self.trap(trap);
        self.ops().end();
    }

    /// Traps.
    pub(super) fn trap(&mut self, trap: AbiTrap) {
        let code = TRAPS.iter().position(|known| *known == trap);
        let code = code.and_then(|code| i32::try_from(code).ok()).unwrap_or(-1);
        let function = self.trap;
        self.ops().i32_const(code).call(function).unreachable();
    }

    /// Traps unless the address in `ptr` is a multiple of `align`.
    pub(super) fn check_aligned(&mut self, ptr: u32, align: u32, trap: AbiTrap) {
        if align > 1 {
            self.ops().local_get(ptr).i32_const(align.wrapping_sub(1).cast_signed()).i32_and();
            self.trap_if(trap);
        }
    }

    /// Takes a number of bytes (i64) from the stack and traps unless so many lie at `ptr` in memory.
    pub(super) fn check_inside(&mut self, ptr: u32, memory: u32, trap: AbiTrap) {
        self.ops().local_get(ptr).i64_extend_i32_u().i64_add();
        self.ops().memory_size(memory).i64_extend_i32_u().i64_const(16).i64_shl().i64_gt_u();
        self.trap_if(trap);
    }

    /// The function, complete.
    pub(super) fn finish(mut self) -> Function {
        self.ops().end();
        let mut function = Function::new_with_locals_types(self.locals);
        function.raw(self.code);
        function
    }
}

/// An access at this offset, of 1 << `align` bytes.
pub(super) fn at(memory: u32, offset: u32, align: u32) -> MemArg {
    MemArg { offset: u64::from(offset), align, target: MemArgTarget::Memory(memory), ordering: None }
}
