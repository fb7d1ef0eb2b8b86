//! The ELF file around an artifact: headers, two symbols and what the system's loader needs to find them, in one page; then
//! the artifact as it is. The page follows from the artifact alone, so a library is one of ours if its first page is the
//! one that we would write: nothing else can make the loader run an initialiser, load another library, relocate or make
//! anything both writable and executable.
//!
//! The artifact's code is mapped a second time, executable; the page a second time, writable, since loaders write to the
//! dynamic section.

use std::ops::Range;

use super::error::ArtifactError;
use crate::sys::mapping::page_size;

/// The symbol at the artifact's first byte.
const ARTIFACT: &str = "plugbay_artifact";

/// The symbol at the first byte of its code.
pub(super) const CODE: &str = "plugbay_code";

const MACHINE: u16 = if cfg!(target_arch = "x86_64") {
    62
} else if cfg!(target_arch = "aarch64") {
    183
} else {
    0
};

const EHDR: u64 = 64;
const PHDR: u64 = 56;
const SYM: u64 = 24;

const PT_NULL: u32 = 0;
const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
const PT_GNU_STACK: u32 = 0x6474_e551;

const X: u32 = 1;
const W: u32 = 2;
const R: u32 = 4;

/// Bytes in front of the artifact.
pub(super) fn front_len() -> usize {
    page_size()
}

/// What lies in front of an artifact of `len` bytes whose code lies in it at `code`, which may be empty.
pub(super) fn front(len: u64, code: Range<u64>) -> Result<Vec<u8>, ArtifactError> {
    let page = page_size() as u64;
    if !code.start.is_multiple_of(page) || code.start > code.end || code.end > len {
        return Err(ArtifactError::NotOurLibrary { what: "its code is not where it belongs" });
    }
    let code_len = (code.end.saturating_sub(code.start)).next_multiple_of(page);
    let whole = page.saturating_add(len);
    // Addresses: the file, the code again, the first page again.
    let code_at = whole.next_multiple_of(page);
    let writable = code_at.saturating_add(code_len);
    let loads = [
        Segment { kind: PT_LOAD, flags: R, offset: 0, address: 0, len: whole },
        Segment {
            kind: if code.is_empty() { PT_NULL } else { PT_LOAD },
            flags: R | X,
            offset: page.saturating_add(code.start),
            address: code_at,
            len: code.end.saturating_sub(code.start),
        },
        Segment { kind: PT_LOAD, flags: R | W, offset: 0, address: writable, len: page },
    ];
    let symbols_at = EHDR + PHDR * 5;
    let hash_at = symbols_at + SYM * 3;
    let names_at = hash_at + 4 * 6;
    let names = format!("\0{ARTIFACT}\0{CODE}\0");
    let dynamic_at = (names_at + names.len() as u64).next_multiple_of(16);
    let dynamic: [(u64, u64); 6] =
        [(4, hash_at), (5, names_at), (6, symbols_at), (10, names.len() as u64), (11, SYM), (0, 0)];
    let address = writable.saturating_add(dynamic_at);
    let found = Segment { kind: PT_DYNAMIC, flags: R | W, offset: dynamic_at, address, len: 16 * 6 };
    let stack = Segment { kind: PT_GNU_STACK, flags: R | W, offset: 0, address: 0, len: 0 };

    let mut out = header();
    loads.iter().chain([&found, &stack]).for_each(|segment| segment.write(page, &mut out));
    // The first symbol is none.
    out.resize(out.len().saturating_add(SYM as usize), 0);
    symbol(1, page, len, 1, &mut out);
    symbol(ARTIFACT.len() as u32 + 2, code_at, code.end.saturating_sub(code.start), 2, &mut out);
    // One bucket, in which the second symbol follows the first.
    [1_u32, 3, 1, 0, 2, 0].iter().for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
    out.extend_from_slice(names.as_bytes());
    out.resize(dynamic_at as usize, 0);
    for (tag, value) in dynamic {
        out.extend_from_slice(&tag.to_le_bytes());
        out.extend_from_slice(&value.to_le_bytes());
    }
    out.resize(page_size(), 0);
    Ok(out)
}

/// Refuses what is no library for this machine at all, in words; whether it is one of ours, comparing with [`front`] tells.
pub(super) fn look(file: &[u8]) -> Result<(), ArtifactError> {
    let no = |what| Err(ArtifactError::NotOurLibrary { what });
    let ours = header();
    if file.get(..4) != ours.get(..4) {
        return no("it is no ELF file");
    }
    if file.get(4..6) != ours.get(4..6) {
        return no("it is not a little-endian ELF file of 64 bits");
    }
    if file.get(18..20) != ours.get(18..20) {
        return no("it is for another kind of processor");
    }
    if file.get(16..18) != ours.get(16..18) {
        return no("it is no shared library");
    }
    if file.len() <= front_len() {
        return no("it is cut off");
    }
    Ok(())
}

fn header() -> Vec<u8> {
    let mut out = vec![0x7f, b'E', b'L', b'F', 2, 1, 1];
    out.resize(16, 0);
    // A shared library, for this machine.
    [3, MACHINE].iter().for_each(|half| out.extend_from_slice(&half.to_le_bytes()));
    out.extend_from_slice(&1_u32.to_le_bytes());
    // No entry; program headers next, no section headers.
    [0, EHDR, 0].iter().for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
    out.extend_from_slice(&0_u32.to_le_bytes());
    [EHDR as u16, PHDR as u16, 5, 64, 0, 0]
        .iter()
        .for_each(|half| out.extend_from_slice(&half.to_le_bytes()));
    out
}

struct Segment {
    kind: u32,
    flags: u32,
    offset: u64,
    address: u64,
    len: u64,
}

impl Segment {
    fn write(&self, page: u64, out: &mut Vec<u8>) {
        let Self { kind, flags, offset, address, len } = *self;
        let alignment = match kind {
            PT_LOAD => page,
            PT_DYNAMIC => 8,
            _ => 16,
        };
        [kind, flags].iter().for_each(|half| out.extend_from_slice(&half.to_le_bytes()));
        [offset, address, address, len, len, alignment]
            .iter()
            .for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
    }
}

/// A global symbol: 1 for data, 2 for code.
fn symbol(name: u32, address: u64, len: u64, kind: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(&name.to_le_bytes());
    // Anything but 0 says that it is defined here.
    out.extend_from_slice(&[0x10 | kind, 0, 1, 0]);
    out.extend_from_slice(&address.to_le_bytes());
    out.extend_from_slice(&len.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_is_one_page_and_follows_from_the_artifact() {
        let page = page_size() as u64;
        let one = front(20 * page, page..3 * page).unwrap();
        assert_eq!(one.len(), page_size());
        look(&[one.as_slice(), &[0]].concat()).unwrap();
        assert_ne!(one, front(20 * page, page..4 * page).unwrap());
        assert!(front(page, 0..2 * page).is_err() && front(page, 8..16).is_err());
    }
}
