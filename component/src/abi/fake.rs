//! A guest for tests: a vector as memory, a bump allocator as `realloc`, handles that are the numbers they stand for.

use std::any::TypeId;

use super::options::StringEncoding;
use crate::error::Result;
use crate::marshal::{FlatReader, Guest, Handles, Lift, LiftContext, LowerContext};
use crate::types::ResourceType;
use crate::value::ResourceAny;

pub(crate) struct FakeGuest {
    pub(crate) memory: Vec<u8>,
    pub(crate) encoding: StringEncoding,
    /// What `realloc` was asked: old, old size, alignment, new size.
    pub(crate) calls: Vec<[u32; 4]>,
    /// What `realloc` answers instead of allocating.
    pub(crate) answer: Option<u32>,
    next: u32,
}

impl FakeGuest {
    pub(crate) fn new(encoding: StringEncoding) -> Self {
        Self { memory: vec![0xaa; 64], encoding, calls: Vec::new(), answer: None, next: 8 }
    }

    pub(crate) fn lower(&mut self) -> LowerContext<'_, Self> {
        LowerContext::new(self)
    }

    /// Runs `lift` on the memory, with a budget in bytes.
    pub(crate) fn lift<R>(
        &self,
        budget: u64,
        lift: impl FnOnce(&mut LiftContext<'_>) -> Result<R>,
    ) -> Result<R> {
        let mut handles = FakeHandles;
        lift(&mut LiftContext::new(&self.memory, self.encoding, &mut handles, budget))
    }

    /// Lifts a typed value from slots.
    pub(crate) fn lift_slots<T: Lift>(&self, slots: &[u64]) -> Result<T> {
        self.lift(1 << 20, |cx| T::lift(cx, &mut FlatReader::new(slots)))
    }
}

impl Guest for FakeGuest {
    fn encoding(&self) -> StringEncoding {
        self.encoding
    }

    fn memory(&mut self) -> &mut [u8] {
        &mut self.memory
    }

    /// Grows (and so moves) the memory at every call.
    fn realloc(&mut self, old: u32, old_size: u32, align: u32, new_size: u32) -> Result<u32> {
        self.calls.push([old, old_size, align, new_size]);
        if let Some(answer) = self.answer {
            return Ok(answer);
        }
        let ptr = self.next.next_multiple_of(align);
        self.next = ptr + new_size;
        let needed = self.next as usize;
        if self.memory.len() < needed {
            self.memory.resize(needed, 0xaa);
        }
        Ok(ptr)
    }

    fn lower_own(&mut self, _: Option<&ResourceType>, value: ResourceAny) -> Result<u32> {
        Ok(value.slot)
    }

    fn lower_borrow(&mut self, _: Option<&ResourceType>, value: ResourceAny) -> Result<u32> {
        Ok(value.slot | BORROW)
    }

    fn lower_host_own(&mut self, _: TypeId, rep: u32) -> Result<u32> {
        Ok(rep)
    }

    fn lower_host_borrow(&mut self, _: TypeId, rep: u32) -> Result<u32> {
        Ok(rep | BORROW)
    }
}

/// The mark of a lent handle.
pub(crate) const BORROW: u32 = 1 << 31;

struct FakeHandles;

impl Handles for FakeHandles {
    fn lift_own(&mut self, _: Option<&ResourceType>, handle: u32) -> Result<ResourceAny> {
        Ok(any(handle))
    }

    fn lift_borrow(&mut self, _: Option<&ResourceType>, handle: u32) -> Result<ResourceAny> {
        Ok(any(handle & !BORROW))
    }

    fn lift_host_own(&mut self, _: TypeId, handle: u32) -> Result<u32> {
        Ok(handle)
    }

    fn lift_host_borrow(&mut self, _: TypeId, handle: u32) -> Result<u32> {
        Ok(handle & !BORROW)
    }
}

/// A handle that the host holds.
pub(crate) fn any(slot: u32) -> ResourceAny {
    ResourceAny { store: 0, slot, generation: 0 }
}
