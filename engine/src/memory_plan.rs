//! The plan of one linear memory: how much address space it gets and how accesses are checked. Written once per memory
//! and read by the translator and the allocator alike, so that they cannot disagree.

use crate::config::{Config, TrapStyle};
use crate::types::{IndexType, MemoryType};

/// Bytes in a WebAssembly page.
pub(crate) const PAGE_SIZE: u64 = 1 << 16;

/// Most pages that a memory can have: all that 32-bit indices reach. Memories with 64-bit indices could have more, but do
/// not grow beyond this.
pub(crate) const MAX_PAGES: u64 = 1 << 16;

/// Address space that a memory reserves unless told otherwise: everything that a 32-bit index alone can reach.
pub(crate) const RESERVATION: u64 = 1 << 32;

/// Most inaccessible address space after the reservation: what index + static offset + access width can reach on top of
/// it. More would not fit the displacement of an instruction.
pub(crate) const GUARD: u64 = 2 << 30;

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
///
/// An imported memory has two plans: the one it was made by, and the importer's, from the type that it asked for. Both
/// come of the same configuration, and all that follows from the importer's holds for the memory: the way of checking
/// depends on the kind of the indices alone, and a memory that can move is never behind a plan that says it cannot (it
/// would have to grow beyond a size that neither its maximum nor the importer's lets it exceed).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct MemoryPlan {
    /// Bytes of address space reserved at first for the memory itself.
    pub(crate) reservation: u64,
    /// Inaccessible bytes that follow the reservation.
    pub(crate) guard: u64,
    /// How accesses are checked.
    pub(crate) bound_check: BoundCheck,
    /// Whether the memory can outgrow its reservation: then growing may move it. If not, its base never changes.
    pub(crate) movable: bool,
    /// Initial size in pages.
    pub(crate) min_pages: u64,
    /// Highest size in pages: the declared maximum, or what we can address.
    pub(crate) max_pages: u64,
    /// The type of the indices.
    pub(crate) index: IndexType,
}

impl MemoryPlan {
    /// The plan of a memory of this type under this configuration.
    pub(crate) fn new(ty: &MemoryType, config: &Config) -> Self {
        let max_pages = ty.maximum.unwrap_or(MAX_PAGES).min(MAX_PAGES);
        let most = max_pages.saturating_mul(PAGE_SIZE);
        let wanted = config.memory_reservation();
        // No guard is as long as a 64-bit index reaches.
        let guarded = config.trap_style() == TrapStyle::Signals
            && ty.index == IndexType::I32
            && wanted >= RESERVATION
            && config.memory_guard() > 0;
        // Behind a guard, everything that an index reaches must be reserved, however small the memory stays.
        let reservation = match guarded {
            true => RESERVATION,
            false => wanted.max(ty.minimum.saturating_mul(PAGE_SIZE)).min(most),
        };
        Self {
            reservation,
            guard: config.memory_guard(),
            bound_check: if guarded { BoundCheck::Guard } else { BoundCheck::Explicit },
            movable: reservation < most,
            min_pages: ty.minimum,
            max_pages,
            index: ty.index,
        }
    }

    /// Whether an access of `width` bytes at any index plus `offset` stays within reservation and guard, so that the
    /// processor notices one that is out of bounds.
    pub(crate) fn guard_covers(&self, offset: u64, width: u64) -> bool {
        self.bound_check == BoundCheck::Guard
            && offset.checked_add(width).is_some_and(|reach| reach <= self.guard)
    }

    /// Bytes that the memory always has.
    pub(crate) fn min_bytes(&self) -> u64 {
        self.min_pages.saturating_mul(PAGE_SIZE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ty(index: IndexType, minimum: u64, maximum: Option<u64>) -> MemoryType {
        MemoryType { index, minimum, maximum }
    }

    #[test]
    fn the_guard_covers_what_index_and_offset_reach() {
        let plan = MemoryPlan::new(&ty(IndexType::I32, 1, None), &Config::new());
        assert!(plan.max_pages == 65_536 && !plan.movable);
        assert!(plan.guard_covers(GUARD - 16, 16));
        assert!(!plan.guard_covers(GUARD - 15, 16));
        assert!(!plan.guard_covers(u64::MAX, 16));
        let wide = MemoryPlan::new(&ty(IndexType::I64, 1, Some(1 << 40)), &Config::new());
        assert!(wide.max_pages == 65_536 && !wide.guard_covers(0, 1) && !wide.movable);
        assert!(!MemoryPlan { bound_check: BoundCheck::Explicit, ..plan }.guard_covers(0, 1));
        // The highest address that an unchecked access touches lies inside the reserved space.
        let highest = u64::from(u32::MAX) + plan.guard - 1;
        assert!(highest < plan.reservation + plan.guard);
    }

    #[test]
    fn only_reservations_of_everything_do_without_comparisons() {
        let small = Config::new().with_memory_reservation(1 << 20);
        let bare = Config::new().with_memory_guard(0);
        let explicit = Config::new().with_trap_style(TrapStyle::Explicit);
        for config in [small, bare, explicit] {
            let plan = MemoryPlan::new(&ty(IndexType::I32, 1, Some(2)), &config);
            assert!(!plan.guard_covers(0, 1) && !plan.movable && plan.reservation <= 2 * PAGE_SIZE);
        }
    }

    #[test]
    fn what_the_importer_takes_for_fixed_does_not_move() {
        let config =
            Config::new().with_trap_style(TrapStyle::Explicit).with_memory_reservation(3 * PAGE_SIZE);
        let sizes = 0..6;
        for (minimum, maximum) in sizes.clone().flat_map(|min| (min..6).map(move |max| (min, max))) {
            let made = MemoryPlan::new(&ty(IndexType::I32, minimum, Some(maximum)), &config);
            for current in minimum..=maximum {
                // Every type that a memory of this size can be imported as.
                for (asked, most) in sizes.clone().flat_map(|min| (min..6).map(move |max| (min, max))) {
                    let import = MemoryPlan::new(&ty(IndexType::I32, asked, Some(most)), &config);
                    let fits = asked <= current && maximum <= most;
                    let can_move = made.movable && current < maximum;
                    assert!(!fits || !can_move || import.movable, "{made:?} at {current} as {import:?}");
                }
            }
        }
    }
}
