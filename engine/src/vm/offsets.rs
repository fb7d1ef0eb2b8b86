//! Byte offsets of what generated code reads: the store header, the instance's context, and the entries in it.
//! Safe arithmetic on counts only; the structs with this layout are in `context.rs`, which asserts that they agree.
//!
//! A context is a header of [`HEADER_SIZE`] bytes and then arrays in the order of the fields of [`VmCounts`], each
//! array starting at a multiple of 16. Counts are bounded by wasmparser's own limits (a million of each), so that the
//! whole context stays far below 4 GiB and every offset fits a `u32`; sums saturate rather than wrap all the same.

/// Offsets in `VMStore`, the part of a store that generated code and the trap handler read.
pub(crate) mod store {
    /// `stack_limit: usize`: below this stack pointer a function entry is a stack overflow.
    pub(crate) const STACK_LIMIT: u32 = 0;
    /// `interrupt: u64`: not zero when the store was asked to stop (polled in explicit style only).
    pub(crate) const INTERRUPT: u32 = 8;
    /// `fuel: i64`: what is left of the store's fuel.
    pub(crate) const FUEL: u32 = 16;
    /// `entry_sp: usize`: stack pointer of the innermost entry into guest code, where traps land.
    pub(crate) const ENTRY_SP: u32 = 24;
}

/// Offsets in the context of a host function, `VMHostFunc`.
pub(crate) mod host_func {
    /// `array_call: extern "C" fn(host_func, caller_vmctx, values) -> u32`.
    pub(crate) const ARRAY_CALL: u32 = 0;
    /// `store: *mut VMStore`.
    pub(crate) const STORE: u32 = 8;
    /// `builtins: *const [usize; BUILTIN_COUNT]`.
    pub(crate) const BUILTINS: u32 = 16;
}

/// Offset of `store: *mut VMStore` in a context.
pub(crate) const CONTEXT_STORE: u32 = 0;
/// Offset of `builtins: *const [usize; BUILTIN_COUNT]` in a context.
pub(crate) const CONTEXT_BUILTINS: u32 = 8;
/// Offset of `type_ids: *const u32`, indexed by the module's type index, in a context.
pub(crate) const CONTEXT_TYPE_IDS: u32 = 16;
/// Offset of the pointer to the runtime's instance in a context; generated code does not use it.
pub(crate) const CONTEXT_INSTANCE: u32 = 24;
/// Size of the header of a context in bytes.
pub(crate) const HEADER_SIZE: u32 = 32;

/// Size of a `VMFuncImport` in bytes.
pub(crate) const FUNC_IMPORT_SIZE: u32 = 16;
/// Offset of the code address in a `VMFuncImport`.
pub(crate) const FUNC_IMPORT_CODE: u32 = 0;
/// Offset of the callee's context in a `VMFuncImport`.
pub(crate) const FUNC_IMPORT_VMCTX: u32 = 8;

/// Size of an entry for an imported table, memory or global (a pointer) in bytes.
pub(crate) const POINTER_SIZE: u32 = 8;

/// Size of a `VMTable` in bytes.
pub(crate) const TABLE_SIZE: u32 = 16;
/// Offset of the elements' address in a `VMTable`.
pub(crate) const TABLE_BASE: u32 = 0;
/// Offset of the length (a `u64`, in elements) in a `VMTable`.
pub(crate) const TABLE_LEN: u32 = 8;
/// Size of a table element in bytes.
pub(crate) const TABLE_ELEMENT_SIZE: u32 = 8;

/// Size of a `VMMemory` in bytes.
pub(crate) const MEMORY_SIZE: u32 = 16;
/// Offset of the address of byte 0 in a `VMMemory`; it never changes while the memory lives.
pub(crate) const MEMORY_BASE: u32 = 0;
/// Offset of the length (a `u64`, in bytes) in a `VMMemory`.
pub(crate) const MEMORY_LEN: u32 = 8;

/// Size of a global's cell in bytes.
pub(crate) const GLOBAL_SIZE: u32 = 16;

