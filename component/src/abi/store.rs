//! "Storing": the room that lists take in the guest's memory. Numbers are stored through `LowerContext`; walks over types
//! are in `lower.rs` (dynamic) and `marshal/` (typed).

use super::layout::Layout;
use super::load::MAX_LIST_BYTES;
use crate::error::{Error, ErrorKind, Result};
use crate::marshal::{Guest, LowerContext};

/// The first half of `store_list_into_range`: room for `length` elements. Gives the pointer and the length.
///
/// # Errors
/// When `realloc` fails or misbehaves, or the list is too long for any guest.
pub(crate) fn allocate_list<G: Guest>(
    cx: &mut LowerContext<'_, G>,
    length: usize,
    element: &Layout,
) -> Result<(u32, u32)> {
    let byte_length = (length as u64).saturating_mul(u64::from(element.size));
    match (u32::try_from(byte_length), u32::try_from(length)) {
        (Ok(bytes), Ok(length)) if bytes <= MAX_LIST_BYTES => {
            Ok((cx.allocate(element.align, bytes)?, length))
        }
        _ => Err(Error::new(ErrorKind::Value {
            expected: format!("a list of at most {MAX_LIST_BYTES} bytes"),
            found: format!("one of {byte_length}"),
        })),
    }
}
