//! The canonical options of one lifted or lowered function at run time.

use plugbay_engine as engine;

use crate::abi::options::StringEncoding;
use crate::instance::StoreData;

/// Handles into the engine's store; copying them is free.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Options {
    pub(crate) memory: Option<engine::Memory>,
    pub(crate) realloc: Option<engine::Func>,
    pub(crate) post_return: Option<engine::Func>,
    pub(crate) encoding: StringEncoding,
}

impl Options {
    /// The memory (empty without one) beside the store's data.
    #[inline]
    pub(crate) fn memory_and_data<'a, T>(
        &self,
        cx: &'a mut engine::Context<'_, StoreData<T>>,
    ) -> (&'a [u8], &'a mut StoreData<T>) {
        match self.memory {
            Some(memory) => {
                let (memory, data) = memory.data_and_host(cx);
                (memory, data)
            }
            None => (&[], cx.data_mut()),
        }
    }
}
