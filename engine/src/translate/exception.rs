//! Exceptions: `try_table`, `throw`, `throw_ref`. Calls within a `try_table` name its handlers, which is all that they pay:
//! nothing is done on entering or leaving it. A handler begins with a pad, a block that takes what the exception carries out
//! of the store and branches to the label of its clause.

use std::collections::HashSet;

use cranelift_codegen::ir::{
    Block, BlockArg, BlockCall, ExceptionTable, ExceptionTableData, ExceptionTableItem, ExceptionTag,
    InstBuilder, MemFlagsData, SigRef, StackSlotData, StackSlotKind, Value, types,
};
use wasmparser::{Catch, Operator, TryTable};

use super::frame::{BlockSignature, FrameKind};
use super::signature::value_type;
use super::{FuncTranslator, missing, trap_code};
use crate::artifact::code::Handler;
use crate::builtins::Builtin;
use crate::error::Result;
use crate::trap::TrapKind;
use crate::types::{FuncType, ValType};

/// What a handler of a call counts as work: the compiler's own grows faster than their number.
const HANDLER_WORK: usize = 30;

/// A handler that is in force where code is being translated.
#[derive(Clone, Copy)]
pub(super) struct ActiveHandler {
    tag: Option<u32>,
    by_reference: bool,
    pad: Block,
}

/// The handlers in force, the one to be asked first first.
#[derive(Default)]
pub(super) struct Handlers(Vec<ActiveHandler>);

impl Handlers {
    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of a `try_table` before these, without those that are never asked: behind one for the same tag, or for all.
    fn within(&self, own: &[ActiveHandler]) -> Self {
        let mut tags = HashSet::new();
        let mut all = Vec::new();
        for handler in own.iter().chain(&self.0) {
            match handler.tag {
                Some(tag) if !tags.insert(tag) => {}
                Some(_) => all.push(*handler),
                None => {
                    all.push(*handler);
                    break;
                }
            }
        }
        Self(all)
    }
}

