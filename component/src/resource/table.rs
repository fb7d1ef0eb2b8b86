//! `ResourceTable`: the host's data behind its own resources. A `rep` is 12 bits of generation over 20 bits of slot,
//! so a stale handle is as a rule refused instead of reaching another resource's
//! data (after 4,096 successors in its slot it may reach data of the same Rust type, never of another).

use std::any::Any;

use thiserror::Error;

use crate::value::{Borrow, Resource};

const SLOT_BITS: u32 = 20;
const SLOT_MASK: u32 = (1 << SLOT_BITS) - 1;
const MAX_GENERATION: u32 = (1 << (32 - SLOT_BITS)) - 1;

/// Why a table refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ResourceTableError {
    /// More than 1,048,575 resources alive (or the lower cap that was set).
    #[error("the host's resource table is full ({0} entries)")]
    Full(usize),
    /// Nothing lives under this handle.
    #[error("the host resource is not present: it was deleted already")]
    NotPresent,
    /// Something of another Rust type lives there.
    #[error("the host resource is of another type")]
    WrongType,
    /// Still in use as the parent of another resource.
    #[error("the host resource still has children")]
    HasChildren,
}

struct Entry {
    data: Box<dyn Any + Send>,
    parent: Option<u32>,
    children: u32,
}

struct Slot {
    generation: u32,
    entry: Option<Entry>,
}

/// Typed storage for what the host's resources mean.
pub struct ResourceTable {
    slots: Vec<Slot>,
    free: Vec<u32>,
    max: usize,
}

impl Default for ResourceTable {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for ResourceTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResourceTable").field("len", &self.len()).finish()
    }
}

impl ResourceTable {
    /// An empty table for up to 1,048,575 resources.
    #[must_use]
    pub fn new() -> Self {
        Self::with_max(SLOT_MASK as usize)
    }

    /// An empty table for up to `max` resources.
    #[must_use]
    pub fn with_max(max: usize) -> Self {
        Self { slots: Vec::new(), free: Vec::new(), max: max.min(SLOT_MASK as usize) }
    }

    /// How many resources are alive.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len().saturating_sub(self.free.len())
    }

    /// How many resources were alive at most.
    #[must_use]
    pub fn peak(&self) -> usize {
        // A slot is only made when no other is free.
        self.slots.len()
    }

    /// How many may be.
    #[must_use]
    pub fn max(&self) -> usize {
        self.max
    }

    /// Whether no resource is alive.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Stores `data` and returns the handle that owns it.
    ///
    /// # Errors
    /// [`ResourceTableError::Full`].
    pub fn push<R: Send + 'static>(&mut self, data: R) -> Result<Resource<R>, ResourceTableError> {
        self.insert(Box::new(data), None).map(Resource::own)
    }

    /// Stores `data` as a child: the parent cannot be deleted before it.
    ///
    /// # Errors
    /// [`ResourceTableError::Full`], or [`ResourceTableError::NotPresent`] when the parent is gone.
    pub fn push_child<R: Send + 'static, P: 'static>(
        &mut self,
        data: R,
        parent: impl Into<Borrow<P>>,
    ) -> Result<Resource<R>, ResourceTableError> {
        let parent = parent.into().rep();
        let entry = self.entry_mut(parent)?;
        entry.children = entry.children.saturating_add(1);
        match self.insert(Box::new(data), Some(parent)) {
            Ok(rep) => Ok(Resource::own(rep)),
            Err(error) => {
                self.release_child(parent);
                Err(error)
            }
        }
    }

    /// The data behind a handle (own or borrow).
    ///
    /// # Errors
    /// [`ResourceTableError::NotPresent`] or [`ResourceTableError::WrongType`].
    pub fn get<R: 'static>(&self, handle: impl Into<Borrow<R>>) -> Result<&R, ResourceTableError> {
        let (index, generation) = split(handle.into().rep());
        let slot = self.slots.get(index as usize).filter(|slot| slot.generation == generation);
        let entry = slot.and_then(|slot| slot.entry.as_ref()).ok_or(ResourceTableError::NotPresent)?;
        entry.data.downcast_ref().ok_or(ResourceTableError::WrongType)
    }

    /// As [`ResourceTable::get`], to change.
    ///
    /// # Errors
    /// As [`ResourceTable::get`].
    pub fn get_mut<R: 'static>(
        &mut self,
        handle: impl Into<Borrow<R>>,
    ) -> Result<&mut R, ResourceTableError> {
        self.entry_mut(handle.into().rep())?.data.downcast_mut().ok_or(ResourceTableError::WrongType)
    }

    /// Removes a resource and returns its data.
    ///
    /// # Errors
    /// As [`ResourceTable::get`], and [`ResourceTableError::HasChildren`].
    pub fn delete<R: 'static>(&mut self, handle: Resource<R>) -> Result<R, ResourceTableError> {
        let (index, generation) = split(handle.rep());
        let entry = self.entry_mut(handle.rep())?;
        if entry.children > 0 {
            return Err(ResourceTableError::HasChildren);
        }
        if !entry.data.is::<R>() {
            return Err(ResourceTableError::WrongType);
        }
        let parent = entry.parent;
        let slot = self.slots.get_mut(index as usize).ok_or(ResourceTableError::NotPresent)?;
        let entry = slot.entry.take().ok_or(ResourceTableError::NotPresent)?;
        // Generations start over when they are used up: a slot that was retired instead would fill the table in the end.
        slot.generation = generation.wrapping_add(1) & MAX_GENERATION;
        self.free.push(index);
        if let Some(parent) = parent {
            self.release_child(parent);
        }
        entry.data.downcast().map(|data| *data).map_err(|_| ResourceTableError::WrongType)
    }

    fn insert(&mut self, data: Box<dyn Any + Send>, parent: Option<u32>) -> Result<u32, ResourceTableError> {
        let entry = Entry { data, parent, children: 0 };
        if let Some(index) = self.free.pop() {
            let slot = self.slots.get_mut(index as usize).ok_or(ResourceTableError::NotPresent)?;
            slot.entry = Some(entry);
            return Ok(join(index, slot.generation));
        }
        if self.slots.len() >= self.max {
            return Err(ResourceTableError::Full(self.max));
        }
        let index = u32::try_from(self.slots.len()).map_err(|_| ResourceTableError::Full(self.max))?;
        self.slots.push(Slot { generation: 0, entry: Some(entry) });
        Ok(join(index, 0))
    }

    fn entry_mut(&mut self, rep: u32) -> Result<&mut Entry, ResourceTableError> {
        let (index, generation) = split(rep);
        let slot = self.slots.get_mut(index as usize).filter(|slot| slot.generation == generation);
        slot.and_then(|slot| slot.entry.as_mut()).ok_or(ResourceTableError::NotPresent)
    }

    fn release_child(&mut self, parent: u32) {
        if let Ok(entry) = self.entry_mut(parent) {
            entry.children = entry.children.saturating_sub(1);
        }
    }
}

