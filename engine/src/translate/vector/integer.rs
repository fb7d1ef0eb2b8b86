//! Integers in lanes: arithmetic, and shifts, which take their distance modulo the width of a lane.

use cranelift_codegen::ir::{InstBuilder, Type, types};
use wasmparser::Operator;

use super::{Binary, FuncTranslator};
use crate::error::Result;

impl FuncTranslator<'_> {
    #[rustfmt::skip]
    pub(super) fn vector_integer_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match operator {
            Operator::I8x16Add => self.vector_binary(types::I8X16, |ins, x, y| ins.iadd(x, y)),
            Operator::I16x8Add => self.vector_binary(types::I16X8, |ins, x, y| ins.iadd(x, y)),
            Operator::I32x4Add => self.vector_binary(types::I32X4, |ins, x, y| ins.iadd(x, y)),
            Operator::I64x2Add => self.vector_binary(types::I64X2, |ins, x, y| ins.iadd(x, y)),
            Operator::I8x16Sub => self.vector_binary(types::I8X16, |ins, x, y| ins.isub(x, y)),
            Operator::I16x8Sub => self.vector_binary(types::I16X8, |ins, x, y| ins.isub(x, y)),
            Operator::I32x4Sub => self.vector_binary(types::I32X4, |ins, x, y| ins.isub(x, y)),
            Operator::I64x2Sub => self.vector_binary(types::I64X2, |ins, x, y| ins.isub(x, y)),
            Operator::I16x8Mul => self.vector_binary(types::I16X8, |ins, x, y| ins.imul(x, y)),
            Operator::I32x4Mul => self.vector_binary(types::I32X4, |ins, x, y| ins.imul(x, y)),
            Operator::I64x2Mul => self.vector_binary(types::I64X2, |ins, x, y| ins.imul(x, y)),
            Operator::I8x16AddSatS => self.vector_binary(types::I8X16, |ins, x, y| ins.sadd_sat(x, y)),
            Operator::I16x8AddSatS => self.vector_binary(types::I16X8, |ins, x, y| ins.sadd_sat(x, y)),
            Operator::I8x16AddSatU => self.vector_binary(types::I8X16, |ins, x, y| ins.uadd_sat(x, y)),
            Operator::I16x8AddSatU => self.vector_binary(types::I16X8, |ins, x, y| ins.uadd_sat(x, y)),
            Operator::I8x16SubSatS => self.vector_binary(types::I8X16, |ins, x, y| ins.ssub_sat(x, y)),
            Operator::I16x8SubSatS => self.vector_binary(types::I16X8, |ins, x, y| ins.ssub_sat(x, y)),
            Operator::I8x16SubSatU => self.vector_binary(types::I8X16, |ins, x, y| ins.usub_sat(x, y)),
            Operator::I16x8SubSatU => self.vector_binary(types::I16X8, |ins, x, y| ins.usub_sat(x, y)),
            Operator::I8x16MinS => self.vector_binary(types::I8X16, |ins, x, y| ins.smin(x, y)),
            Operator::I16x8MinS => self.vector_binary(types::I16X8, |ins, x, y| ins.smin(x, y)),
            Operator::I32x4MinS => self.vector_binary(types::I32X4, |ins, x, y| ins.smin(x, y)),
            Operator::I8x16MinU => self.vector_binary(types::I8X16, |ins, x, y| ins.umin(x, y)),
            Operator::I16x8MinU => self.vector_binary(types::I16X8, |ins, x, y| ins.umin(x, y)),
            Operator::I32x4MinU => self.vector_binary(types::I32X4, |ins, x, y| ins.umin(x, y)),
            Operator::I8x16MaxS => self.vector_binary(types::I8X16, |ins, x, y| ins.smax(x, y)),
            Operator::I16x8MaxS => self.vector_binary(types::I16X8, |ins, x, y| ins.smax(x, y)),
            Operator::I32x4MaxS => self.vector_binary(types::I32X4, |ins, x, y| ins.smax(x, y)),
            Operator::I8x16MaxU => self.vector_binary(types::I8X16, |ins, x, y| ins.umax(x, y)),
            Operator::I16x8MaxU => self.vector_binary(types::I16X8, |ins, x, y| ins.umax(x, y)),
            Operator::I32x4MaxU => self.vector_binary(types::I32X4, |ins, x, y| ins.umax(x, y)),
            Operator::I8x16AvgrU => self.vector_binary(types::I8X16, |ins, x, y| ins.avg_round(x, y)),
            Operator::I16x8AvgrU => self.vector_binary(types::I16X8, |ins, x, y| ins.avg_round(x, y)),
            Operator::I16x8Q15MulrSatS => self.vector_binary(types::I16X8, |ins, x, y| ins.sqmul_round_sat(x, y)),
            _ => self.integer_unary_or_shift(operator),
        }
    }

    #[rustfmt::skip]
    fn integer_unary_or_shift(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match operator {
            Operator::I8x16Abs => self.vector_unary(types::I8X16, |ins, x| ins.iabs(x)),
            Operator::I16x8Abs => self.vector_unary(types::I16X8, |ins, x| ins.iabs(x)),
            Operator::I32x4Abs => self.vector_unary(types::I32X4, |ins, x| ins.iabs(x)),
            Operator::I64x2Abs => self.vector_unary(types::I64X2, |ins, x| ins.iabs(x)),
            Operator::I8x16Neg => self.vector_unary(types::I8X16, |ins, x| ins.ineg(x)),
            Operator::I16x8Neg => self.vector_unary(types::I16X8, |ins, x| ins.ineg(x)),
            Operator::I32x4Neg => self.vector_unary(types::I32X4, |ins, x| ins.ineg(x)),
            Operator::I64x2Neg => self.vector_unary(types::I64X2, |ins, x| ins.ineg(x)),
            Operator::I8x16Popcnt => self.vector_unary(types::I8X16, |ins, x| ins.popcnt(x)),
            Operator::I8x16Shl => self.shift(types::I8X16, |ins, x, y| ins.ishl(x, y)),
            Operator::I16x8Shl => self.shift(types::I16X8, |ins, x, y| ins.ishl(x, y)),
            Operator::I32x4Shl => self.shift(types::I32X4, |ins, x, y| ins.ishl(x, y)),
            Operator::I64x2Shl => self.shift(types::I64X2, |ins, x, y| ins.ishl(x, y)),
            Operator::I8x16ShrS => self.shift(types::I8X16, |ins, x, y| ins.sshr(x, y)),
            Operator::I16x8ShrS => self.shift(types::I16X8, |ins, x, y| ins.sshr(x, y)),
            Operator::I32x4ShrS => self.shift(types::I32X4, |ins, x, y| ins.sshr(x, y)),
            Operator::I64x2ShrS => self.shift(types::I64X2, |ins, x, y| ins.sshr(x, y)),
            Operator::I8x16ShrU => self.shift(types::I8X16, |ins, x, y| ins.ushr(x, y)),
            Operator::I16x8ShrU => self.shift(types::I16X8, |ins, x, y| ins.ushr(x, y)),
            Operator::I32x4ShrU => self.shift(types::I32X4, |ins, x, y| ins.ushr(x, y)),
            Operator::I64x2ShrU => self.shift(types::I64X2, |ins, x, y| ins.ushr(x, y)),
            _ => Ok(false),
        }
    }

    fn shift(&mut self, ty: Type, build: Binary) -> Result<bool> {
        let distance = self.pop()?;
        let vector = self.pop_vector(ty)?;
        let vector = build(self.builder.ins(), vector, distance);
        self.push_vector(vector);
        Ok(true)
    }
}
