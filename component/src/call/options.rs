//! The canonical options of one lifted or lowered function at run time, and core functions as they are called quickly.

use plugbay_engine as engine;

use crate::abi::flat::low_half;
use crate::abi::options::StringEncoding;
use crate::abi::trap::AbiTrap;
use crate::error::Result;
use crate::instance::StoreData;

/// A core function. If it takes few integers, as most do, the way to call it was found beforehand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CoreFunc {
    func: engine::Func,
    quick: Option<engine::IntegerFunc>,
}

impl CoreFunc {
    pub(crate) fn new<T>(cx: &engine::Context<'_, T>, func: engine::Func) -> Result<Self> {
        Ok(Self { func, quick: func.integers(cx)? })
    }

    /// Calls it on slots; the result comes in the first.
    #[inline]
    pub(crate) fn call<T, const N: usize>(
        &self,
        cx: &mut engine::Context<'_, T>,
        mut slots: [u64; N],
    ) -> Result<u64> {
        if let Some(quick) = self.quick {
            let mut params = [0; 4];
            for (param, slot) in params.iter_mut().zip(slots) {
                *param = slot;
            }
            return Ok(quick.call(cx, params)?);
        }
        self.func.call_raw(cx, &mut slots)?;
        Ok(slots.first().copied().unwrap_or(0))
    }
}

impl From<CoreFunc> for engine::Extern {
    fn from(core: CoreFunc) -> Self {
        Self::Func(core.func)
    }
}

/// Handles into the engine's store; copying them is free.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Options {
    pub(crate) memory: Option<engine::Memory>,
    /// The same memory, to be read and written.
    pub(crate) bytes: Option<engine::QuickMemory>,
    pub(crate) realloc: Option<CoreFunc>,
    pub(crate) post_return: Option<CoreFunc>,
    pub(crate) encoding: StringEncoding,
}

impl Options {
    /// The memory (empty without one) beside the store's data.
    #[inline]
    pub(crate) fn memory_and_data<'a, T>(
        &self,
        cx: &'a mut engine::Context<'_, StoreData<T>>,
    ) -> (&'a [u8], &'a mut StoreData<T>) {
        match self.bytes {
            Some(memory) => {
                let (memory, data) = memory.data_and_host(cx);
                (memory, data)
            }
            None => (&[], cx.data_mut()),
        }
    }

    /// Calls `realloc`.
    #[inline]
    pub(crate) fn reallocate<T>(
        &self,
        cx: &mut engine::Context<'_, StoreData<T>>,
        params: [u32; 4],
    ) -> Result<u32> {
        let realloc = self.realloc.ok_or(AbiTrap::NoRealloc)?;
        realloc.call(cx, params.map(u64::from)).map(low_half)
    }
}
