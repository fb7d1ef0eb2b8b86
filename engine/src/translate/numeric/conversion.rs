//! Conversions between floats, and between floats and integers. Truncations trap by themselves; the saturating ones do
//! not.

use cranelift_codegen::ir::{InstBuilder, MemFlagsData, types};
use wasmparser::Operator;

use super::{FuncTranslator, Unary};
use crate::error::Result;

impl FuncTranslator<'_> {
    #[rustfmt::skip]
    pub(in crate::translate) fn float_conversion_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        let build: Unary = match operator {
            Operator::F32ConvertI32S | Operator::F32ConvertI64S => |ins, x| ins.fcvt_from_sint(types::F32, x),
            Operator::F32ConvertI32U | Operator::F32ConvertI64U => |ins, x| ins.fcvt_from_uint(types::F32, x),
            Operator::F64ConvertI32S | Operator::F64ConvertI64S => |ins, x| ins.fcvt_from_sint(types::F64, x),
            Operator::F64ConvertI32U | Operator::F64ConvertI64U => |ins, x| ins.fcvt_from_uint(types::F64, x),
            Operator::F32DemoteF64 => |ins, x| ins.fdemote(types::F32, x),
            Operator::F64PromoteF32 => |ins, x| ins.fpromote(types::F64, x),
            Operator::I32ReinterpretF32 => |ins, x| ins.bitcast(types::I32, MemFlagsData::new(), x),
            Operator::I64ReinterpretF64 => |ins, x| ins.bitcast(types::I64, MemFlagsData::new(), x),
            Operator::F32ReinterpretI32 => |ins, x| ins.bitcast(types::F32, MemFlagsData::new(), x),
            Operator::F64ReinterpretI64 => |ins, x| ins.bitcast(types::F64, MemFlagsData::new(), x),
            _ => return self.truncation_operator(operator),
        };
        self.unary(build)
    }

    #[rustfmt::skip]
    fn truncation_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        let build: Unary = match operator {
            Operator::I32TruncF32S | Operator::I32TruncF64S => |ins, x| ins.fcvt_to_sint(types::I32, x),
            Operator::I32TruncF32U | Operator::I32TruncF64U => |ins, x| ins.fcvt_to_uint(types::I32, x),
            Operator::I64TruncF32S | Operator::I64TruncF64S => |ins, x| ins.fcvt_to_sint(types::I64, x),
            Operator::I64TruncF32U | Operator::I64TruncF64U => |ins, x| ins.fcvt_to_uint(types::I64, x),
            Operator::I32TruncSatF32S | Operator::I32TruncSatF64S => |ins, x| ins.fcvt_to_sint_sat(types::I32, x),
            Operator::I32TruncSatF32U | Operator::I32TruncSatF64U => |ins, x| ins.fcvt_to_uint_sat(types::I32, x),
            Operator::I64TruncSatF32S | Operator::I64TruncSatF64S => |ins, x| ins.fcvt_to_sint_sat(types::I64, x),
            Operator::I64TruncSatF32U | Operator::I64TruncSatF64U => |ins, x| ins.fcvt_to_uint_sat(types::I64, x),
            _ => return Ok(false),
        };
        self.unary(build)
    }
}
