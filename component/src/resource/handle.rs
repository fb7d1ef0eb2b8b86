//! The handle table of one component instance: indices from 1, holes reused last in first out, as the specification
//! prescribes (guests can observe the order). Nothing here knows what a resource is for.

use thiserror::Error;

/// The largest table that the Canonical ABI permits: indices keep their upper four bits clear.
const MAX_LENGTH: usize = (1 << 28) - 1;

/// What is wrong with a handle: always the fault of whoever presented it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HandleError {
    /// No such entry: never made, or dropped already.
    #[error("unknown handle index {0}")]
    Unknown(u32),
    /// The entry is of another resource type.
    #[error("handle index {index} used with the wrong type, expected {expected} resource but found a different {found} resource")]
    WrongType {
        /// The index that was presented.
        index: u32,
        /// Who defines the expected type: `guest-defined` or `host-defined`.
        expected: &'static str,
        /// Who defines the type that was found.
        found: &'static str,
    },
    /// An own was wanted, the entry is a borrow.
    #[error("cannot lift own resource from a borrow")]
    NotOwned,
    /// The handle is lent to a call that has not returned.
    #[error("cannot remove owned resource while borrowed")]
    Lent,
    /// A callee kept a borrow.
    #[error("borrow handles still remain at the end of the call")]
    BorrowsRemain,
    /// The table of one component instance may not grow further.
    #[error("resource table has no free keys")]
    Full,
    /// The store's cap on live handles ([`crate::Limits::handles`]).
    #[error("the plugin holds {0} resource handles, its limit; drop some or raise `Limits::handles`")]
    Limit(u32),
    /// A `ResourceAny` or `Resource<R>` of another instance, or of one dropped already.
    #[error("the resource handle is stale: it was dropped, moved away, or belongs to another plugin instance")]
    Stale,
    /// A typed handle names a host type that the linker did not register for this resource.
    #[error("the resource is not of the host type that the signature names")]
    WrongHostType,
    /// The function's type does not mention the resource's type.
    #[error("the function does not take or return resources of this type")]
    Unmentioned,
}

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

    pub(crate) fn get_mut(&mut self, index: u32) -> Result<&mut Handle, HandleError> {
        match self.slot(index) {
            Some(Slot::Used(handle)) => Ok(handle),
            _ => Err(HandleError::Unknown(index)),
        }
    }

    pub(crate) fn add(&mut self, handle: Handle) -> Result<u32, HandleError> {
        let index = self.free;
        if let Some(slot) = self.slot(index) {
            let Slot::Free(next) = *slot else { return Err(HandleError::Full) };
            *slot = Slot::Used(handle);
            self.free = next;
            return Ok(index);
        }
        if self.slots.len() >= MAX_LENGTH {
            return Err(HandleError::Full);
        }
        self.slots.push(Slot::Used(handle));
        u32::try_from(self.slots.len()).map_err(|_| HandleError::Full)
    }

    pub(crate) fn remove(&mut self, index: u32) -> Result<Handle, HandleError> {
        let next = self.free;
        match self.slot(index) {
            Some(slot @ Slot::Used(_)) => {
                let Slot::Used(handle) = std::mem::replace(slot, Slot::Free(next)) else {
                    return Err(HandleError::Unknown(index));
                };
                self.free = index;
                Ok(handle)
            }
            _ => Err(HandleError::Unknown(index)),
        }
    }

    /// Live entries that own their resource.
    pub(crate) fn owned(&self) -> impl Iterator<Item = Handle> + '_ {
        self.slots.iter().filter_map(|slot| match slot {
            Slot::Used(handle) if handle.scope.is_none() => Some(*handle),
            _ => None,
        })
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
    fn unknown_indices_are_refused() {
        let mut table = HandleTable::default();
        assert_eq!(table.remove(0).unwrap_err(), HandleError::Unknown(0));
        assert_eq!(table.get_mut(u32::MAX).unwrap_err(), HandleError::Unknown(u32::MAX));
        let index = table.add(Handle::own(0, 7)).unwrap();
        table.remove(index).unwrap();
        assert_eq!(table.remove(index).unwrap_err().to_string(), "unknown handle index 1");
    }
}
