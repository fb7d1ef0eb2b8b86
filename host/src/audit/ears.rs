//! `Ears`: who wants to know what a host's plugins do, and how exactly.

use std::fmt;
use std::sync::Arc;

use super::Sink;
use crate::grant::learn::Learner;
use crate::usage::SoftLimit;

type Listener = dyn Fn(&SoftLimit<'_>) + Send + Sync;

/// Who wants to know.
#[derive(Clone, Default)]
pub(crate) struct Ears {
    /// Of decisions.
    pub(crate) sink: Option<Arc<dyn Sink>>,
    /// Of limits of which little is left.
    pub(crate) soft: Option<Arc<Listener>>,
    /// Whether calls and host functions are timed.
    pub(crate) measure: bool,
    /// Of what was permitted by rules.
    pub(crate) learner: Option<Learner>,
}

impl Ears {
    /// Whether nobody wants to know anything.
    pub(crate) fn is_none(&self) -> bool {
        self.sink.is_none() && self.soft.is_none() && !self.measure
    }
}

impl fmt::Debug for Ears {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ears")
            .field("sink", &self.sink.is_some())
            .field("soft", &self.soft.is_some())
            .field("measure", &self.measure)
            .finish()
    }
}
