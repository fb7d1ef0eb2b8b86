//! Debug information (DWARF): from an offset in the code section to functions, files and lines, inlined ones included.
//!
//! Nothing is read before a backtrace is looked at. What is wrong with the sections costs lines, never an error; reading
//! is bounded (`meter`), depth is not recursion, and what is found is capped. Which units cover which addresses is kept
//! (`index`), functions of a unit too (`function`); lines are looked up each time (`line`).

mod function;
mod index;
mod line;
mod meter;

use std::cell::Cell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use gimli::SectionId;

use super::names::printable;
use super::symbols::DebugSection;
use crate::artifact::bytes::Bytes;
use crate::trap::Location;
use function::{Functions, InlinedCall};
use index::Index;
use meter::Metered;

/// Bytes and attributes that are read for what is kept: the index of units and the functions of those asked for.
const KEPT_READS: u64 = 64_000_000;

/// The same for looking up one address.
const LOOKUP_READS: u64 = 8_000_000;

/// Addresses whose places are remembered.
const REMEMBERED: usize = 10_000;

/// gimli's view of the sections, counted.
type Sections<'a> = gimli::Dwarf<Metered<'a>>;
/// A unit of them.
type Unit<'a> = gimli::Unit<Metered<'a>>;

/// The debug information of one module.
#[derive(Debug, Default)]
pub(crate) struct Dwarf {
    sections: Vec<(DebugSection, Bytes)>,
    index: OnceLock<Index>,
    kept: Mutex<Kept>,
}

/// What was found so far.
#[derive(Debug, Default)]
struct Kept {
    /// Reads spent on what is kept.
    spent: u64,
    functions: HashMap<usize, Arc<Functions>>,
    places: HashMap<u64, Arc<[Location]>>,
}

impl Dwarf {
    /// The debug information in these sections.
    pub(crate) fn new(sections: Vec<(DebugSection, Bytes)>) -> Self {
        Self { sections, ..Self::default() }
    }

    /// The sections.
    pub(crate) fn sections(&self) -> &[(DebugSection, Bytes)] {
        &self.sections
    }

