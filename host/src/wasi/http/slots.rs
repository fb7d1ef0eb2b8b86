//! How many requests a plugin has open: those on the way, and responses that it still holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::usage::Slot;

/// Counts the open requests of one plugin.
#[derive(Debug, Default)]
pub(super) struct OpenRequests(Arc<AtomicU32>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub(super) struct OpenRequest {
    count: Arc<AtomicU32>,
    _buffers: Slot,
}

impl OpenRequests {
    /// One more, with the memory for it; `None` when there are `most` already.
    pub(super) fn open(&self, most: u32, buffers: Slot) -> Option<Arc<OpenRequest>> {
        let more = |open: u32| (open < most).then(|| open.saturating_add(1));
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Arc::new(OpenRequest { count: self.0.clone(), _buffers: buffers }))
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}
