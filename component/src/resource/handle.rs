//! The handle table of one component instance: indices from 1, holes reused last in first out, as the specification
//! prescribes (guests can observe the order). Nothing here knows what a resource is for.

use crate::abi::trap::AbiTrap;

/// The largest table that the Canonical ABI permits: indices keep their upper four bits clear.
const MAX_LENGTH: usize = (1 << 28) - 1;

/// One entry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Handle {
    /// Canonical index of the resource type within the store.
    pub(crate) ty: u32,
    /// What the definer gave to `resource.new`.
    pub(crate) rep: u32,
    /// Own, or the scope whose call lent it.
    pub(crate) scope: Option<u32>,
    /// How many unfinished calls this handle is lent to.
    pub(crate) lends: u32,
}

impl Handle {
    pub(crate) fn own(ty: u32, rep: u32) -> Self {
        Self { ty, rep, scope: None, lends: 0 }
    }

    pub(crate) fn borrow(ty: u32, rep: u32, scope: u32) -> Self {
        Self { ty, rep, scope: Some(scope), lends: 0 }
    }
}

#[derive(Debug)]
enum Slot {
    Used(Handle),
    /// Next hole, or 0 at the end of the list.
    Free(u32),
}

/// A growing array with holes; slot `i` holds handle `i + 1`.
#[derive(Debug, Default)]
pub(crate) struct HandleTable {
    slots: Vec<Slot>,
    /// Handle of the first hole, 0 when there is none.
    free: u32,
}

impl HandleTable {
    fn slot(&mut self, index: u32) -> Option<&mut Slot> {
        let at = usize::try_from(index.checked_sub(1)?).ok()?;
        self.slots.get_mut(at)
    }

    pub(crate) fn get_mut(&mut self, index: u32) -> Result<&mut Handle, AbiTrap> {
        match self.slot(index) {
            Some(Slot::Used(handle)) => Ok(handle),
            _ => Err(AbiTrap::UnknownHandle(index)),
        }
    }

    pub(crate) fn add(&mut self, handle: Handle) -> Result<u32, AbiTrap> {
        self.add_below(handle, MAX_LENGTH)
    }

    /// Adds a handle to a table of at most `max` entries.
    fn add_below(&mut self, handle: Handle, max: usize) -> Result<u32, AbiTrap> {
        let index = self.free;
        if let Some(slot) = self.slot(index) {
            let Slot::Free(next) = *slot else { return Err(AbiTrap::TableFull) };
            *slot = Slot::Used(handle);
            self.free = next;
            return Ok(index);
        }
        if self.slots.len() >= max {
            return Err(AbiTrap::TableFull);
        }
        self.slots.push(Slot::Used(handle));
        u32::try_from(self.slots.len()).map_err(|_| AbiTrap::TableFull)
    }

    pub(crate) fn remove(&mut self, index: u32) -> Result<Handle, AbiTrap> {
        let next = self.free;
        match self.slot(index) {
            Some(slot @ Slot::Used(_)) => {
                let Slot::Used(handle) = std::mem::replace(slot, Slot::Free(next)) else {
                    return Err(AbiTrap::UnknownHandle(index));
                };
                self.free = index;
                Ok(handle)
            }
            _ => Err(AbiTrap::UnknownHandle(index)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_start_at_one_and_holes_are_reused_last_first() {
        let mut table = HandleTable::default();
        let made: Vec<u32> = (0..3).map(|rep| table.add(Handle::own(0, rep)).unwrap()).collect();
        assert_eq!(made, [1, 2, 3]);
        for index in [1, 2, 3] {
            table.remove(index).unwrap();
        }
        let again: Vec<u32> = (0..4).map(|rep| table.add(Handle::own(0, rep)).unwrap()).collect();
        assert_eq!(again, [3, 2, 1, 4]);
    }

    #[test]
    fn table_add_i_gt_max_length() {
        assert_eq!(MAX_LENGTH, 0x0fff_ffff);
        let mut table = HandleTable::default();
        for expected in 1..=3 {
            assert_eq!(table.add_below(Handle::own(0, 0), 3).unwrap(), expected);
        }
        assert_eq!(table.add_below(Handle::own(0, 0), 3).unwrap_err(), AbiTrap::TableFull);
        table.remove(2).unwrap();
        assert_eq!(table.add_below(Handle::own(0, 0), 3).unwrap(), 2, "a hole is no new entry");
    }

    #[test]
    fn unknown_indices_are_refused() {
        let mut table = HandleTable::default();
        assert_eq!(table.remove(0).unwrap_err(), AbiTrap::UnknownHandle(0));
        assert_eq!(table.get_mut(u32::MAX).unwrap_err(), AbiTrap::UnknownHandle(u32::MAX));
        let index = table.add(Handle::own(0, 7)).unwrap();
        table.remove(index).unwrap();
        assert_eq!(table.remove(index).unwrap_err().to_string(), "unknown handle index 1");
    }
}
