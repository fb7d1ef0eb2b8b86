//! Linear memories: handles, bytes and growth.

use std::sync::Arc;

use super::Context;
use super::instance::{InstanceData, Origin, gone};
use super::store::StoreInner;
use crate::error::{Error, Result};
use crate::memory_plan::{MAX_PAGES, MemoryPlan, PAGE_SIZE};
use crate::types::{IndexType, MemoryType};
use crate::vm::block::InstanceBlock;
use crate::vm::image::MemoryImage;
use crate::vm::memory::LinearMemory;
use crate::vm::offsets::{VmCounts, VmOffsets};
use crate::vm::place::{self, Place};

/// A handle to a linear memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Memory {
    pub(super) store: u64,
    pub(super) instance: u32,
    pub(super) index: u32,
}

impl Memory {
    /// A new memory of zeros.
    ///
    /// # Errors
    /// `Limit` when the store's limits do not allow it, `Os` when the system refuses the address space, `Misuse` when the
    /// type is not one that memories can have.
    pub fn new<T>(cx: &mut Context<'_, T>, ty: MemoryType) -> Result<Self> {
        let maximum = ty.maximum.unwrap_or(MAX_PAGES.max(ty.minimum));
        if ty.minimum > maximum || (ty.index == IndexType::I32 && maximum > MAX_PAGES) {
            return Err(Error::misuse(
                "a memory with 32-bit indices has at most 65536 pages, any memory no more at first than at most",
            ));
        }
        let store = cx.inner_mut();
        let instance = store.next_instance()?;
        let offsets = VmOffsets::new(VmCounts { defined_memories: 1, ..VmCounts::default() });
        let block = InstanceBlock::new(store.vm_address(), &[], instance, offsets)?;
        store.instances.push(InstanceData::new(block, Origin::Host, None));
        let plan = MemoryPlan::new(&ty, store.engine().config());
        store.define_memory(instance, ty, &plan)?;
        Ok(Self { store: store.id(), instance, index: 0 })
    }

    /// The declared type with the current size in pages as minimum; all zeros for a handle of another store.
    pub fn ty<T>(&self, cx: &Context<'_, T>) -> MemoryType {
        let none = MemoryType { index: IndexType::I32, minimum: 0, maximum: Some(0) };
        cx.inner().memory(*self).map_or(none, MemoryData::current_type)
    }

    /// The current size in pages of 64 KiB; 0 for a handle of another store.
    pub fn pages<T>(&self, cx: &Context<'_, T>) -> u64 {
        cx.inner().memory(*self).map_or(0, MemoryData::pages)
    }

    /// The bytes; empty for a handle of another store. They cannot be held while anything may change or grow them:
    ///
    /// ```compile_fail,E0502
    /// fn hold(memory: plugbay_engine::Memory, cx: &mut plugbay_engine::Context<'_, ()>) -> u8 {
    ///     let bytes = memory.data(cx);
    ///     let _ = memory.grow(cx, 1);
    ///     bytes[0]
    /// }
    /// ```
    #[inline]
    pub fn data<'a, T>(&self, cx: &'a Context<'_, T>) -> &'a [u8] {
        cx.inner().memory(*self).map_or(&[], |memory| memory.memory.bytes())
    }

    /// The bytes, to change; empty for a handle of another store.
    #[inline]
    pub fn data_mut<'a, T>(&self, cx: &'a mut Context<'_, T>) -> &'a mut [u8] {
        self.data_and_host(cx).0
    }

