//! Strings from one guest's encoding into another's: measured first, then written to a place of exactly that size, which
//! is how the host lowers strings, too. Adapters have checked where the string lies.

use crate::abi::options::StringEncoding;
use crate::abi::strings::{UTF16_TAG, destination};
use crate::abi::trap::AbiTrap;
use crate::error::{Error, Result};

/// How the code units of one string are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Units {
    Utf8,
    Utf16,
    Latin1,
}

impl Units {
    /// Those of a string whose length word is `length`, with its length in bytes.
    fn of(encoding: StringEncoding, length: u32) -> (Self, u64) {
        match encoding {
            StringEncoding::Utf8 => (Self::Utf8, u64::from(length)),
            StringEncoding::Utf16 => (Self::Utf16, 2 * u64::from(length)),
            StringEncoding::Latin1OrUtf16 if length & UTF16_TAG != 0 => {
                (Self::Utf16, 2 * u64::from(length ^ UTF16_TAG))
            }
            StringEncoding::Latin1OrUtf16 => (Self::Latin1, u64::from(length)),
        }
    }
}

/// Traps unless the bytes are UTF-8.
///
/// # Errors
/// As the specification says.
pub(super) fn validate(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|error| match error.error_len() {
        None => AbiTrap::IncompleteUtf8.into(),
        Some(_) => AbiTrap::InvalidUtf8.into(),
    })
}

/// The length word that a string gets in encoding `to`, and the bytes it takes there.
///
/// # Errors
/// When it is no string, or takes more bytes than a guest may be given.
pub(super) fn measure(
    memory: &[u8],
    (ptr, length): (u32, u32),
    from: StringEncoding,
    to: StringEncoding,
) -> Result<(u32, u32)> {
    let (units, bytes) = source(memory, ptr, length, from)?;
    let (mut utf8, mut utf16, mut chars, mut latin1) = (0_usize, 0_usize, 0_usize, true);
    decode(units, bytes, |char| {
        utf8 += char.len_utf8();
        utf16 += char.len_utf16();
        chars += 1;
        latin1 &= char <= '\u{ff}';
        Ok(())
    })?;
    let two_byte = || destination(utf16, 2).map(|bytes| (bytes / 2, bytes));
    match to {
        StringEncoding::Utf8 => destination(utf8, 1).map(|bytes| (bytes, bytes)),
        StringEncoding::Utf16 => two_byte(),
        StringEncoding::Latin1OrUtf16 if latin1 => destination(chars, 1).map(|bytes| (bytes, bytes)),
        StringEncoding::Latin1OrUtf16 => two_byte().map(|(length, bytes)| (length | UTF16_TAG, bytes)),
    }
}

/// Writes the string that was measured to `place`, whose length word is `to_length`.
///
/// # Errors
/// Internal ones only, if the place is not the one that was asked for.
pub(super) fn write(
    memory: &[u8],
    (ptr, length): (u32, u32),
    from: StringEncoding,
    place: &mut [u8],
    to: StringEncoding,
    to_length: u32,
) -> Result<()> {
    let (units, bytes) = source(memory, ptr, length, from)?;
    let (end, mut at) = (place.len(), 0_usize);
    let mut put = |piece: &[u8]| {
        let to = at.saturating_add(piece.len());
        let here =
            place.get_mut(at..to).ok_or_else(|| Error::internal("a string does not fit its measure"))?;
        here.copy_from_slice(piece);
        at = to;
        Ok(())
    };
    match Units::of(to, to_length).0 {
        Units::Utf8 => decode(units, bytes, |char| put(char.encode_utf8(&mut [0; 4]).as_bytes())),
        Units::Utf16 => decode(units, bytes, |char| {
            char.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| put(&unit.to_le_bytes()))
        }),
        Units::Latin1 => decode(units, bytes, |char| put(&[u8::try_from(char).unwrap_or(b'?')])),
    }?;
    if at == end { Ok(()) } else { Err(Error::internal("a string does not fill its measure")) }
}

