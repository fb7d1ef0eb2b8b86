//! "Loading": numbers out of the guest's memory and the checks on them. Walks over types are in `lift.rs` (dynamic) and
//! `marshal/` (typed).

use super::layout::Layout;
use super::trap::AbiTrap;
use super::view;
use crate::error::Result;
use crate::marshal::LiftContext;

/// The most bytes that the elements of a list may take in linear memory.
pub(crate) const MAX_LIST_BYTES: u32 = (1 << 28) - 1;

/// The value, with every NaN made the canonical one.
#[inline]
pub(crate) fn canonical_f32(value: f32) -> f32 {
    if value.is_nan() { f32::from_bits(0x7fc0_0000) } else { value }
}

/// The value, with every NaN made the canonical one.
#[inline]
pub(crate) fn canonical_f64(value: f64) -> f64 {
    if value.is_nan() { f64::from_bits(0x7ff8_0000_0000_0000) } else { value }
}

/// `convert_i32_to_char`: traps on surrogates and on what is past the last code point.
#[inline]
pub(crate) fn check_char(code: u32) -> Result<char> {
    char::from_u32(code).ok_or_else(|| AbiTrap::InvalidChar.into())
}

/// Traps unless there is a case `discriminant` among `cases`.
#[inline]
pub(crate) fn check_discriminant(discriminant: u32, cases: u32) -> Result<u32> {
    if discriminant < cases { Ok(discriminant) } else { Err(AbiTrap::InvalidDiscriminant.into()) }
}

/// The checks of `load_list_from_range`: the length in bytes of a list of `length` elements.
#[inline]
pub(crate) fn check_list_range(memory_len: usize, ptr: u32, length: u32, element: &Layout) -> Result<u32> {
    let byte_length = match u32::try_from(u64::from(length) * u64::from(element.size)) {
        Ok(byte_length) if byte_length <= MAX_LIST_BYTES => byte_length,
        _ => return Err(AbiTrap::ListTooLong.into()),
    };
    if !view::is_aligned(ptr, element.align) {
        return Err(AbiTrap::UnalignedPointer.into());
    }
    if !view::is_inside(memory_len, ptr, byte_length) {
        return Err(AbiTrap::ListOutOfBounds.into());
    }
    Ok(byte_length)
}

/// [`check_list_range`], and the charge for a list whose elements take `host_size` bytes each on the host: a list of
/// elements without size is still charged a byte each.
#[inline]
pub(crate) fn check_list(
    cx: &mut LiftContext<'_>,
    ptr: u32,
    length: u32,
    element: &Layout,
    host_size: usize,
) -> Result<()> {
    check_list_range(cx.memory().len(), ptr, length, element)?;
    cx.budget().check_list(length)?;
    let host_size = (host_size as u64).max(u64::from(element.size)).max(1);
    cx.charge(u64::from(length).saturating_mul(host_size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_if_i_ge_0x110000() {
        assert!(check_char(0x11_0000).is_err());
        assert_eq!(check_char(0x10_ffff).unwrap(), '\u{10ffff}');
    }

    #[test]
    fn trap_if_0xd800_le_i_le_0xdfff() {
        assert!(check_char(0xd800).is_err() && check_char(0xdfff).is_err());
        assert!(check_char(0xd7ff).is_ok() && check_char(0xe000).is_ok());
    }

    #[test]
    fn trap_if_case_index_ge_len_cases() {
        assert_eq!(check_discriminant(2, 3).unwrap(), 2);
        let error = check_discriminant(3, 3).unwrap_err();
        assert_eq!(error.to_string(), "invalid variant discriminant");
    }

    #[test]
    fn every_nan_becomes_the_canonical_one() {
        assert_eq!(canonical_f32(f32::from_bits(0xffff_ffff)).to_bits(), 0x7fc0_0000);
        assert_eq!(canonical_f32(f32::from_bits(0x7fa0_0001)).to_bits(), 0x7fc0_0000);
        assert_eq!(canonical_f64(f64::from_bits(0xfff0_0000_0000_0001)).to_bits(), 0x7ff8_0000_0000_0000);
        assert_eq!(canonical_f32(f32::from_bits(0x8000_0000)).to_bits(), 0x8000_0000);
    }
}
