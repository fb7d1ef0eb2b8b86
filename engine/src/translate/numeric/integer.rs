//! Integers: arithmetic, bits, shifts, comparisons, and the widths of integers.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Type, types};
use wasmparser::Operator;

use super::{Binary, FuncTranslator};
use crate::error::Result;

impl FuncTranslator<'_> {
    /// Division and remainder trap by themselves; shifts take their distance modulo the width, as WebAssembly wants.
    pub(in crate::translate) fn integer_binary_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        let build: Binary = match operator {
            Operator::I32Add | Operator::I64Add => |ins, x, y| ins.iadd(x, y),
            Operator::I32Sub | Operator::I64Sub => |ins, x, y| ins.isub(x, y),
            Operator::I32Mul | Operator::I64Mul => |ins, x, y| ins.imul(x, y),
            Operator::I32DivS | Operator::I64DivS => |ins, x, y| ins.sdiv(x, y),
            Operator::I32DivU | Operator::I64DivU => |ins, x, y| ins.udiv(x, y),
            Operator::I32RemS | Operator::I64RemS => |ins, x, y| ins.srem(x, y),
            Operator::I32RemU | Operator::I64RemU => |ins, x, y| ins.urem(x, y),
            Operator::I32And | Operator::I64And => |ins, x, y| ins.band(x, y),
            Operator::I32Or | Operator::I64Or => |ins, x, y| ins.bor(x, y),
            Operator::I32Xor | Operator::I64Xor => |ins, x, y| ins.bxor(x, y),
            Operator::I32Shl | Operator::I64Shl => |ins, x, y| ins.ishl(x, y),
            Operator::I32ShrS | Operator::I64ShrS => |ins, x, y| ins.sshr(x, y),
            Operator::I32ShrU | Operator::I64ShrU => |ins, x, y| ins.ushr(x, y),
            Operator::I32Rotl | Operator::I64Rotl => |ins, x, y| ins.rotl(x, y),
            Operator::I32Rotr | Operator::I64Rotr => |ins, x, y| ins.rotr(x, y),
            _ => return Ok(false),
        };
        self.binary(build)
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