    /// The places in the source of the instruction at `address`, an offset in the code section: the innermost inlined
    /// function first, the function that is really there last. Empty if they are not known.
    pub(crate) fn places(&self, address: u64) -> Arc<[Location]> {
        if self.sections.is_empty() {
            return Arc::default();
        }
        if let Some(places) = self.lock().places.get(&address) {
            return places.clone();
        }
        // gimli does not mean to panic on any bytes; if it does all the same, there are no lines.
        let places = catch_unwind(AssertUnwindSafe(|| self.look_up(address))).unwrap_or_default();
        let places: Arc<[Location]> = places.unwrap_or_default().into();
        let mut kept = self.lock();
        if kept.places.len() >= REMEMBERED {
            kept.places.clear();
        }
        kept.places.insert(address, places.clone());
        places
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn view<'a>(&'a self, left: &'a Cell<u64>) -> Sections<'a> {
        let section = |id: SectionId| {
            let found = self.sections.iter().find(|(section, _)| section.name() == id.name());
            Ok::<_, gimli::Error>(Metered::new(found.map_or(&[], |(_, bytes)| bytes), left))
        };
        gimli::Dwarf::load(section).unwrap_or_else(|_| {
            let none = Metered::new(&[], left);
            gimli::DwarfSections::<()>::default().borrow(|()| none)
        })
    }

    /// Does something that is kept: all of it together has one bound.
    fn keep<T: Default>(&self, work: impl FnOnce(&Cell<u64>) -> T) -> T {
        let left = Cell::new(KEPT_READS.saturating_sub(self.lock().spent));
        let before = left.get();
        let result = work(&left);
        let mut kept = self.lock();
        kept.spent = kept.spent.saturating_add(before.saturating_sub(left.get()));
        result
    }

    fn functions(&self, unit: usize) -> Arc<Functions> {
        if let Some(functions) = self.lock().functions.get(&unit) {
            return functions.clone();
        }
        let functions = self.keep(|left| {
            let sections = self.view(left);
            index::unit(&sections, unit)
                .map(|unit| Functions::read(&sections, &unit, left))
                .unwrap_or_default()
        });
        self.lock().functions.entry(unit).or_insert_with(|| Arc::new(functions)).clone()
    }

    fn look_up(&self, address: u64) -> Option<Vec<Location>> {
        let index = self.index.get_or_init(|| self.keep(|left| Index::read(&self.view(left), left)));
        let offset = index.unit_of(address)?;
        let functions = self.functions(offset);
        let left = Cell::new(LOOKUP_READS);
        let sections = self.view(&left);
        let unit = index::unit(&sections, offset).ok()?;
        let innermost = line::of(&unit, address);
        let calls = functions
            .at(address)
            .and_then(|entry| function::inlined_at(&sections, index, &unit, entry, address, &left).ok())
            .unwrap_or_default();
        Some(places(&sections, &unit, innermost, calls))
    }
}

/// Puts the line of the instruction and the calls that were inlined around it together.
fn places(
    sections: &Sections<'_>,
    unit: &Unit<'_>,
    innermost: Option<line::Line>,
    calls: Vec<InlinedCall>,
) -> Vec<Location> {
    let mut places = Vec::new();
    let mut line = innermost;
    // The calls are told from the outermost function inwards, each with where it is called.
    for InlinedCall { name, called_at } in calls.into_iter().rev() {
        let name = name.map(|name| printable(name.as_bytes()));
        if let Some(line) = line.take() {
            places.push(line.location(sections, unit, name));
        } else if let Some(name) = name {
            places.push(Location { function: Some(name), file: None, line: None, column: None });
        }
        line = called_at;
    }
    if places.is_empty()
        && let Some(line) = line
    {
        places.push(line.location(sections, unit, None));
    }
    places
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::module::decode::decode;
    use crate::{Config, Engine};

    const MODULES: [&[u8]; 2] = [
        include_bytes!("../../../../tests/fixtures/lines/lines.wasm"),
        include_bytes!("../../../../tests/fixtures/lines/lines5.wasm"),
    ];

    fn sections(module: &[u8]) -> Vec<(DebugSection, Bytes)> {
        decode(module, &Engine::new(&Config::new()).unwrap()).unwrap().symbols.copied().debug
    }

    #[test]
    fn damage_of_any_kind_neither_panics_nor_takes_long() {
        let mut numbers = 0x9e37_79b9_7f4a_7c15_u64;
        let mut below = |end: usize| {
            numbers ^= numbers << 13;
            numbers ^= numbers >> 7;
            numbers ^= numbers << 17;
            usize::try_from(numbers % end as u64).unwrap()
        };
        for module in MODULES {
            let whole = sections(module);
            for _ in 0..1500 {
                let mut damaged = whole.clone();
                for _ in 0..=below(4) {
                    let at = below(damaged.len());
                    let mut bytes = damaged[at].1.to_vec();
                    let place = below(bytes.len());
                    match below(4) {
                        0 => bytes[place] ^= 1 << below(8),
                        1 => bytes[place] = [0, 0xff, 0x7f, 0x80][below(4)],
                        2 => bytes.truncate(place.max(1)),
                        _ => drop(bytes.splice(place..place, [0xff, 0xff, 0xff, 0x7f])),
                    }
                    damaged[at].1 = bytes.into();
                }
                let dwarf = Dwarf::new(damaged);
                let begin = Instant::now();
                for address in [0, 1, 20, 40, 60, u64::MAX] {
                    // Not `places`, which would catch a panic.
                    dwarf.look_up(address);
                }
                assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
            }
        }
    }

    #[test]
    fn what_is_read_is_bounded() {
        let left = Cell::new(10);
        let dwarf = Dwarf::new(sections(MODULES[0]));
        let index = Index::read(&dwarf.view(&left), &left);
        assert_eq!((left.get(), index.unit_of(20)), (0, None));
        assert!(!dwarf.places(20).is_empty());
        assert_eq!(Arc::as_ptr(&dwarf.places(20)), Arc::as_ptr(&dwarf.places(20)));
    }
}
