//! What one store may use. Limits are checked where memory, tables and instances are made and grown; nothing here
//! allocates.

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
    /// Bytes that the instances take besides their memories and tables: globals, imports, references to functions. Many
    /// times what real programs need; it keeps a small component from instantiating a module of a hundred thousand
    /// globals again and again. Default: 64 MiB.
    pub instance_bytes: u64,
    /// Bytes of exceptions that the guest holds on to, what they carry included. An exception that would be too much ends
    /// the call with an error of kind `Limit`, which no guest can catch. Default: 16 MiB.
    pub exception_bytes: u64,
    /// Bytes of stack for one outermost call, the host functions that it calls and their calls back included.
    /// Less is given, never more, when the thread's own stack is nearly used up. Default: 512 KiB.
    pub stack_bytes: usize,
    /// Fuel that the store starts with, if the engine counts it ([`Config::with_fuel`](crate::Config::with_fuel)); what
    /// that is, [`Context::fuel`](crate::Context::fuel) says. Default: as much as can be counted, 2⁶³ − 1.
    pub fuel: u64,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self {
            memory_bytes: 256 << 20,
            table_elements: 1_000_000,
            instances: 10_000,
            memories: 10_000,
            tables: 10_000,
            instance_bytes: 64 << 20,
            exception_bytes: 16 << 20,
            stack_bytes: 512 << 10,
            fuel: i64::MAX.cast_unsigned(),
        }
    }
}
