//! Which accesses to memories are known to be in bounds, in explicit style: those at an index that was compared before, up
//! to what it was compared with. Memories never shrink, so that this holds wherever the comparison was passed on every
//! way: a fact is dropped where a way arrives that did not pass it.

use std::collections::HashMap;

use cranelift_codegen::ir::Value;

/// An index into a memory.
type Place = (u32, Value);

/// The accesses that are known to be in bounds here.
#[derive(Default)]
pub(super) struct Checked {
    /// To how many bytes from the index on.
    reach: HashMap<Place, u64>,
    /// What each fact replaced, in the order in which they were found.
    found: Vec<(Place, Option<u64>)>,
}

impl Checked {
    /// Whether `reach` bytes from an index on are known to be in a memory.
    pub(super) fn covers(&self, memory: u32, index: Value, reach: u64) -> bool {
        self.reach.get(&(memory, index)).is_some_and(|known| *known >= reach)
    }

    /// They are, from here on.
    pub(super) fn note(&mut self, memory: u32, index: Value, reach: u64) {
        let place = (memory, index);
        self.found.push((place, self.reach.insert(place, reach)));
    }

    /// Where we are: what is found later can be forgotten.
    pub(super) fn mark(&self) -> usize {
        self.found.len()
    }

    /// Forgets what was found since.
    pub(super) fn forget_since(&mut self, mark: usize) {
        for (place, before) in self.found.drain(mark.min(self.found.len())..).rev() {
            match before {
                Some(reach) => self.reach.insert(place, reach),
                None => self.reach.remove(&place),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forgotten_gives_way_to_what_was_known_before() {
        let (mut checked, a, b) = (Checked::default(), Value::from_u32(1), Value::from_u32(2));
        checked.note(0, a, 8);
        let mark = checked.mark();
        checked.note(0, a, 16);
        checked.note(0, b, 4);
        assert!(checked.covers(0, a, 16) && checked.covers(0, b, 4) && !checked.covers(1, a, 1));
        checked.forget_since(mark);
        assert!(checked.covers(0, a, 8) && !checked.covers(0, a, 9) && !checked.covers(0, b, 1));
    }
}
