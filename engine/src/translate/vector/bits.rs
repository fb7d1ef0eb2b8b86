//! Vectors as bits: logic without regard to lanes, and the questions that have an `i32` for an answer.

use cranelift_codegen::ir::{InstBuilder, Type, types};
use wasmparser::Operator;

use super::{BYTES, FuncTranslator};
use crate::error::Result;

impl FuncTranslator<'_> {
    pub(super) fn bits_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match operator {
            Operator::V128Not => self.vector_unary(BYTES, |ins, x| ins.bnot(x)),
            Operator::V128And => self.vector_binary(BYTES, |ins, x, y| ins.band(x, y)),
            Operator::V128AndNot => self.vector_binary(BYTES, |ins, x, y| ins.band_not(x, y)),
            Operator::V128Or => self.vector_binary(BYTES, |ins, x, y| ins.bor(x, y)),
            Operator::V128Xor => self.vector_binary(BYTES, |ins, x, y| ins.bxor(x, y)),
            Operator::V128Bitselect => self.bitselect(),
            Operator::V128AnyTrue => self.any_true(),
            Operator::I8x16AllTrue => self.all_true(types::I8X16),
            Operator::I16x8AllTrue => self.all_true(types::I16X8),
            Operator::I32x4AllTrue => self.all_true(types::I32X4),
            Operator::I64x2AllTrue => self.all_true(types::I64X2),
            Operator::I8x16Bitmask => self.bitmask(types::I8X16),
            Operator::I16x8Bitmask => self.bitmask(types::I16X8),
            Operator::I32x4Bitmask => self.bitmask(types::I32X4),
            Operator::I64x2Bitmask => self.bitmask(types::I64X2),
            _ => Ok(false),
        }
    }

    /// Takes each bit from the first vector where the mask, which is on top, has a 1, from the second where it has a 0.
    pub(super) fn bitselect(&mut self) -> Result<bool> {
        let (first, second, mask) = self.pop3()?;
        let vector = self.builder.ins().bitselect(mask, first, second);
        self.push(vector);
        Ok(true)
    }

    fn any_true(&mut self) -> Result<bool> {
        let vector = self.pop()?;
        let holds = self.builder.ins().vany_true(vector);
        let holds = self.builder.ins().uextend(types::I32, holds);
        self.push(holds);
        Ok(true)
    }

    fn all_true(&mut self, ty: Type) -> Result<bool> {
        let vector = self.pop_vector(ty)?;
        let holds = self.builder.ins().vall_true(vector);
        let holds = self.builder.ins().uextend(types::I32, holds);
        self.push(holds);
        Ok(true)
    }

    fn bitmask(&mut self, ty: Type) -> Result<bool> {
        let vector = self.pop_vector(ty)?;
        let mask = self.builder.ins().vhigh_bits(types::I32, vector);
        self.push(mask);
        Ok(true)
    }
}
