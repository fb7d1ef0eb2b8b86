//! One open block of structured control flow, as the translator keeps it.

use cranelift_codegen::ir::{Block, Value};
use wasmparser::BlockType;

use super::exception::Handlers;
use super::missing;
use crate::error::Result;
use crate::module::info::ModuleInfo;
use crate::types::ValType;

/// What a block takes and leaves.
#[derive(Clone, Copy)]
pub(super) struct BlockSignature<'a> {
    pub(super) params: &'a [ValType],
    pub(super) results: &'a [ValType],
}

impl<'a> BlockSignature<'a> {
    pub(super) fn new(info: &'a ModuleInfo, ty: BlockType) -> Result<Self> {
        Ok(match ty {
            BlockType::Empty => Self { params: &[], results: &[] },
            BlockType::Type(result) => Self { params: &[], results: single(result) },
            BlockType::FuncType(index) => {
                let ty = info.types.get(index as usize).ok_or_else(|| missing("type", index))?;
                Self { params: ty.params(), results: ty.results() }
            }
        })
    }
}

/// One result. All references look the same in generated code.
fn single(ty: wasmparser::ValType) -> &'static [ValType] {
    match ty {
        wasmparser::ValType::I32 => &[ValType::I32],
        wasmparser::ValType::I64 => &[ValType::I64],
        wasmparser::ValType::F32 => &[ValType::F32],
        wasmparser::ValType::F64 => &[ValType::F64],
        wasmparser::ValType::V128 => &[ValType::V128],
        wasmparser::ValType::Ref(_) => &[ValType::FUNCREF],
    }
}

/// An open block.
pub(super) struct ControlFrame<'a> {
    pub(super) kind: FrameKind,
    pub(super) signature: BlockSignature<'a>,
    /// Height of the operand stack below the block's parameters.
    pub(super) height: usize,
    /// Where the code after the block begins; its parameters are the block's results.
    pub(super) next: Block,
    /// Whether anything jumps to `next`.
    pub(super) next_reached: bool,
    /// What was known about accesses to memories when the block began.
    pub(super) checked: usize,
}

/// What kind of block it is.
pub(super) enum FrameKind {
    /// `block`, the function's body, or an `if` past its `else`.
    Block,
    /// `loop`: branches go back to the header, whose parameters are the block's.
    Loop { header: Block },
    /// `if` before its `else`; `owed` is the fuel that the `else` begins by owing.
    If { otherwise: Block, params: Vec<Value>, owed: u64 },
    /// `try_table`, with the handlers in force before it and the pads of its own.
    Try { outside: Handlers, pads: Vec<Block> },
}

impl<'a> ControlFrame<'a> {
    /// Where a branch to this block goes, and how many operands it takes along.
    pub(super) fn target(&mut self) -> (Block, usize) {
        match self.kind {
            FrameKind::Loop { header } => (header, self.signature.params.len()),
            FrameKind::Block | FrameKind::If { .. } | FrameKind::Try { .. } => {
                self.next_reached = true;
                (self.next, self.signature.results.len())
            }
        }
    }
}
