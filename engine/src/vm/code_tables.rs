//! What is known of published code: which instructions trap and why, which function an address is in, and where in the
//! module it came from. Found by address, also from a signal handler.

use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::Acquire;

#[cfg(feature = "dylib")]
use super::code_elsewhere;
use super::code_region;
use crate::artifact::code::{CodeTables, Handler};
use crate::sys::mapping::page_size;
use crate::trap::TrapKind;

/// The tables of one piece of code.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    /// Which module the code belongs to: see [`Located::owner`].
    pub(super) owner: usize,
    pub(super) start: usize,
    pub(super) len: usize,
    /// The module's defined function that `code` begins with.
    pub(super) first_function: u32,
    pub(super) code: CodeTables,
    /// For code that is published function by function: the tables of each page. Then `code` is empty.
    pub(super) pages: Box<[AtomicPtr<Self>]>,
}

impl Tables {
    /// Why the instruction at `pc` traps, if it is one that does. Async-signal-safe.
    pub(super) fn trap_at(&self, pc: usize) -> Option<TrapKind> {
        self.code.trap_at(u32::try_from(pc.checked_sub(self.start)?).ok()?)
    }

    /// The handlers of the call that returns to `pc`, the one to be asked first first.
    pub(super) fn handlers_at(&self, pc: usize) -> impl Iterator<Item = Handler> {
        let offset = pc.checked_sub(self.start).and_then(|offset| u32::try_from(offset).ok());
        self.code.handlers_at(offset.unwrap_or(u32::MAX))
    }

    /// The address of the code at an offset of the text.
    pub(super) fn address_of(&self, offset: u32) -> usize {
        self.start.wrapping_add(offset as usize)
    }

    /// The function that an address is in; `None` for trampolines. Async-signal-safe.
    pub(super) fn locate(&self, address: usize) -> Option<Located> {
        let offset = u32::try_from(address.checked_sub(self.start)?).ok()?;
        Some(Located {
            owner: self.owner,
            function: self.first_function.checked_add(self.code.function_at(offset)?)?,
            position: self.code.position_at(offset).map(|position| position as usize),
        })
    }
}

/// What an address in generated code belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Located {
    /// The key of the module's code.
    pub(crate) owner: usize,
    /// Which of the module's defined functions (imports do not count).
    pub(crate) function: u32,
    /// Offset in the module of the instruction, if it is known.
    pub(crate) position: Option<usize>,
}

/// The tables of the code at `pc`, if it is published code. Async-signal-safe.
///
/// Call it with the program counter of the calling thread (or of what its signal handler interrupted): only then is it
/// sure that the code, and with it the tables, stays.
pub(super) fn tables_of(pc: usize) -> Option<&'static Tables> {
    // SAFETY: as said above.
    let tables = unsafe { code_region::entry(pc) };
    #[cfg(feature = "dylib")]
    // SAFETY: as above.
    let tables = tables.or_else(|| unsafe { code_elsewhere::entry(pc) });
    let mut tables = tables?;
    if !tables.pages.is_empty() {
        let page = pc.checked_sub(tables.start)? / page_size();
        // SAFETY: an entry is null or the tables of a published function, which live as long as those of the whole.
        tables = unsafe { tables.pages.get(page)?.load(Acquire).as_ref() }?;
    }
    (pc.checked_sub(tables.start)? < tables.len).then_some(tables)
}

/// Whether an address may be one of code. Async-signal-safe.
pub(super) fn contains(address: usize) -> bool {
    #[cfg(feature = "dylib")]
    if code_elsewhere::contains(address) {
        return true;
    }
    code_region::contains(address)
}

/// What the code at `address` belongs to, if it is published code of a module that the caller keeps.
pub(crate) fn locate(address: usize) -> Option<Located> {
    tables_of(address)?.locate(address)
}
