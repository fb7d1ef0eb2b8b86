//! `Tally`: what one instance did in the call under way, gathered so that a call is told in a few events however often it did
//! it. Denials are told when they happen, and what repeats them when the call has ended.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::Verdict;

/// The most bytes of a target that are kept; more than are shown.
const LONGEST_TARGET: usize = 1024;
/// How many different notes of one call are kept apart. What comes beyond is told by function, without its targets.
const MAX_NOTES: usize = 256;
/// The target of those.
const OTHERS: &str = "(more targets)";

/// What was decided inside a host function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Note<'a> {
    pub(crate) capability: &'a str,
    pub(crate) operation: &'a str,
    pub(crate) target: &'a str,
    pub(crate) verdict: Verdict,
    pub(crate) rule: &'a str,
}

/// What one instance used since it was last told.
#[derive(Debug)]
pub(crate) struct Tally {
    /// Uses, by the number of the function.
    uses: Vec<Used>,
    /// The function that is under way, if a gate saw it and no note was made in it yet.
    current: u32,
    /// When it began, if anyone wants to know.
    started: Option<Instant>,
    /// The last note that was made in it.
    last: Option<usize>,
    /// The last note of all, and its place.
    recent: Option<(Key, usize)>,
    /// The call that the notes are of.
    call: u64,
    places: HashMap<Key, usize>,
    notes: Vec<Noted>,
}

/// How often, and how long together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) count: u64,
    pub(crate) duration: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    capability: Box<str>,
    operation: Box<str>,
    target: Box<str>,
    verdict: Verdict,
    rule: Box<str>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Noted {
    used: Used,
    /// How many of them were told already.
    told: u64,
}

/// No function is under way.
const NONE: u32 = u32::MAX;

impl Default for Tally {
    fn default() -> Self {
        Self {
            uses: Vec::new(),
            current: NONE,
            started: None,
            last: None,
            recent: None,
            call: 0,
            places: HashMap::new(),
            notes: Vec::new(),
        }
    }
}

impl Tally {
    /// A gate lets function `number` pass.
    #[inline]
    pub(crate) fn count(&mut self, number: u32) {
        self.current = number;
        let index = number as usize;
        if let Some(used) = self.uses.get_mut(index) {
            used.count = used.count.saturating_add(1);
        } else {
            self.uses.resize(index.saturating_add(1), Used::default());
            self.uses[index].count = 1;
        }
    }

    /// What a gate let pass begins, and is timed.
    pub(crate) fn start(&mut self) {
        self.last = None;
        self.started = Some(Instant::now());
    }

    /// Function `number` has returned.
    pub(crate) fn stop(&mut self, number: u32) {
        let Some(took) = self.started.take().map(|started| started.elapsed()) else { return };
        let noted = self.last.take().and_then(|place| self.notes.get_mut(place)).map(|noted| &mut noted.used);
        if let Some(used) = noted.or_else(|| self.uses.get_mut(number as usize)) {
            used.duration = used.duration.saturating_add(took);
        }
    }

    /// Takes a note in call `call`. Returns whether it is to be told at once, with which target; `flush` gets what an earlier
    /// call left.
    pub(crate) fn note<'a>(
        &mut self,
        call: u64,
        note: &Note<'a>,
        flush: impl FnMut(Note<'_>, Used),
    ) -> Option<&'a str> {
        if self.call != call {
            self.flush_notes(flush);
            self.call = call;
        }
        // The function is told by its note, with the target, and not once more without.
        if let Some(used) = self.uses.get_mut(self.current as usize) {
            used.count = used.count.saturating_sub(1);
            self.current = NONE;
        }
        let note = &Note { target: clipped(note.target), ..*note };
        let (place, target) = match &self.recent {
            // Programs do the same again and again.
            Some((recent, place)) if recent.is(note) => (*place, note.target),
            _ => self.find(note),
        };
        self.last = Some(place);
        let noted = self.notes.get_mut(place)?;
        noted.used.count = noted.used.count.saturating_add(1);
        let at_once = note.verdict != Verdict::Allowed && noted.told == 0;
        noted.told += u64::from(at_once);
        at_once.then_some(target)
    }

    /// The place of a note, and the target by which it is told.
    fn find<'a>(&mut self, note: &Note<'a>) -> (usize, &'a str) {
        let full = self.places.len() >= MAX_NOTES;
        let key = Key::new(note);
        let (key, target) = if full && !self.places.contains_key(&key) {
            (Key { target: OTHERS.into(), rule: "".into(), ..key }, OTHERS)
        } else {
            (key, note.target)
        };
        let place = *self.places.entry(key.clone()).or_insert(self.notes.len());
        if place == self.notes.len() {
            self.notes.push(Noted::default());
        }
        self.recent = Some((key, place));
        (place, target)
    }

    /// What was used, by number of the function, since this was last asked.
    pub(crate) fn take_uses(&mut self) -> impl Iterator<Item = (usize, Used)> {
        self.current = NONE;
        let used = |(number, used): (usize, &mut Used)| (number, std::mem::take(used));
        self.uses.iter_mut().enumerate().map(used).filter(|(_, used)| used.count > 0)
    }

    /// Gives what was noted and not told to `tell`, and forgets it.
    pub(crate) fn flush_notes(&mut self, mut tell: impl FnMut(Note<'_>, Used)) {
        let mut places: Vec<_> = self.places.drain().collect();
        places.sort_by(|(a, _), (b, _)| a.order().cmp(&b.order()));
        let notes = std::mem::take(&mut self.notes);
        (self.last, self.recent) = (None, None);
        for (key, place) in places {
            let Some(noted) = notes.get(place) else { continue };
            let count = noted.used.count.saturating_sub(noted.told);
            if count > 0 {
                tell(key.note(), Used { count, ..noted.used });
            }
        }
    }
}

