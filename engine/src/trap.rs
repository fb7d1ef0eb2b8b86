//! Traps: their kinds, their texts and the guest frames they happened in. How a trap is raised and caught lives in
//! `vm/` and `sys/`.

use std::fmt;
use std::sync::Arc;

use crate::module::symbols::Symbols;

macro_rules! trap_kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        /// Why guest code trapped. The discriminants are what generated code and builtins pass around.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum TrapKind {
            $($(#[$doc])* $name = $code,)*
        }

        impl TrapKind {
            /// Every kind, in the order of the codes.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The kind with this code.
            pub const fn from_code(code: u8) -> Option<Self> {
                match code {
                    $($code => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// The text that the specification's test suite uses for this kind.
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

trap_kinds! {
    /// An `unreachable` instruction was executed.
    Unreachable = 1, "unreachable";
    /// An access outside a linear memory.
    MemoryOutOfBounds = 2, "out of bounds memory access";
    /// An access outside a table, other than by a call.
    TableOutOfBounds = 3, "out of bounds table access";
    /// An indirect call through an index outside the table.
    UndefinedElement = 4, "undefined element";
    /// An indirect call through a null table element.
    UninitializedElement = 5, "uninitialized element";
    /// An indirect call of a function of another type.
    BadSignature = 6, "indirect call type mismatch";
    /// An integer division or remainder by zero.
    IntegerDivisionByZero = 7, "integer divide by zero";
    /// An integer division or a conversion whose result does not fit.
    IntegerOverflow = 8, "integer overflow";
    /// A conversion of a NaN to an integer.
    BadConversionToInteger = 9, "invalid conversion to integer";
    /// The guest's stack is full.
    StackOverflow = 10, "call stack exhausted";
    /// A null reference was used where a value is needed.
    NullReference = 11, "null reference";
    /// The deadline of the call has passed.
    Deadline = 12, "deadline exceeded";
    /// The call was cancelled from outside.
    Cancelled = 13, "cancelled";
    /// The fuel of the store is used up.
    OutOfFuel = 14, "all fuel consumed";
    /// An atomic access to an address that is not aligned.
    HeapMisaligned = 15, "unaligned atomic";
    /// A call through a null function reference.
    NullFunctionReference = 16, "null function reference";
}

impl TrapKind {
    /// The number that generated code and builtins use for this kind; never 0.
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for TrapKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// A place in the source that a guest was compiled from, as its debug information tells it. Texts are safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Location {
    /// The function, by its name in the source.
    pub function: Option<String>,
    /// The file.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The column, from 1.
    pub column: Option<u32>,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file.as_deref().unwrap_or("an unknown file"))?;
        let Some(line) = self.line else { return Ok(()) };
        write!(f, ":{line}")?;
        self.column.map_or(Ok(()), |column| write!(f, ":{column}"))
    }
}

/// One guest function on the stack when a trap happened. Names and places are looked up when they are asked for.
#[derive(Clone)]
pub struct Frame {
    symbols: Arc<Symbols>,
    function: u32,
    offset: Option<usize>,
}

impl Frame {
    pub(crate) fn new(symbols: Arc<Symbols>, function: u32, offset: Option<usize>) -> Self {
        Self { symbols, function, offset }
    }

    /// The function's index in its module (imports count).
    pub fn function(&self) -> u32 {
        self.function
    }

    /// The function's name from the name section: demangled if it is Rust's, shortened, control characters escaped.
    pub fn name(&self) -> Option<String> {
        self.symbols.function(self.function)
    }

    /// Byte offset in the module of the instruction that was being executed.
    pub fn offset(&self) -> Option<usize> {
        self.offset
    }

    /// Where in the source that instruction comes from, if the module has debug information (DWARF): first the innermost
    /// of the functions that the compiler inlined there, last the function itself.
    ///
    /// Reading debug information takes its time, bounded, the first time that a place of a module is asked for.
    pub fn locations(&self) -> Arc<[Location]> {
        self.offset.map_or_else(Arc::default, |offset| self.symbols.places(offset))
    }
}

impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.symbols, &other.symbols)
            && (self.function, self.offset) == (other.function, other.offset)
    }
}

impl Eq for Frame {}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("function", &self.function)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let locations = self.locations();
        let (inlined, own) = match &*locations {
            [inlined @ .., own] => (inlined, Some(own)),
            [] => (&[][..], None),
        };
        for place in inlined {
            let function = place.function.as_deref().unwrap_or("a function");
            write!(f, "{function} at {place}, inlined into ")?;
        }
        match self.name().or_else(|| own?.function.clone()) {
            Some(name) => write!(f, "{name} (function {})", self.function)?,
            None => write!(f, "function {}", self.function)?,
        }
        match (own.filter(|place| place.file.is_some()), self.offset) {
            (Some(place), Some(offset)) => write!(f, " at {place} (byte {offset:#x})"),
            (None, Some(offset)) => write!(f, " at byte {offset:#x}"),
            (_, None) => Ok(()),
        }
    }
}

/// A trap: why guest code ended, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trap {
    kind: TrapKind,
    frames: Vec<Frame>,
}

impl Trap {
    /// A trap of which only the kind is known.
    pub const fn new(kind: TrapKind) -> Self {
        Self { kind, frames: Vec::new() }
    }

    /// A trap with the guest frames it happened in, innermost first.
    pub const fn with_frames(kind: TrapKind, frames: Vec<Frame>) -> Self {
        Self { kind, frames }
    }

    /// Why guest code ended.
    pub const fn kind(&self) -> TrapKind {
        self.kind
    }

    /// The guest frames, innermost first. May be empty.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// Byte offset in the module of the trapping instruction.
    pub fn offset(&self) -> Option<usize> {
        self.frames.first().and_then(Frame::offset)
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for Trap {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_kinds_are_inverse() {
        for (index, kind) in TrapKind::ALL.iter().enumerate() {
            assert_eq!(usize::from(kind.code()), index + 1);
            assert_eq!(TrapKind::from_code(kind.code()), Some(*kind));
        }
        assert_eq!(TrapKind::from_code(0), None);
        assert_eq!(TrapKind::from_code(17), None);
    }
}
