//! A module's machine code: all there when the module is, or made when it is called.

use crate::error::Result;
use crate::vm::CodeMemory;
#[cfg(feature = "compile")]
use crate::vm::lazy_code::LazyCode;

/// The code of a module.
pub(crate) enum ModuleCode {
    /// All of it.
    Whole(CodeMemory),
    /// What was called so far.
    #[cfg(feature = "compile")]
    Lazy(Box<LazyCode>),
}

impl ModuleCode {
    /// Which owner [`locate`](crate::vm::code_tables::locate) finds for addresses in this code.
    pub(crate) fn key(&self) -> usize {
        match self {
            Self::Whole(code) => code.key(),
            #[cfg(feature = "compile")]
            Self::Lazy(code) => code.key(),
        }
    }

    /// Bytes of machine code.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Whole(code) => code.len(),
            #[cfg(feature = "compile")]
            Self::Lazy(code) => code.len(),
        }
    }

    /// The address at which to call the defined function with this index (imports do not count).
    pub(crate) fn function(&self, index: u32) -> Result<usize> {
        match self {
            Self::Whole(code) => code.function(index),
            #[cfg(feature = "compile")]
            Self::Lazy(code) => code.function(index),
        }
    }

    /// The whole code, unless it is made when it is called.
    pub(crate) fn whole(&self) -> Option<&CodeMemory> {
        match self {
            Self::Whole(code) => Some(code),
            #[cfg(feature = "compile")]
            Self::Lazy(_) => None,
        }
    }
}
