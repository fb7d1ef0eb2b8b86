//! Strings in their three encodings, into Rust's and out of it. A lowered string is measured first, then placed with one
//! exact `realloc`: what the specification prescribes when the source already has the destination's encoding, and the
//! host may choose the encoding of its source.

use super::options::StringEncoding;
use super::trap::AbiTrap;
use super::view;
use crate::error::{Error, ErrorKind, Result};
use crate::marshal::{Decoded, Guest, LiftContext, LowerContext, NoHandles};

/// The most bytes that a string may have in linear memory.
pub(crate) const MAX_STRING_BYTES: u32 = (1 << 28) - 1;
/// The bit of a latin1+utf16 length that says UTF-16.
pub(crate) const UTF16_TAG: u32 = 1 << 31;

/// Text of the guest that was validated at once, of which strings are cut without another look at their bytes.
///
/// Guests mostly lay the strings of a list one behind the other. So whoever asks for a string near the last one gets it out
/// of a piece that was validated ahead, and twice as much is validated ahead the next time; whoever asks for one somewhere
/// else has only that one validated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Utf8Window<'m> {
    start: u32,
    text: &'m str,
    /// How many bytes to validate ahead.
    ahead: u32,
}

/// The most bytes that are validated ahead of what was asked for.
const MOST_AHEAD: u32 = 16 << 10;

impl<'m> Utf8Window<'m> {
    pub(crate) const EMPTY: Self = Self { start: 0, text: "", ahead: 0 };

    /// The string of `length` bytes at `ptr`.
    ///
    /// # Errors
    /// When they do not lie in memory or are not UTF-8.
    #[inline]
    pub(crate) fn string(&mut self, memory: &'m [u8], ptr: u32, length: u32) -> Result<&'m str> {
        let at = view::index(ptr.wrapping_sub(self.start));
        match at.checked_add(view::index(length)).and_then(|end| self.text.get(at..end)) {
            // An empty one would be cut out of the empty window wherever it points.
            Some(text) if length != 0 => Ok(text),
            _ => self.validate(memory, ptr, length),
        }
    }

    fn validate(&mut self, memory: &'m [u8], ptr: u32, length: u32) -> Result<&'m str> {
        let bytes = source(memory, ptr, u64::from(length), 1)?;
        if bytes.is_empty() {
            return Ok("");
        }
        let end = view::index(self.start) + self.text.len();
        let near = view::index(ptr).checked_sub(end).is_some_and(|gap| gap <= 64);
        self.ahead = match near {
            true => self.ahead.max(length).saturating_mul(2).min(MOST_AHEAD),
            false => 0,
        };
        let wanted = view::index(length.saturating_add(self.ahead));
        let rest = memory.get(view::index(ptr)..).unwrap_or_default();
        let piece = rest.get(..wanted).unwrap_or(rest);
        let text = match std::str::from_utf8(piece) {
            Ok(text) => text,
            Err(error) => {
                let valid = piece.get(..error.valid_up_to()).unwrap_or_default();
                if valid.len() < bytes.len() {
                    return utf8(bytes);
                }
                utf8(valid)?
            }
        };
        (self.start, self.text) = (ptr, text);
        match text.get(..bytes.len()) {
            Some(text) => Ok(text),
            None => utf8(bytes),
        }
    }
}

fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|error| match error.error_len() {
        None => AbiTrap::IncompleteUtf8.into(),
        Some(_) => AbiTrap::InvalidUtf8.into(),
    })
}

/// `load_string_from_range`, borrowed: from `memory`, or, decoded, from `decoded`.
///
/// # Errors
/// As [`lift_string`].
#[inline]
pub(crate) fn view_string<'m>(
    memory: &'m [u8],
    encoding: StringEncoding,
    window: &mut Utf8Window<'m>,
    decoded: &'m Decoded,
    (ptr, length): (u32, u32),
) -> Result<&'m str> {
    if encoding == StringEncoding::Utf8 {
        return window.string(memory, ptr, length);
    }
    decoded.text((ptr, length), || {
        let mut handles = NoHandles;
        lift_string(&mut LiftContext::new(memory, encoding, &mut handles, u64::MAX), ptr, length)
    })
}

/// `load_string_from_range`.
///
/// # Errors
/// The string traps of the specification; a limit error when the call's budget is spent.
pub(crate) fn lift_string(cx: &mut LiftContext<'_>, ptr: u32, length: u32) -> Result<String> {
    match cx.encoding() {
        StringEncoding::Utf8 => {
            let text = cx.utf8(ptr, length)?;
            cx.budget().check_string(u64::from(length))?;
            cx.charge(u64::from(length))?;
            Ok(text.to_owned())
        }
        StringEncoding::Utf16 => lift_utf16(cx, ptr, length),
        StringEncoding::Latin1OrUtf16 if length & UTF16_TAG != 0 => lift_utf16(cx, ptr, length ^ UTF16_TAG),
        StringEncoding::Latin1OrUtf16 => lift_latin1(cx, ptr, length),
    }
}

