//! Relaxed SIMD, in the form of the deterministic profile: the same results on every processor.

use cranelift_codegen::ir::{InstBuilder, Type, types};
use wasmparser::Operator;

use super::{BYTES, FuncTranslator};
use crate::error::Result;

impl FuncTranslator<'_> {
    #[rustfmt::skip]
    pub(super) fn relaxed_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match operator {
            Operator::I8x16RelaxedSwizzle => self.vector_binary(BYTES, |ins, x, y| ins.swizzle(x, y)),
            Operator::I32x4RelaxedTruncF32x4S => self.vector_unary(types::F32X4, |ins, x| ins.fcvt_to_sint_sat(types::I32X4, x)),
            Operator::I32x4RelaxedTruncF32x4U => self.vector_unary(types::F32X4, |ins, x| ins.fcvt_to_uint_sat(types::I32X4, x)),
            Operator::I32x4RelaxedTruncF64x2SZero => self.truncate_doubles_signed(),
            Operator::I32x4RelaxedTruncF64x2UZero => self.truncate_doubles_unsigned(),
            Operator::F32x4RelaxedMadd => self.multiply_add(types::F32X4),
            Operator::F64x2RelaxedMadd => self.multiply_add(types::F64X2),
            Operator::F32x4RelaxedNmadd => self.negated_multiply_add(types::F32X4),
            Operator::F64x2RelaxedNmadd => self.negated_multiply_add(types::F64X2),
            Operator::I8x16RelaxedLaneselect
            | Operator::I16x8RelaxedLaneselect
            | Operator::I32x4RelaxedLaneselect
            | Operator::I64x2RelaxedLaneselect => self.bitselect(),
            Operator::F32x4RelaxedMin => self.vector_binary(types::F32X4, |ins, x, y| ins.fmin(x, y)),
            Operator::F64x2RelaxedMin => self.vector_binary(types::F64X2, |ins, x, y| ins.fmin(x, y)),
            Operator::F32x4RelaxedMax => self.vector_binary(types::F32X4, |ins, x, y| ins.fmax(x, y)),
            Operator::F64x2RelaxedMax => self.vector_binary(types::F64X2, |ins, x, y| ins.fmax(x, y)),
            Operator::I16x8RelaxedQ15mulrS => self.vector_binary(types::I16X8, |ins, x, y| ins.sqmul_round_sat(x, y)),
            Operator::I16x8RelaxedDotI8x16I7x16S => self.dot_bytes(),
            Operator::I32x4RelaxedDotI8x16I7x16AddS => self.dot_bytes_add(),
            _ => Ok(false),
        }
    }

    /// `x * y + z`, rounded twice.
    fn multiply_add(&mut self, ty: Type) -> Result<bool> {
        let addend = self.pop_vector(ty)?;
        let (left, right) = self.pop_vectors(ty)?;
        let product = self.builder.ins().fmul(left, right);
        let vector = self.builder.ins().fadd(product, addend);
        self.push_vector(vector);
        Ok(true)
    }

    /// `-(x * y) + z`, rounded twice.
    fn negated_multiply_add(&mut self, ty: Type) -> Result<bool> {
        let addend = self.pop_vector(ty)?;
        let (left, right) = self.pop_vectors(ty)?;
        let left = self.builder.ins().fneg(left);
        let product = self.builder.ins().fmul(left, right);
        let vector = self.builder.ins().fadd(product, addend);
        self.push_vector(vector);
        Ok(true)
    }

    fn dot_bytes(&mut self) -> Result<bool> {
        let (left, right) = self.pop_vectors(BYTES)?;
        let sums = self.dot(left, right);
        self.push_vector(sums);
        Ok(true)
    }

    /// The dot product of bytes, summed in pairs once more, and added to the third vector.
    fn dot_bytes_add(&mut self) -> Result<bool> {
        let addend = self.pop_vector(types::I32X4)?;
        let (left, right) = self.pop_vectors(BYTES)?;
        let sums = self.dot(left, right);
        let low = self.builder.ins().swiden_low(sums);
        let high = self.builder.ins().swiden_high(sums);
        let sums = self.builder.ins().iadd_pairwise(low, high);
        let vector = self.builder.ins().iadd(sums, addend);
        self.push_vector(vector);
        Ok(true)
    }
}
