//! "Loading": numbers out of the guest's memory and the checks on them. Walks over types are in `lift.rs` (dynamic) and
//! `marshal/` (typed).

use super::trap::AbiTrap;
use crate::error::Result;

/// `f32` bits with every NaN made the canonical one.
#[inline]
pub(crate) fn canonical_f32(bits: u32) -> f32 {
    let value = f32::from_bits(bits);
    if value.is_nan() { f32::from_bits(0x7fc0_0000) } else { value }
}

/// `f64` bits with every NaN made the canonical one.
#[inline]
pub(crate) fn canonical_f64(bits: u64) -> f64 {
    let value = f64::from_bits(bits);
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
        assert_eq!(canonical_f32(0xffff_ffff).to_bits(), 0x7fc0_0000);
        assert_eq!(canonical_f32(0x7fa0_0001).to_bits(), 0x7fc0_0000);
        assert_eq!(canonical_f64(0xfff0_0000_0000_0001).to_bits(), 0x7ff8_0000_0000_0000);
        assert_eq!(canonical_f32(0x8000_0000).to_bits(), 0x8000_0000);
    }
}
