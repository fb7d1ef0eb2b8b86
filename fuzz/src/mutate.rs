//! Changes to an input of the corpus: a few bytes or a piece of it, as transmission errors and attackers make them.

use crate::random::Numbers;

/// Longest input that changes may lead to.
const MAX_LENGTH: usize = 64 << 10;

/// A changed copy of `input`; pieces of `other` may end up in it.
pub fn mutate(input: &[u8], other: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=numbers.below(4) {
        change(&mut bytes, other, numbers);
    }
    bytes.truncate(MAX_LENGTH);
    bytes
}

fn change(bytes: &mut Vec<u8>, other: &[u8], numbers: &mut Numbers) {
    if bytes.is_empty() {
        bytes.extend_from_slice(other);
        return;
    }
    let at = numbers.below(bytes.len());
    match numbers.below(10) {
        0 | 1 => bytes[at] ^= 1 << numbers.below(8),
        2 => bytes[at] = numbers.any() as u8,
        3 => bytes[at] = bytes[at].wrapping_add(if numbers.one_in(2) { 1 } else { 0xff }),
        4 => {
            let new = number(numbers);
            bytes.splice(at..(at + 1), new);
        }
        5 => {
            let piece = piece(bytes, numbers).to_vec();
            bytes.splice(at..at, piece);
        }
        6 => {
            let end = (at + 1 + numbers.below(16)).min(bytes.len());
            bytes.drain(at..end);
        }
        7 => bytes.truncate(at),
        8 => {
            let piece = piece(other, numbers);
            let end = (at + piece.len()).min(bytes.len());
            let piece = piece.to_vec();
            bytes.splice(at..end, piece);
        }
        _ => {
            let from = numbers.below(bytes.len());
            bytes.swap(at, from);
        }
    }
}

/// A piece of some bytes, short more often than long.
fn piece<'a>(bytes: &'a [u8], numbers: &mut Numbers) -> &'a [u8] {
    let start = numbers.below(bytes.len());
    let longest = 1 << numbers.below(10);
    let end = (start + 1 + numbers.below(longest)).min(bytes.len());
    bytes.get(start..end).unwrap_or_default()
}

/// A number as WebAssembly writes it (LEB128), at times longer than it has to be.
fn number(numbers: &mut Numbers) -> Vec<u8> {
    let mut value = numbers.integer();
    if numbers.one_in(2) {
        value &= 0xffff_ffff;
    }
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    if numbers.one_in(8) {
        bytes.extend([value as u8 | 0x80, 0]);
    } else {
        bytes.push(value as u8);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_changes_and_another_seed_others() {
        let changed = |seed| mutate(b"some input", b"another input", &mut Numbers::new(seed));
        assert_eq!(changed(1), changed(1));
        assert!((0..20).any(|seed| changed(seed) != changed(seed + 1)));
    }
}
