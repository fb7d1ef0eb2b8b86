//! Integers in lanes twice as wide as before: halves of a vector, alone, multiplied, or summed in pairs.

use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use wasmparser::Operator;

use super::{FuncTranslator, Unary};
use crate::error::Result;

impl FuncTranslator<'_> {
    #[rustfmt::skip]
    pub(super) fn widening_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match operator {
            Operator::I16x8ExtendLowI8x16S => self.vector_unary(types::I8X16, |ins, x| ins.swiden_low(x)),
            Operator::I16x8ExtendLowI8x16U => self.vector_unary(types::I8X16, |ins, x| ins.uwiden_low(x)),
            Operator::I16x8ExtendHighI8x16S => self.vector_unary(types::I8X16, |ins, x| ins.swiden_high(x)),
            Operator::I16x8ExtendHighI8x16U => self.vector_unary(types::I8X16, |ins, x| ins.uwiden_high(x)),
            Operator::I32x4ExtendLowI16x8S => self.vector_unary(types::I16X8, |ins, x| ins.swiden_low(x)),
            Operator::I32x4ExtendLowI16x8U => self.vector_unary(types::I16X8, |ins, x| ins.uwiden_low(x)),
            Operator::I32x4ExtendHighI16x8S => self.vector_unary(types::I16X8, |ins, x| ins.swiden_high(x)),
            Operator::I32x4ExtendHighI16x8U => self.vector_unary(types::I16X8, |ins, x| ins.uwiden_high(x)),
            Operator::I64x2ExtendLowI32x4S => self.vector_unary(types::I32X4, |ins, x| ins.swiden_low(x)),
            Operator::I64x2ExtendLowI32x4U => self.vector_unary(types::I32X4, |ins, x| ins.uwiden_low(x)),
            Operator::I64x2ExtendHighI32x4S => self.vector_unary(types::I32X4, |ins, x| ins.swiden_high(x)),
            Operator::I64x2ExtendHighI32x4U => self.vector_unary(types::I32X4, |ins, x| ins.uwiden_high(x)),
            Operator::I16x8ExtMulLowI8x16S => self.multiply_widened(types::I8X16, |ins, x| ins.swiden_low(x)),
            Operator::I16x8ExtMulLowI8x16U => self.multiply_widened(types::I8X16, |ins, x| ins.uwiden_low(x)),
            Operator::I16x8ExtMulHighI8x16S => self.multiply_widened(types::I8X16, |ins, x| ins.swiden_high(x)),
            Operator::I16x8ExtMulHighI8x16U => self.multiply_widened(types::I8X16, |ins, x| ins.uwiden_high(x)),
            Operator::I32x4ExtMulLowI16x8S => self.multiply_widened(types::I16X8, |ins, x| ins.swiden_low(x)),
            Operator::I32x4ExtMulLowI16x8U => self.multiply_widened(types::I16X8, |ins, x| ins.uwiden_low(x)),
            Operator::I32x4ExtMulHighI16x8S => self.multiply_widened(types::I16X8, |ins, x| ins.swiden_high(x)),
            Operator::I32x4ExtMulHighI16x8U => self.multiply_widened(types::I16X8, |ins, x| ins.uwiden_high(x)),
            Operator::I64x2ExtMulLowI32x4S => self.multiply_widened(types::I32X4, |ins, x| ins.swiden_low(x)),
            Operator::I64x2ExtMulLowI32x4U => self.multiply_widened(types::I32X4, |ins, x| ins.uwiden_low(x)),
            Operator::I64x2ExtMulHighI32x4S => self.multiply_widened(types::I32X4, |ins, x| ins.swiden_high(x)),
            Operator::I64x2ExtMulHighI32x4U => self.multiply_widened(types::I32X4, |ins, x| ins.uwiden_high(x)),
            Operator::I16x8ExtAddPairwiseI8x16S => self.add_pairs(types::I8X16, |ins, x| ins.swiden_low(x), |ins, x| ins.swiden_high(x)),
            Operator::I16x8ExtAddPairwiseI8x16U => self.add_pairs(types::I8X16, |ins, x| ins.uwiden_low(x), |ins, x| ins.uwiden_high(x)),
            Operator::I32x4ExtAddPairwiseI16x8S => self.add_pairs(types::I16X8, |ins, x| ins.swiden_low(x), |ins, x| ins.swiden_high(x)),
            Operator::I32x4ExtAddPairwiseI16x8U => self.add_pairs(types::I16X8, |ins, x| ins.uwiden_low(x), |ins, x| ins.uwiden_high(x)),
            Operator::I32x4DotI16x8S => {
                let (left, right) = self.pop_vectors(types::I16X8)?;
                let sums = self.dot(left, right);
                self.push_vector(sums);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn multiply_widened(&mut self, narrow: Type, widen: Unary) -> Result<bool> {
        let (left, right) = self.pop_vectors(narrow)?;
        let left = widen(self.builder.ins(), left);
        let right = widen(self.builder.ins(), right);
        let product = self.builder.ins().imul(left, right);
        self.push_vector(product);
        Ok(true)
    }

    fn add_pairs(&mut self, narrow: Type, widen_low: Unary, widen_high: Unary) -> Result<bool> {
        let vector = self.pop_vector(narrow)?;
        let low = widen_low(self.builder.ins(), vector);
        let high = widen_high(self.builder.ins(), vector);
        let sums = self.builder.ins().iadd_pairwise(low, high);
        self.push_vector(sums);
        Ok(true)
    }

    /// The products of signed lanes, summed in pairs, in lanes twice as wide.
    pub(super) fn dot(&mut self, left: Value, right: Value) -> Value {
        let (left_low, right_low) =
            (self.builder.ins().swiden_low(left), self.builder.ins().swiden_low(right));
        let (left_high, right_high) =
            (self.builder.ins().swiden_high(left), self.builder.ins().swiden_high(right));
        let low = self.builder.ins().imul(left_low, right_low);
        let high = self.builder.ins().imul(left_high, right_high);
        self.builder.ins().iadd_pairwise(low, high)
    }
}
