//! References: `ref.null`, `ref.is_null`, `ref.as_non_null`, `ref.func`.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, types};
use wasmparser::Operator;

use super::{FuncTranslator, underflow};
use crate::error::{Error, Result};
use crate::trap::TrapKind;

impl FuncTranslator<'_> {
    pub(super) fn reference_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match *operator {
            Operator::RefNull { .. } => {
                let null = self.constant64(0);
                self.push(null);
            }
            Operator::RefIsNull => {
                let reference = self.pop()?;
                let is_null = self.builder.ins().icmp_imm_u(IntCC::Equal, reference, 0);
                let is_null = self.builder.ins().uextend(types::I32, is_null);
                self.push(is_null);
            }
            Operator::RefAsNonNull => {
                let reference = *self.top(1)?.first().ok_or_else(underflow)?;
                self.trap_unless(reference, TrapKind::NullReference)?;
            }
            Operator::RefFunc { function_index } => {
                let place = self.module.info.func_ref(function_index);
                let place =
                    place.ok_or_else(|| Error::internal("ref.func of a function that does not escape"))?;
                let offset = self.module.offsets.func_ref(place);
                let reference = self.builder.ins().iadd_imm_u(self.vmctx, i64::from(offset));
                self.push(reference);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}
