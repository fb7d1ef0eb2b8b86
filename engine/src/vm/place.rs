//! The quick way to the bytes of a memory: the pair of words in its instance's block that generated code reads, too.

use std::ptr;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use super::block::InstanceBlock;
use super::store::StoreRef;
use crate::error::Result;

/// Where a block says where a memory is and how long, with the number of the store that the block's instance is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pair: usize,
    store: u64,
}

impl Place {
    /// The place of the memory whose pair is at `offset` in the block of an instance of the store with this number.
    ///
    /// # Errors
    /// An internal error if the block has no such words.
    pub(crate) fn new(block: &InstanceBlock, offset: u32, store: u64) -> Result<Self> {
        block.get(offset)?;
        block.get(offset.saturating_add(8))?;
        Ok(Self { pair: block.address_of(offset) as usize, store })
    }
}

/// Whether a place is of this store, and guest code ran in it. If none did, whoever writes to a memory must say so.
#[inline(always)]
pub(crate) fn is_known<T>(store: &StoreRef<'_, T>, place: Place) -> bool {
    let vm = store.inner().vm();
    vm.id == place.store && vm.was_entered()
}

/// The bytes of a memory beside the application's data. None, if the place is of another store.
#[inline(always)]
pub(crate) fn bytes<'a, T>(store: &'a mut StoreRef<'_, T>, place: Place) -> (&'a mut [u8], &'a mut T) {
    if !is_known(store, place) {
        return (&mut [], store.data_mut());
    }
    // SAFETY: numbers of stores are never given twice, so this store has the instance in whose block the pair lies, and
    // drops it no sooner than itself, which is borrowed for `'a`. `Place::new` found both words within the block; they
    // are atomic.
    let [base, len] = unsafe { &*ptr::with_exposed_provenance::<[AtomicU64; 2]>(place.pair) };
    let base = ptr::with_exposed_provenance_mut(base.load(Relaxed) as usize);
    // SAFETY: the runtime writes the pair whenever the memory is made, moved or grown: so many bytes are there,
    // initialised. Only guest code and whoever borrows the store exclusively, as this function does, write to them; the
    // application's data are not among them.
    let bytes = unsafe { std::slice::from_raw_parts_mut(base, len.load(Relaxed) as usize) };
    (bytes, store.data_mut())
}
