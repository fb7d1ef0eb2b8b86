//! `ResourceAny`: what the host holds of a resource whose Rust type it does not know, guest-defined ones above all.
//!
//! The host's handles live in a table of the instance; a `ResourceAny` names a slot and the generation of its content,
//! so that a copy kept after the resource was dropped or given away is noticed instead of meaning something else.

use super::HandleError;

/// A handle to a resource, held by the host.
///
/// It does not drop the resource when it goes out of scope: give it back to the guest as an own, or call
/// [`crate::Instance::drop_resource`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ResourceAny {
    /// The store it belongs to.
    pub(crate) store: u64,
    pub(crate) index: u32,
    pub(crate) generation: u32,
    pub(crate) ty: u32,
    pub(crate) owned: bool,
}

impl ResourceAny {
    /// Whether the host owns the resource, or only borrows it until the call that gave it returns.
    #[must_use]
    pub fn is_owned(&self) -> bool {
        self.owned
    }

    /// The type's index within its component, for messages and comparisons.
    #[must_use]
    pub fn type_index(&self) -> u32 {
        self.ty
    }
}

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
    pub(crate) fn add(&mut self, handle: HostHandle) -> Result<(u32, u32), HandleError> {
        if let Some(index) = self.free.pop() {
            let slot = self.slots.get_mut(index as usize).ok_or(HandleError::Stale)?;
            slot.handle = Some(handle);
            return Ok((index, slot.generation));
        }
        let index = u32::try_from(self.slots.len()).map_err(|_| HandleError::Full)?;
        self.slots.push(Slot { generation: 0, handle: Some(handle) });
        Ok((index, 0))
    }

    pub(crate) fn get_mut(&mut self, index: u32, generation: u32) -> Result<&mut HostHandle, HandleError> {
        match self.slots.get_mut(index as usize) {
            Some(Slot { generation: now, handle: Some(handle) }) if *now == generation => Ok(handle),
            _ => Err(HandleError::Stale),
        }
    }

    pub(crate) fn remove(&mut self, index: u32, generation: u32) -> Result<HostHandle, HandleError> {
        let slot = self.slots.get_mut(index as usize).ok_or(HandleError::Stale)?;
        if slot.generation != generation {
            return Err(HandleError::Stale);
        }
        let handle = slot.handle.take().ok_or(HandleError::Stale)?;
        // A slot whose generations are used up is never used again.
        if let Some(next) = generation.checked_add(1) {
            slot.generation = next;
            self.free.push(index);
        }
        Ok(handle)
    }
}
