//! What one store may use. Limits are checked where memory, tables and instances are made and grown; nothing here
//! allocates.

/// Most bytes that the instances of one store take besides their memories and tables: globals, imports, references to
/// functions. Many times what real programs need; without it a small component that instantiates a module of a million
/// globals again and again would take all memory of the host.
pub(super) const MAX_INSTANCE_BYTES: u64 = 64 << 20;

/// The most that one store, that is one plugin, may use. Exceeding a limit at instantiation is an error of kind
/// [`Limit`](crate::ErrorKind::Limit); at run time `memory.grow` and `table.grow` answer −1, as the specification allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreLimits {
    /// Bytes of all linear memories together. Default: 256 MiB.
    pub memory_bytes: u64,
    /// Elements of all tables together. Default: 1,000,000.
    pub table_elements: u64,
    /// Instances. Default: 10,000.
    pub instances: u32,
    /// Linear memories. Default: 10,000.
    pub memories: u32,
    /// Tables. Default: 10,000.
    pub tables: u32,
    /// Bytes of stack for one outermost call, the host functions that it calls and their calls back included.
    /// Less is given, never more, when the thread's own stack is nearly used up. Default: 512 KiB.
    pub stack_bytes: usize,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self {
            memory_bytes: 256 << 20,
            table_elements: 1_000_000,
            instances: 10_000,
            memories: 10_000,
            tables: 10_000,
            stack_bytes: 512 << 10,
        }
    }
}
