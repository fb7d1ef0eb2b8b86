//! Copies and fills of linear memories: `memory.copy`, `memory.fill`. What is short and within the memory is done in place;
//! what is long (someone may want the guest to stop meanwhile), or traps, by a builtin that checks everything itself.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    Endianness, InstBuilder, InstructionData, MemFlagsData, Opcode, Type, Value, ValueDef, types,
};

use super::FuncTranslator;
use crate::builtins::Builtin;
use crate::error::Result;
use crate::types::IndexType;

/// Most bytes that are copied or filled without looking whether the guest must stop: some microseconds.
const MAX_DIRECT: i64 = 64 << 10;

/// Most bytes that are moved through registers, if their number is known.
const MAX_IN_REGISTERS: i64 = 64;

/// The types that a known number of bytes is moved in.
const CHUNKS: [(Type, i64); 5] =
    [(types::I8X16, 16), (types::I64, 8), (types::I32, 4), (types::I16, 2), (types::I8, 1)];

/// The chunks of `len` bytes, with their offsets.
fn chunks(len: i64) -> Vec<(Type, i32)> {
    let (mut at, mut all) = (0, Vec::new());
    while let Some((ty, size)) = CHUNKS.iter().find(|(_, size)| *size <= len - i64::from(at)) {
        all.push((*ty, at));
        at += *size as i32;
    }
    all
}

impl FuncTranslator<'_> {
    pub(super) fn memory_copy(&mut self, dst: u32, src: u32) -> Result<()> {
        let (to_type, from_type) = (self.memory_plan(dst)?.index, self.memory_plan(src)?.index);
        let known = self.known_length()?;
        let (to, from, len) = self.pop_copy(to_type, from_type)?;
        self.pay_for_bytes(len)?;
        let (to_memory, from_memory) = (self.constant32(dst), self.constant32(src));
        let arguments = [to_memory, from_memory, to, from, len];
        if (to_type, from_type) != (IndexType::I32, IndexType::I32) {
            return self.try_builtin(Builtin::MemoryCopy, &arguments);
        }
        let within = if dst == src {
            let last = self.builder.ins().umax(to, from);
            self.is_within(dst, last, len)?
        } else {
            let (to, from) = (self.is_within(dst, to, len)?, self.is_within(src, from, len)?);
            self.builder.ins().band(to, from)
        };
        self.directly(within, len, known, Builtin::MemoryCopy, &arguments, |this| {
            let (to_base, from_base) = (this.memory_base(dst)?, this.memory_base(src)?);
            let to = this.builder.ins().iadd(to_base, to);
            let from = this.builder.ins().iadd(from_base, from);
            match known.filter(|len| *len <= MAX_IN_REGISTERS) {
                Some(len) => this.copy_in_registers(to, from, len),
                None => {
                    this.run_builtin(Builtin::CopyBytes, &[to, from, len])?;
                    this.poll_after_builtin()?;
                }
            }
            Ok(())
        })
    }

    pub(super) fn memory_fill(&mut self, memory: u32) -> Result<()> {
        let index = self.memory_plan(memory)?.index;
        let known = self.known_length()?;
        let len = self.pop_index(index)?;
        let byte = self.pop()?;
        let to = self.pop_index(index)?;
        self.pay_for_bytes(len)?;
        let number = self.constant32(memory);
        let arguments = [number, to, byte, len];
        if index != IndexType::I32 {
            return self.try_builtin(Builtin::MemoryFill, &arguments);
        }
        let within = self.is_within(memory, to, len)?;
        self.directly(within, len, known, Builtin::MemoryFill, &arguments, |this| {
            let base = this.memory_base(memory)?;
            let to = this.builder.ins().iadd(base, to);
            match known.filter(|len| *len <= MAX_IN_REGISTERS) {
                Some(len) => this.fill_from_registers(to, byte, len),
                None => {
                    this.run_builtin(Builtin::FillBytes, &[to, byte, len])?;
                    this.poll_after_builtin()?;
                }
            }
            Ok(())
        })
    }

    /// Does `direct` if everything lies within and is not too much, and calls the builtin otherwise.
    fn directly(
        &mut self,
        within: Value,
        len: Value,
        known: Option<i64>,
        builtin: Builtin,
        arguments: &[Value],
        direct: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let ready = match known {
            Some(len) if len <= MAX_DIRECT => within,
            Some(_) => return self.try_builtin(builtin, arguments),
            None => {
                let short = self.builder.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, len, MAX_DIRECT);
                self.builder.ins().band(within, short)
            }
        };
        let [quick, whole, done] = [(); 3].map(|()| self.builder.create_block());
        self.builder.set_cold_block(whole);
        self.builder.ins().brif(ready, quick, &[], whole, &[]);
        self.builder.seal_block(quick);
        self.builder.seal_block(whole);
        self.builder.switch_to_block(whole);
        self.try_builtin(builtin, arguments)?;
        self.builder.ins().jump(done, &[]);
        self.builder.switch_to_block(quick);
        direct(self)?;
        self.builder.ins().jump(done, &[]);
        self.builder.seal_block(done);
        self.builder.switch_to_block(done);
        Ok(())
    }

    /// The length on top of the stack, if it is a constant.
    fn known_length(&self) -> Result<Option<i64>> {
        let Some(len) = self.top(1)?.first() else { return Ok(None) };
        let dfg = &self.builder.func.dfg;
        let ValueDef::Result(inst, _) = dfg.value_def(*len) else { return Ok(None) };
        Ok(match dfg.insts[inst] {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(i64::from(imm.bits() as u32)),
            _ => None,
        })
    }

    /// Whether `start + len`, numbers below 2³², lies within a memory.
    fn is_within(&mut self, memory: u32, start: Value, len: Value) -> Result<Value> {
        let end = self.builder.ins().iadd(start, len);
        let size = self.memory_len(memory)?;
        Ok(self.builder.ins().icmp(IntCC::UnsignedLessThanOrEqual, end, size))
    }

    /// Everything is read before anything is written: the two may overlap.
    fn copy_in_registers(&mut self, to: Value, from: Value, len: i64) {
        let flags = self.checked_flags();
        let chunks = chunks(len);
        let values: Vec<_> =
            chunks.iter().map(|(ty, at)| self.builder.ins().load(*ty, flags, from, *at)).collect();
        for ((_, at), value) in chunks.iter().zip(values) {
            self.builder.ins().store(flags, value, to, *at);
        }
    }

    fn fill_from_registers(&mut self, to: Value, byte: Value, len: i64) {
        let flags = self.checked_flags();
        let byte = self.builder.ins().ireduce(types::I8, byte);
        let word = self.builder.ins().uextend(types::I64, byte);
        let word = self.builder.ins().imul_imm_u(word, 0x0101_0101_0101_0101);
        for (ty, at) in chunks(len) {
            let value = match ty {
                types::I8X16 => self.builder.ins().splat(ty, byte),
                types::I64 => word,
                _ => self.builder.ins().ireduce(ty, word),
            };
            self.builder.ins().store(flags, value, to, at);
        }
    }

    /// For accesses that were found to be within the memory, wherever they are aligned.
    fn checked_flags(&self) -> MemFlagsData {
        let flags = MemFlagsData::new().with_notrap().with_endianness(Endianness::Little);
        flags.with_alias_region(Some(self.regions.heap))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_all_bytes_once() {
        for len in 0..=MAX_IN_REGISTERS {
            let mut end = 0;
            for (ty, at) in chunks(len) {
                assert_eq!(i64::from(at), end);
                end += i64::from(ty.bytes());
            }
            assert_eq!(end, len);
        }
    }
}