fn source(memory: &[u8], ptr: u32, length: u32, encoding: StringEncoding) -> Result<(Units, &[u8])> {
    let (units, bytes) = Units::of(encoding, length);
    let bytes = u32::try_from(bytes).ok().and_then(|bytes| crate::abi::view::bytes(memory, ptr, bytes));
    bytes.map(|bytes| (units, bytes)).ok_or_else(|| AbiTrap::StringContentOutOfBounds.into())
}

/// Gives each character of a string, or traps.
fn decode(units: Units, bytes: &[u8], mut each: impl FnMut(char) -> Result<()>) -> Result<()> {
    match units {
        Units::Utf8 => validate(bytes)?.chars().try_for_each(each),
        Units::Utf16 => {
            let (units, _) = bytes.as_chunks::<2>();
            char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit)))
                .try_for_each(|char| each(char.map_err(|_| AbiTrap::UnpairedSurrogate)?))
        }
        Units::Latin1 => bytes.iter().try_for_each(|byte| each(char::from(*byte))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use StringEncoding::{Latin1OrUtf16, Utf8, Utf16};

    const ALL: [StringEncoding; 3] = [Utf8, Utf16, Latin1OrUtf16];

    /// The text as a guest of this encoding would have it, with its length word.
    fn encoded(text: &str, encoding: StringEncoding) -> (Vec<u8>, u32) {
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let units = utf16.len() as u32 / 2;
        match encoding {
            Utf8 => (text.into(), text.len() as u32),
            Utf16 => (utf16, units),
            Latin1OrUtf16 => match text.chars().map(u8::try_from).collect::<Result<Vec<u8>, _>>() {
                Ok(latin1) => (latin1.clone(), latin1.len() as u32),
                Err(_) => (utf16, units | UTF16_TAG),
            },
        }
    }

    #[test]
    fn all_nine_pairs() {
        for text in ["", "plain", "naïve \u{ff}", "\u{100}bc", "a𝄞\u{10ffff}é", "\0\u{7f}\u{80}"] {
            for (from, to) in ALL.into_iter().flat_map(|from| ALL.map(|to| (from, to))) {
                let (mut memory, length) = encoded(text, from);
                memory.splice(0..0, [0xaa; 2]);
                let (expected, word) = encoded(text, to);
                let measured = measure(&memory, (2, length), from, to).unwrap();
                assert_eq!(measured, (word, expected.len() as u32), "{text:?} {from:?} {to:?}");
                let mut place = vec![0; expected.len()];
                write(&memory, (2, length), from, &mut place, to, word).unwrap();
                assert_eq!(place, expected, "{text:?} {from:?} {to:?}");
            }
        }
    }

    #[test]
    fn wide_text_of_latin1_characters_becomes_narrow() {
        let (memory, units) = encoded("é!", Utf16);
        let measured = measure(&memory, (0, units | UTF16_TAG), Latin1OrUtf16, Latin1OrUtf16).unwrap();
        assert_eq!(measured, (2, 2));
    }

    #[test]
    fn what_is_no_string_traps() {
        let trap = |memory: &[u8], length, from| {
            measure(memory, (0, length), from, Utf16).map(drop).unwrap_err().to_string()
        };
        assert_eq!(trap(b"a\xff", 2, Utf8), "invalid utf-8");
        assert_eq!(trap("é".as_bytes(), 1, Utf8), "incomplete utf-8 byte sequence");
        assert_eq!(trap(&[0, 0xd8], 1, Utf16), "unpaired surrogate in a utf-16 string");
        assert_eq!(trap(&[0, 0xdc], UTF16_TAG | 1, Latin1OrUtf16), "unpaired surrogate in a utf-16 string");
        assert_eq!(trap(b"a", 2, Utf8), "string content out-of-bounds");
    }
}
