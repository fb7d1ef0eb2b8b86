//! What compiling produces: position-independent bytes and the tables that go with them, in the flat form in which they
//! also lie in an artifact. Plain data; `vm/` makes the bytes executable.

use super::table::{Record, Table, u32_at};
use crate::trap::TrapKind;

/// The machine code of a whole module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Code {
    /// The text: position independent, no relocations left.
    pub(crate) text: Vec<u8>,
    /// What is known about it.
    pub(crate) tables: CodeTables,
}

/// What is known about a text. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CodeTables {
    /// Where each defined function lies in the text.
    pub(crate) functions: Table<FunctionRange>,
    /// The instructions that trap, sorted by offset.
    pub(crate) traps: Table<TrapSite>,
    /// (Offset in the text, offset in the module), sorted: the code from here on belongs to this instruction.
    pub(crate) positions: Table<(u32, u32)>,
    /// The handlers of calls in `try_table`s, sorted by the calls, and for each call in the order in which they are asked.
    pub(crate) handlers: Table<Handler>,
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

/// What to do with an exception that a call throws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handler {
    /// Offset of the call's return address in the text.
    pub(crate) call: u32,
    /// How far the stack pointer is below the frame pointer when the handler begins.
    pub(crate) frame: u32,
    /// How far above the stack pointer the function's context lies.
    pub(crate) context: u32,
    /// Which exceptions it is for, see [`Handler::clause`].
    pub(crate) clause: u32,
    /// Offset of the handler in the text.
    pub(crate) pad: u32,
}

impl Handler {
    /// Stands for all tags: far above the number of tags that a module can have.
    const ANY: u32 = u32::MAX >> 2;

    /// The clause for exceptions of this tag, or all, caught with a reference to the exception or without.
    pub(crate) fn clause(tag: Option<u32>, by_reference: bool) -> u32 {
        tag.unwrap_or(Self::ANY).min(Self::ANY) << 1 | u32::from(by_reference)
    }

    /// The tag that it is for; `None` for all.
    pub(crate) fn tag(&self) -> Option<u32> {
        let tag = self.clause >> 1;
        (tag != Self::ANY).then_some(tag)
    }

    /// Whether the handler gets a reference to the exception.
    pub(crate) fn by_reference(&self) -> bool {
        self.clause & 1 == 1
    }
}

/// The trampolines of one signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TrampolineCode {
    /// The text of both, and the instructions in it that trap.
    pub(crate) code: Code,
    /// Offset of the entry that loads parameters from slots and calls a WebAssembly function.
    pub(crate) array_to_wasm: u32,
    /// Offset of the entry that has a WebAssembly signature and calls a host function with slots.
    pub(crate) wasm_to_array: u32,
}

impl CodeTables {
    /// Why the instruction at this offset of the text traps, if it is one that does. Async-signal-safe.
    pub(crate) fn trap_at(&self, offset: u32) -> Option<TrapKind> {
        let at = self.traps.partition_point(|site| site.offset < offset);
        self.traps.get(at).filter(|site| site.offset == offset).map(|site| site.kind)
    }

    /// The handlers of the call that returns to this offset of the text, the one to be asked first first.
    pub(crate) fn handlers_at(&self, offset: u32) -> impl Iterator<Item = Handler> {
        let first = self.handlers.partition_point(|handler| handler.call < offset);
        (first..).map_while(|at| self.handlers.get(at)).take_while(move |handler| handler.call == offset)
    }

    /// The defined function (imports do not count) that an offset of the text lies in.
    pub(crate) fn function_at(&self, offset: u32) -> Option<u32> {
        // Functions lie in the text in the order of their indices.
        let index = self.functions.partition_point(|range| range.start <= offset).checked_sub(1)?;
        let range = self.functions.get(index)?;
        let within = offset.checked_sub(range.start)? < range.len;
        within.then_some(u32::try_from(index).ok()?)
    }

    /// The offset in the module of the instruction whose code is at this offset of the text, if it is known.
    pub(crate) fn position_at(&self, offset: u32) -> Option<u32> {
        let after = self.positions.partition_point(|(at, _)| at <= offset);
        self.positions.get(after.checked_sub(1)?).map(|(_, position)| position)
    }
}

impl Record for Handler {
    const SIZE: usize = 20;

    fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            call: u32_at(bytes, 0)?,
            frame: u32_at(bytes, 4)?,
            context: u32_at(bytes, 8)?,
            clause: u32_at(bytes, 12)?,
            pad: u32_at(bytes, 16)?,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        for field in [self.call, self.frame, self.context, self.clause, self.pad] {
            field.write(out);
        }
    }
}

impl Record for FunctionRange {
    const SIZE: usize = 8;

    fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self { start: u32_at(bytes, 0)?, len: u32_at(bytes, 4)? })
    }

    fn write(&self, out: &mut Vec<u8>) {
        (self.start, self.len).write(out);
    }
}

impl Record for TrapSite {
    const SIZE: usize = 5;

    fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self { offset: u32_at(bytes, 0)?, kind: TrapKind::from_code(*bytes.get(4)?)? })
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.offset.write(out);
        out.push(self.kind.code());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_explained() {
        let tables = CodeTables {
            functions: [(0, 10), (16, 4)]
                .map(|(start, len)| FunctionRange { start, len })
                .into_iter()
                .collect(),
            traps: [TrapSite { offset: 3, kind: TrapKind::Unreachable }].into_iter().collect(),
            positions: [(0, 100), (5, 107)].into_iter().collect(),
            handlers: [(4, 1), (8, 2), (8, 3)]
                .map(|(call, pad)| Handler { call, frame: 32, context: 0, clause: 0, pad })
                .into_iter()
                .collect(),
        };
        assert_eq!([9, 10, 16, 20].map(|at| tables.function_at(at)), [Some(0), None, Some(1), None]);
        assert_eq!([2, 3, 4].map(|at| tables.trap_at(at)), [None, Some(TrapKind::Unreachable), None]);
        assert_eq!(tables.handlers_at(8).map(|handler| handler.pad).collect::<Vec<_>>(), [2, 3]);
        assert_eq!([3, 5, 9].map(|at| tables.handlers_at(at).count()), [0; 3]);
        assert_eq!([0, 4, 5, 90].map(|at| tables.position_at(at)), [100, 100, 107, 107].map(Some));
    }

    #[test]
    fn clauses_say_what_they_catch() {
        for (tag, by_reference) in [(None, false), (None, true), (Some(0), true), (Some(999_999), false)] {
            let clause = Handler::clause(tag, by_reference);
            let handler = Handler { call: 0, frame: 0, context: 0, clause, pad: 0 };
            assert_eq!((handler.tag(), handler.by_reference()), (tag, by_reference));
        }
    }
}
