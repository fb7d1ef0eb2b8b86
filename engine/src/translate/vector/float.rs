//! Floats in lanes: arithmetic as in scalars, and the pseudo-minimum and -maximum, which are comparisons of C.

use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{InstBuilder, Type, types};
use wasmparser::Operator;

use super::FuncTranslator;
use crate::error::Result;

impl FuncTranslator<'_> {
    #[rustfmt::skip]
    pub(super) fn vector_float_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match operator {
            Operator::F32x4Add => self.vector_binary(types::F32X4, |ins, x, y| ins.fadd(x, y)),
            Operator::F64x2Add => self.vector_binary(types::F64X2, |ins, x, y| ins.fadd(x, y)),
            Operator::F32x4Sub => self.vector_binary(types::F32X4, |ins, x, y| ins.fsub(x, y)),
            Operator::F64x2Sub => self.vector_binary(types::F64X2, |ins, x, y| ins.fsub(x, y)),
            Operator::F32x4Mul => self.vector_binary(types::F32X4, |ins, x, y| ins.fmul(x, y)),
            Operator::F64x2Mul => self.vector_binary(types::F64X2, |ins, x, y| ins.fmul(x, y)),
            Operator::F32x4Div => self.vector_binary(types::F32X4, |ins, x, y| ins.fdiv(x, y)),
            Operator::F64x2Div => self.vector_binary(types::F64X2, |ins, x, y| ins.fdiv(x, y)),
            Operator::F32x4Min => self.vector_binary(types::F32X4, |ins, x, y| ins.fmin(x, y)),
            Operator::F64x2Min => self.vector_binary(types::F64X2, |ins, x, y| ins.fmin(x, y)),
            Operator::F32x4Max => self.vector_binary(types::F32X4, |ins, x, y| ins.fmax(x, y)),
            Operator::F64x2Max => self.vector_binary(types::F64X2, |ins, x, y| ins.fmax(x, y)),
            Operator::F32x4Abs => self.vector_unary(types::F32X4, |ins, x| ins.fabs(x)),
            Operator::F64x2Abs => self.vector_unary(types::F64X2, |ins, x| ins.fabs(x)),
            Operator::F32x4Neg => self.vector_unary(types::F32X4, |ins, x| ins.fneg(x)),
            Operator::F64x2Neg => self.vector_unary(types::F64X2, |ins, x| ins.fneg(x)),
            Operator::F32x4Sqrt => self.vector_unary(types::F32X4, |ins, x| ins.sqrt(x)),
            Operator::F64x2Sqrt => self.vector_unary(types::F64X2, |ins, x| ins.sqrt(x)),
            Operator::F32x4Ceil => self.vector_unary(types::F32X4, |ins, x| ins.ceil(x)),
            Operator::F64x2Ceil => self.vector_unary(types::F64X2, |ins, x| ins.ceil(x)),
            Operator::F32x4Floor => self.vector_unary(types::F32X4, |ins, x| ins.floor(x)),
            Operator::F64x2Floor => self.vector_unary(types::F64X2, |ins, x| ins.floor(x)),
            Operator::F32x4Trunc => self.vector_unary(types::F32X4, |ins, x| ins.trunc(x)),
            Operator::F64x2Trunc => self.vector_unary(types::F64X2, |ins, x| ins.trunc(x)),
            Operator::F32x4Nearest => self.vector_unary(types::F32X4, |ins, x| ins.nearest(x)),
            Operator::F64x2Nearest => self.vector_unary(types::F64X2, |ins, x| ins.nearest(x)),
            Operator::F32x4PMin => self.pseudo_minimum(types::F32X4),
            Operator::F64x2PMin => self.pseudo_minimum(types::F64X2),
            Operator::F32x4PMax => self.pseudo_maximum(types::F32X4),
            Operator::F64x2PMax => self.pseudo_maximum(types::F64X2),
            _ => Ok(false),
        }
    }

    /// In each lane `y < x ? y : x`.
    fn pseudo_minimum(&mut self, ty: Type) -> Result<bool> {
        let (x, y) = self.pop_vectors(ty)?;
        let smaller = self.builder.ins().fcmp(FloatCC::LessThan, y, x);
        let smaller = self.cast(smaller, ty);
        let vector = self.builder.ins().bitselect(smaller, y, x);
        self.push_vector(vector);
        Ok(true)
    }

    /// In each lane `x < y ? y : x`.
    fn pseudo_maximum(&mut self, ty: Type) -> Result<bool> {
        let (x, y) = self.pop_vectors(ty)?;
        let smaller = self.builder.ins().fcmp(FloatCC::LessThan, x, y);
        let smaller = self.cast(smaller, ty);
        let vector = self.builder.ins().bitselect(smaller, y, x);
        self.push_vector(vector);
        Ok(true)
    }
}
