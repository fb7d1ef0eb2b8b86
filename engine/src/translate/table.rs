//! Tables: `table.*`, `elem.drop`, and the checked address of an element that `call_indirect` shares.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use wasmparser::Operator;

use super::{FuncTranslator, missing};
use crate::builtins::Builtin;
use crate::config::TrapStyle;
use crate::error::Result;
use crate::trap::TrapKind;
use crate::types::TableType;
use crate::vm::offsets;

impl FuncTranslator<'_> {
    pub(super) fn table_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match *operator {
            Operator::TableGet { table } => {
                let index = self.pop_table_index(table)?;
                let element = self.load_element(table, index, TrapKind::TableOutOfBounds)?;
                self.push(element);
            }
            Operator::TableSet { table } => {
                let element = self.pop()?;
                let index = self.pop_table_index(table)?;
                let address = self.element_address(table, index, TrapKind::TableOutOfBounds)?;
                let flags = self.element_flags();
                self.builder.ins().store(flags, element, address, 0);
            }
            Operator::TableSize { table } => {
                let len = self.table_len(table)?;
                let index = self.table_type(table)?.index;
                let len = self.index_of(index, len);
                self.push(len);
            }
            Operator::TableGrow { table } => {
                let index = self.table_type(table)?.index;
                let delta = self.pop_index(index)?;
                let element = self.pop()?;
                let table = self.constant32(table);
                let old = self.ask_builtin(Builtin::TableGrow, &[table, delta, element])?;
                self.poll_after_builtin()?;
                self.pay_for_growth(old, delta, u64::from(offsets::TABLE_ELEMENT_SIZE));
                let old = self.index_of(index, old);
                self.push(old);
            }
            _ => return self.table_bulk_operator(operator),
        }
        Ok(true)
    }

    fn table_bulk_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match *operator {
            Operator::TableFill { table } => {
                let len = self.pop_table_index(table)?;
                let element = self.pop()?;
                let start = self.pop_table_index(table)?;
                self.pay_for_elements(len)?;
                let table = self.constant32(table);
                self.try_builtin(Builtin::TableFill, &[table, start, element, len])?;
            }
            Operator::TableCopy { dst_table, src_table } => {
                let (to, from) = (self.table_type(dst_table)?.index, self.table_type(src_table)?.index);
                let (to, from, len) = self.pop_copy(to, from)?;
                self.pay_for_elements(len)?;
                let (to_table, from_table) = (self.constant32(dst_table), self.constant32(src_table));
                self.try_builtin(Builtin::TableCopy, &[to_table, from_table, to, from, len])?;
            }
            Operator::TableInit { elem_index, table } => {
                let (from, len) = self.pop2()?;
                let to = self.pop_table_index(table)?;
                let elements = self.builder.ins().uextend(types::I64, len);
                self.pay_for_elements(elements)?;
                let (table, segment) = (self.constant32(table), self.constant32(elem_index));
                self.try_builtin(Builtin::TableInit, &[table, segment, to, from, len])?;
            }
            Operator::ElemDrop { elem_index } => {
                let segment = self.constant32(elem_index);
                self.run_builtin(Builtin::ElemDrop, &[segment])?;
                self.poll_after_builtin()?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Pops an index of a table's elements, zero-extended to 64 bits.
    pub(super) fn pop_table_index(&mut self, table: u32) -> Result<Value> {
        let index = self.table_type(table)?.index;
        self.pop_index(index)
    }

    fn table_type(&self, table: u32) -> Result<TableType> {
        Ok(self.module.info.tables.get(table as usize).ok_or_else(|| missing("table", table))?.ty)
    }

    /// Loads the element at an index, or traps.
    pub(super) fn load_element(&mut self, table: u32, index: Value, outside: TrapKind) -> Result<Value> {
        let address = self.element_address(table, index, outside)?;
        let flags = self.element_flags();
        Ok(self.builder.ins().load(types::I64, flags, address, 0))
    }

    /// The address of the element at an index. Traps if it is outside; in signal style nothing speculates
    /// past the check.
    fn element_address(&mut self, table: u32, index: Value, outside: TrapKind) -> Result<Value> {
        let len = self.table_len(table)?;
        let is_outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, len);
        self.trap_if(is_outside, outside)?;
        let base = self.table_base(table)?;
        let distance = self.builder.ins().imul_imm_u(index, i64::from(offsets::TABLE_ELEMENT_SIZE));
        let address = self.builder.ins().iadd(base, distance);
        Ok(match self.module.style {
            TrapStyle::Signals => self.builder.ins().select_spectre_guard(is_outside, base, address),
            TrapStyle::Explicit => address,
        })
    }

    fn element_flags(&self) -> MemFlagsData {
        MemFlagsData::trusted().with_alias_region(Some(self.regions.table))
    }

    /// The current length of a table; known if the table cannot grow.
    fn table_len(&mut self, table: u32) -> Result<Value> {
        if let Some(len) = self.fixed_len(table)? {
            return Ok(self.constant64(len));
        }
        let (entry, offset) = self.table_entry(table)?;
        self.load_variable(types::I64, entry, offset.saturating_add(offsets::TABLE_LEN))
    }

    /// The address of a table's elements, which changes when the table grows.
    fn table_base(&mut self, table: u32) -> Result<Value> {
        let fixed = self.fixed_len(table)?.is_some();
        let (entry, offset) = self.table_entry(table)?;
        let offset = offset.saturating_add(offsets::TABLE_BASE);
        match fixed {
            true => self.load_constant(types::I64, entry, offset),
            false => self.load_variable(types::I64, entry, offset),
        }
    }

    /// The length of a table that cannot grow.
    fn fixed_len(&self, table: u32) -> Result<Option<u64>> {
        let ty = self.table_type(table)?;
        Ok((ty.maximum == Some(ty.minimum)).then_some(ty.minimum))
    }

    /// Where the context's description of a table is.
    fn table_entry(&mut self, table: u32) -> Result<(Value, u32)> {
        match self.module.info.defined_table(table) {
            Some(defined) => Ok((self.vmctx, self.module.offsets.defined_table(defined))),
            None => {
                let entry = self.module.offsets.imported_table(table);
                Ok((self.load_constant(types::I64, self.vmctx, entry)?, 0))
            }
        }
    }
}
