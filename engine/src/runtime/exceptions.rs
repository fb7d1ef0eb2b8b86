//! The exceptions of a store: where they live from being thrown until nobody can reach them any more.
//!
//! An `exnref` is a number: a place in the list and how many exceptions were there before, so that one that is used after
//! its exception is gone is noticed, and a word that is no exception rarely looks like one. An exception that was caught
//! without a reference to it is gone at once. The others are collected: every so often, when one more is thrown, those that
//! no frame of the running call, table, global, other exception or handle of the host refers to.

use std::cell::Cell;
use std::sync::Arc;

use crate::error::{Error, Result};

/// Bytes that an exception counts beside its values.
const OVERHEAD: u64 = 64;

/// Bytes of exceptions that may come together before it is worth looking for unreachable ones.
const LEAST_THRESHOLD: u64 = 128 << 10;

/// Slots that a place keeps for its next exception.
const KEPT_SLOTS: usize = 16;

/// A reference to an exception, never null, as generated code has it.
pub(crate) type Word = u64;

/// All exceptions of a store: nothing before the first one, as most stores never have any.
#[derive(Default)]
pub(crate) struct Exceptions(Option<Box<Live>>);

/// The exceptions, once there were some.
struct Live {
    places: Vec<Place>,
    free: Vec<u32>,
    /// The place whose exception was just caught: its values stay until the next one is thrown, since the code that caught
    /// it is about to read them.
    caught: Option<u32>,
    /// Bytes that the exceptions count.
    bytes: u64,
    /// How many bytes there must be for the next collection.
    threshold: u64,
    /// How many exceptions were ever made.
    made: u64,
    /// Exceptions made before this one belong to calls that the running one is nested in: only their own throws collect
    /// them, as nobody looks into frames of other calls.
    floor: u64,
}

/// Where one exception lives after the other.
struct Place {
    /// How many exceptions lived here before.
    generation: u32,
    live: bool,
    /// Whether the guest may have references to it.
    referenced: bool,
    /// Whether the host was given a reference to it: it stays.
    kept: Cell<bool>,
    /// Held by errors on their way through the host.
    held: Option<Arc<()>>,
    /// The number of the exception among all that were made.
    number: u64,
    /// The tag's place in the store.
    tag: u32,
    slots: Vec<u64>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            free: Vec::new(),
            caught: None,
            bytes: 0,
            threshold: LEAST_THRESHOLD,
            made: 0,
            floor: 0,
        }
    }
}

impl Exceptions {
    /// As [`Live::add`].
    pub(super) fn add(&mut self, tag: u32, slots: &[u64], limit: u64) -> Result<Word> {
        self.0.get_or_insert_default().add(tag, slots, limit)
    }

    /// As [`Live::is_full`].
    pub(super) fn is_full(&self, slots: usize, limit: u64) -> bool {
        self.0.as_ref().is_some_and(|live| live.is_full(slots, limit))
    }

    /// As [`Live::get`].
    pub(super) fn get(&self, word: Word) -> Result<(u32, &[u64])> {
        self.0.as_ref().ok_or_else(gone)?.get(word)
    }

    /// As [`Live::refer`].
    pub(super) fn refer(&mut self, word: Word) {
        self.0.iter_mut().for_each(|live| live.refer(word));
    }

    /// As [`Live::catch`].
    pub(super) fn catch(&mut self, word: Word) {
        self.0.iter_mut().for_each(|live| live.catch(word));
    }

    /// As [`Live::keep`].
    pub(super) fn keep(&self, word: Word) -> Result<()> {
        self.0.as_ref().ok_or_else(gone)?.keep(word)
    }

    /// As [`Live::hold`].
    pub(super) fn hold(&mut self, word: Word) -> Result<Arc<()>> {
        self.0.as_mut().ok_or_else(gone)?.hold(word)
    }

    /// As [`Live::raise_floor`].
    pub(crate) fn raise_floor(&mut self) -> u64 {
        self.0.as_mut().map_or(0, |live| live.raise_floor())
    }

    /// As [`Live::lower_floor`].
    pub(crate) fn lower_floor(&mut self, floor: u64) {
        self.0.iter_mut().for_each(|live| live.lower_floor(floor));
    }

    /// As [`Live::collect`].
    pub(super) fn collect(&mut self, roots: impl Iterator<Item = u64>) {
        if let Some(live) = &mut self.0 {
            live.collect(roots);
        }
    }
}

