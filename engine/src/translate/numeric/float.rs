//! Floats: arithmetic and comparisons. Minimum, maximum and rounding are Cranelift's own: IEEE 754-2019, as WebAssembly
//! wants them; the bits of a NaN result are whatever the processor makes of it, which WebAssembly allows.

use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{InstBuilder, types};
use wasmparser::Operator;

use super::{Binary, FuncTranslator, Unary};
use crate::error::Result;

impl FuncTranslator<'_> {
    pub(in crate::translate) fn float_arithmetic_operator(
        &mut self,
        operator: &Operator<'_>,
    ) -> Result<bool> {
        let build: Binary = match operator {
            Operator::F32Add | Operator::F64Add => |ins, x, y| ins.fadd(x, y),
            Operator::F32Sub | Operator::F64Sub => |ins, x, y| ins.fsub(x, y),
            Operator::F32Mul | Operator::F64Mul => |ins, x, y| ins.fmul(x, y),
            Operator::F32Div | Operator::F64Div => |ins, x, y| ins.fdiv(x, y),
            Operator::F32Min | Operator::F64Min => |ins, x, y| ins.fmin(x, y),
            Operator::F32Max | Operator::F64Max => |ins, x, y| ins.fmax(x, y),
            Operator::F32Copysign | Operator::F64Copysign => |ins, x, y| ins.fcopysign(x, y),
            _ => return self.float_unary_operator(operator),
        };
        self.binary(build)
    }

    fn float_unary_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        let build: Unary = match operator {
            Operator::F32Abs | Operator::F64Abs => |ins, x| ins.fabs(x),
            Operator::F32Neg | Operator::F64Neg => |ins, x| ins.fneg(x),
            Operator::F32Ceil | Operator::F64Ceil => |ins, x| ins.ceil(x),
            Operator::F32Floor | Operator::F64Floor => |ins, x| ins.floor(x),
            Operator::F32Trunc | Operator::F64Trunc => |ins, x| ins.trunc(x),
            Operator::F32Nearest | Operator::F64Nearest => |ins, x| ins.nearest(x),
            Operator::F32Sqrt | Operator::F64Sqrt => |ins, x| ins.sqrt(x),
            _ => return Ok(false),
        };
        self.unary(build)
    }

    pub(in crate::translate) fn float_comparison_operator(
        &mut self,
        operator: &Operator<'_>,
    ) -> Result<bool> {
        let condition = match operator {
            Operator::F32Eq | Operator::F64Eq => FloatCC::Equal,
            Operator::F32Ne | Operator::F64Ne => FloatCC::NotEqual,
            Operator::F32Lt | Operator::F64Lt => FloatCC::LessThan,
            Operator::F32Gt | Operator::F64Gt => FloatCC::GreaterThan,
            Operator::F32Le | Operator::F64Le => FloatCC::LessThanOrEqual,
            Operator::F32Ge | Operator::F64Ge => FloatCC::GreaterThanOrEqual,
            _ => return Ok(false),
        };
        let (left, right) = self.pop2()?;
        let holds = self.builder.ins().fcmp(condition, left, right);
        let holds = self.builder.ins().uextend(types::I32, holds);
        self.push(holds);
        Ok(true)
    }
}
