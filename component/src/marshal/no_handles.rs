//! A table of handles that has none, for values that are read where no handle can be taken.

use std::any::TypeId;

use super::Handles;
use crate::error::{Error, Result};
use crate::types::ResourceType;
use crate::value::ResourceAny;

/// Handles are taken when a list is lifted, not each time that one looks at it.
pub(crate) struct NoHandles;

impl Handles for NoHandles {
    fn lift_own(&mut self, _: Option<&ResourceType>, _: u32) -> Result<ResourceAny> {
        Err(no_handles())
    }

    fn lift_borrow(&mut self, _: Option<&ResourceType>, _: u32) -> Result<ResourceAny> {
        Err(no_handles())
    }

    fn lift_host_own(&mut self, _: TypeId, _: u32) -> Result<u32> {
        Err(no_handles())
    }

    fn lift_host_borrow(&mut self, _: TypeId, _: u32) -> Result<u32> {
        Err(no_handles())
    }
}

#[cold]
fn no_handles() -> Error {
    Error::misuse("a list of handles cannot be a ListView: take it as Vec<…>")
}
