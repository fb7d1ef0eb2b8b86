//! What compiling produces: position-independent bytes and the tables that go with them. Plain data; `vm/` makes the
//! bytes executable.

use crate::trap::TrapKind;

/// The machine code of a whole module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Code {
    /// The text: position independent, no relocations left.
    pub(crate) text: Vec<u8>,
    /// Where each defined function lies in the text.
    pub(crate) functions: Vec<FunctionRange>,
    /// The instructions that trap, sorted by offset.
    pub(crate) traps: Vec<TrapSite>,
    /// (Offset in the text, offset in the module), sorted: the code from here on belongs to this instruction.
    pub(crate) positions: Vec<(u32, u32)>,
}

/// Where one function lies in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FunctionRange {
    /// Offset of the first byte.
    pub(crate) start: u32,
    /// Length in bytes.
    pub(crate) len: u32,
}

/// An instruction that traps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TrapSite {
    /// Offset of the instruction in the text.
    pub(crate) offset: u32,
    /// Why it traps.
    pub(crate) kind: TrapKind,
}

/// The trampolines of one signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TrampolineCode {
    /// The text of both: position independent, no relocations.
    pub(crate) text: Vec<u8>,
    /// Offset of the entry that loads parameters from slots and calls a WebAssembly function.
    pub(crate) array_to_wasm: u32,
    /// Offset of the entry that has a WebAssembly signature and calls a host function with slots.
    pub(crate) wasm_to_array: u32,
    /// The instructions that trap, sorted by offset.
    pub(crate) traps: Vec<TrapSite>,
}