impl Live {
    /// A new exception of this tag.
    ///
    /// # Errors
    /// `Limit` when all together would be larger than `limit` bytes.
    fn add(&mut self, tag: u32, slots: &[u64], limit: u64) -> Result<Word> {
        self.settle();
        let bytes = self.bytes.saturating_add(cost(slots.len()));
        if bytes > limit {
            return Err(Error::limit("exception_bytes", bytes, limit).at(crate::error::Stage::Call));
        }
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                let index = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
                self.places.push(Place::new());
                index
            }
        };
        let place = self.places.get_mut(index as usize).ok_or_else(gone)?;
        place.live = true;
        place.referenced = false;
        place.kept.set(false);
        place.number = self.made;
        place.tag = tag;
        place.slots.clear();
        place.slots.extend_from_slice(slots);
        self.made = self.made.saturating_add(1);
        self.bytes = bytes;
        Ok(word(index, place.generation))
    }

    /// Whether it is time to collect before an exception of so many slots is added.
    fn is_full(&self, slots: usize, limit: u64) -> bool {
        // Some room is left for those that the host makes.
        let nearly = limit.saturating_sub(limit / 8);
        self.bytes >= self.threshold || self.bytes.saturating_add(cost(slots)) > nearly
    }

    /// The tag of an exception, and what it carries.
    fn get(&self, word: Word) -> Result<(u32, &[u64])> {
        let place = self.place(word).ok_or_else(gone)?;
        Ok((place.tag, &place.slots))
    }

    /// Says that the guest gets a reference to the exception.
    fn refer(&mut self, word: Word) {
        if let Some(index) = self.index(word)
            && let Some(place) = self.places.get_mut(index)
        {
            place.referenced = true;
        }
    }

    /// Says that the exception was caught without a reference to it: if there is none, it is gone, but its values stay
    /// until the next one is made.
    fn catch(&mut self, word: Word) {
        let Some(index) = self.index(word) else { return };
        let unused = self.places.get(index).is_some_and(|place| !place.referenced && !place.is_held());
        if unused {
            self.settle();
            self.caught = u32::try_from(index).ok();
        }
    }

    /// Says that the host has a reference to the exception, which stays for good.
    fn keep(&self, word: Word) -> Result<()> {
        self.place(word).ok_or_else(gone)?.kept.set(true);
        Ok(())
    }

    /// What keeps the exception as long as it is not dropped.
    fn hold(&mut self, word: Word) -> Result<Arc<()>> {
        let index = self.index(word).ok_or_else(gone)?;
        let place = self.places.get_mut(index).ok_or_else(gone)?;
        Ok(Arc::clone(place.held.get_or_insert_default()))
    }

    /// The floor, to be set again when a call that is nested in another one is over.
    fn raise_floor(&mut self) -> u64 {
        std::mem::replace(&mut self.floor, self.made)
    }

    /// Sets the floor that [`Self::raise_floor`] gave.
    fn lower_floor(&mut self, floor: u64) {
        self.floor = floor;
    }

    /// Forgets the exceptions that cannot be reached from `roots` (words that may be anything), the host, or others that
    /// can be.
    fn collect(&mut self, roots: impl Iterator<Item = u64>) {
        self.settle();
        let mut marked = vec![false; self.places.len()];
        let mut pending = Vec::new();
        let mut reach = |index: usize, pending: &mut Vec<usize>| {
            if let Some(mark) = marked.get_mut(index)
                && !*mark
            {
                *mark = true;
                pending.push(index);
            }
        };
        for (index, place) in self.places.iter().enumerate() {
            if place.live && (place.kept.get() || place.is_held() || place.number < self.floor) {
                reach(index, &mut pending);
            }
        }
        for root in roots {
            if let Some(index) = self.index(root) {
                reach(index, &mut pending);
            }
        }
        while let Some(index) = pending.pop() {
            for slot in self.places.get(index).map_or(&[][..], |place| &place.slots) {
                if let Some(index) = self.index(*slot) {
                    reach(index, &mut pending);
                }
            }
        }
        for (index, mark) in marked.into_iter().enumerate() {
            if !mark {
                self.forget(index);
            }
        }
        self.threshold = self.bytes.saturating_mul(2).max(LEAST_THRESHOLD);
    }

    /// Forgets the exception that was caught last.
    fn settle(&mut self) {
        if let Some(index) = self.caught.take() {
            self.forget(index as usize);
        }
    }

    fn forget(&mut self, index: usize) {
        let Some(place) = self.places.get_mut(index).filter(|place| place.live) else { return };
        self.bytes = self.bytes.saturating_sub(cost(place.slots.len()));
        place.live = false;
        place.slots.clear();
        place.slots.shrink_to(KEPT_SLOTS);
        // A place whose generations are used up is not used again.
        if let Some(next) = place.generation.checked_add(1) {
            place.generation = next;
            self.free.extend(u32::try_from(index));
        }
    }

    /// The place of a live exception.
    fn index(&self, word: Word) -> Option<usize> {
        let index = (word as u32).checked_sub(1)? as usize;
        let place = self.places.get(index)?;
        (place.live && place.generation == (word >> 32) as u32).then_some(index)
    }

    fn place(&self, word: Word) -> Option<&Place> {
        self.places.get(self.index(word)?)
    }
}

