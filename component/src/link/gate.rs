//! `Gate`: what stands before the functions that a host defines. It is asked before each call; what it decides by is the
//! embedder's. A linker without gates pays nothing for them.

use std::sync::Arc;

use plugbay_engine as engine;

use crate::error::Result;
use crate::instance::{HostContext, StoreData};

/// Asked before each call of a function that stands behind it ([`LinkerInstance::gate`](crate::LinkerInstance::gate)).
pub trait Gate<T>: Send + Sync {
    /// A function that is linked from behind this gate, once for each import of it: gives the number by which
    /// [`pass`](Self::pass) will name it. `import` is its interface, as the component imports it; empty for functions of
    /// the world.
    fn admit(&self, import: &str, function: &str) -> u32;

    /// A guest is about to call function `number`.
    ///
    /// # Errors
    /// What is to end the call in the function's stead, as an error of the host.
    fn pass(&self, cx: &mut HostContext<'_, T>, number: u32) -> Result<()>;

    /// Whether [`done`](Self::done) is to be called; asked when a function is linked.
    fn follows(&self) -> bool {
        false
    }

    /// Function `number`, which was let pass, has returned, or failed.
    fn done(&self, cx: &mut HostContext<'_, T>, number: u32) {
        let (_, _) = (cx, number);
    }
}

/// A gate, for one of the functions behind it.
pub(crate) struct Pass<T> {
    gate: Arc<dyn Gate<T>>,
    number: u32,
    follows: bool,
}

impl<T> Pass<T> {
    pub(crate) fn new(gate: &Arc<dyn Gate<T>>, import: &str, function: &str) -> Self {
        Self { gate: Arc::clone(gate), number: gate.admit(import, function), follows: gate.follows() }
    }

    /// Asks the gate, calls, and tells the gate that it is over.
    #[inline]
    pub(crate) fn through<R>(
        &self,
        cx: &mut engine::Context<'_, StoreData<T>>,
        call: impl FnOnce(&mut engine::Context<'_, StoreData<T>>) -> Result<R>,
    ) -> Result<R> {
        self.gate.pass(&mut HostContext::new(cx.data_mut()), self.number)?;
        let result = call(cx);
        if self.follows {
            self.gate.done(&mut HostContext::new(cx.data_mut()), self.number);
        }
        result
    }
}

impl<T> Clone for Pass<T> {
    fn clone(&self) -> Self {
        Self { gate: Arc::clone(&self.gate), number: self.number, follows: self.follows }
    }
}