/// Size of a `VMFuncRef` in bytes.
pub(crate) const FUNC_REF_SIZE: u32 = 24;
/// Offset of the code address in a `VMFuncRef`.
pub(crate) const FUNC_REF_CODE: u32 = 0;
/// Offset of the callee's context in a `VMFuncRef`.
pub(crate) const FUNC_REF_VMCTX: u32 = 8;
/// Offset of the engine-wide type id (a `u32`) in a `VMFuncRef`.
pub(crate) const FUNC_REF_TYPE_ID: u32 = 16;

/// How many entries of each kind a module's contexts hold, in the order in which they lie there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct VmCounts {
    /// Imported functions.
    pub(crate) imported_functions: u32,
    /// Imported tables.
    pub(crate) imported_tables: u32,
    /// Imported memories.
    pub(crate) imported_memories: u32,
    /// Imported globals.
    pub(crate) imported_globals: u32,
    /// Tables the module defines.
    pub(crate) defined_tables: u32,
    /// Memories the module defines.
    pub(crate) defined_memories: u32,
    /// Globals the module defines.
    pub(crate) defined_globals: u32,
    /// Escaping functions: exported, in an element segment or constant expression, named by `ref.func`, or the start.
    pub(crate) func_refs: u32,
}

/// Where each entry of a context lies; indices count from 0 within their own kind (a defined global 0 is the first
/// global that the module defines itself, whatever it imports).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VmOffsets {
    imported_functions: u32,
    imported_tables: u32,
    imported_memories: u32,
    imported_globals: u32,
    defined_tables: u32,
    defined_memories: u32,
    defined_globals: u32,
    func_refs: u32,
    size: u32,
}

impl VmOffsets {
    /// The layout of a module's contexts.
    pub(crate) fn new(counts: impl Into<VmCounts>) -> Self {
        let counts = counts.into();
        let mut at = HEADER_SIZE;
        let mut array = |count: u32, size: u32| {
            let start = at;
            at = align16(start.saturating_add(count.saturating_mul(size)));
            start
        };
        let imported_functions = array(counts.imported_functions, FUNC_IMPORT_SIZE);
        let imported_tables = array(counts.imported_tables, POINTER_SIZE);
        let imported_memories = array(counts.imported_memories, POINTER_SIZE);
        let imported_globals = array(counts.imported_globals, POINTER_SIZE);
        let defined_tables = array(counts.defined_tables, TABLE_SIZE);
        let defined_memories = array(counts.defined_memories, MEMORY_SIZE);
        let defined_globals = array(counts.defined_globals, GLOBAL_SIZE);
        let func_refs = array(counts.func_refs, FUNC_REF_SIZE);
        VmOffsets {
            imported_functions,
            imported_tables,
            imported_memories,
            imported_globals,
            defined_tables,
            defined_memories,
            defined_globals,
            func_refs,
            size: at,
        }
    }

    /// The `VMFuncImport` of imported function `index`.
    pub(crate) fn imported_function(&self, index: u32) -> u32 {
        entry(self.imported_functions, index, FUNC_IMPORT_SIZE)
    }

    /// The pointer to the `VMTable` of imported table `index`.
    pub(crate) fn imported_table(&self, index: u32) -> u32 {
        entry(self.imported_tables, index, POINTER_SIZE)
    }

    /// The pointer to the `VMMemory` of imported memory `index`.
    pub(crate) fn imported_memory(&self, index: u32) -> u32 {
        entry(self.imported_memories, index, POINTER_SIZE)
    }

    /// The pointer to the cell of imported global `index`.
    pub(crate) fn imported_global(&self, index: u32) -> u32 {
        entry(self.imported_globals, index, POINTER_SIZE)
    }

    /// The `VMTable` of defined table `index`.
    pub(crate) fn defined_table(&self, index: u32) -> u32 {
        entry(self.defined_tables, index, TABLE_SIZE)
    }

    /// The `VMMemory` of defined memory `index`.
    pub(crate) fn defined_memory(&self, index: u32) -> u32 {
        entry(self.defined_memories, index, MEMORY_SIZE)
    }