    /// The bytes and the application's data, both to change.
    #[inline]
    pub fn data_and_host<'a, T>(&self, cx: &'a mut Context<'_, T>) -> (&'a mut [u8], &'a mut T) {
        let (store, data) = cx.split_mut();
        (store.memory_mut(*self).map_or(&mut [], |memory| memory.memory.bytes_mut()), data)
    }

    /// The bytes of this memory, and those of another one to change; both empty for handles of another store, or of memories
    /// that one instance defines.
    pub fn data_beside<'a, T>(&self, other: Self, cx: &'a mut Context<'_, T>) -> (&'a [u8], &'a mut [u8]) {
        let store = cx.inner_mut();
        let both = (self.store == store.id() && other.store == store.id())
            .then(|| [self, &other].map(|memory| memory.instance as usize))
            .and_then(|instances| store.instances.get_disjoint_mut(instances).ok());
        let Some([from, to]) = both else { return (&[], &mut []) };
        let from = from.memories.get(self.index as usize);
        let to = to.memories.get_mut(other.index as usize);
        (
            from.map_or(&[], |memory| memory.memory.bytes()),
            to.map_or(&mut [], |memory| memory.memory.bytes_mut()),
        )
    }

    /// The memory, found once for many looks at its bytes.
    ///
    /// # Errors
    /// `Misuse` for a handle of another store.
    pub fn quick<T>(&self, cx: &Context<'_, T>) -> Result<QuickMemory> {
        let store = cx.inner();
        let offset = store.memory(*self)?.offset;
        let place = Place::new(&store.instance(self.instance)?.block, offset, self.store)?;
        Ok(QuickMemory { memory: *self, place })
    }

    /// Grows by `delta` pages and returns the old size in pages.
    ///
    /// # Errors
    /// `Limit` when the maximum or the store's limits do not allow it, `Os` when the system refuses the memory, `Misuse`
    /// for a handle of another store.
    pub fn grow<T>(&self, cx: &mut Context<'_, T>, delta: u64) -> Result<u64> {
        cx.inner_mut().grow_memory(*self, delta)
    }
}

/// A memory whose bytes are found without looking anything up: [`Memory::quick`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct QuickMemory {
    memory: Memory,
    place: Place,
}

impl QuickMemory {
    /// As [`Memory::data_and_host`].
    #[inline(always)]
    pub fn data_and_host<'a, T>(&self, cx: &'a mut Context<'_, T>) -> (&'a mut [u8], &'a mut T) {
        if place::is_known(cx.store_mut(), self.place) {
            place::bytes(cx.store_mut(), self.place)
        } else {
            self.memory.data_and_host(cx)
        }
    }

    /// As [`Memory::data_mut`].
    #[inline(always)]
    pub fn data_mut<'a, T>(&self, cx: &'a mut Context<'_, T>) -> &'a mut [u8] {
        self.data_and_host(cx).0
    }
}

/// A memory that an instance defines.
pub(super) struct MemoryData {
    pub(super) memory: LinearMemory,
    maximum: Option<u64>,
    index: IndexType,
    /// Most pages that it can have.
    max_pages: u64,
    /// Where the block of its instance says where it is and how long.
    pub(super) offset: u32,
}

impl MemoryData {
    fn pages(&self) -> u64 {
        self.memory.len() as u64 / PAGE_SIZE
    }

    pub(super) fn current_type(&self) -> MemoryType {
        MemoryType { index: self.index, minimum: self.pages(), maximum: self.maximum }
    }
}

impl StoreInner {
    /// Tells the signal handler where one more memory lies.
    fn add_range(&mut self, range: (usize, usize)) {
        let first = match self.vm().first_range() {
            (0, 0) => range,
            first => {
                self.more_ranges.push(range);
                first
            }
        };
        self.vm().set_memory_ranges(first, &self.more_ranges);
    }

    /// Tells the signal handler that a memory moved.
    fn change_range(&mut self, old: (usize, usize), new: (usize, usize)) {
        let mut first = self.vm().first_range();
        if let Some(known) =
            [&mut first].into_iter().chain(&mut self.more_ranges).find(|known| **known == old)
        {
            *known = new;
        }
        self.vm().set_memory_ranges(first, &self.more_ranges);
    }

    /// The memory of a handle.
    #[inline]
    pub(super) fn memory(&self, memory: Memory) -> Result<&MemoryData> {
        self.check_store(memory.store)?;
        let instance = self.instance(memory.instance)?;
        instance.memories.get(memory.index as usize).ok_or_else(|| gone("a memory"))
    }

    /// The memory of a handle, to change.
    #[inline]
    pub(super) fn memory_mut(&mut self, memory: Memory) -> Result<&mut MemoryData> {
        self.check_store(memory.store)?;
        let instance = self.instance_mut(memory.instance)?;
        instance.memories.get_mut(memory.index as usize).ok_or_else(|| gone("a memory"))
    }

    /// How many memories there are with one more, if there may be.
    fn one_more_memory(&self) -> Result<u32> {
        let count = self.used.memories.saturating_add(1);
        if count > self.limits.memories {
            return Err(Error::limit("memories", u64::from(count), u64::from(self.limits.memories)));
        }
        Ok(count)
    }

