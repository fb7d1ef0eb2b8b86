//! Integers: arithmetic, bits, shifts, comparisons, and the widths of integers.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, InstructionData, Opcode, Type, Value, types};
use wasmparser::Operator;

use super::{Binary, FuncTranslator};
use crate::config::TrapStyle;
use crate::error::Result;
use crate::translate::underflow;
use crate::trap::TrapKind;

impl FuncTranslator<'_> {
    /// Shifts take their distance modulo the width, as WebAssembly wants.
    pub(in crate::translate) fn integer_binary_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        let build: Binary = match operator {
            Operator::I32Add | Operator::I64Add => |ins, x, y| ins.iadd(x, y),
            Operator::I32Sub | Operator::I64Sub => |ins, x, y| ins.isub(x, y),
            Operator::I32Mul | Operator::I64Mul => |ins, x, y| ins.imul(x, y),
            Operator::I32And | Operator::I64And => |ins, x, y| ins.band(x, y),
            Operator::I32Or | Operator::I64Or => |ins, x, y| ins.bor(x, y),
            Operator::I32Xor | Operator::I64Xor => |ins, x, y| ins.bxor(x, y),
            Operator::I32Shl | Operator::I64Shl => |ins, x, y| ins.ishl(x, y),
            Operator::I32ShrS | Operator::I64ShrS => |ins, x, y| ins.sshr(x, y),
            Operator::I32ShrU | Operator::I64ShrU => |ins, x, y| ins.ushr(x, y),
            Operator::I32Rotl | Operator::I64Rotl => |ins, x, y| ins.rotl(x, y),
            Operator::I32Rotr | Operator::I64Rotr => |ins, x, y| ins.rotr(x, y),
            _ => return self.division_operator(operator),
        };
        self.binary(build)
    }

    /// In signal style the processor notices what traps.
    fn division_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        let (build, overflows): (Binary, bool) = match operator {
            Operator::I32DivS | Operator::I64DivS => (|ins, x, y| ins.sdiv(x, y), true),
            Operator::I32DivU | Operator::I64DivU => (|ins, x, y| ins.udiv(x, y), false),
            Operator::I32RemS | Operator::I64RemS => (|ins, x, y| ins.srem(x, y), false),
            Operator::I32RemU | Operator::I64RemU => (|ins, x, y| ins.urem(x, y), false),
            _ => return Ok(false),
        };
        if self.module.style == TrapStyle::Explicit {
            self.check_division(overflows)?;
        }
        self.binary(build)
    }

    /// Traps if the quotient of the two topmost operands does not exist, or, if it `overflows`, is out of range.
    fn check_division(&mut self, overflows: bool) -> Result<()> {
        let &[dividend, divisor] = self.top(2)? else { return Err(underflow()) };
        let known = self.known_integer(divisor);
        if known.is_none_or(|divisor| divisor == 0) {
            self.trap_unless(divisor, TrapKind::IntegerDivisionByZero)?;
        }
        if overflows && known.is_none_or(|divisor| divisor == -1) {
            let ty = self.builder.func.dfg.value_type(dividend);
            let least = if ty == types::I32 { i64::from(i32::MIN) } else { i64::MIN };
            let least = self.builder.ins().iconst(ty, least & mask(ty));
            let minus_one = self.builder.ins().iconst(ty, mask(ty));
            let is_least = self.builder.ins().icmp(IntCC::Equal, dividend, least);
            let is_minus_one = self.builder.ins().icmp(IntCC::Equal, divisor, minus_one);
            let both = self.builder.ins().band(is_least, is_minus_one);
            self.trap_if(both, TrapKind::IntegerOverflow)?;
        }
        Ok(())
    }

    /// The value of an integer constant, sign-extended.
    fn known_integer(&self, value: Value) -> Option<i64> {
        let dfg = &self.builder.func.dfg;
        let InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } =
            dfg.insts[dfg.value_def(value).inst()?]
        else {
            return None;
        };
        let spare = 64_u32.saturating_sub(dfg.value_type(value).bits());
        Some(imm.bits().wrapping_shl(spare).wrapping_shr(spare))
    }

    pub(in crate::translate) fn integer_comparison_operator(
        &mut self,
        operator: &Operator<'_>,
    ) -> Result<bool> {
        let condition = match operator {
            Operator::I32Eqz => return self.is_zero(types::I32),
            Operator::I64Eqz => return self.is_zero(types::I64),
            Operator::I32Eq | Operator::I64Eq => IntCC::Equal,
            Operator::I32Ne | Operator::I64Ne => IntCC::NotEqual,
            Operator::I32LtS | Operator::I64LtS => IntCC::SignedLessThan,
            Operator::I32LtU | Operator::I64LtU => IntCC::UnsignedLessThan,
            Operator::I32GtS | Operator::I64GtS => IntCC::SignedGreaterThan,
            Operator::I32GtU | Operator::I64GtU => IntCC::UnsignedGreaterThan,
            Operator::I32LeS | Operator::I64LeS => IntCC::SignedLessThanOrEqual,
            Operator::I32LeU | Operator::I64LeU => IntCC::UnsignedLessThanOrEqual,
            Operator::I32GeS | Operator::I64GeS => IntCC::SignedGreaterThanOrEqual,
            Operator::I32GeU | Operator::I64GeU => IntCC::UnsignedGreaterThanOrEqual,
            _ => return Ok(false),
        };
        let (left, right) = self.pop2()?;
        let holds = self.builder.ins().icmp(condition, left, right);
        let holds = self.builder.ins().uextend(types::I32, holds);
        self.push(holds);
        Ok(true)
    }

    fn is_zero(&mut self, ty: Type) -> Result<bool> {
        let zero = self.builder.ins().iconst(ty, 0);
        let operand = self.pop()?;
        let holds = self.builder.ins().icmp(IntCC::Equal, operand, zero);
        let holds = self.builder.ins().uextend(types::I32, holds);
        self.push(holds);
        Ok(true)
    }

    pub(in crate::translate) fn integer_unary_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match operator {
            Operator::I32Clz | Operator::I64Clz => self.unary(|ins, x| ins.clz(x)),
            Operator::I32Ctz | Operator::I64Ctz => self.unary(|ins, x| ins.ctz(x)),
            Operator::I32Popcnt | Operator::I64Popcnt => self.unary(|ins, x| ins.popcnt(x)),
            Operator::I32WrapI64 => self.unary(|ins, x| ins.ireduce(types::I32, x)),
            Operator::I64ExtendI32S => self.unary(|ins, x| ins.sextend(types::I64, x)),
            Operator::I64ExtendI32U => self.unary(|ins, x| ins.uextend(types::I64, x)),
            Operator::I32Extend8S => self.sign_extend(types::I8, types::I32),
            Operator::I32Extend16S => self.sign_extend(types::I16, types::I32),
            Operator::I64Extend8S => self.sign_extend(types::I8, types::I64),
            Operator::I64Extend16S => self.sign_extend(types::I16, types::I64),
            Operator::I64Extend32S => self.sign_extend(types::I32, types::I64),
            _ => Ok(false),
        }
    }

    fn sign_extend(&mut self, narrow: Type, wide: Type) -> Result<bool> {
        let operand = self.pop()?;
        let low = self.builder.ins().ireduce(narrow, operand);
        let result = self.builder.ins().sextend(wide, low);
        self.push(result);
        Ok(true)
    }
}

/// The bits of an integer type, as the immediate of a constant has them.
fn mask(ty: Type) -> i64 {
    if ty == types::I32 { i64::from(u32::MAX) } else { -1 }
}
