//! The memory block of an instance: the context that generated code works on. Made of atomic words, so that reading and
//! writing it here is safe while its address is known to generated code; an access outside it is an internal error.
//!
//! Entries hold addresses of other blocks, of code and of headers. What keeps those alive: the store, which drops no
//! instance, host function or module before itself.

use std::ptr;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use super::builtins;
use super::offsets::{self, VmOffsets};
use super::store::VMStore;
use crate::error::{Error, Result};

/// Sixteen bytes, aligned: what a v128 global needs.
#[repr(C, align(16))]
#[derive(Default)]
struct Cell([AtomicU64; 2]);

/// The function references of a module's own functions, as every block has them.
#[derive(Debug, Default)]
pub(crate) struct FuncRefs(Vec<(u32, u32, usize)>);

impl FuncRefs {
    /// Adds the one at this place among the escaping functions: its code and the number of its type.
    pub(crate) fn push(&mut self, place: u32, code: usize, type_id: u32) {
        self.0.push((place, type_id, code));
    }
}

/// The context of one instance.
pub(crate) struct InstanceBlock {
    cells: Box<[Cell]>,
    offsets: VmOffsets,
}

/// A reference to a function as it lies in a block or a host function: where its code is and which context it takes.
#[repr(C)]
#[derive(Debug, Default)]
pub(crate) struct FuncRef {
    code: AtomicU64,
    vmctx: AtomicU64,
    type_id: AtomicU64,
}

/// What a function reference says: a copy, so that nobody has to follow an address to read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Callee {
    /// Address of the function's code, or 0 for a host function that no guest can call yet.
    pub(crate) code: usize,
    /// Address of the context that the code takes.
    pub(crate) vmctx: usize,
    /// The engine-wide number of the function's type.
    pub(crate) type_id: u32,
}

const _: () = {
    assert!(size_of::<FuncRef>() == offsets::FUNC_REF_SIZE as usize);
    assert!(std::mem::offset_of!(FuncRef, code) == offsets::FUNC_REF_CODE as usize);
    assert!(std::mem::offset_of!(FuncRef, vmctx) == offsets::FUNC_REF_VMCTX as usize);
    assert!(std::mem::offset_of!(FuncRef, type_id) == offsets::FUNC_REF_TYPE_ID as usize);
};

impl FuncRef {
    pub(crate) fn new(code: usize, vmctx: usize, type_id: u32) -> Self {
        Self {
            code: AtomicU64::new(code as u64),
            vmctx: AtomicU64::new(vmctx as u64),
            type_id: AtomicU64::new(u64::from(type_id)),
        }
    }

    /// What it says now.
    pub(crate) fn callee(&self) -> Callee {
        Callee {
            code: self.code.load(Relaxed) as usize,
            vmctx: self.vmctx.load(Relaxed) as usize,
            type_id: self.type_id.load(Relaxed) as u32,
        }
    }

    pub(super) fn set_vmctx(&self, vmctx: usize) {
        self.vmctx.store(vmctx as u64, Relaxed);
    }

    pub(super) fn set_code(&self, code: usize) {
        self.code.store(code as u64, Relaxed);
    }

    /// The `funcref` value of this reference.
    pub(crate) fn value(&self) -> u64 {
        ptr::from_ref(self).expose_provenance() as u64
    }
}

impl InstanceBlock {
    /// A zeroed block whose header names the store, the numbers of the module's types and the instance's index.
    pub(crate) fn new(vm: *const VMStore, type_ids: &[u32], index: u32, offsets: VmOffsets) -> Result<Self> {
        // SAFETY: a cell is two atomic words, for which zeros are valid.
        let cells = unsafe { Box::<[Cell]>::new_zeroed_slice(offsets.size() as usize / 16).assume_init() };
        let block = Self { cells, offsets };
        block.set(offsets::CONTEXT_BUILTINS, builtins::table_address() as u64)?;
        block.set(offsets::CONTEXT_TYPE_IDS, type_ids.as_ptr().expose_provenance() as u64)?;
        block.move_to(vm, index)?;
        Ok(block)
    }