/// As much of a target as is kept.
fn clipped(target: &str) -> &str {
    target.get(..target.floor_char_boundary(LONGEST_TARGET)).unwrap_or(target)
}

impl Key {
    fn new(note: &Note<'_>) -> Self {
        let Note { capability, operation, target, verdict, rule } = *note;
        Self {
            capability: capability.into(),
            operation: operation.into(),
            target: target.into(),
            verdict,
            rule: rule.into(),
        }
    }

    fn is(&self, note: &Note<'_>) -> bool {
        *self.target == *note.target
            && *self.operation == *note.operation
            && self.verdict == note.verdict
            && *self.rule == *note.rule
            && *self.capability == *note.capability
    }

    fn note(&self) -> Note<'_> {
        let Self { capability, operation, target, verdict, rule } = self;
        Note { capability, operation, target, verdict: *verdict, rule }
    }

    fn order(&self) -> (&str, &str, &str, &str) {
        (&self.capability, &self.operation, &self.target, &self.rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(target: &str, verdict: Verdict) -> Note<'_> {
        Note { capability: "a:b/c", operation: "open", target, verdict, rule: "r" }
    }

    fn flushed(tally: &mut Tally) -> Vec<(String, u64)> {
        let mut told = Vec::new();
        tally.flush_notes(|note, used| told.push((note.target.to_owned(), used.count)));
        told
    }

    #[test]
    fn a_denial_is_told_at_once_and_its_repetitions_together() {
        let mut tally = Tally::default();
        let mut at_once = 0;
        for _ in 0..1_000_000 {
            at_once += u64::from(tally.note(1, &note("x", Verdict::Denied), |_, _| {}).is_some());
        }
        assert_eq!(at_once, 1);
        assert_eq!(flushed(&mut tally), [("x".to_owned(), 999_999)]);
        assert!(flushed(&mut tally).is_empty());
    }

    #[test]
    fn what_was_allowed_is_told_by_target_when_the_call_has_ended() {
        let mut tally = Tally::default();
        for target in ["b", "a", "b"] {
            assert!(tally.note(1, &note(target, Verdict::Allowed), |_, _| {}).is_none());
        }
        assert_eq!(flushed(&mut tally), [("a".to_owned(), 1), ("b".to_owned(), 2)]);
    }

    #[test]
    fn many_targets_are_kept_apart_only_up_to_a_bound() {
        let mut tally = Tally::default();
        let mut told = Vec::new();
        for number in 0..100_000 {
            let target = number.to_string();
            told.extend(tally.note(1, &note(&target, Verdict::Denied), |_, _| {}).map(str::to_owned));
        }
        assert_eq!(told.len(), MAX_NOTES + 1);
        assert_eq!(told.last().map(String::as_str), Some(OTHERS));
        assert_eq!(flushed(&mut tally), [(OTHERS.to_owned(), 100_000 - MAX_NOTES as u64 - 1)]);
    }

    #[test]
    fn a_noted_function_is_not_told_twice_and_calls_are_kept_apart() {
        let mut tally = Tally::default();
        tally.count(2);
        tally.note(1, &note("x", Verdict::Allowed), |_, _| {});
        tally.note(1, &note("y", Verdict::Allowed), |_, _| {});
        tally.count(2);
        assert_eq!(tally.take_uses().map(|(n, used)| (n, used.count)).collect::<Vec<_>>(), [(2, 1)]);
        let mut left = 0;
        tally.note(2, &note("x", Verdict::Allowed), |_, _| left += 1);
        assert_eq!(left, 2);
    }
}
