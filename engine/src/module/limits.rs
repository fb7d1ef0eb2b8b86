//! The hard caps on what a module may ask for before any of it runs. They bound the time and the memory that hostile
//! bytes cost; real modules stay far below. wasmparser has caps of its own on counts (a million functions, a thousand
//! parameters, 50 000 locals, bodies of 7.6 MB), which are not repeated here.

use crate::error::{Error, Result};

/// Bytes of a whole module.
const MAX_MODULE_BYTES: u64 = 1 << 30;

/// Operators, operands of branches and calls, and locals of one function.
pub(crate) const MAX_FUNCTION_WORK: u64 = 3_000_000;

/// Values in the intermediate form of one function.
pub(crate) const MAX_FUNCTION_VALUES: u64 = 4_000_000;

/// Targets of one `br_table`, the default included. Cranelift encodes distances that hold up to here on every machine.
pub(crate) const MAX_BR_TABLE_TARGETS: u64 = 65_520;

/// Blocks open at the same time in one function.
pub(crate) const MAX_BLOCK_DEPTH: u64 = 20_000;

/// Bytes of machine code of a whole module.
pub(crate) const MAX_TEXT_BYTES: u64 = 1 << 30;

/// Characters of a function's name that are kept.
pub(crate) const MAX_NAME_CHARS: usize = 200;

/// Refuses modules that are too large to be looked at.
pub(crate) fn check_module_size(bytes: &[u8]) -> Result<()> {
    let size = bytes.len() as u64;
    match size > MAX_MODULE_BYTES {
        true => Err(Error::limit("bytes of a module", size, MAX_MODULE_BYTES)),
        false => Ok(()),
    }
}