    /// Names another store and index.
    pub(crate) fn move_to(&self, vm: *const VMStore, index: u32) -> Result<()> {
        self.set(offsets::CONTEXT_STORE, vm.expose_provenance() as u64)?;
        self.set(offsets::CONTEXT_INSTANCE, u64::from(index))
    }

    /// Writes the references to the module's own functions.
    pub(crate) fn fill_func_refs(&self, refs: &FuncRefs) -> Result<()> {
        let vmctx = self.address();
        for (place, type_id, code) in &refs.0 {
            self.set_func_ref(self.offsets.func_ref(*place), *code, vmctx, *type_id)?;
        }
        Ok(())
    }

    /// Where everything lies.
    pub(crate) fn offsets(&self) -> &VmOffsets {
        &self.offsets
    }

    /// Address of the context.
    pub(crate) fn address(&self) -> usize {
        self.cells.as_ptr().expose_provenance()
    }

    /// Address of the entry at `offset`.
    pub(crate) fn address_of(&self, offset: u32) -> u64 {
        (self.address() as u64).saturating_add(u64::from(offset))
    }

    /// The word at `offset`, a multiple of 8.
    pub(crate) fn get(&self, offset: u32) -> Result<u64> {
        self.word(offset).map(|word| word.load(Relaxed))
    }

    /// Sets the word at `offset`, a multiple of 8.
    pub(crate) fn set(&self, offset: u32, value: u64) -> Result<()> {
        self.word(offset).map(|word| word.store(value, Relaxed))
    }

    /// Sets two words from `offset` on.
    pub(crate) fn set_pair(&self, offset: u32, first: u64, second: u64) -> Result<()> {
        self.set(offset, first)?;
        self.set(offset.saturating_add(8), second)
    }

    /// Sets the function reference at `offset`.
    pub(crate) fn set_func_ref(&self, offset: u32, code: usize, vmctx: usize, type_id: u32) -> Result<()> {
        self.set_pair(offset, code as u64, vmctx as u64)?;
        self.set(offset.saturating_add(16), u64::from(type_id))
    }

    /// What the function reference says that a `funcref` value stands for; `None` unless it is one of this block.
    pub(crate) fn callee(&self, value: u64) -> Option<Callee> {
        let offset = u32::try_from(value.checked_sub(self.address() as u64)?).ok()?;
        if !self.offsets.is_func_ref(offset) {
            return None;
        }
        Some(Callee {
            code: self.get(offset.checked_add(offsets::FUNC_REF_CODE)?).ok()? as usize,
            vmctx: self.get(offset.checked_add(offsets::FUNC_REF_VMCTX)?).ok()? as usize,
            type_id: self.get(offset.checked_add(offsets::FUNC_REF_TYPE_ID)?).ok()? as u32,
        })
    }

    fn word(&self, offset: u32) -> Result<&AtomicU64> {
        let half = usize::from(!offset.is_multiple_of(16));
        self.cells
            .get(offset as usize / 16)
            .and_then(|cell| cell.0.get(half))
            .ok_or_else(|| Error::internal("an entry outside its instance's context"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vm::offsets::VmCounts;

    #[test]
    fn only_addresses_of_function_references_stand_for_functions() {
        let counts = VmCounts { defined_globals: 1, func_refs: 3, ..VmCounts::default() };
        let offsets = VmOffsets::new(counts);
        let block =
            InstanceBlock { cells: (0..offsets.size() / 16).map(|_| Cell::default()).collect(), offsets };
        for index in 0..3 {
            block.set_func_ref(offsets.func_ref(index), 16, 32, index).unwrap();
        }
        let found = |offset: u32| block.callee(block.address_of(offset)).map(|callee| callee.type_id);
        let places: Vec<_> = (0..offsets.size() + 64).filter_map(found).collect();
        assert_eq!(places, [0, 1, 2]);
        assert_eq!(block.callee(0), None);
        assert_eq!(block.callee(u64::MAX), None);
    }
}
