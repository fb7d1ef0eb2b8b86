//! Wide arithmetic: `i64.add128`, `i64.sub128`, `i64.mul_wide_s`, `i64.mul_wide_u`. A 128-bit integer is two operands, the
//! low half below the high one.

use cranelift_codegen::ir::{InstBuilder, Value, types};
use wasmparser::Operator;

use super::FuncTranslator;
use crate::error::Result;

impl FuncTranslator<'_> {
    pub(in crate::translate) fn wide_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match operator {
            Operator::I64Add128 => {
                let (left, right) = self.pop2_wide()?;
                let (low, carry) = self.builder.ins().uadd_overflow(left.0, right.0);
                let high = self.builder.ins().iadd(left.1, right.1);
                let carry = self.builder.ins().uextend(types::I64, carry);
                let high = self.builder.ins().iadd(high, carry);
                self.push_wide(low, high);
            }
            Operator::I64Sub128 => {
                let (left, right) = self.pop2_wide()?;
                let (low, borrow) = self.builder.ins().usub_overflow(left.0, right.0);
                let high = self.builder.ins().isub(left.1, right.1);
                let borrow = self.builder.ins().uextend(types::I64, borrow);
                let high = self.builder.ins().isub(high, borrow);
                self.push_wide(low, high);
            }
            Operator::I64MulWideS => {
                let (left, right) = self.pop2()?;
                let low = self.builder.ins().imul(left, right);
                let high = self.builder.ins().smulhi(left, right);
                self.push_wide(low, high);
            }
            Operator::I64MulWideU => {
                let (left, right) = self.pop2()?;
                let low = self.builder.ins().imul(left, right);
                let high = self.builder.ins().umulhi(left, right);
                self.push_wide(low, high);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Two 128-bit integers, each as its low and high half.
    fn pop2_wide(&mut self) -> Result<((Value, Value), (Value, Value))> {
        let (right_low, right_high) = self.pop2()?;
        let (left_low, left_high) = self.pop2()?;
        Ok(((left_low, left_high), (right_low, right_high)))
    }

    fn push_wide(&mut self, low: Value, high: Value) {
        self.push(low);
        self.push(high);
    }
}
