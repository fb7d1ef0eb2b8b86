//! How generated code traps, and what Cranelift's trap codes mean. In signal style by instructions that the processor
//! refuses; in explicit style by a call of the builtin `raise` in a block of its own.

use cranelift_codegen::ir::{Block, InstBuilder, SourceLoc, TrapCode, Value};

use super::FuncTranslator;
use crate::builtins::Builtin;
use crate::config::TrapStyle;
use crate::error::Result;
use crate::trap::TrapKind;

/// Cranelift's code for a kind.
pub(crate) const fn trap_code(kind: TrapKind) -> TrapCode {
    match TrapCode::user(kind.code()) {
        Some(code) => code,
        // No kind is 0 or one of the few highest codes, which are Cranelift's own.
        None => TrapCode::HEAP_OUT_OF_BOUNDS,
    }
}

/// The kind that a code stands for: one of ours, or one that Cranelift gives to its own checks.
pub(crate) fn kind_of(code: TrapCode) -> Option<TrapKind> {
    match code {
        TrapCode::STACK_OVERFLOW => Some(TrapKind::StackOverflow),
        TrapCode::INTEGER_OVERFLOW => Some(TrapKind::IntegerOverflow),
        TrapCode::HEAP_OUT_OF_BOUNDS => Some(TrapKind::MemoryOutOfBounds),
        TrapCode::INTEGER_DIVISION_BY_ZERO => Some(TrapKind::IntegerDivisionByZero),
        TrapCode::BAD_CONVERSION_TO_INTEGER => Some(TrapKind::BadConversionToInteger),
        code => TrapKind::from_code(code.as_raw().get()),
    }
}

/// Code that raises a trap, out of the way of the code that looks whether it must.
pub(super) struct TrapBlock {
    kind: TrapKind,
    position: SourceLoc,
    block: Block,
}

impl FuncTranslator<'_> {
    /// Traps always. The code that follows is unreachable.
    pub(super) fn trap(&mut self, kind: TrapKind) -> Result<()> {
        match self.module.style {
            TrapStyle::Signals => self.builder.ins().trap(trap_code(kind)),
            TrapStyle::Explicit => {
                let block = self.trap_block(kind)?;
                self.builder.ins().jump(block, &[])
            }
        };
        Ok(())
    }

    /// Traps if `condition` is not zero.
    pub(super) fn trap_if(&mut self, condition: Value, kind: TrapKind) -> Result<()> {
        match self.module.style {
            TrapStyle::Signals => drop(self.builder.ins().trapnz(condition, trap_code(kind))),
            TrapStyle::Explicit => {
                let (block, next) = (self.trap_block(kind)?, self.builder.create_block());
                self.builder.ins().brif(condition, block, &[], next, &[]);
                self.builder.seal_block(next);
                self.builder.switch_to_block(next);
            }
        }
        Ok(())
    }

    /// Traps if `condition` is zero.
    pub(super) fn trap_unless(&mut self, condition: Value, kind: TrapKind) -> Result<()> {
        match self.module.style {
            TrapStyle::Signals => drop(self.builder.ins().trapz(condition, trap_code(kind))),
            TrapStyle::Explicit => {
                let (block, next) = (self.trap_block(kind)?, self.builder.create_block());
                self.builder.ins().brif(condition, next, &[], block, &[]);
                self.builder.seal_block(next);
                self.builder.switch_to_block(next);
            }
        }
        Ok(())
    }

    /// Raises the trap whose code is a value, or, for 0, the error that was recorded.
    pub(super) fn raise(&mut self, code: Value) -> Result<()> {
        self.run_builtin(Builtin::Raise, &[code])?;
        // Never executed: a block needs an end.
        self.builder.ins().trap(trap_code(TrapKind::Unreachable));
        Ok(())
    }

    /// The block that raises this trap for the current operator: one for all its checks.
    fn trap_block(&mut self, kind: TrapKind) -> Result<Block> {
        let position = self.builder.srcloc();
        let known = self.trap_blocks.iter().rev().take(4);
        let known = known.filter(|known| known.position == position).find(|known| known.kind == kind);
        if let Some(known) = known {
            return Ok(known.block);
        }
        // Each is a handful of instructions.
        self.budget.spend(4)?;
        let block = self.builder.create_block();
        self.builder.set_cold_block(block);
        self.trap_blocks.push(TrapBlock { kind, position, block });
        Ok(block)
    }

    /// Writes the blocks that raise traps, when all code that branches to them is written.
    pub(super) fn write_trap_blocks(&mut self) -> Result<()> {
        for TrapBlock { kind, position, block } in std::mem::take(&mut self.trap_blocks) {
            self.builder.switch_to_block(block);
            self.builder.seal_block(block);
            self.builder.set_srcloc(position);
            let code = self.constant32(u32::from(kind.code()));
            self.raise(code)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_survives_the_way_through_cranelift() {
        for kind in TrapKind::ALL {
            assert_eq!(kind_of(trap_code(*kind)), Some(*kind));
        }
    }
}
