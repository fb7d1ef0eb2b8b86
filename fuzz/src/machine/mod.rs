//! Ways to run a module, with values, traps and states in one form so that they can be compared.

mod host;
pub mod oracle;
pub mod ours;

/// A value. References only tell whether they are null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// An `i32`.
    I32(u32),
    /// An `i64`.
    I64(u64),
    /// The bits of an `f32`.
    F32(u32),
    /// The bits of an `f64`.
    F64(u64),
    /// A `v128`.
    V128(u128),
    /// Whether a reference is there.
    Ref(bool),
}

/// Why a call, or an instantiation, did not end well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// A trap, in the words of the test suite.
    Trap(&'static str),
    /// The host function said no.
    Host,
    /// An exception that nobody caught.
    Exception,
    /// The machine's own bounds: stack, memory. Nothing can be compared any more.
    Bounds(String),
}

/// A part of an instance that can be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// The bytes of a memory: how many, and their hash.
    Memory(usize, u64),
    /// The value of a global.
    Global(Value),
    /// The elements of a table: how many, and a hash of which are null.
    Table(u64, u64),
}

/// What a module asked its host for: how often, and a hash of functions and arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trace {
    /// Calls of host functions.
    pub calls: u64,
    /// A hash of all that was passed.
    pub hash: u64,
}

/// The type of a parameter that values can be made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An `i32`.
    I32,
    /// An `i64`.
    I64,
    /// An `f32`.
    F32,
    /// An `f64`.
    F64,
    /// A `v128`.
    V128,
    /// A reference, of which only null can be made.
    Ref,
}

/// An instance of a module on some engine.
pub trait Machine {
    /// The exported functions with their parameters, in the order of their names.
    fn functions(&mut self) -> Vec<(String, Vec<Kind>)>;

    /// Calls an exported function.
    ///
    /// # Errors
    /// How it stopped.
    fn call(&mut self, name: &str, args: &[Value]) -> Result<Vec<Value>, Stop>;

    /// All exported memories, globals and tables, in the order of their names.
    fn cells(&mut self) -> Vec<(String, Cell)>;

    /// What host functions were called with.
    fn trace(&self) -> Trace;
}

/// A hash of some bytes, a word at a time.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let words = bytes.as_chunks::<8>();
    let step = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    let whole = words.0.iter().fold(0, |hash, word| step(hash, u64::from_le_bytes(*word)));
    words.1.iter().fold(whole, |hash, byte| step(hash, u64::from(*byte)))
}

/// A value of some type, to pass as an argument.
pub fn argument(kind: Kind, numbers: &mut crate::random::Numbers) -> Value {
    host::value(kind, numbers)
}
