//! The one checked window on a linear memory. Guest pointers stay `u32` everywhere else; here they become ranges of a
//! slice, and only here.

use super::trap::AbiTrap;
use crate::error::Result;

/// The `len` bytes at `ptr`, if they all lie in memory.
#[inline]
pub(crate) fn bytes(memory: &[u8], ptr: u32, len: u32) -> Option<&[u8]> {
    let start = index(ptr);
    memory.get(start..start.checked_add(index(len))?)
}

/// The `len` bytes at `ptr`, if they all lie in memory.
#[inline]
pub(crate) fn bytes_mut(memory: &mut [u8], ptr: u32, len: u32) -> Option<&mut [u8]> {
    let start = index(ptr);
    memory.get_mut(start..start.checked_add(index(len))?)
}

/// The `N` bytes at `ptr`.
///
/// # Errors
/// `pointer out of bounds of memory`.
#[inline]
pub(crate) fn load<const N: usize>(memory: &[u8], ptr: u32) -> Result<[u8; N]> {
    match memory.get(index(ptr)..).and_then(|rest| rest.first_chunk::<N>()) {
        Some(bytes) => Ok(*bytes),
        None => Err(AbiTrap::PointerOutOfBounds.into()),
    }
}

/// Overwrites the `N` bytes at `ptr`.
///
/// # Errors
/// `pointer out of bounds of memory`.
#[inline]
pub(crate) fn store<const N: usize>(memory: &mut [u8], ptr: u32, value: [u8; N]) -> Result<()> {
    match memory.get_mut(index(ptr)..).and_then(|rest| rest.first_chunk_mut::<N>()) {
        Some(bytes) => {
            *bytes = value;
            Ok(())
        }
        None => Err(AbiTrap::PointerOutOfBounds.into()),
    }
}

/// Traps unless `ptr` is a multiple of `align` and a value of `size` bytes at `ptr` lies in a memory of `memory_len`
/// bytes. In this order, as the specification checks.
///
/// # Errors
/// `unaligned pointer`, `pointer out of bounds of memory`.
#[inline]
pub(crate) fn check(memory_len: usize, ptr: u32, align: u32, size: u32) -> Result<()> {
    if !is_aligned(ptr, align) {
        return Err(AbiTrap::UnalignedPointer.into());
    }
    if !is_inside(memory_len, ptr, size) {
        return Err(AbiTrap::PointerOutOfBounds.into());
    }
    Ok(())
}

/// Whether `ptr` is a multiple of `align`, a power of two.
#[inline]
pub(crate) const fn is_aligned(ptr: u32, align: u32) -> bool {
    ptr & align.wrapping_sub(1) == 0
}

/// Whether the `size` bytes at `ptr` lie in a memory of `memory_len` bytes.
#[inline]
pub(crate) fn is_inside(memory_len: usize, ptr: u32, size: u32) -> bool {
    u64::from(ptr) + u64::from(size) <= memory_len as u64
}

/// A guest's pointer or length as an index. Lossless: the host's pointers have at least 32 bits.
#[inline]
pub(crate) const fn index(value: u32) -> usize {
    const { assert!(usize::BITS >= u32::BITS) };
    value as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_if_ptr_ne_align_to_ptr() {
        assert!(check(64, 3, 1, 1).is_ok() && check(64, 8, 8, 8).is_ok());
        assert_eq!(check(64, 4, 8, 8).unwrap_err().to_string(), "unaligned pointer");
    }

    #[test]
    fn trap_if_ptr_plus_size_gt_len_memory() {
        assert!(check(64, 64, 4, 0).is_ok() && check(64, 60, 4, 4).is_ok());
        let beyond = check(64, 64, 4, 4).unwrap_err();
        assert_eq!(beyond.to_string(), "pointer out of bounds of memory");
        assert!(check(64, u32::MAX - 3, 4, u32::MAX).is_err());
        assert!(load::<4>(&[0; 8], u32::MAX).is_err() && load::<4>(&[0; 8], 5).is_err());
        assert!(store(&mut [0; 8], 5, [1; 4]).is_err() && store(&mut [0; 8], 4, [1; 4]).is_ok());
        assert!(bytes(&[0; 8], 8, 0).is_some() && bytes(&[0; 8], 9, 0).is_none());
        assert!(bytes_mut(&mut [0; 8], 4, u32::MAX).is_none());
    }
}
