//! Linear memories: loads, stores, `memory.*`, `data.drop`.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Endianness, InstBuilder, MemFlagsData, Opcode, Type, Value, types};
use wasmparser::{MemArg, MemArgTarget, Operator};

use super::{FuncTranslator, missing};
use crate::builtins::Builtin;
use crate::error::{Error, Result};
use crate::memory_plan::MemoryPlan;
use crate::trap::TrapKind;
use crate::vm::offsets;

/// Where an access goes.
struct Address {
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
                let pages = self.builder.ins().ireduce(types::I32, pages);
                self.push(pages);
            }
            Operator::MemoryGrow { mem } => {
                let delta = self.pop()?;
                let delta = self.builder.ins().uextend(types::I64, delta);
                let memory = self.constant32(mem);
                let old = self.ask_builtin(Builtin::MemoryGrow, &[memory, delta])?;
                let old = self.builder.ins().ireduce(types::I32, old);
                self.push(old);
            }
            Operator::MemoryCopy { dst_mem, src_mem } => {
                let (to, from, len) = self.pop3_extended()?;
                let (to_memory, from_memory) = (self.constant32(dst_mem), self.constant32(src_mem));
                self.try_builtin(Builtin::MemoryCopy, &[to_memory, from_memory, to, from, len])?;
            }
            Operator::MemoryFill { mem } => {
                let (to, byte, len) = self.pop3()?;
                let to = self.builder.ins().uextend(types::I64, to);
                let len = self.builder.ins().uextend(types::I64, len);
                let memory = self.constant32(mem);
                self.try_builtin(Builtin::MemoryFill, &[memory, to, byte, len])?;
            }
            Operator::MemoryInit { data_index, mem } => {
                let (to, from, len) = self.pop3()?;
                let to = self.builder.ins().uextend(types::I64, to);
                let (memory, segment) = (self.constant32(mem), self.constant32(data_index));
                self.try_builtin(Builtin::MemoryInit, &[memory, segment, to, from, len])?;
            }
            Operator::DataDrop { data_index } => {
                let segment = self.constant32(data_index);
                self.run_builtin(Builtin::DataDrop, &[segment])?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Pops three 32-bit operands and zero-extends them.
    pub(super) fn pop3_extended(&mut self) -> Result<(Value, Value, Value)> {
        let (first, second, third) = self.pop3()?;
        let mut extend = |value| self.builder.ins().uextend(types::I64, value);
        Ok((extend(first), extend(second), extend(third)))
    }

    fn heap_flags(&self) -> MemFlagsData {
        MemFlagsData::new().with_endianness(Endianness::Little).with_alias_region(Some(self.regions.heap))
    }

    fn load_heap(&mut self, opcode: Opcode, ty: Type, address: &Address) -> Value {
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
            _ => ins.load(ty, flags, base, offset),
        }
    }

    fn store_heap(&mut self, opcode: Opcode, value: Value, address: &Address) {
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
    /// guard covers, by the processor, anything else by a comparison.
    fn address(&mut self, memarg: &MemArg, width: u64) -> Result<Address> {
        let MemArgTarget::Memory(memory) = memarg.target else {
            return Err(Error::internal("accesses to arrays are not translated"));
        };
        let plan = self.memory_plan(memory)?;
        let index = self.pop()?;
        let index = self.builder.ins().uextend(types::I64, index);
        let start = self.memory_base(memory)?;
        if plan.guard_covers(memarg.offset, width) {
            let base = self.builder.ins().iadd(start, index);
            let offset = i32::try_from(memarg.offset).map_err(|_| Error::internal("a guard above 2 GiB"))?;
            return Ok(Address { base, offset });
        }
        // Index and offset are below 2^32 each: their sum cannot wrap.
        let first = self.builder.ins().iadd_imm_u(index, memarg.offset.cast_signed());
        let end = self.builder.ins().iadd_imm_u(first, width.cast_signed());
        let len = self.memory_len(memory)?;
        let outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, len);
        self.trap_if(outside, TrapKind::MemoryOutOfBounds);
        let base = self.builder.ins().iadd(start, first);
        let base = self.builder.ins().select_spectre_guard(outside, start, base);
        Ok(Address { base, offset: 0 })
    }

    fn memory_plan(&self, memory: u32) -> Result<MemoryPlan> {
        Ok(self.module.info.memories.get(memory as usize).ok_or_else(|| missing("memory", memory))?.plan)
    }

    /// The address of a memory's first byte, which never changes.
    fn memory_base(&mut self, memory: u32) -> Result<Value> {
        let (entry, offset) = self.memory_entry(memory)?;
        self.load_constant(types::I64, entry, offset.saturating_add(offsets::MEMORY_BASE))
    }

    /// The current length of a memory in bytes.
    fn memory_len(&mut self, memory: u32) -> Result<Value> {
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
