//! The plan of one linear memory: how much address space it gets and how accesses are checked. Written once per memory
//! and read by the translator and the allocator alike, so that they cannot disagree.

use crate::types::{IndexType, MemoryType};

/// Bytes in a WebAssembly page.
pub(crate) const PAGE_SIZE: u64 = 1 << 16;

/// Most pages that a memory can have: all that 32-bit indices reach. Memories with 64-bit indices could have more, but do
/// not grow beyond this.
pub(crate) const MAX_PAGES: u64 = 1 << 16;

/// Address space of a memory: everything that a 32-bit index alone can reach.
const RESERVATION: u64 = 1 << 32;

/// Inaccessible address space after the reservation: what index + static offset + access width can reach on top of it.
const GUARD: u64 = 2 << 30;

/// How an access to a memory is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub(crate) enum BoundCheck {
    /// By the processor: whatever an index and a small offset reach is either the memory or inaccessible.
    Guard,
    /// By code that compares with the current length.
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
    /// Highest size in pages: the declared maximum, or what we can address.
    pub(crate) max_pages: u64,
    /// The type of the indices.
    pub(crate) index: IndexType,
}

impl MemoryPlan {
    /// The plan of a memory of this type.
    pub(crate) fn new(ty: &MemoryType) -> Self {
        Self {
            reservation: RESERVATION,
            guard: GUARD,
            // No guard is as long as a 64-bit index reaches.
            bound_check: match ty.index {
                IndexType::I32 => BoundCheck::Guard,
                IndexType::I64 => BoundCheck::Explicit,
            },
            min_pages: ty.minimum,
            max_pages: ty.maximum.unwrap_or(MAX_PAGES).min(MAX_PAGES),
            index: ty.index,
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
        let plan = MemoryPlan::new(&MemoryType { index: IndexType::I32, minimum: 1, maximum: None });
        assert_eq!(plan.max_pages, 65_536);
        assert!(plan.guard_covers(GUARD - 16, 16));
        assert!(!plan.guard_covers(GUARD - 15, 16));
        assert!(!plan.guard_covers(u64::MAX, 16));
        let wide = MemoryPlan::new(&MemoryType { index: IndexType::I64, minimum: 1, maximum: Some(1 << 40) });
        assert!(wide.max_pages == 65_536 && !wide.guard_covers(0, 1));
        assert!(!MemoryPlan { bound_check: BoundCheck::Explicit, ..plan }.guard_covers(0, 1));
        // The highest address that an unchecked access touches lies inside the reserved space.
        let highest = u64::from(u32::MAX) + plan.guard - 1;
        assert!(highest < plan.reservation + plan.guard);
    }
}
