//! How many requests a plugin has open: those on the way, and responses that it still holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::usage::Slot;

/// Counts the open requests of one plugin.
#[derive(Debug, Default)]
pub(super) struct OpenRequests(Option<Arc<AtomicU32>>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub(super) struct OpenRequest {
    count: Arc<AtomicU32>,
    _held: [Slot; 2],
}

impl OpenRequests {
    /// One more, with what it holds; `None` when there are `most` already.
    pub(super) fn open(&mut self, most: u32, held: [Slot; 2]) -> Option<Arc<OpenRequest>> {
        let count = self.0.get_or_insert_default();
        let more = |open: u32| (open < most).then(|| open.saturating_add(1));
        count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Arc::new(OpenRequest { count: count.clone(), _held: held }))
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}
