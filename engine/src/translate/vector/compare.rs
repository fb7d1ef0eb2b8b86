//! Comparisons of lanes: all bits of a lane are 1 where it holds, 0 where it does not.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Type, types};
use wasmparser::Operator;

use super::FuncTranslator;
use crate::error::Result;

impl FuncTranslator<'_> {
    pub(super) fn vector_comparison_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match operator {
            Operator::I8x16Eq => self.compare_integers(types::I8X16, IntCC::Equal),
            Operator::I16x8Eq => self.compare_integers(types::I16X8, IntCC::Equal),
            Operator::I32x4Eq => self.compare_integers(types::I32X4, IntCC::Equal),
            Operator::I64x2Eq => self.compare_integers(types::I64X2, IntCC::Equal),
            Operator::I8x16Ne => self.compare_integers(types::I8X16, IntCC::NotEqual),
            Operator::I16x8Ne => self.compare_integers(types::I16X8, IntCC::NotEqual),
            Operator::I32x4Ne => self.compare_integers(types::I32X4, IntCC::NotEqual),
            Operator::I64x2Ne => self.compare_integers(types::I64X2, IntCC::NotEqual),
            Operator::I8x16LtS => self.compare_integers(types::I8X16, IntCC::SignedLessThan),
            Operator::I16x8LtS => self.compare_integers(types::I16X8, IntCC::SignedLessThan),
            Operator::I32x4LtS => self.compare_integers(types::I32X4, IntCC::SignedLessThan),
            Operator::I64x2LtS => self.compare_integers(types::I64X2, IntCC::SignedLessThan),
            Operator::I8x16LtU => self.compare_integers(types::I8X16, IntCC::UnsignedLessThan),
            Operator::I16x8LtU => self.compare_integers(types::I16X8, IntCC::UnsignedLessThan),
            Operator::I32x4LtU => self.compare_integers(types::I32X4, IntCC::UnsignedLessThan),
            Operator::I8x16GtS => self.compare_integers(types::I8X16, IntCC::SignedGreaterThan),
            Operator::I16x8GtS => self.compare_integers(types::I16X8, IntCC::SignedGreaterThan),
            Operator::I32x4GtS => self.compare_integers(types::I32X4, IntCC::SignedGreaterThan),
            Operator::I64x2GtS => self.compare_integers(types::I64X2, IntCC::SignedGreaterThan),
            Operator::I8x16GtU => self.compare_integers(types::I8X16, IntCC::UnsignedGreaterThan),
            Operator::I16x8GtU => self.compare_integers(types::I16X8, IntCC::UnsignedGreaterThan),
            Operator::I32x4GtU => self.compare_integers(types::I32X4, IntCC::UnsignedGreaterThan),
            Operator::I8x16LeS => self.compare_integers(types::I8X16, IntCC::SignedLessThanOrEqual),
            Operator::I16x8LeS => self.compare_integers(types::I16X8, IntCC::SignedLessThanOrEqual),
            Operator::I32x4LeS => self.compare_integers(types::I32X4, IntCC::SignedLessThanOrEqual),
            Operator::I64x2LeS => self.compare_integers(types::I64X2, IntCC::SignedLessThanOrEqual),
            Operator::I8x16LeU => self.compare_integers(types::I8X16, IntCC::UnsignedLessThanOrEqual),
            Operator::I16x8LeU => self.compare_integers(types::I16X8, IntCC::UnsignedLessThanOrEqual),
            Operator::I32x4LeU => self.compare_integers(types::I32X4, IntCC::UnsignedLessThanOrEqual),
            Operator::I8x16GeS => self.compare_integers(types::I8X16, IntCC::SignedGreaterThanOrEqual),
            Operator::I16x8GeS => self.compare_integers(types::I16X8, IntCC::SignedGreaterThanOrEqual),
            Operator::I32x4GeS => self.compare_integers(types::I32X4, IntCC::SignedGreaterThanOrEqual),
            Operator::I64x2GeS => self.compare_integers(types::I64X2, IntCC::SignedGreaterThanOrEqual),
            Operator::I8x16GeU => self.compare_integers(types::I8X16, IntCC::UnsignedGreaterThanOrEqual),
            Operator::I16x8GeU => self.compare_integers(types::I16X8, IntCC::UnsignedGreaterThanOrEqual),
            Operator::I32x4GeU => self.compare_integers(types::I32X4, IntCC::UnsignedGreaterThanOrEqual),
            _ => self.float_lanes_comparison(operator),
        }
    }

    fn float_lanes_comparison(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match operator {
            Operator::F32x4Eq => self.compare_floats(types::F32X4, FloatCC::Equal),
            Operator::F64x2Eq => self.compare_floats(types::F64X2, FloatCC::Equal),
            Operator::F32x4Ne => self.compare_floats(types::F32X4, FloatCC::NotEqual),
            Operator::F64x2Ne => self.compare_floats(types::F64X2, FloatCC::NotEqual),
            Operator::F32x4Lt => self.compare_floats(types::F32X4, FloatCC::LessThan),
            Operator::F64x2Lt => self.compare_floats(types::F64X2, FloatCC::LessThan),
            Operator::F32x4Gt => self.compare_floats(types::F32X4, FloatCC::GreaterThan),
            Operator::F64x2Gt => self.compare_floats(types::F64X2, FloatCC::GreaterThan),
            Operator::F32x4Le => self.compare_floats(types::F32X4, FloatCC::LessThanOrEqual),
            Operator::F64x2Le => self.compare_floats(types::F64X2, FloatCC::LessThanOrEqual),
            Operator::F32x4Ge => self.compare_floats(types::F32X4, FloatCC::GreaterThanOrEqual),
            Operator::F64x2Ge => self.compare_floats(types::F64X2, FloatCC::GreaterThanOrEqual),
            _ => Ok(false),
        }
    }

    fn compare_integers(&mut self, ty: Type, condition: IntCC) -> Result<bool> {
        let (left, right) = self.pop_vectors(ty)?;
        let holds = self.builder.ins().icmp(condition, left, right);
        self.push_vector(holds);
        Ok(true)
    }

    fn compare_floats(&mut self, ty: Type, condition: FloatCC) -> Result<bool> {
        let (left, right) = self.pop_vectors(ty)?;
        let holds = self.builder.ins().fcmp(condition, left, right);
        self.push_vector(holds);
        Ok(true)
    }
}
