//! Numbers: constants here, then one file for integers, wide integers, floats and conversions each.

mod conversion;
mod float;
mod integer;
mod wide;

use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{InstBuilder, Value};
use cranelift_frontend::FuncInstBuilder;
use wasmparser::Operator;

use super::FuncTranslator;
use crate::error::Result;

/// Builds the instructions for an operator with one operand.
pub(super) type Unary = for<'s, 'f> fn(FuncInstBuilder<'s, 'f>, Value) -> Value;

/// Builds the instructions for an operator with two operands.
pub(super) type Binary = for<'s, 'f> fn(FuncInstBuilder<'s, 'f>, Value, Value) -> Value;

impl FuncTranslator<'_> {
    pub(super) fn constant_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        let value = match *operator {
            Operator::I32Const { value } => self.constant32(value.cast_unsigned()),
            Operator::I64Const { value } => self.constant64(value.cast_unsigned()),
            Operator::F32Const { value } => self.builder.ins().f32const(Ieee32::with_bits(value.bits())),
            Operator::F64Const { value } => self.builder.ins().f64const(Ieee64::with_bits(value.bits())),
            _ => return Ok(false),
        };
        self.push(value);
        Ok(true)
    }

    fn unary(&mut self, build: Unary) -> Result<bool> {
        let operand = self.pop()?;
        let result = build(self.builder.ins(), operand);
        self.push(result);
        Ok(true)
    }

    fn binary(&mut self, build: Binary) -> Result<bool> {
        let (left, right) = self.pop2()?;
        let result = build(self.builder.ins(), left, right);
        self.push(result);
        Ok(true)
    }
}