impl<R> From<&Resource<R>> for Borrow<R> {
    fn from(handle: &Resource<R>) -> Self {
        handle.borrow()
    }
}

impl<R> From<&Borrow<R>> for Borrow<R> {
    fn from(handle: &Borrow<R>) -> Self {
        Self::new(handle.rep())
    }
}

fn split(rep: u32) -> (u32, u32) {
    (rep & SLOT_MASK, rep >> SLOT_BITS)
}

fn join(index: u32, generation: u32) -> u32 {
    (generation << SLOT_BITS) | index
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stale_handles_and_wrong_types_are_refused() {
        let mut table = ResourceTable::new();
        let first = table.push(String::from("a")).unwrap();
        let rep = first.rep();
        assert_eq!(table.get(&first).unwrap(), "a");
        assert_eq!(table.get::<u8>(Borrow::new(rep)).unwrap_err(), ResourceTableError::WrongType);
        assert_eq!(table.delete(first).unwrap(), "a");
        let second = table.push(String::from("b")).unwrap();
        assert_ne!(second.rep(), rep, "the slot is reused under another generation");
        assert_eq!(table.get::<String>(Borrow::new(rep)).unwrap_err(), ResourceTableError::NotPresent);
    }

    #[test]
    fn a_small_table_never_wears_out() {
        let mut table = ResourceTable::with_max(1);
        for n in 0..3 * MAX_GENERATION {
            let handle = table.push(n).unwrap();
            assert_eq!(table.delete(handle).unwrap(), n);
        }
    }

    #[test]
    fn a_parent_outlives_its_children() {
        let mut table = ResourceTable::with_max(2);
        let parent = table.push(1u8).unwrap();
        let child = table.push_child(2u16, &parent).unwrap();
        assert_eq!(table.push(0u8).unwrap_err(), ResourceTableError::Full(2));
        let parent_rep = parent.rep();
        assert_eq!(table.delete(parent).unwrap_err(), ResourceTableError::HasChildren);
        table.delete(child).unwrap();
        assert_eq!(table.delete(Resource::<u8>::own(parent_rep)).unwrap(), 1);
        assert!(table.is_empty());
    }
}