    /// Address space for a memory. When the system has none left, idle instances give theirs back.
    fn reserve_memory(&self, plan: &MemoryPlan) -> Result<LinearMemory> {
        let bytes = |amount: u64| usize::try_from(amount).unwrap_or(usize::MAX);
        let reserve = || LinearMemory::reserve(bytes(plan.reservation), bytes(plan.guard));
        let again = |_| {
            self.engine().pool().clear();
            reserve()
        };
        reserve().or_else(again).map_err(|source| Error::os("reserving address space for a memory", source))
    }

    /// Counts a memory of an idle instance that has a new tenant, and tells the signal handler of it.
    pub(super) fn adopt_memory(&mut self, instance: u32, memory: usize) -> Result<()> {
        let count = self.one_more_memory()?;
        let data = self.instance(instance)?.memories.get(memory).ok_or_else(|| gone("a memory"))?;
        let (len, range) = (data.memory.len() as u64, data.memory.range());
        let used = self.more_memory(len)?;
        self.used.memories = count;
        self.used.memory_bytes = used;
        self.add_range(range);
        Ok(())
    }

    /// How many bytes of memory there are with `more`, if there may be.
    fn more_memory(&self, more: u64) -> Result<u64> {
        let used = self.used.memory_bytes.saturating_add(more);
        if used > self.limits.memory_bytes {
            return Err(Error::limit("memory_bytes", used, self.limits.memory_bytes));
        }
        Ok(used)
    }

    /// Makes the next memory of an instance.
    pub(super) fn define_memory(&mut self, instance: u32, ty: MemoryType, plan: &MemoryPlan) -> Result<()> {
        let count = self.one_more_memory()?;
        let memory = self.reserve_memory(plan)?;
        let data = self.instance_mut(instance)?;
        let index = u32::try_from(data.memories.len()).unwrap_or(u32::MAX);
        let offset = data.block.offsets().defined_memory(index);
        data.block.set_pair(offset, memory.address() as u64, 0)?;
        let range = memory.range();
        data.memories.push(MemoryData {
            memory,
            index: ty.index,
            maximum: ty.maximum,
            max_pages: plan.max_pages,
            offset,
        });
        self.used.memories = count;
        self.add_range(range);
        self.grow_memory(Memory { store: self.id(), instance, index }, plan.min_pages)?;
        Ok(())
    }

    /// Lays an image over a memory that was just made. Without it (the system is short of mappings) its segments have to
    /// be written.
    pub(super) fn lay_over(&mut self, instance: u32, memory: usize, image: &Arc<MemoryImage>) -> Result<()> {
        let memories = &mut self.instance_mut(instance)?.memories;
        let data = memories.get_mut(memory).ok_or_else(|| gone("a memory"))?;
        let _ = data.memory.lay_over(image);
        Ok(())
    }

    /// Grows a memory by `delta` pages, as far as its type and the store's limits allow, and returns its old size.
    fn grow_memory(&mut self, memory: Memory, delta: u64) -> Result<u64> {
        let data = self.memory(memory)?;
        let (old, max_pages) = (data.pages(), data.max_pages);
        let pages = old.saturating_add(delta);
        if pages > max_pages {
            return Err(Error::limit("the memory's pages", pages, max_pages));
        }
        // At most 65536 pages: no overflow.
        let used = self.more_memory(delta.saturating_mul(PAGE_SIZE))?;
        let bytes = usize::try_from(pages.saturating_mul(PAGE_SIZE)).unwrap_or(usize::MAX);
        let data = self.memory_mut(memory)?;
        let old_range = data.memory.range();
        data.memory.grow_to(bytes).map_err(|source| Error::os("growing a memory", source))?;
        let (offset, address, range) = (data.offset, data.memory.address() as u64, data.memory.range());
        if range != old_range {
            self.change_range(old_range, range);
        }
        self.used.memory_bytes = used;
        self.instance(memory.instance)?.block.set_pair(offset, address, bytes as u64)?;
        Ok(old)
    }

    /// `memory.grow`: the old size, or `None` if it cannot be.
    pub(crate) fn guest_memory_grow(&mut self, instance: u32, memory: u32, delta: u64) -> Option<u64> {
        let memory = self.memory_at(instance, memory).ok()?;
        self.grow_memory(memory, delta).ok()
    }
}
