//! Linear memories: loads, stores, `memory.*`, `data.drop`.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Endianness, InstBuilder, MemFlagsData, Opcode, Type, Value, types};
use wasmparser::{MemArg, MemArgTarget, Operator};

use super::{FuncTranslator, missing, underflow};
use crate::builtins::Builtin;
use crate::config::TrapStyle;
use crate::error::{Error, Result};
use crate::memory_plan::{MemoryPlan, PAGE_SIZE};
use crate::trap::TrapKind;
use crate::types::IndexType;
use crate::vm::offsets;

/// Up to here, static offset and width of an access added to a 32-bit index make no sum that wraps.
const MAX_REACH: u64 = 1 << 62;

/// Where an access goes.
pub(super) struct Address {
    base: Value,
    offset: i32,
}

impl FuncTranslator<'_> {
    #[rustfmt::skip]
    pub(super) fn load_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        let (memarg, opcode, ty, width) = match *operator {
            Operator::I32Load { memarg } => (memarg, Opcode::Load, types::I32, 4),
            Operator::I64Load { memarg } => (memarg, Opcode::Load, types::I64, 8),
            Operator::F32Load { memarg } => (memarg, Opcode::Load, types::F32, 4),
            Operator::F64Load { memarg } => (memarg, Opcode::Load, types::F64, 8),
            Operator::I32Load8S { memarg } => (memarg, Opcode::Sload8, types::I32, 1),
            Operator::I32Load8U { memarg } => (memarg, Opcode::Uload8, types::I32, 1),
            Operator::I32Load16S { memarg } => (memarg, Opcode::Sload16, types::I32, 2),
            Operator::I32Load16U { memarg } => (memarg, Opcode::Uload16, types::I32, 2),
            Operator::I64Load8S { memarg } => (memarg, Opcode::Sload8, types::I64, 1),
            Operator::I64Load8U { memarg } => (memarg, Opcode::Uload8, types::I64, 1),
            Operator::I64Load16S { memarg } => (memarg, Opcode::Sload16, types::I64, 2),
            Operator::I64Load16U { memarg } => (memarg, Opcode::Uload16, types::I64, 2),
            Operator::I64Load32S { memarg } => (memarg, Opcode::Sload32, types::I64, 4),
            Operator::I64Load32U { memarg } => (memarg, Opcode::Uload32, types::I64, 4),
            _ => return Ok(false),
        };
        let address = self.address(&memarg, width)?;
        let value = self.load_heap(opcode, ty, &address);
        self.push(value);
        Ok(true)
    }

    #[rustfmt::skip]
    pub(super) fn store_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        let (memarg, opcode, width) = match *operator {
            Operator::I32Store { memarg } | Operator::F32Store { memarg } => (memarg, Opcode::Store, 4),
            Operator::I64Store { memarg } | Operator::F64Store { memarg } => (memarg, Opcode::Store, 8),
            Operator::I32Store8 { memarg } | Operator::I64Store8 { memarg } => (memarg, Opcode::Istore8, 1),
            Operator::I32Store16 { memarg } | Operator::I64Store16 { memarg } => (memarg, Opcode::Istore16, 2),
            Operator::I64Store32 { memarg } => (memarg, Opcode::Istore32, 4),
            _ => return Ok(false),
        };
        let value = self.pop()?;
        let address = self.address(&memarg, width)?;
        self.store_heap(opcode, value, &address);
        Ok(true)
    }

    pub(super) fn memory_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match *operator {
            Operator::MemorySize { mem } => {
                let bytes = self.memory_len(mem)?;
                let pages = self.builder.ins().ushr_imm_u(bytes, 16);
                let index = self.memory_plan(mem)?.index;
                let pages = self.index_of(index, pages);
                self.push(pages);
            }
            Operator::MemoryGrow { mem } => {
                let index = self.memory_plan(mem)?.index;
                let delta = self.pop_index(index)?;
                let memory = self.constant32(mem);
                let old = self.ask_builtin(Builtin::MemoryGrow, &[memory, delta])?;
                self.poll_after_builtin()?;
                self.pay_for_growth(old, delta, PAGE_SIZE);
                let old = self.index_of(index, old);
                self.push(old);
            }
            Operator::MemoryCopy { dst_mem, src_mem } => self.memory_copy(dst_mem, src_mem)?,
            Operator::MemoryFill { mem } => self.memory_fill(mem)?,
            Operator::MemoryInit { data_index, mem } => {
                let (from, len) = self.pop2()?;
                let index = self.memory_plan(mem)?.index;
                let to = self.pop_index(index)?;
                let bytes = self.builder.ins().uextend(types::I64, len);
                self.pay_for_bytes(bytes)?;
                let (memory, segment) = (self.constant32(mem), self.constant32(data_index));
                self.try_builtin(Builtin::MemoryInit, &[memory, segment, to, from, len])?;
            }
            Operator::DataDrop { data_index } => {
                let segment = self.constant32(data_index);
                self.run_builtin(Builtin::DataDrop, &[segment])?;
                self.poll_after_builtin()?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Pops an index or a length, zero-extended to 64 bits.
    pub(super) fn pop_index(&mut self, ty: IndexType) -> Result<Value> {
        let index = self.pop()?;
        Ok(match ty {
            IndexType::I32 => self.builder.ins().uextend(types::I64, index),
            IndexType::I64 => index,
        })
    }

    /// A 64-bit size as what a memory or table of this kind reports.
    pub(super) fn index_of(&mut self, ty: IndexType, size: Value) -> Value {
        match ty {
            IndexType::I32 => self.builder.ins().ireduce(types::I32, size),
            IndexType::I64 => size,
        }
    }

    /// Pops destination, source and length of a copy; the length has the narrower of the two types.
    pub(super) fn pop_copy(&mut self, to: IndexType, from: IndexType) -> Result<(Value, Value, Value)> {
        let len = self.pop_index(if to == from { to } else { IndexType::I32 })?;
        let source = self.pop_index(from)?;
        Ok((self.pop_index(to)?, source, len))
    }

    fn heap_flags(&self) -> MemFlagsData {
        let flags = MemFlagsData::new()
            .with_endianness(Endianness::Little)
            .with_alias_region(Some(self.regions.heap));
        match self.module.style {
            TrapStyle::Signals => flags,
            TrapStyle::Explicit => flags.with_notrap(),
        }
    }

    pub(super) fn load_heap(&mut self, opcode: Opcode, ty: Type, address: &Address) -> Value {
        let flags = self.heap_flags();
        let &Address { base, offset } = address;
        let ins = self.builder.ins();
        match opcode {
            Opcode::Sload8 => ins.sload8(ty, flags, base, offset),
            Opcode::Uload8 => ins.uload8(ty, flags, base, offset),
            Opcode::Sload16 => ins.sload16(ty, flags, base, offset),
            Opcode::Uload16 => ins.uload16(ty, flags, base, offset),
            Opcode::Sload32 => ins.sload32(flags, base, offset),
            Opcode::Uload32 => ins.uload32(flags, base, offset),
            Opcode::Sload8x8 => ins.sload8x8(flags, base, offset),
            Opcode::Uload8x8 => ins.uload8x8(flags, base, offset),
            Opcode::Sload16x4 => ins.sload16x4(flags, base, offset),
            Opcode::Uload16x4 => ins.uload16x4(flags, base, offset),
            Opcode::Sload32x2 => ins.sload32x2(flags, base, offset),
            Opcode::Uload32x2 => ins.uload32x2(flags, base, offset),
            _ => ins.load(ty, flags, base, offset),
        }
    }

    pub(super) fn store_heap(&mut self, opcode: Opcode, value: Value, address: &Address) {
        let flags = self.heap_flags();
        let &Address { base, offset } = address;
        let ins = self.builder.ins();
        match opcode {
            Opcode::Istore8 => ins.istore8(flags, value, base, offset),
            Opcode::Istore16 => ins.istore16(flags, value, base, offset),
            Opcode::Istore32 => ins.istore32(flags, value, base, offset),
            _ => ins.store(flags, value, base, offset),
        };
    }

    /// Pops the index of an access of `width` bytes and makes sure that an access outside the memory traps: what the
    /// guard covers, by the processor, anything else (in explicit style everything) by a comparison.
    pub(super) fn address(&mut self, memarg: &MemArg, width: u64) -> Result<Address> {
        let MemArgTarget::Memory(memory) = memarg.target else {
            return Err(Error::internal("accesses to arrays are not translated"));
        };
        let plan = self.memory_plan(memory)?;
        if self.module.style == TrapStyle::Explicit {
            return self.checked_address(memory, &plan, memarg.offset, width);
        }
        let index = self.pop_index(plan.index)?;
        if plan.guard_covers(memarg.offset, width) {
            let start = self.memory_base(memory)?;
            let base = self.builder.ins().iadd(start, index);
            let offset = i32::try_from(memarg.offset).map_err(|_| Error::internal("a guard above 2 GiB"))?;
            return Ok(Address { base, offset });
        }
        let outside = self.is_outside(memory, &plan, index, memarg.offset.saturating_add(width))?;
        self.trap_if(outside, TrapKind::MemoryOutOfBounds)?;
        let start = self.memory_base(memory)?;
        let base = self.builder.ins().iadd(start, index);
        let offset = self.constant64(memarg.offset);
        let base = self.builder.ins().iadd(base, offset);
        // Speculation past the check reads nothing but the memory's first bytes.
        let base = self.builder.ins().select_spectre_guard(outside, start, base);
        Ok(Address { base, offset: 0 })
    }

    /// The same in explicit style: always a comparison, unless one before it showed that the access is in bounds.
    fn checked_address(
        &mut self,
        memory: u32,
        plan: &MemoryPlan,
        offset: u64,
        width: u64,
    ) -> Result<Address> {
        let reach = offset.saturating_add(width);
        let place = *self.top(1)?.first().ok_or_else(underflow)?;
        let index = self.pop_index(plan.index)?;
        if !self.checked.covers(memory, place, reach) {
            let outside = self.is_outside(memory, plan, index, reach)?;
            self.trap_if(outside, TrapKind::MemoryOutOfBounds)?;
            self.checked.note(memory, place, reach);
        }
        let start = self.memory_base(memory)?;
        let base = self.builder.ins().iadd(start, index);
        if let Ok(offset) = i32::try_from(offset) {
            return Ok(Address { base, offset });
        }
        let offset = self.constant64(offset);
        let base = self.builder.ins().iadd(base, offset);
        Ok(Address { base, offset: 0 })
    }

    /// Whether `index + reach` exceeds the length of a memory.
    fn is_outside(&mut self, memory: u32, plan: &MemoryPlan, index: Value, reach: u64) -> Result<Value> {
        let len = self.memory_len(memory)?;
        let amount = self.constant64(reach);
        if plan.index == IndexType::I32 && reach <= MAX_REACH {
            // Both are so small that their sum cannot wrap.
            let end = self.builder.ins().iadd(index, amount);
            return Ok(self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, len));
        }
        let last = self.builder.ins().isub(len, amount);
        let beyond = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, index, last);
        if reach <= plan.min_bytes() {
            return Ok(beyond);
        }
        let too_short = self.builder.ins().icmp(IntCC::UnsignedLessThan, len, amount);
        Ok(self.builder.ins().bor(too_short, beyond))
    }

    pub(super) fn memory_plan(&self, memory: u32) -> Result<MemoryPlan> {
        Ok(self.module.info.memories.get(memory as usize).ok_or_else(|| missing("memory", memory))?.plan)
    }

    /// The address of a memory's first byte, which changes only if growing can move the memory.
    pub(super) fn memory_base(&mut self, memory: u32) -> Result<Value> {
        let movable = self.memory_plan(memory)?.movable;
        let (entry, offset) = self.memory_entry(memory)?;
        let offset = offset.saturating_add(offsets::MEMORY_BASE);
        match movable {
            true => self.load_variable(types::I64, entry, offset),
            false => self.load_constant(types::I64, entry, offset),
        }
    }

    /// The current length of a memory in bytes.
    pub(super) fn memory_len(&mut self, memory: u32) -> Result<Value> {
        let (entry, offset) = self.memory_entry(memory)?;
        self.load_variable(types::I64, entry, offset.saturating_add(offsets::MEMORY_LEN))
    }

    /// Where the context's description of a memory is.
    fn memory_entry(&mut self, memory: u32) -> Result<(Value, u32)> {
        match self.module.info.defined_memory(memory) {
            Some(defined) => Ok((self.vmctx, self.module.offsets.defined_memory(defined))),
            None => {
                let entry = self.module.offsets.imported_memory(memory);
                Ok((self.load_constant(types::I64, self.vmctx, entry)?, 0))
            }
        }
    }
}
