//! Fuel: what every operator takes, and the code that counts it.
//!
//! The count is in a register of its own (Cranelift's pinned register) wherever guest code runs, so that calls pass it on
//! and a trap finds it. What operators take is added up while they are translated and paid where control leaves a straight
//! run of them: at a branch that is taken, at a call, at the end. A branch that is not taken costs nothing. Whether anything
//! is left is asked at the entry of functions, at the head of loops, in long straight runs, and before whatever takes long.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use wasmparser::Operator;

use super::FuncTranslator;
use crate::error::Result;
use crate::trap::TrapKind;

/// Most that operators take before it is paid: by so much a guest can overdraw, and so much at most is not yet counted
/// when it traps.
const MAX_OWED: u64 = 1000;

/// What one step of a growing or bulk operation takes is for so many bytes, as a power of two.
const BYTES_PER_UNIT: u8 = 3;

/// Most that a bulk operation takes: what the largest memory does. One that asks for more fails anyway.
const MAX_UNITS: i64 = 1 << 29;

/// What an operator takes by itself.
fn cost(operator: &Operator<'_>) -> u64 {
    match operator {
        Operator::Nop
        | Operator::Drop
        | Operator::Block { .. }
        | Operator::Loop { .. }
        | Operator::TryTable { .. }
        | Operator::Else
        | Operator::End => 0,
        _ => 1,
    }
}

impl FuncTranslator<'_> {
    /// Counts an operator that is executed next.
    pub(super) fn count_operator(&mut self, operator: &Operator<'_>) -> Result<()> {
        if !self.module.fuel {
            return Ok(());
        }
        self.owed = self.owed.saturating_add(cost(operator));
        if self.owed < MAX_OWED {
            return Ok(());
        }
        self.settle();
        self.check_fuel()
    }

    /// Pays what is owed.
    pub(super) fn settle(&mut self) {
        let owed = std::mem::take(&mut self.owed);
        self.pay(owed);
    }

    /// Takes a known amount.
    pub(super) fn pay(&mut self, amount: u64) {
        if amount == 0 {
            return;
        }
        let fuel = self.builder.ins().get_pinned_reg(types::I64);
        let left = self.builder.ins().iadd_imm_s(fuel, 0_i64.saturating_sub_unsigned(amount));
        self.builder.ins().set_pinned_reg(left);
    }

    /// Traps if there is no fuel left.
    pub(super) fn check_fuel(&mut self) -> Result<()> {
        if !self.module.fuel {
            return Ok(());
        }
        let fuel = self.builder.ins().get_pinned_reg(types::I64);
        let none = self.builder.ins().icmp_imm_s(IntCC::SignedLessThan, fuel, 0);
        self.trap_if(none, TrapKind::OutOfFuel)
    }

    /// Pays for an operation on `len` bytes of memory, before it does anything.
    pub(super) fn pay_for_bytes(&mut self, len: Value) -> Result<()> {
        if !self.module.fuel {
            return Ok(());
        }
        let units = self.builder.ins().ushr_imm_u(len, i64::from(BYTES_PER_UNIT));
        self.pay_first(units)
    }

    /// Pays for an operation on `len` elements of a table, before it does anything.
    pub(super) fn pay_for_elements(&mut self, len: Value) -> Result<()> {
        if !self.module.fuel {
            return Ok(());
        }
        self.pay_first(len)
    }

    fn pay_first(&mut self, units: Value) -> Result<()> {
        let most = self.builder.ins().iconst(types::I64, MAX_UNITS);
        let units = self.builder.ins().umin(units, most);
        self.settle();
        self.pay_amount(units);
        self.check_fuel()
    }

    /// Pays for what growing a memory or table added, if it did: `old` is what the builtin answered, −1 for a refusal.
    pub(super) fn pay_for_growth(&mut self, old: Value, delta: Value, bytes_per_step: u64) {
        if !self.module.fuel {
            return;
        }
        let steps = bytes_per_step >> BYTES_PER_UNIT;
        let units = self.builder.ins().imul_imm_s(delta, steps.cast_signed());
        let refused = self.builder.ins().icmp_imm_s(IntCC::Equal, old, -1);
        let nothing = self.builder.ins().iconst(types::I64, 0);
        let units = self.builder.ins().select(refused, nothing, units);
        self.pay_amount(units);
    }

    fn pay_amount(&mut self, units: Value) {
        let fuel = self.builder.ins().get_pinned_reg(types::I64);
        let left = self.builder.ins().isub(fuel, units);
        self.builder.ins().set_pinned_reg(left);
    }
}