    /// The cell of defined global `index`.
    pub(crate) fn defined_global(&self, index: u32) -> u32 {
        entry(self.defined_globals, index, GLOBAL_SIZE)
    }

    /// The `VMFuncRef` of escaping function `index` (its position among the escaping ones).
    pub(crate) fn func_ref(&self, index: u32) -> u32 {
        entry(self.func_refs, index, FUNC_REF_SIZE)
    }

    /// Whether a `VMFuncRef` starts at `offset`.
    pub(crate) fn is_func_ref(&self, offset: u32) -> bool {
        // What follows the last one, up to the next multiple of 16, is smaller than one.
        offset.checked_sub(self.func_refs).is_some_and(|at| at.is_multiple_of(FUNC_REF_SIZE))
            && offset.checked_add(FUNC_REF_SIZE).is_some_and(|end| end <= self.size)
    }

    /// Size of the whole context in bytes, a multiple of 16.
    pub(crate) fn size(&self) -> u32 {
        self.size
    }
}

fn entry(start: u32, index: u32, size: u32) -> u32 {
    start.saturating_add(index.saturating_mul(size))
}

fn align16(offset: u32) -> u32 {
    offset.saturating_add(15) & !15
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_follow_each_other_aligned() {
        let offsets = VmOffsets::new(VmCounts {
            imported_functions: 1,
            imported_tables: 1,
            imported_memories: 2,
            imported_globals: 3,
            defined_tables: 1,
            defined_memories: 1,
            defined_globals: 2,
            func_refs: 1,
        });
        assert_eq!(offsets.imported_function(0), 32);
        assert_eq!(offsets.imported_table(0), 48);
        assert_eq!(offsets.imported_memory(1), 72);
        assert_eq!(offsets.imported_global(0), 80);
        assert_eq!(offsets.defined_table(0), 112);
        assert_eq!(offsets.defined_memory(0), 128);
        assert_eq!(offsets.defined_global(1), 160);
        assert_eq!(offsets.func_ref(0), 176);
        assert_eq!(offsets.size(), 208);
    }

    #[test]
    fn b26_nothing_overlaps_and_all_is_aligned_whatever_the_counts() {
        for seed in 0..4_u32.pow(8) {
            let count = |place: u32| (seed >> (2 * place)) & 3;
            let counts = VmCounts {
                imported_functions: count(0),
                imported_tables: count(1),
                imported_memories: count(2),
                imported_globals: count(3),
                defined_tables: count(4),
                defined_memories: count(5),
                defined_globals: count(6),
                func_refs: count(7),
            };
            let offsets = VmOffsets::new(counts);
            let mut end = HEADER_SIZE;
            let mut follows = |count: u32, size: u32, align: u32, at: &dyn Fn(u32) -> u32| {
                for index in 0..count {
                    let start = at(index);
                    assert!(start >= end && start.is_multiple_of(align), "{counts:?}: {index} at {start}");
                    end = start + size;
                }
            };
            follows(counts.imported_functions, FUNC_IMPORT_SIZE, 8, &|at| offsets.imported_function(at));
            follows(counts.imported_tables, POINTER_SIZE, 8, &|at| offsets.imported_table(at));
            follows(counts.imported_memories, POINTER_SIZE, 8, &|at| offsets.imported_memory(at));
            follows(counts.imported_globals, POINTER_SIZE, 8, &|at| offsets.imported_global(at));
            follows(counts.defined_tables, TABLE_SIZE, 8, &|at| offsets.defined_table(at));
            follows(counts.defined_memories, MEMORY_SIZE, 8, &|at| offsets.defined_memory(at));
            follows(counts.defined_globals, GLOBAL_SIZE, 16, &|at| offsets.defined_global(at));
            follows(counts.func_refs, FUNC_REF_SIZE, 8, &|at| offsets.func_ref(at));
            assert!(end <= offsets.size() && offsets.size().is_multiple_of(16), "{counts:?}");
        }
    }

    #[test]
    fn an_empty_module_has_a_bare_header() {
        assert_eq!(VmOffsets::new(VmCounts::default()).size(), HEADER_SIZE);
    }
}
