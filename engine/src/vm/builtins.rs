//! The functions that generated code calls through its context: thin shims from the host's calling convention to the
//! runtime's safe code. Their numbers and signatures are in `crate::builtins`.

use std::ptr;

use super::arch;
use super::offsets;
use super::store::{StoreRef, VMStore};
use crate::builtins::{BUILTIN_COUNT, Builtin};
use crate::runtime::StoreInner;
use crate::trap::TrapKind;

/// The addresses, in the order of [`Builtin::ALL`].
struct Table([*const (); BUILTIN_COUNT]);

// SAFETY: addresses of functions, never written.
unsafe impl Sync for Table {}

static TABLE: Table = Table(table());

const fn table() -> [*const (); BUILTIN_COUNT] {
    let mut table = [ptr::null(); BUILTIN_COUNT];
    table[Builtin::MemoryGrow.index()] = memory_grow as *const ();
    table[Builtin::MemoryCopy.index()] = memory_copy as *const ();
    table[Builtin::MemoryFill.index()] = memory_fill as *const ();
    table[Builtin::MemoryInit.index()] = memory_init as *const ();
    table[Builtin::DataDrop.index()] = data_drop as *const ();
    table[Builtin::TableGrow.index()] = table_grow as *const ();
    table[Builtin::TableFill.index()] = table_fill as *const ();
    table[Builtin::TableCopy.index()] = table_copy as *const ();
    table[Builtin::TableInit.index()] = table_init as *const ();
    table[Builtin::ElemDrop.index()] = elem_drop as *const ();
    table[Builtin::Interrupt.index()] = arch::interrupt as *const ();
    table[Builtin::Raise.index()] = arch::raise as *const ();
    table[Builtin::Throw.index()] = arch::throw as *const ();
    table[Builtin::ThrowRef.index()] = arch::throw_ref as *const ();
    table[Builtin::CopyBytes.index()] = copy_bytes as *const ();
    table[Builtin::FillBytes.index()] = fill_bytes as *const ();
    table
}

/// Address of the table that contexts point to.
pub(super) fn table_address() -> usize {
    TABLE.0.as_ptr().expose_provenance()
}

/// Runs `f` on the store of the context's instance and the instance's index.
///
/// # Safety
/// `vmctx` is the context of an instance whose generated code called the caller.
pub(super) unsafe fn with_store<R>(vmctx: *const u64, f: impl FnOnce(&mut StoreInner, u32) -> R) -> R {
    const INSTANCE: usize = offsets::CONTEXT_INSTANCE as usize / 8;
    // SAFETY: a context starts with its header: the store's header, and at this offset the instance's index.
    let (vm, instance) = unsafe { (&**vmctx.cast::<*const VMStore>(), *vmctx.add(INSTANCE)) };
    // SAFETY: generated code of that store called; the runtime's half, all that is used here, lies at the start of the box
    // whatever its `T`; the reference ends with this frame.
    let mut store = unsafe { StoreRef::<()>::from_header(vm) };
    f(store.inner_mut(), u32::try_from(instance).unwrap_or(u32::MAX))
}

/// What an operation ended with, or that the guest must stop: a signal that came during it could not end the guest.
fn code(store: &mut StoreInner, work: impl FnOnce(&mut StoreInner) -> Result<(), TrapKind>) -> u32 {
    let failed = work(store).err().or_else(|| store.interrupted());
    failed.map_or(0, |kind| u32::from(kind.code()))
}

/// The old size, or −1.
fn grown(result: Option<u64>) -> u64 {
    result.unwrap_or(u64::MAX)
}

/// # Safety
/// Called by generated code only, for bytes within linear memories of running instances, as many from both addresses on.
unsafe extern "C" fn copy_bytes(_vmctx: *const u64, to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: the caller's promise; no reference to a memory's bytes exists while its guest runs.
    unsafe { ptr::copy(from, to, len) };
}

/// # Safety
/// Called by generated code only, for bytes within a linear memory of a running instance.
unsafe extern "C" fn fill_bytes(_vmctx: *const u64, to: *mut u8, byte: u32, len: usize) {
    // SAFETY: as above.
    unsafe { ptr::write_bytes(to, byte as u8, len) };
}

macro_rules! builtins {
    ($($name:ident($($param:ident: $ty:ty),*) $(-> $result:ty)? = |$store:ident, $instance:ident| $body:expr;)*) => {
        $(
            /// # Safety
            /// Called by generated code only, with the context it runs in.
            unsafe extern "C" fn $name(vmctx: *const u64, $($param: $ty),*) $(-> $result)? {
                // SAFETY: the caller's promise.
                unsafe { with_store(vmctx, |$store, $instance| $body) }
            }
        )*
    };
}

builtins! {
    memory_grow(memory: u32, delta: u64) -> u64 =
        |store, instance| grown(store.guest_memory_grow(instance, memory, delta));
    memory_copy(dst_memory: u32, src_memory: u32, dst: u64, src: u64, len: u64) -> u32 =
        |store, instance| code(store, |store| store.memory_copy(instance, (dst_memory, dst), (src_memory, src), len));
    memory_fill(memory: u32, dst: u64, value: u32, len: u64) -> u32 =
        |store, instance| code(store, |store| store.memory_fill(instance, memory, dst, value as u8, len));
    memory_init(memory: u32, segment: u32, dst: u64, src: u32, len: u32) -> u32 =
        |store, instance| code(store, |store| store.memory_init(instance, memory, segment, dst, src, len));
    data_drop(segment: u32) = |store, instance| store.data_drop(instance, segment);
    table_grow(table: u32, delta: u64, init: u64) -> u64 =
        |store, instance| grown(store.guest_table_grow(instance, table, delta, init));
    table_fill(table: u32, start: u64, value: u64, len: u64) -> u32 =
        |store, instance| code(store, |store| store.table_fill(instance, table, start, value, len));
    table_copy(dst_table: u32, src_table: u32, dst: u64, src: u64, len: u64) -> u32 =
        |store, instance| code(store, |store| store.table_copy(instance, (dst_table, dst), (src_table, src), len));
    table_init(table: u32, segment: u32, dst: u64, src: u32, len: u32) -> u32 =
        |store, instance| code(store, |store| store.table_init(instance, table, segment, dst, src, len));
    elem_drop(segment: u32) = |store, instance| store.elem_drop(instance, segment);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_has_an_address() {
        assert!(TABLE.0.iter().all(|address| !address.is_null()));
    }
}
