//! The functions of a unit, what was inlined into them, and their names.

use std::cell::Cell;

use gimli::{AttributeValue, DebuggingInformationEntry, Result, UnitOffset, constants};

use super::index::{self, Index, entry, ranges};
use super::line::Line;
use super::meter::Metered;
use super::{Sections, Unit};
use crate::module::names::MAX_NAME_BYTES;

/// Functions inlined into each other that are told.
const MAX_INLINED: usize = 16;

/// How many entries are followed for a name.
const MAX_HOPS: usize = 8;

/// The functions of one unit.
#[derive(Debug, Default)]
pub(super) struct Functions {
    /// (First address, first address after, offset of the entry in the unit), sorted.
    spans: Vec<(u64, u64, usize)>,
}

impl Functions {
    /// All functions of a unit that are in the code.
    pub(super) fn read(sections: &Sections<'_>, unit: &Unit<'_>, left: &Cell<u64>) -> Self {
        let mut spans = Vec::new();
        if let Ok(mut entries) = unit.entries_raw(None) {
            while !entries.is_empty() {
                let Ok(next) = entry(&mut entries, left) else { break };
                let Some(next) = next.filter(|next| next.tag() == constants::DW_TAG_subprogram) else {
                    continue;
                };
                let found = ranges(sections, unit, &next).unwrap_or_default();
                spans.extend(found.into_iter().map(|(start, end)| (start, end, next.offset().0)));
            }
        }
        spans.sort_unstable();
        Self { spans }
    }

    /// The offset of the entry of the function at an address.
    pub(super) fn at(&self, address: u64) -> Option<usize> {
        let before = self.spans.partition_point(|(start, ..)| *start <= address);
        let (_, end, offset) = self.spans.get(before.checked_sub(1)?)?;
        (address < *end).then_some(*offset)
    }
}

/// A function, and where it is called if it is inlined there.
#[derive(Debug)]
pub(super) struct InlinedCall {
    pub(super) name: Option<String>,
    pub(super) called_at: Option<Line>,
}

/// The function whose entry is at `function`, then those that are inlined at an address, from the outside in.
pub(super) fn inlined_at(
    sections: &Sections<'_>,
    index: &Index,
    unit: &Unit<'_>,
    function: usize,
    address: u64,
    left: &Cell<u64>,
) -> Result<Vec<InlinedCall>> {
    let mut calls = Vec::new();
    let mut entries = unit.entries_raw(Some(UnitOffset(function)))?;
    let Some(outermost) = entry(&mut entries, left)? else { return Ok(calls) };
    let name = name_of(sections, index, unit, &outermost, left);
    calls.push(InlinedCall { name, called_at: None });
    while entries.next_depth() > 0 && !entries.is_empty() && calls.len() < MAX_INLINED {
        let Some(inner) = entry(&mut entries, left)? else { continue };
        if inner.tag() != constants::DW_TAG_inlined_subroutine {
            continue;
        }
        let ranges = ranges(sections, unit, &inner)?;
        if ranges.iter().any(|(start, end)| (*start..*end).contains(&address)) {
            let number = |name| inner.attr_value(name).and_then(|value| value.udata_value()).unwrap_or(0);
            let called_at = Some(Line {
                file: number(constants::DW_AT_call_file),
                line: number(constants::DW_AT_call_line),
                column: number(constants::DW_AT_call_column),
            });
            calls.push(InlinedCall { name: name_of(sections, index, unit, &inner, left), called_at });
        }
    }
    Ok(calls)
}

/// The name of a function, by which a linker knows it if there is one: it has the path in it.
fn name_of<'a>(
    sections: &Sections<'a>,
    index: &Index,
    unit: &Unit<'a>,
    function: &DebuggingInformationEntry<Metered<'a>>,
    left: &Cell<u64>,
) -> Option<String> {
    let mut other: Option<Unit<'a>> = None;
    let mut function = function.clone();
    for _ in 0..MAX_HOPS {
        let unit = other.as_ref().unwrap_or(unit);
        let names =
            [constants::DW_AT_linkage_name, constants::DW_AT_MIPS_linkage_name, constants::DW_AT_name];
        if let Some(value) = names.into_iter().find_map(|name| function.attr_value(name)) {
            let name = sections.attr_string(unit, value).ok()?.bytes();
            return Some(String::from_utf8_lossy(name.get(..MAX_NAME_BYTES).unwrap_or(name)).into_owned());
        }
        let origins = [constants::DW_AT_abstract_origin, constants::DW_AT_specification];
        let (elsewhere, offset) = match origins.into_iter().find_map(|origin| function.attr_value(origin))? {
            AttributeValue::UnitRef(offset) => (None, offset),
            AttributeValue::DebugInfoRef(offset) => {
                let start = index.unit_at(offset.0)?;
                let offset = UnitOffset(offset.0.checked_sub(start)?);
                (Some(index::unit(sections, start).ok()?), offset)
            }
            _ => return None,
        };
        let next = elsewhere
            .as_ref()
            .unwrap_or(unit)
            .entries_raw(Some(offset))
            .ok()
            .and_then(|mut entries| entry(&mut entries, left).ok().flatten())?;
        function = next;
        if elsewhere.is_some() {
            other = elsewhere;
        }
    }
    None
}
