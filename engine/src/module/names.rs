//! Names of functions from the name section, and how names are shown: whatever a module calls things, a terminal or a log
//! that shows it is not driven by it. Read when first asked for; what is wrong with the section costs names, never an error.

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;
use std::sync::OnceLock;

use wasmparser::BinaryReader;

use crate::artifact::bytes::Bytes;

/// Characters of a name that are shown.
const MAX_NAME_CHARS: usize = 200;

/// Bytes of a name that are looked at: mangled names are longer than what is shown of them.
pub(crate) const MAX_NAME_BYTES: usize = 2048;

/// The subsection of functions (Core spec, "Name Section").
const FUNCTIONS: u8 = 1;

/// The function names of a module.
#[derive(Debug, Default)]
pub(crate) struct Names {
    section: Bytes,
    /// (Function, where its name is), sorted by function.
    functions: OnceLock<Vec<(u32, Range<u32>)>>,
}

impl Names {
    /// The names in this name section.
    pub(crate) fn new(section: Bytes) -> Self {
        Self { section, functions: OnceLock::new() }
    }

    /// The section.
    pub(crate) fn section(&self) -> &Bytes {
        &self.section
    }

    /// The name of a function, safe to print.
    pub(crate) fn function(&self, index: u32) -> Option<String> {
        let functions = self.functions.get_or_init(|| read(&self.section));
        let at = functions.binary_search_by_key(&index, |(function, _)| *function).ok()?;
        let (_, name) = functions.get(at)?;
        Some(printable(self.section.get(name.start as usize..name.end as usize)?))
    }
}

/// Finds the names; not by wasmparser's reader, which stops at the first that is no UTF-8.
fn read(section: &[u8]) -> Vec<(u32, Range<u32>)> {
    let mut names = Vec::new();
    let mut reader = BinaryReader::new(section, 0);
    while let (Ok(id), Ok(size)) = (reader.read_u8(), reader.read_var_u32()) {
        let start = reader.original_position();
        let Ok(subsection) = reader.read_bytes(size as usize) else { break };
        if id == FUNCTIONS {
            // What was read before something wrong is kept.
            let _ = read_functions(BinaryReader::new(subsection, start), &mut names);
        }
    }
    names.sort_by_key(|(function, _)| *function);
    names
}

fn read_functions(
    mut reader: BinaryReader<'_>,
    names: &mut Vec<(u32, Range<u32>)>,
) -> Result<(), wasmparser::Error> {
    for _ in 0..reader.read_var_u32()? {
        let function = reader.read_var_u32()?;
        let size = reader.read_var_u32()?;
        let start = u32::try_from(reader.original_position()).unwrap_or(u32::MAX);
        reader.read_bytes(size as usize)?;
        names.push((function, start..start.saturating_add(size)));
    }
    Ok(())
}

/// A name as it may be written to a terminal or a log: demangled, no control characters, nothing that reorders text, no
/// invalid UTF-8, not too long.
pub(crate) fn printable(name: &[u8]) -> String {
    let name = name.get(..MAX_NAME_BYTES).unwrap_or(name);
    let name = String::from_utf8_lossy(name);
    harmless(&demangled(&name), MAX_NAME_CHARS)
}

/// Text that quotes a plugin, as it may be written to a terminal or a log: the same, but no control characters, nothing that reorders text, and no more than `longest` characters.
#[must_use]
pub fn harmless(text: &str, longest: usize) -> String {
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == longest {
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

/// The name that a Rust function has in the source, of that which it has for linkers; all others as they are.
#[cfg(feature = "dwarf")]
fn demangled(name: &str) -> Cow<'_, str> {
    match rustc_demangle::try_demangle(name) {
        // Demangling is written through a limit of its own: names can stand for longer ones.
        Ok(demangled) => {
            let mut short = Short(String::new());
            let _ = write!(short, "{demangled:#}");
            Cow::Owned(short.0)
        }
        Err(_) => Cow::Borrowed(name),
    }
}

#[cfg(not(feature = "dwarf"))]
fn demangled(name: &str) -> Cow<'_, str> {
    Cow::Borrowed(name)
}

/// A text that refuses to become long.
#[cfg(feature = "dwarf")]
struct Short(String);

#[cfg(feature = "dwarf")]
impl Write for Short {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        if self.0.len() > MAX_NAME_BYTES {
            return Err(std::fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// Invisible characters that change how the text around them is shown.
fn is_format(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(section: &[u8]) -> Names {
        Names::new(section.to_vec().into())
    }

    #[test]
    fn names_cannot_drive_a_terminal() {
        assert_eq!(printable("a\u{1b}[31mb\u{202e}c\0".as_bytes()), "a\\u{1b}[31mb\\u{202e}c\\u{0}");
        assert_eq!(printable(&[b'x'; 100_000]).chars().count(), MAX_NAME_CHARS + 1);
        assert_eq!(printable(b"a\xffb\x9b"), "a\u{fffd}b\u{fffd}");
    }

    #[test]
    fn garbage_has_no_names() {
        assert_eq!(names(&[1, 0xff, 0xff, 0xff, 0xff, 0x0f]).function(0), None);
        assert_eq!(names(&[1, 3, 0xff, 0xff, 0x7f]).function(0), None);
    }

    #[test]
    fn names_are_read_by_index() {
        // Subsection 1 (functions): function 3, invalid UTF-8, and function 4, "run".
        let names = names(&[1, 10, 2, 3, 2, 0xff, b'!', 4, 3, b'r', b'u', b'n']);
        assert_eq!(names.function(3).as_deref(), Some("\u{fffd}!"));
        assert_eq!(names.function(4).as_deref(), Some("run"));
        assert_eq!(names.function(5), None);
    }

    #[cfg(feature = "dwarf")]
    #[test]
    fn names_of_rust_are_demangled_and_stay_short() {
        assert_eq!(printable(b"_ZN4core9panicking5panic17h0123456789abcdefE"), "core::panicking::panic");
        assert_eq!(printable(b"_RNvC6_123foo3bar"), "123foo::bar");
        assert_eq!(printable(b"main"), "main");
    }
}
