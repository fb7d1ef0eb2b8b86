//! Lines: from an address to the file and line of its instruction.

use gimli::ColumnType;

use super::{Sections, Unit};
use crate::module::names::printable;
use crate::trap::Location;

/// A place in the source; 0 where something is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) file: u64,
    pub(super) line: u64,
    pub(super) column: u64,
}

/// The line of the instruction at an address.
pub(super) fn of(unit: &Unit<'_>, address: u64) -> Option<Line> {
    let mut rows = unit.line_program.clone()?.rows();
    // (Where the row before begins, its line); `None` at the start of a sequence, and in those of dropped code.
    let mut before: Option<(u64, Line)> = None;
    let (mut fresh, mut dropped) = (true, false);
    while let Ok(Some((_, row))) = rows.next_row() {
        if fresh {
            dropped = row.address() == 0;
        }
        if let Some((start, line)) = before
            && !dropped
            && (start..row.address()).contains(&address)
        {
            return Some(line);
        }
        let column = match row.column() {
            ColumnType::LeftEdge => 0,
            ColumnType::Column(column) => column.get(),
        };
        let line = Line { file: row.file_index(), line: row.line().map_or(0, |line| line.get()), column };
        before = (!row.end_sequence()).then_some((row.address(), line));
        fresh = row.end_sequence();
    }
    None
}

impl Line {
    /// The place as it is shown.
    pub(super) fn location(
        self,
        sections: &Sections<'_>,
        unit: &Unit<'_>,
        function: Option<String>,
    ) -> Location {
        let number = |number: u64| u32::try_from(number).ok().filter(|number| *number != 0);
        let file = number(self.line).and_then(|_| file(sections, unit, self.file));
        Location { function, file, line: number(self.line), column: number(self.column) }
    }
}

/// The path of a file, with its folder if the line program says one.
fn file(sections: &Sections<'_>, unit: &Unit<'_>, index: u64) -> Option<String> {
    let header = unit.line_program.as_ref()?.header();
    let file = header.file(index)?;
    let name = sections.attr_string(unit, file.path_name()).ok()?.bytes();
    let folder = file.directory(header).and_then(|folder| sections.attr_string(unit, folder).ok());
    let mut path = match folder.map(|folder| folder.bytes()) {
        // Folder 0 is where the compiler ran.
        Some(folder) if file.directory_index() != 0 && !folder.is_empty() && !name.starts_with(b"/") => {
            [folder, b"/"].concat()
        }
        _ => Vec::new(),
    };
    path.extend_from_slice(name);
    Some(printable(&path))
}
