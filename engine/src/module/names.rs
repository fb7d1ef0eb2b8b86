//! Names of functions from the name section, for backtraces. Read when first asked for; whatever is wrong with the section
//! costs names, never an error.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::OnceLock;

use wasmparser::{BinaryReader, Name, NameSectionReader};

/// Characters of a name that are shown.
const MAX_NAME_CHARS: usize = 200;

/// The function names of a module.
#[derive(Debug, Default)]
pub(crate) struct Names {
    section: Box<[u8]>,
    functions: OnceLock<HashMap<u32, Box<str>>>,
}

impl Names {
    /// The names in this name section.
    pub(crate) fn new(section: &[u8]) -> Self {
        Self { section: section.into(), functions: OnceLock::new() }
    }

    /// The name of a function, safe to print.
    pub(crate) fn function(&self, index: u32) -> Option<&str> {
        self.functions.get_or_init(|| read(&self.section)).get(&index).map(AsRef::as_ref)
    }
}

fn read(section: &[u8]) -> HashMap<u32, Box<str>> {
    let mut names = HashMap::new();
    for subsection in NameSectionReader::new(BinaryReader::new(section, 0)) {
        let Ok(subsection) = subsection else { break };
        if let Name::Function(functions) = subsection {
            for naming in functions {
                let Ok(naming) = naming else { break };
                names.insert(naming.index, printable(naming.name).into_boxed_str());
            }
        }
    }
    names
}

/// A name as it may be written to a terminal or a log: no control characters, nothing that reorders text, not too long.
fn printable(name: &str) -> String {
    let mut out = String::new();
    for (count, c) in name.chars().enumerate() {
        if count == MAX_NAME_CHARS {
            out.push('…');
            break;
        }
        if c.is_control() || is_format(c) {
            // Writing to a string does not fail.
            let _ = write!(out, "{}", c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// Invisible characters that change how the text around them is shown.
fn is_format(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_drive_a_terminal() {
        assert_eq!(printable("a\u{1b}[31mb\u{202e}c"), "a\\u{1b}[31mb\\u{202e}c");
        assert_eq!(printable(&"x".repeat(100_000)).chars().count(), MAX_NAME_CHARS + 1);
    }

    #[test]
    fn garbage_has_no_names() {
        assert_eq!(Names::new(&[1, 0xff, 0xff, 0xff, 0xff, 0x0f]).function(0), None);
    }

    #[test]
    fn names_are_read_by_index() {
        // Subsection 1 (functions), 6 bytes: one name, function 3, "run".
        assert_eq!(Names::new(&[1, 6, 1, 3, 3, b'r', b'u', b'n']).function(3), Some("run"));
    }
}
