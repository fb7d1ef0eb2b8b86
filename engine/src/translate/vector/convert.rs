//! Conversions of lanes: narrowing, between integers and floats, between the two widths of floats. Nothing traps:
//! what does not fit saturates. Widening of integers is in `widen`.

use cranelift_codegen::ir::{InstBuilder, types};
use wasmparser::Operator;

use super::{Binary, FuncTranslator, Unary};
use crate::error::Result;

impl FuncTranslator<'_> {
    #[rustfmt::skip]
    pub(super) fn vector_conversion_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match operator {
            Operator::I8x16NarrowI16x8S => self.vector_binary(types::I16X8, |ins, x, y| ins.snarrow(x, y)),
            Operator::I8x16NarrowI16x8U => self.vector_binary(types::I16X8, |ins, x, y| ins.unarrow(x, y)),
            Operator::I16x8NarrowI32x4S => self.vector_binary(types::I32X4, |ins, x, y| ins.snarrow(x, y)),
            Operator::I16x8NarrowI32x4U => self.vector_binary(types::I32X4, |ins, x, y| ins.unarrow(x, y)),
            Operator::I32x4TruncSatF32x4S => self.vector_unary(types::F32X4, |ins, x| ins.fcvt_to_sint_sat(types::I32X4, x)),
            Operator::I32x4TruncSatF32x4U => self.vector_unary(types::F32X4, |ins, x| ins.fcvt_to_uint_sat(types::I32X4, x)),
            Operator::I32x4TruncSatF64x2SZero => self.truncate_doubles_signed(),
            Operator::I32x4TruncSatF64x2UZero => self.truncate_doubles_unsigned(),
            Operator::F32x4ConvertI32x4S => self.vector_unary(types::I32X4, |ins, x| ins.fcvt_from_sint(types::F32X4, x)),
            Operator::F32x4ConvertI32x4U => self.vector_unary(types::I32X4, |ins, x| ins.fcvt_from_uint(types::F32X4, x)),
            Operator::F64x2ConvertLowI32x4S => self.convert_low(|ins, x| ins.swiden_low(x), |ins, x| ins.fcvt_from_sint(types::F64X2, x)),
            Operator::F64x2ConvertLowI32x4U => self.convert_low(|ins, x| ins.uwiden_low(x), |ins, x| ins.fcvt_from_uint(types::F64X2, x)),
            Operator::F32x4DemoteF64x2Zero => self.vector_unary(types::F64X2, |ins, x| ins.fvdemote(x)),
            Operator::F64x2PromoteLowF32x4 => self.vector_unary(types::F32X4, |ins, x| ins.fvpromote_low(x)),
            _ => Ok(false),
        }
    }

    pub(super) fn truncate_doubles_signed(&mut self) -> Result<bool> {
        self.truncate_doubles(|ins, x| ins.fcvt_to_sint_sat(types::I64X2, x), |ins, x, y| ins.snarrow(x, y))
    }

    pub(super) fn truncate_doubles_unsigned(&mut self) -> Result<bool> {
        self.truncate_doubles(|ins, x| ins.fcvt_to_uint_sat(types::I64X2, x), |ins, x, y| ins.uunarrow(x, y))
    }

    /// Truncates to 64 bits, narrows to the two low lanes, and fills up with zeros.
    fn truncate_doubles(&mut self, truncate: Unary, narrow: Binary) -> Result<bool> {
        let vector = self.pop_vector(types::F64X2)?;
        let wide = truncate(self.builder.ins(), vector);
        // Written without a cast: Cranelift lowers the three instructions as one, and looks for them just so.
        let zero = self.builder.func.dfg.constants.insert([0; 16].as_slice().into());
        let zero = self.builder.ins().vconst(types::I64X2, zero);
        let vector = narrow(self.builder.ins(), wide, zero);
        self.push_vector(vector);
        Ok(true)
    }

    fn convert_low(&mut self, widen: Unary, convert: Unary) -> Result<bool> {
        let vector = self.pop_vector(types::I32X4)?;
        let wide = widen(self.builder.ins(), vector);
        let vector = convert(self.builder.ins(), wide);
        self.push_vector(vector);
        Ok(true)
    }
}
