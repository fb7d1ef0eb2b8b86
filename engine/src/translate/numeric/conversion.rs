//! Conversions between floats, and between floats and integers. Truncations trap by themselves, or in explicit style
//! after a check; the saturating ones do not.

use cranelift_codegen::ir::condcodes::FloatCC::{self, GreaterThan, GreaterThanOrEqual, LessThan};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, types};
use wasmparser::Operator;

use super::{FuncTranslator, Unary};
use crate::config::TrapStyle;
use crate::error::Result;
use crate::translate::underflow;
use crate::trap::TrapKind;

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
        if self.module.style == TrapStyle::Explicit && self.check_truncation(operator)? {
            return self.saturating_operator(operator);
        }
        let build: Unary = match operator {
            Operator::I32TruncF32S | Operator::I32TruncF64S => |ins, x| ins.fcvt_to_sint(types::I32, x),
            Operator::I32TruncF32U | Operator::I32TruncF64U => |ins, x| ins.fcvt_to_uint(types::I32, x),
            Operator::I64TruncF32S | Operator::I64TruncF64S => |ins, x| ins.fcvt_to_sint(types::I64, x),
            Operator::I64TruncF32U | Operator::I64TruncF64U => |ins, x| ins.fcvt_to_uint(types::I64, x),
            _ => return self.saturating_operator(operator),
        };
        self.unary(build)
    }

    /// A truncation that saturates, or one that was checked: there the two are the same.
    #[rustfmt::skip]
    fn saturating_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        let build: Unary = match operator {
            Operator::I32TruncF32S | Operator::I32TruncF64S |
            Operator::I32TruncSatF32S | Operator::I32TruncSatF64S => |ins, x| ins.fcvt_to_sint_sat(types::I32, x),
            Operator::I32TruncF32U | Operator::I32TruncF64U |
            Operator::I32TruncSatF32U | Operator::I32TruncSatF64U => |ins, x| ins.fcvt_to_uint_sat(types::I32, x),
            Operator::I64TruncF32S | Operator::I64TruncF64S |
            Operator::I64TruncSatF32S | Operator::I64TruncSatF64S => |ins, x| ins.fcvt_to_sint_sat(types::I64, x),
            Operator::I64TruncF32U | Operator::I64TruncF64U |
            Operator::I64TruncSatF32U | Operator::I64TruncSatF64U => |ins, x| ins.fcvt_to_uint_sat(types::I64, x),
            _ => return Ok(false),
        };
        self.unary(build)
    }

    /// If the operator is a truncation that traps: traps unless the topmost operand is a number that fits.
    #[rustfmt::skip]
    fn check_truncation(&mut self, operator: &Operator<'_>) -> Result<bool> {
        // The least number that still fits or, where it is no number of the type, the greatest that does not; and the
        // least above that does not fit.
        let (lowest, least, above) = match operator {
            Operator::I32TruncF32S => (GreaterThanOrEqual, -2_147_483_648.0, 2_147_483_648.0),
            Operator::I32TruncF64S => (GreaterThan, -2_147_483_649.0, 2_147_483_648.0),
            Operator::I64TruncF32S | Operator::I64TruncF64S =>
                (GreaterThanOrEqual, -9_223_372_036_854_775_808.0, 9_223_372_036_854_775_808.0),
            Operator::I32TruncF32U | Operator::I32TruncF64U => (GreaterThan, -1.0, 4_294_967_296.0),
            Operator::I64TruncF32U | Operator::I64TruncF64U => (GreaterThan, -1.0, 18_446_744_073_709_551_616.0),
            _ => return Ok(false),
        };
        let number = *self.top(1)?.first().ok_or_else(underflow)?;
        let narrow = self.builder.func.dfg.value_type(number) == types::F32;
        let mut constant = |value: f64| match narrow {
            // All that are used with this type are numbers of it.
            true => self.builder.ins().f32const(value as f32),
            false => self.builder.ins().f64const(value),
        };
        let (least, above) = (constant(least), constant(above));
        let is_nan = self.builder.ins().fcmp(FloatCC::Unordered, number, number);
        self.trap_if(is_nan, TrapKind::BadConversionToInteger)?;
        let large_enough = self.builder.ins().fcmp(lowest, number, least);
        let small_enough = self.builder.ins().fcmp(LessThan, number, above);
        let fits = self.builder.ins().band(large_enough, small_enough);
        self.trap_unless(fits, TrapKind::IntegerOverflow)?;
        Ok(true)
    }
}
