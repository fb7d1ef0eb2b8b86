//! `Budget`: what a guest may make the host keep, or look at, in one crossing. The limits are the instance's
//! [`Limits`](crate::Limits); what is counted is decided where values are lifted.

use crate::error::{Error, Result};
use crate::instance::Limits;

/// What is left of the bytes of one crossing, and the longest string and list in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    left: u64,
    limit: u64,
    string_bytes: u32,
    list_elements: u32,
}

impl Budget {
    /// So many bytes; strings and lists of any length.
    pub(crate) const fn bytes(limit: u64) -> Self {
        Self { left: limit, limit, string_bytes: u32::MAX, list_elements: u32::MAX }
    }

    /// That of an instance.
    pub(crate) const fn of(limits: &Limits) -> Self {
        Self {
            left: limits.value_bytes,
            limit: limits.value_bytes,
            string_bytes: limits.string_bytes,
            list_elements: limits.list_elements,
        }
    }

    /// How much was spent.
    #[inline]
    pub(crate) fn spent(&self) -> u64 {
        self.limit.saturating_sub(self.left)
    }

    /// Spends `bytes`.
    ///
    /// # Errors
    /// A limit error when that is more than is left.
    #[inline]
    pub(crate) fn charge(&mut self, bytes: u64) -> Result<()> {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(self.exhausted(bytes)),
        }
    }

    #[cold]
    fn exhausted(&self, bytes: u64) -> Error {
        Error::limit("value_bytes", (self.limit - self.left).saturating_add(bytes), self.limit)
    }

    /// Refuses a string that is too long: of so many bytes in the guest.
    #[inline]
    pub(crate) fn check_string(&self, bytes: u64) -> Result<()> {
        if bytes > u64::from(self.string_bytes) {
            return Err(Error::limit("string_bytes", bytes, u64::from(self.string_bytes)));
        }
        Ok(())
    }

    /// Refuses a list that is too long.
    #[inline]
    pub(crate) fn check_list(&self, elements: u32) -> Result<()> {
        if elements > self.list_elements {
            return Err(Error::limit("list_elements", u64::from(elements), u64::from(self.list_elements)));
        }
        Ok(())
    }
}
