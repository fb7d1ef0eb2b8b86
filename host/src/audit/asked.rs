//! What somebody answered when asked about a plugin: it travels with the grants, and is told when the plugin is linked with them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Verdict;

/// One answer.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// What was asked about, as the manifest names it.
    pub(crate) capability: String,
    pub(crate) allowed: bool,
    /// Why it was asked, and what was answered.
    pub(crate) rule: String,
    /// Shared by the clones, so that an answer is told once.
    told: Arc<AtomicBool>,
}

impl Asked {
    pub(crate) fn new(capability: impl Into<String>, allowed: bool, rule: impl Into<String>) -> Self {
        Self { capability: capability.into(), allowed, rule: rule.into(), told: Arc::default() }
    }

    pub(crate) fn verdict(&self) -> Verdict {
        if self.allowed { Verdict::AskAllowed } else { Verdict::AskDenied }
    }

    /// Whether it was not told yet; from now on it was.
    pub(crate) fn is_news(&self) -> bool {
        !self.told.swap(true, Ordering::Relaxed)
    }
}