impl<'a> FuncTranslator<'a> {
    pub(super) fn exception_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match operator {
            Operator::TryTable { try_table } => self.open_try(try_table)?,
            Operator::Throw { tag_index } => self.throw(*tag_index)?,
            Operator::ThrowRef => {
                let exception = self.pop()?;
                self.trap_unless(exception, TrapKind::NullReference)?;
                self.leave(Builtin::ThrowRef, &[exception])?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn open_try(&mut self, table: &TryTable) -> Result<()> {
        let signature = BlockSignature::new(self.module.info, table.ty)?;
        let body = self.builder.create_block();
        self.builder.ins().jump(body, &[]);
        self.builder.seal_block(body);
        let mut handlers = Vec::with_capacity(table.catches.len());
        for catch in &table.catches {
            handlers.push(self.handler(catch)?);
        }
        self.builder.switch_to_block(body);
        self.budget.spend(self.handlers.0.len())?;
        let inside = self.handlers.within(&handlers);
        let outside = std::mem::replace(&mut self.handlers, inside);
        let pads = handlers.iter().map(|handler| handler.pad).collect();
        self.open(FrameKind::Try { outside, pads }, signature)
    }

    /// The handler of a clause, whose label is counted from outside the `try_table`.
    fn handler(&mut self, catch: &Catch) -> Result<ActiveHandler> {
        let (tag, by_reference, label) = match *catch {
            Catch::One { tag, label } => (Some(tag), false, label),
            Catch::OneRef { tag, label } => (Some(tag), true, label),
            Catch::All { label } => (None, false, label),
            Catch::AllRef { label } => (None, true, label),
        };
        // A pad is a handful of instructions.
        self.budget.spend(4)?;
        let pad = self.builder.create_block();
        let slots = self.builder.append_block_param(pad, types::I64);
        let exception = self.builder.append_block_param(pad, types::I64);
        self.builder.set_cold_block(pad);
        self.builder.switch_to_block(pad);
        let height = self.stack.len();
        if let Some(tag) = tag {
            let ty = self.tag_type(tag)?;
            self.budget.spend(ty.params().len())?;
            for (ty, offset) in slot_offsets(ty.params()) {
                let value = self.builder.ins().load(value_type(ty), slot_flags(), slots, offset);
                self.push(value);
            }
        }
        if by_reference {
            self.push(exception);
        }
        let (target, arity) = self.branch_target(label)?;
        self.jump(target, arity)?;
        self.stack.truncate(height);
        Ok(ActiveHandler { tag, by_reference, pad })
    }

    /// Ends a `try_table` with these pads: what follows is the business of the handlers outside.
    pub(super) fn close_try(&mut self, outside: Handlers, pads: &[Block]) {
        self.handlers = outside;
        for pad in pads {
            self.builder.seal_block(*pad);
        }
    }

    fn throw(&mut self, tag: u32) -> Result<()> {
        let ty = self.tag_type(tag)?;
        self.budget.spend(ty.params().len())?;
        let values = self.pop_many(ty.params().len())?;
        let size =
            slot_offsets(ty.params()).last().map_or(0, |(ty, offset)| offset.saturating_add(slot_size(ty)));
        let slots = self.payload(size.unsigned_abs());
        for ((_, offset), value) in slot_offsets(ty.params()).zip(values) {
            self.builder.ins().store(slot_flags(), value, slots, offset);
        }
        let tag = self.constant32(tag);
        self.leave(Builtin::Throw, &[tag, slots])
    }

    /// The address of the part of the frame in which exceptions are handed over, with room for so many bytes.
    fn payload(&mut self, size: u32) -> Value {
        let slot = *self.payload.get_or_insert_with(|| {
            let data = StackSlotData::new(StackSlotKind::ExplicitSlot, 0, 4);
            self.builder.create_sized_stack_slot(data)
        });
        let data = &mut self.builder.func.sized_stack_slots[slot];
        data.size = data.size.max(size);
        self.builder.ins().stack_addr(types::I64, slot, 0)
    }

    /// Calls a builtin that throws.
    fn leave(&mut self, builtin: Builtin, arguments: &[Value]) -> Result<()> {
        self.settle();
        let (signature, code, arguments) = self.prepare_builtin(builtin, arguments)?;
        if self.handlers.is_empty() {
            self.builder.ins().call_indirect(signature, code, &arguments);
        } else {
            let (table, next) = self.exception_table(signature)?;
            self.builder.ins().try_call_indirect(code, &arguments, table);
            self.builder.seal_block(next);
            self.builder.switch_to_block(next);
        }
        // Never executed: a block needs an end.
        self.builder.ins().trap(trap_code(TrapKind::Unreachable));
        self.reachable = false;
        Ok(())
    }

    /// The table of the handlers in force for a call with this signature, and the block where it returns to, whose
    /// parameters are the results.
    pub(super) fn exception_table(&mut self, signature: SigRef) -> Result<(ExceptionTable, Block)> {
        self.budget.spend(self.handlers.0.len().saturating_mul(HANDLER_WORK))?;
        let next = self.builder.create_block();
        let results = self.builder.func.dfg.signatures[signature].returns.clone();
        let mut arguments = Vec::with_capacity(results.len());
        for (index, result) in (0..).zip(&results) {
            self.builder.append_block_param(next, result.value_type);
            arguments.push(BlockArg::TryCallRet(index));
        }
        let pool = &mut self.builder.func.dfg.value_lists;
        let normal = BlockCall::new(next, arguments, pool);
        let mut items = vec![ExceptionTableItem::Context(self.vmctx)];
        for handler in &self.handlers.0 {
            let clause = Handler::clause(handler.tag, handler.by_reference);
            let pad = BlockCall::new(handler.pad, [BlockArg::TryCallExn(0), BlockArg::TryCallExn(1)], pool);
            items.push(ExceptionTableItem::Tag(ExceptionTag::from_u32(clause), pad));
        }
        let table = ExceptionTableData::new(signature, normal, items);
        Ok((self.builder.func.dfg.exception_tables.push(table), next))
    }

    fn tag_type(&self, tag: u32) -> Result<&'a FuncType> {
        self.module.info.tag_type(tag).ok_or_else(|| missing("tag", tag))
    }
}

/// The offsets of the slots of what an exception carries.
fn slot_offsets(types: &[ValType]) -> impl Iterator<Item = (ValType, i32)> {
    types.iter().scan(0_i32, |next, ty| {
        let offset = *next;
        *next = next.saturating_add(slot_size(*ty));
        Some((*ty, offset))
    })
}

fn slot_size(ty: ValType) -> i32 {
    if ty == ValType::V128 { 16 } else { 8 }
}

/// Slots are valid memory, aligned to 8 bytes only.
fn slot_flags() -> MemFlagsData {
    MemFlagsData::new().with_notrap()
}