fn lift_utf16(cx: &mut LiftContext<'_>, ptr: u32, code_units: u32) -> Result<String> {
    let bytes = source(cx.memory(), ptr, 2 * u64::from(code_units), 2)?;
    cx.budget().check_string(bytes.len() as u64)?;
    cx.charge(3 * u64::from(code_units))?;
    let (units, _) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(units.len());
    for decoded in char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit))) {
        text.push(decoded.map_err(|_| AbiTrap::UnpairedSurrogate)?);
    }
    Ok(text)
}

fn lift_latin1(cx: &mut LiftContext<'_>, ptr: u32, length: u32) -> Result<String> {
    let bytes = source(cx.memory(), ptr, u64::from(length), 2)?;
    cx.budget().check_string(bytes.len() as u64)?;
    cx.charge(2 * u64::from(length))?;
    Ok(bytes.iter().map(|byte| char::from(*byte)).collect())
}

/// The bytes of a string, after the checks that all encodings share, in the specification's order.
fn source(memory: &[u8], ptr: u32, byte_length: u64, align: u32) -> Result<&[u8]> {
    let byte_length = match u32::try_from(byte_length) {
        Ok(length) if length <= MAX_STRING_BYTES => length,
        _ => return Err(AbiTrap::StringTooLong.into()),
    };
    if !view::is_aligned(ptr, align) {
        return Err(AbiTrap::UnalignedPointer.into());
    }
    view::bytes(memory, ptr, byte_length).ok_or_else(|| AbiTrap::StringOutOfBounds.into())
}

/// `store_string_into_range`: gives the pointer and the length, tagged if need be.
///
/// # Errors
/// When `realloc` fails or misbehaves, or the string is too long for any guest.
#[inline]
pub(crate) fn lower_string<G: Guest>(cx: &mut LowerContext<'_, G>, text: &str) -> Result<(u32, u32)> {
    match cx.guest().encoding() {
        StringEncoding::Utf8 => {
            let length = destination(text.len(), 1)?;
            let ptr = cx.allocate_filled(1, length, text.as_bytes())?;
            Ok((ptr, length))
        }
        _ => lower_recoded(cx, text),
    }
}

#[inline(never)]
fn lower_recoded<G: Guest>(cx: &mut LowerContext<'_, G>, text: &str) -> Result<(u32, u32)> {
    match cx.guest().encoding() {
        StringEncoding::Utf8 => Err(Error::internal("text that needs no other encoding")),
        StringEncoding::Utf16 => lower_utf16(cx, text),
        StringEncoding::Latin1OrUtf16 => match latin1_length(text) {
            Some(length) => {
                let length = destination(length, 1)?;
                let ptr = cx.allocate(2, length)?;
                for (byte, char) in cx.window(ptr, length)?.iter_mut().zip(text.chars()) {
                    *byte = u8::try_from(char).unwrap_or(b'?');
                }
                Ok((ptr, length))
            }
            None => {
                let (ptr, code_units) = lower_utf16(cx, text)?;
                Ok((ptr, code_units | UTF16_TAG))
            }
        },
    }
}

fn lower_utf16<G: Guest>(cx: &mut LowerContext<'_, G>, text: &str) -> Result<(u32, u32)> {
    let byte_length = destination(text.encode_utf16().count(), 2)?;
    let ptr = cx.allocate(2, byte_length)?;
    let (places, _) = cx.window(ptr, byte_length)?.as_chunks_mut::<2>();
    for (place, unit) in places.iter_mut().zip(text.encode_utf16()) {
        *place = unit.to_le_bytes();
    }
    Ok((ptr, byte_length / 2))
}

/// How many bytes the text has in Latin-1, if it is Latin-1.
fn latin1_length(text: &str) -> Option<usize> {
    text.chars().try_fold(0usize, |length, char| (char <= '\u{ff}').then_some(length + 1))
}

/// The byte length of a string to be placed, unless no guest could give it back.
#[inline]
pub(crate) fn destination(code_units: usize, unit: usize) -> Result<u32> {
    let byte_length = (code_units as u64).saturating_mul(unit as u64);
    match u32::try_from(byte_length) {
        Ok(length) if length <= MAX_STRING_BYTES => Ok(length),
        _ => Err(too_long(byte_length)),
    }
}

#[cold]
fn too_long(byte_length: u64) -> Error {
    Error::new(ErrorKind::Value {
        expected: format!("a string of at most {MAX_STRING_BYTES} bytes"),
        found: format!("one of {byte_length}"),
    })
}
