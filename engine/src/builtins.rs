//! The functions outside a module's own text that generated code may call: their numbers and signatures. Their bodies
//! are in `vm/builtins.rs`; generated code finds the addresses through the VM context.

/// The type of a builtin's parameter or result, as generated code sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scalar {
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer or a pointer.
    I64,
}

macro_rules! builtins {
    ($($(#[$doc:meta])* $name:ident ( $($param:ident),* ) $(-> $result:ident)?;)*) => {
        /// A function of the runtime that generated code may call. Every one takes the callee's VM context first,
        /// which the listed parameters leave out.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub(crate) enum Builtin {
            $($(#[$doc])* $name,)*
        }

        impl Builtin {
            /// Every builtin, in the order of the table that the VM context points to.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The parameters after the VM context.
            pub(crate) const fn params(self) -> &'static [Scalar] {
                match self {
                    $(Self::$name => &[$(Scalar::$param),*],)*
                }
            }

            /// The result, if it has one.
            pub(crate) const fn result(self) -> Option<Scalar> {
                match self {
                    $(Self::$name => builtins!(@result $($result)?),)*
                }
            }
        }
    };
    (@result) => { None };
    (@result $result:ident) => { Some(Scalar::$result) };
}

builtins! {
    /// memory, delta in pages → old size in pages, or -1.
    MemoryGrow(I32, I64) -> I64;
    /// destination memory, source memory, destination, source, length → 0 or the code of a trap kind.
    MemoryCopy(I32, I32, I64, I64, I64) -> I32;
    /// memory, destination, byte, length → 0 or the code of a trap kind.
    MemoryFill(I32, I64, I32, I64) -> I32;
    /// memory, data segment, destination, source, length → 0 or the code of a trap kind.
    MemoryInit(I32, I32, I64, I32, I32) -> I32;
    /// data segment.
    DataDrop(I32);
    /// table, delta, initial element → old size, or -1.
    TableGrow(I32, I64, I64) -> I64;
    /// table, start, element, length → 0 or the code of a trap kind.
    TableFill(I32, I64, I64, I64) -> I32;
    /// destination table, source table, destination, source, length → 0 or the code of a trap kind.
    TableCopy(I32, I32, I64, I64, I64) -> I32;
    /// table, element segment, destination, source, length → 0 or the code of a trap kind.
    TableInit(I32, I32, I64, I32, I32) -> I32;
    /// element segment.
    ElemDrop(I32);
    /// Raises a trap if the guest must stop. Preserves all registers, so that the code that calls it keeps its values where
    /// they are.
    Interrupt();
    /// Raises the trap kind with this code, or, for 0, the error already recorded in the store. Never returns.
    Raise(I32);
    /// tag, address of what the exception carries, in slots. Throws a new exception. Never returns.
    Throw(I32, I64);
    /// exception, not null. Throws it again. Never returns.
    ThrowRef(I64);
    /// destination, source, length: copies bytes of linear memories that were found to lie within them; they may overlap.
    CopyBytes(I64, I64, I64);
    /// destination, byte, length: fills bytes of a linear memory that were found to lie within it.
    FillBytes(I64, I32, I64);
}

/// How many builtins there are.
pub(crate) const BUILTIN_COUNT: usize = Builtin::ALL.len();

impl Builtin {
    /// Whether it may go on in a handler of its caller's instead of returning. Then it has the calling convention of
    /// WebAssembly functions, not the host's: their callers keep nothing in registers.
    pub(crate) const fn throws(self) -> bool {
        matches!(self, Self::Throw | Self::ThrowRef)
    }

    /// The builtin's place in the table.
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}