impl Place {
    fn new() -> Self {
        Self {
            generation: 1,
            live: false,
            referenced: false,
            kept: Cell::new(false),
            held: None,
            number: 0,
            tag: 0,
            slots: Vec::new(),
        }
    }

    fn is_held(&self) -> bool {
        self.kept.get() || self.held.as_ref().is_some_and(|held| Arc::strong_count(held) > 1)
    }
}

fn cost(slots: usize) -> u64 {
    OVERHEAD.saturating_add((slots as u64).saturating_mul(8))
}

fn word(index: u32, generation: u32) -> Word {
    (u64::from(generation) << 32) | u64::from(index.saturating_add(1))
}

fn gone() -> Error {
    Error::internal("an exception that its store does not know any more")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: u64 = 1 << 20;

    #[test]
    fn what_was_caught_keeps_its_values_until_the_next_throw() {
        let mut exceptions = Live::default();
        let first = exceptions.add(3, &[7, 8], LIMIT).unwrap();
        exceptions.catch(first);
        assert_eq!(exceptions.get(first).unwrap(), (3, &[7, 8][..]));
        let second = exceptions.add(4, &[9], LIMIT).unwrap();
        assert!(exceptions.get(first).is_err(), "{first:x} {second:x}");
        assert_eq!(exceptions.places.len(), 1);
        assert_eq!(exceptions.bytes, OVERHEAD + 8);
    }

    #[test]
    fn what_can_be_reached_stays() {
        let mut exceptions = Live::default();
        let mut add = |slots: &[u64]| exceptions.add(0, slots, LIMIT).unwrap();
        let inner = add(&[1]);
        let [outer, lost, kept, held] = [add(&[inner]), add(&[]), add(&[]), add(&[])];
        exceptions.keep(kept).unwrap();
        let hold = exceptions.hold(held).unwrap();
        exceptions.collect([outer, 0, 1, u64::MAX, lost + 1000].into_iter());
        let live =
            |exceptions: &Live| [inner, outer, lost, kept, held].map(|word| exceptions.get(word).is_ok());
        assert_eq!(live(&exceptions), [true, true, false, true, true]);
        drop(hold);
        exceptions.collect([inner].into_iter());
        assert_eq!(live(&exceptions), [true, false, false, true, false]);
        assert_eq!(exceptions.bytes, 2 * OVERHEAD + 8);
    }

    #[test]
    fn calls_around_the_running_one_keep_theirs() {
        let mut exceptions = Live::default();
        let before = exceptions.add(0, &[], LIMIT).unwrap();
        let floor = exceptions.raise_floor();
        let during = exceptions.add(0, &[], LIMIT).unwrap();
        exceptions.collect(std::iter::empty());
        assert!(exceptions.get(before).is_ok() && exceptions.get(during).is_err());
        exceptions.lower_floor(floor);
        exceptions.collect(std::iter::empty());
        assert!(exceptions.get(before).is_err());
    }

    #[test]
    fn the_limit_holds() {
        let mut exceptions = Live::default();
        exceptions.add(0, &[], 200).unwrap();
        exceptions.add(0, &[], 200).unwrap();
        let error = exceptions.add(0, &[0, 0], 200).unwrap_err();
        assert!(error.to_string().contains("exception_bytes would be 208, at most 200"), "{error}");
    }
}
