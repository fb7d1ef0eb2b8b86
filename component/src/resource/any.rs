//! The host's table of handles: what a `ResourceAny` means. It names a slot and the generation of its content, so that a
//! copy kept after the resource was dropped or given away is noticed instead of meaning something else.

use crate::abi::trap::AbiTrap;
use crate::error::{Error, Result};

/// What a slot of the host's table holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HostHandle {
    pub(crate) ty: u32,
    pub(crate) rep: u32,
    pub(crate) owned: bool,
    pub(crate) lends: u32,
}

#[derive(Debug)]
struct Slot {
    generation: u32,
    handle: Option<HostHandle>,
}

/// The host's table of one store.
#[derive(Debug, Default)]
pub(crate) struct HostHandles {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

impl HostHandles {
    /// Puts a handle in; returns slot and generation.
    pub(crate) fn add(&mut self, handle: HostHandle) -> Result<(u32, u32)> {
        if let Some(index) = self.free.pop() {
            let slot = self.slots.get_mut(index as usize).ok_or_else(stale)?;
            slot.handle = Some(handle);
            return Ok((index, slot.generation));
        }
        let index = u32::try_from(self.slots.len()).map_err(|_| AbiTrap::TableFull)?;
        self.slots.push(Slot { generation: 0, handle: Some(handle) });
        Ok((index, 0))
    }

    pub(crate) fn get_mut(&mut self, index: u32, generation: u32) -> Result<&mut HostHandle> {
        match self.slots.get_mut(index as usize) {
            Some(Slot { generation: now, handle: Some(handle) }) if *now == generation => Ok(handle),
            _ => Err(stale()),
        }
    }

    pub(crate) fn remove(&mut self, index: u32, generation: u32) -> Result<HostHandle> {
        let slot = self.slots.get_mut(index as usize).ok_or_else(stale)?;
        if slot.generation != generation {
            return Err(stale());
        }
        let handle = slot.handle.take().ok_or_else(stale)?;
        // A slot whose generations are used up is never used again.
        if let Some(next) = generation.checked_add(1) {
            slot.generation = next;
            self.free.push(index);
        }
        Ok(handle)
    }

    /// Undoes the [`remove`](Self::remove) of a slot that nobody has used since.
    pub(crate) fn put_back(&mut self, index: u32, generation: u32, handle: HostHandle) {
        if let Some(slot) = self.slots.get_mut(index as usize) {
            *slot = Slot { generation, handle: Some(handle) };
            self.free.retain(|free| *free != index);
        }
    }
}

/// A handle that means nothing here any more.
pub(super) fn stale() -> Error {
    Error::misuse(
        "the resource handle is stale: it was dropped, given away, or belongs to another plugin instance",
    )
}
