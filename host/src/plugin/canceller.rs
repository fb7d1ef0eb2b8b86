//! Stopping a call from another thread.

use std::sync::Arc;

use plugbay_component::engine::CancelToken;

use crate::interrupt::Interrupt;

/// Stops the call a plugin is in, or the next one, from any thread. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Canceller {
    pub(crate) token: CancelToken,
    pub(crate) interrupt: Arc<Interrupt>,
}

impl Canceller {
    /// Stops the call, wherever it is: in guest code or in a host function that waits. It returns
    /// [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled), and the plugin has to be made anew.
    pub fn cancel(&self) {
        self.interrupt.cancel();
        self.token.cancel();
    }

    /// Whether [`cancel`](Self::cancel) was called.
    pub fn is_cancelled(&self) -> bool {
        self.interrupt.is_cancelled()
    }
}
