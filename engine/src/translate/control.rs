//! Structured control flow: `unreachable`, `nop`, `block`, `loop`, `if`, `else`, `end`, `br`, `br_if`, `br_on_null`,
//! `br_on_non_null`, `br_table`, `return`, and what happens to operators that cannot be reached.

use std::collections::HashMap;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, JumpTableData, Value};
use wasmparser::{BlockType, BrTable, Operator};

use super::frame::{BlockSignature, ControlFrame, FrameKind};
use super::signature::value_type;
use super::{FuncTranslator, underflow};
use crate::error::{Error, Result};
use crate::module::refusal;
use crate::trap::TrapKind;
use crate::types::ValType;

impl<'a> FuncTranslator<'a> {
    pub(super) fn block_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match *operator {
            Operator::Nop => {}
            Operator::Block { blockty } => self.open_block(blockty)?,
            Operator::Loop { blockty } => self.open_loop(blockty)?,
            Operator::If { blockty } => self.open_if(blockty)?,
            Operator::Else => self.begin_else()?,
            Operator::End => self.close()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(super) fn branch_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match operator {
            Operator::Br { relative_depth } => self.branch(*relative_depth)?,
            Operator::BrIf { relative_depth } => self.branch_if(*relative_depth)?,
            Operator::BrOnNull { relative_depth } => self.branch_on_null(*relative_depth)?,
            Operator::BrOnNonNull { relative_depth } => self.branch_on_non_null(*relative_depth)?,
            Operator::BrTable { targets } => self.branch_table(targets)?,
            Operator::Return => {
                let outermost = u32::try_from(self.control.len()).unwrap_or(u32::MAX).saturating_sub(1);
                self.branch(outermost)?;
            }
            Operator::Unreachable => {
                self.settle();
                self.trap(TrapKind::Unreachable)?;
                self.reachable = false;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Keeps track of blocks in code that cannot be reached, and finds the way out of it.
    pub(super) fn dead_operator(&mut self, operator: &Operator<'_>) -> Result<()> {
        match operator {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::TryTable { .. } => self.dead_blocks += 1,
            Operator::Else if self.dead_blocks == 0 => self.begin_else()?,
            Operator::End if self.dead_blocks == 0 => self.close()?,
            Operator::End => self.dead_blocks -= 1,
            _ => {}
        }
        Ok(())
    }

    /// Opens the block that is the function's body.
    pub(super) fn open_body(&mut self, results: &'a [ValType]) {
        let next = self.block_with_params(results);
        let signature = BlockSignature { params: &[], results };
        self.control.push(ControlFrame {
            kind: FrameKind::Block,
            signature,
            height: 0,
            next,
            next_reached: false,
            checked: self.checked.mark(),
        });
    }

    fn open_block(&mut self, ty: BlockType) -> Result<()> {
        let signature = BlockSignature::new(self.module.info, ty)?;
        self.open(FrameKind::Block, signature)
    }

    fn open_loop(&mut self, ty: BlockType) -> Result<()> {
        let signature = BlockSignature::new(self.module.info, ty)?;
        let header = self.block_with_params(signature.params);
        self.settle();
        self.jump(header, signature.params.len())?;
        self.builder.switch_to_block(header);
        let height = self.height_below(signature.params.len())?;
        self.stack.truncate(height);
        self.stack.extend_from_slice(self.builder.block_params(header));
        self.poll()?;
        self.check_fuel()?;
        self.open(FrameKind::Loop { header }, signature)
    }

    fn open_if(&mut self, ty: BlockType) -> Result<()> {
        let signature = BlockSignature::new(self.module.info, ty)?;
        let condition = self.pop()?;
        let then = self.builder.create_block();
        let otherwise = self.builder.create_block();
        self.builder.ins().brif(condition, then, &[], otherwise, &[]);
        self.builder.seal_block(then);
        self.builder.seal_block(otherwise);
        self.builder.switch_to_block(then);
        let params = self.top(signature.params.len())?.to_vec();
        self.open(FrameKind::If { otherwise, params, owed: self.owed }, signature)
    }

    pub(super) fn open(&mut self, kind: FrameKind, signature: BlockSignature<'a>) -> Result<()> {
        let depth = self.control.len() as u64;
        self.module.limits.check_block_depth(depth)?;
        let height = self.height_below(signature.params.len())?;
        let next = self.block_with_params(signature.results);
        self.budget.spend(signature.params.len().saturating_add(signature.results.len()))?;
        let checked = self.checked.mark();
        self.control.push(ControlFrame { kind, signature, height, next, next_reached: false, checked });
        Ok(())
    }

    fn begin_else(&mut self) -> Result<()> {
        let mut frame = self.pop_frame()?;
        let FrameKind::If { otherwise, params, owed } = std::mem::replace(&mut frame.kind, FrameKind::Block)
        else {
            return Err(Error::internal("an else without an if"));
        };
        if self.reachable {
            self.settle();
            self.jump(frame.next, frame.signature.results.len())?;
            frame.next_reached = true;
        }
        self.owed = owed;
        self.checked.forget_since(frame.checked);
        self.stack.truncate(frame.height);
        self.stack.extend(params);
        self.builder.switch_to_block(otherwise);
        self.reachable = true;
        self.control.push(frame);
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        let mut frame = self.pop_frame()?;
        // Where nothing else arrives, what is owed and what is known goes along.
        let others_arrive = frame.next_reached || matches!(frame.kind, FrameKind::If { .. });
        if !self.reachable || others_arrive {
            self.checked.forget_since(frame.checked);
        }
        if !self.reachable {
            self.owed = 0;
        } else {
            if others_arrive {
                self.settle();
            }
            self.jump(frame.next, frame.signature.results.len())?;
            frame.next_reached = true;
        }
        match frame.kind {
            FrameKind::Block => {}
            FrameKind::Loop { header } => self.builder.seal_block(header),
            FrameKind::Try { outside, pads } => self.close_try(outside, &pads),
            FrameKind::If { otherwise, params, owed } => {
                self.builder.switch_to_block(otherwise);
                self.pay(owed);
                let arguments = block_args(&params);
                self.builder.ins().jump(frame.next, &arguments);
                frame.next_reached = true;
            }
        }
        self.stack.truncate(frame.height);
        self.reachable = frame.next_reached;
        if self.reachable {
            self.builder.switch_to_block(frame.next);
            self.builder.seal_block(frame.next);
            self.stack.extend_from_slice(self.builder.block_params(frame.next));
        }
        Ok(())
    }

    fn branch(&mut self, depth: u32) -> Result<()> {
        let (target, arity) = self.branch_target(depth)?;
        self.settle();
        self.jump(target, arity)?;
        self.reachable = false;
        Ok(())
    }

    fn branch_if(&mut self, depth: u32) -> Result<()> {
        let condition = self.pop()?;
        self.branch_when(condition, depth)
    }

    /// `br_on_null`: branches without the reference, or goes on with it.
    fn branch_on_null(&mut self, depth: u32) -> Result<()> {
        let reference = self.pop()?;
        let is_null = self.builder.ins().icmp_imm_u(IntCC::Equal, reference, 0);
        self.branch_when(is_null, depth)?;
        self.push(reference);
        Ok(())
    }

    /// `br_on_non_null`: branches with the reference, or goes on without it.
    fn branch_on_non_null(&mut self, depth: u32) -> Result<()> {
        let reference = *self.top(1)?.first().ok_or_else(underflow)?;
        self.branch_when(reference, depth)?;
        self.pop().map(drop)
    }

    /// Branches if `condition` is not 0.
    fn branch_when(&mut self, condition: Value, depth: u32) -> Result<()> {
        let (target, arity) = self.branch_target(depth)?;
        let arguments = block_args(self.top(arity)?);
        let otherwise = self.builder.create_block();
        self.budget.spend(arity)?;
        if self.owed == 0 {
            self.builder.ins().brif(condition, target, &arguments, otherwise, &[]);
        } else {
            // Who branches pays; who goes on owes on.
            let taken = self.builder.create_block();
            self.builder.ins().brif(condition, taken, &[], otherwise, &[]);
            self.builder.seal_block(taken);
            self.builder.switch_to_block(taken);
            self.pay(self.owed);
            self.builder.ins().jump(target, &arguments);
        }
        self.builder.seal_block(otherwise);
        self.builder.switch_to_block(otherwise);
        Ok(())
    }

    fn branch_table(&mut self, table: &BrTable<'_>) -> Result<()> {
        let count = u64::from(table.len()).saturating_add(1);
        self.module.limits.check_br_table(count)?;
        self.budget.spend(table.len() as usize)?;
        let index = self.pop()?;
        // Branches that take operands along go through a block of their own, one for each different target.
        let mut edges: HashMap<u32, Block> = HashMap::new();
        let mut pending: Vec<(Block, Block, usize)> = Vec::new();
        let mut resolve = |this: &mut Self, depth: u32| -> Result<Block> {
            if let Some(block) = edges.get(&depth) {
                return Ok(*block);
            }
            let (target, arity) = this.branch_target(depth)?;
            let block = if arity == 0 {
                target
            } else {
                let edge = this.builder.create_block();
                pending.push((edge, target, arity));
                edge
            };
            edges.insert(depth, block);
            Ok(block)
        };
        let default = resolve(self, table.default())?;
        let mut blocks = Vec::with_capacity(table.len() as usize);
        for depth in table.targets() {
            blocks.push(resolve(self, depth.map_err(refusal::malformed)?)?);
        }
        self.settle();
        self.jump_table(index, default, &blocks);
        for (edge, target, arity) in pending {
            self.builder.switch_to_block(edge);
            self.builder.seal_block(edge);
            self.jump(target, arity)?;
        }
        self.reachable = false;
        Ok(())
    }

    fn jump_table(&mut self, index: Value, default: Block, blocks: &[Block]) {
        let dfg = &mut self.builder.func.dfg;
        let default = dfg.block_call(default, &[]);
        let calls: Vec<_> = blocks.iter().map(|block| dfg.block_call(*block, &[])).collect();
        let table = self.builder.create_jump_table(JumpTableData::new(default, &calls));
        self.builder.ins().br_table(index, table);
    }

    /// Jumps to `target` with the topmost `arity` operands, which stay on the operand stack.
    pub(super) fn jump(&mut self, target: Block, arity: usize) -> Result<()> {
        let arguments = block_args(self.top(arity)?);
        self.budget.spend(arity)?;
        self.builder.ins().jump(target, &arguments);
        Ok(())
    }

    pub(super) fn branch_target(&mut self, depth: u32) -> Result<(Block, usize)> {
        let from_end = (depth as usize).saturating_add(1);
        let index = self.control.len().checked_sub(from_end).ok_or_else(unknown_label)?;
        Ok(self.control.get_mut(index).ok_or_else(unknown_label)?.target())
    }

    fn pop_frame(&mut self) -> Result<ControlFrame<'a>> {
        self.control.pop().ok_or_else(|| Error::internal("more ends than blocks in a validated function"))
    }

    fn height_below(&self, count: usize) -> Result<usize> {
        self.stack.len().checked_sub(count).ok_or_else(underflow)
    }

    fn block_with_params(&mut self, types: &[ValType]) -> Block {
        let block = self.builder.create_block();
        for ty in types {
            self.builder.append_block_param(block, value_type(*ty));
        }
        block
    }
}

fn block_args(values: &[Value]) -> Vec<BlockArg> {
    values.iter().copied().map(BlockArg::Value).collect()
}

fn unknown_label() -> Error {
    Error::internal("a validated function branches to an unknown label")
}
