//! Locals, globals and the operand stack itself: `local.*`, `global.*`, `drop`, `select`.

use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Type, Value, types};
use cranelift_frontend::Variable;
use wasmparser::{FuncValidator, Operator, ValidatorResources};

use super::environ::displacement;
use super::signature::{local_type, value_type};
use super::{FuncTranslator, missing};
use crate::error::{Error, Result};
use crate::module::consts::ConstExpr;
use crate::types::GlobalType;

impl FuncTranslator<'_> {
    pub(super) fn variable_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match *operator {
            Operator::LocalGet { local_index } => {
                let variable = self.local(local_index)?;
                let value = self.builder.use_var(variable);
                self.push(value);
            }
            Operator::LocalSet { local_index } => {
                let variable = self.local(local_index)?;
                let value = self.pop()?;
                self.builder.def_var(variable, value);
            }
            Operator::LocalTee { local_index } => {
                let variable = self.local(local_index)?;
                let value = self.pop()?;
                self.builder.def_var(variable, value);
                self.push(value);
            }
            Operator::Drop => {
                self.pop()?;
            }
            Operator::Select | Operator::TypedSelect { .. } => {
                let (first, second, condition) = self.pop3()?;
                let value = self.builder.ins().select(condition, first, second);
                self.push(value);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(super) fn global_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match *operator {
            Operator::GlobalGet { global_index } => {
                let value = self.get_global(global_index)?;
                self.push(value);
            }
            Operator::GlobalSet { global_index } => {
                let value = self.pop()?;
                let (base, offset) = self.global_cell(global_index)?;
                let flags = MemFlagsData::trusted().with_alias_region(Some(self.regions.global));
                self.builder.ins().store(flags, value, base, offset);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Declares the function's parameters, which are its first locals.
    pub(super) fn declare_arguments(&mut self, arguments: &[Value]) {
        for argument in arguments {
            let ty = self.builder.func.dfg.value_type(*argument);
            let variable = self.builder.declare_var(ty);
            self.builder.def_var(variable, *argument);
            self.locals.push(variable);
        }
    }

    /// Declares the other locals, which start as zero or null.
    pub(super) fn declare_locals(&mut self, validator: &FuncValidator<ValidatorResources>) -> Result<()> {
        let first = u32::try_from(self.locals.len()).unwrap_or(u32::MAX);
        let count = validator.len_locals();
        self.budget.spend(count as usize)?;
        let mut zero: Option<(Type, Value)> = None;
        for index in first..count {
            let ty = validator.get_local_type(index).ok_or_else(|| missing("local", index))?;
            let ty = local_type(ty);
            let value = match zero {
                Some((known, value)) if known == ty => value,
                _ => self.zero(ty)?,
            };
            zero = Some((ty, value));
            let variable = self.builder.declare_var(ty);
            self.builder.def_var(variable, value);
            self.locals.push(variable);
        }
        Ok(())
    }

    fn zero(&mut self, ty: Type) -> Result<Value> {
        Ok(match ty {
            types::I32 | types::I64 => self.builder.ins().iconst(ty, 0),
            types::F32 => self.builder.ins().f32const(0.0),
            types::F64 => self.builder.ins().f64const(0.0),
            types::I8X16 => self.vector_constant([0; 16]),
            other => return Err(Error::internal(format!("locals of type {other} are not translated"))),
        })
    }

    fn local(&self, index: u32) -> Result<Variable> {
        self.locals.get(index as usize).copied().ok_or_else(|| missing("local", index))
    }

    fn get_global(&mut self, index: u32) -> Result<Value> {
        let ty = self.global_type(index)?;
        if !ty.mutable
            && let Some(value) = self.known_global(index)
        {
            return Ok(value);
        }
        let (base, offset) = self.global_cell(index)?;
        let flags = MemFlagsData::trusted().with_alias_region(Some(self.regions.global));
        let flags = if ty.mutable { flags } else { flags.with_readonly().with_can_move() };
        Ok(self.builder.ins().load(value_type(ty.content), flags, base, offset))
    }

    /// The value of an immutable global that the module itself sets to a constant.
    fn known_global(&mut self, index: u32) -> Option<Value> {
        let defined = self.module.info.defined_global(index)?;
        match *self.module.info.global_inits.get(defined as usize)? {
            ConstExpr::I32(value) => Some(self.constant32(value.cast_unsigned())),
            ConstExpr::I64(value) => Some(self.constant64(value.cast_unsigned())),
            _ => None,
        }
    }

    fn global_type(&self, index: u32) -> Result<GlobalType> {
        self.module.info.globals.get(index as usize).copied().ok_or_else(|| missing("global", index))
    }

    /// Where a global's cell is.
    fn global_cell(&mut self, index: u32) -> Result<(Value, i32)> {
        match self.module.info.defined_global(index) {
            Some(defined) => Ok((self.vmctx, displacement(self.module.offsets.defined_global(defined))?)),
            None => {
                let entry = self.module.offsets.imported_global(index);
                Ok((self.load_constant(types::I64, self.vmctx, entry)?, 0))
            }
        }
    }
}
