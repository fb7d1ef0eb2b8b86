//! How generated code traps, and what Cranelift's trap codes mean. The only file to change for another trap style.

use cranelift_codegen::ir::{InstBuilder, TrapCode, Value};

use super::FuncTranslator;
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

impl FuncTranslator<'_> {
    /// Traps always. The code that follows is unreachable.
    pub(super) fn trap(&mut self, kind: TrapKind) {
        self.builder.ins().trap(trap_code(kind));
    }

    /// Traps if `condition` is not zero.
    pub(super) fn trap_if(&mut self, condition: Value, kind: TrapKind) {
        self.builder.ins().trapnz(condition, trap_code(kind));
    }

    /// Traps if `condition` is zero.
    pub(super) fn trap_unless(&mut self, condition: Value, kind: TrapKind) {
        self.builder.ins().trapz(condition, trap_code(kind));
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
