//! The plan of one linear memory: how much address space it gets and how accesses are checked. Written once per memory
//! and read by the translator and the allocator alike, so that they cannot disagree.

use crate::types::MemoryType;

/// Bytes in a WebAssembly page.
pub(crate) const PAGE_SIZE: u64 = 1 << 16;

/// Most pages that a memory with 32-bit indices can have.
pub(crate) const MAX_PAGES_32: u64 = 1 << 16;

/// Address space of a memory with 32-bit indices: everything that an index alone can reach.
const RESERVATION_32: u64 = 1 << 32;

/// Inaccessible address space after the reservation: what index + static offset + access width can reach on top of it.
const GUARD_32: u64 = 2 << 30;

/// The type of the indices of a memory or table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub(crate) enum IndexType {
    /// 32-bit indices.
    I32,
}

/// How an access to a memory is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub(crate) enum BoundCheck {
    /// By the processor: whatever an index and a small offset reach is either the memory or inaccessible.
    Guard,
    /// By code that compares with the current length.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the explicit trap style will plan memories without guard pages")
    )]
    Explicit,
}

/// How one memory is laid out and checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct MemoryPlan {
    /// Bytes of address space reserved for the memory itself. Its base never moves.
    pub(crate) reservation: u64,
    /// Inaccessible bytes that follow the reservation.
    pub(crate) guard: u64,
    /// How accesses are checked.
    pub(crate) bound_check: BoundCheck,
    /// Initial size in pages.
    pub(crate) min_pages: u64,
    /// Highest size in pages: the declared maximum, or what the index type can address.
    pub(crate) max_pages: u64,
    /// The type of the indices.
    pub(crate) index_type: IndexType,
}

impl MemoryPlan {
    /// The plan of a memory of this type.
    pub(crate) fn new(ty: &MemoryType) -> Self {
        Self {
            reservation: RESERVATION_32,
            guard: GUARD_32,
            bound_check: BoundCheck::Guard,
            min_pages: ty.minimum,
            max_pages: ty.maximum.unwrap_or(MAX_PAGES_32).min(MAX_PAGES_32),
            index_type: IndexType::I32,
        }
    }

    /// Whether an access of `width` bytes at any index plus `offset` stays within reservation and guard, so that the
    /// processor notices one that is out of bounds.
    pub(crate) fn guard_covers(&self, offset: u64, width: u64) -> bool {
        self.bound_check == BoundCheck::Guard
            && offset.checked_add(width).is_some_and(|reach| reach <= self.guard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guard_covers_what_index_and_offset_reach() {
        let plan = MemoryPlan::new(&MemoryType { minimum: 1, maximum: None });
        assert_eq!(plan.max_pages, 65_536);
        assert!(plan.guard_covers(GUARD_32 - 16, 16));
        assert!(!plan.guard_covers(GUARD_32 - 15, 16));
        assert!(!plan.guard_covers(u64::MAX, 16));
        assert!(!MemoryPlan { bound_check: BoundCheck::Explicit, ..plan }.guard_covers(0, 1));
        // The highest address that an unchecked access touches lies inside the reserved space.
        let highest = u64::from(u32::MAX) + plan.guard - 1;
        assert!(highest < plan.reservation + plan.guard);
    }
}
