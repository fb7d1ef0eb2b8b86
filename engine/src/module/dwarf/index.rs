//! Which unit of the debug information covers which addresses.

use std::cell::Cell;
use std::sync::Arc;

use gimli::{DebugInfoOffset, DebuggingInformationEntry, Error, Result, constants};

use super::meter::{Metered, spend};
use super::{Sections, Unit};

/// Attributes of one entry beyond which it is not looked at. Attributes can take no bytes of an entry, only of the
/// description that entries share.
const MAX_ATTRIBUTES: usize = 128;

/// Ranges of addresses that are kept.
const MAX_RANGES: usize = 500_000;

/// Ranges of one entry that are looked at.
const MAX_ENTRY_RANGES: usize = 10_000;

/// The units of a module and the addresses that they cover.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// (First address, first address after, offset of the unit), sorted.
    ranges: Vec<(u64, u64, usize)>,
    /// Where units begin, sorted.
    units: Vec<usize>,
}

impl Index {
    pub(super) fn read(sections: &Sections<'_>, left: &Cell<u64>) -> Self {
        let mut index = Self::default();
        let mut headers = sections.debug_info.units();
        while let Ok(Some(header)) = headers.next() {
            let Some(offset) = header.debug_info_offset() else { continue };
            if index.units.len() >= MAX_RANGES || spend(left, 1).is_err() {
                break;
            }
            index.units.push(offset.0);
            let Ok(unit) = with_header(sections, header) else { continue };
            let Ok(mut entries) = unit.entries_raw(None) else { continue };
            let Ok(Some(root)) = entry(&mut entries, left) else { continue };
            let room = MAX_RANGES.saturating_sub(index.ranges.len());
            let found = ranges(sections, &unit, &root).unwrap_or_default();
            index.ranges.extend(found.into_iter().take(room).map(|(start, end)| (start, end, offset.0)));
        }
        index.units.sort_unstable();
        index.ranges.sort_unstable();
        index
    }

    /// The unit that covers an address.
    pub(super) fn unit_of(&self, address: u64) -> Option<usize> {
        let before = self.ranges.partition_point(|(start, ..)| *start <= address);
        let near = self.ranges.get(before.saturating_sub(4)..before).unwrap_or_default();
        near.iter().rev().find(|(_, end, _)| address < *end).map(|(.., unit)| *unit)
    }

    /// The unit that an offset in the section lies in.
    pub(super) fn unit_at(&self, offset: usize) -> Option<usize> {
        let after = self.units.partition_point(|start| *start <= offset);
        self.units.get(after.checked_sub(1)?).copied()
    }
}

/// The unit that begins at an offset of the section.
pub(super) fn unit<'a>(sections: &Sections<'a>, offset: usize) -> Result<Unit<'a>> {
    with_header(sections, sections.debug_info.header_from_offset(DebugInfoOffset(offset))?)
}

fn with_header<'a>(sections: &Sections<'a>, header: gimli::UnitHeader<Metered<'a>>) -> Result<Unit<'a>> {
    let abbreviations = Arc::new(header.abbreviations(&sections.debug_abbrev)?);
    let root = header.entries_raw(&abbreviations, None)?.read_abbreviation()?;
    if root.is_none_or(|root| root.attributes().len() > MAX_ATTRIBUTES) {
        return Err(Error::MissingUnitDie);
    }
    gimli::Unit::new_with_abbreviations(sections, header, abbreviations)
}

/// Reads the next entry; `None` at the end of a list of children.
pub(super) fn entry<'a>(
    entries: &mut gimli::EntriesRaw<'_, Metered<'a>>,
    left: &Cell<u64>,
) -> Result<Option<DebuggingInformationEntry<Metered<'a>>>> {
    let offset = entries.next_offset();
    let Some(abbreviation) = entries.read_abbreviation()? else { return Ok(None) };
    let specifications = abbreviation.attributes();
    if specifications.len() > MAX_ATTRIBUTES {
        return Err(Error::MissingUnitDie);
    }
    spend(left, specifications.len() as u64)?;
    let mut attributes = Vec::new();
    entries.read_attributes(specifications, &mut attributes)?;
    let (tag, children) = (abbreviation.tag(), abbreviation.has_children());
    Ok(Some(DebuggingInformationEntry::new(tag, children, attributes, offset)))
}

/// The ranges of addresses that an entry covers, without those of code that the linker dropped.
pub(super) fn ranges(
    sections: &Sections<'_>,
    unit: &Unit<'_>,
    entry: &DebuggingInformationEntry<Metered<'_>>,
) -> Result<Vec<(u64, u64)>> {
    let mut found = Vec::new();
    if let Some(list) = entry.attr_value(constants::DW_AT_ranges)
        && let Some(mut list) = sections.attr_ranges(unit, list)?
    {
        while let Some(range) = list.next()? {
            if found.len() >= MAX_ENTRY_RANGES {
                break;
            }
            found.push((range.begin, range.end));
        }
    } else if let Some(low) = entry.attr_value(constants::DW_AT_low_pc)
        && let Some(low) = sections.attr_address(unit, low)?
    {
        let high = match entry.attr_value(constants::DW_AT_high_pc) {
            Some(gimli::AttributeValue::Udata(size)) => low.checked_add(size),
            Some(value) => sections.attr_address(unit, value)?,
            None => None,
        };
        found.extend(high.map(|high| (low, high)));
    }
    // No function begins at 0, where the number of functions is; a linker puts 0 or −1 for what it dropped.
    found.retain(|(start, end)| *start != 0 && start < end && *end < u64::from(u32::MAX));
    Ok(found)
}
