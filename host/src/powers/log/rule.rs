//! The rules of `plugbay:host/log`: how important a line has to be.

use serde::{Deserialize, Serialize};

use super::LogLevel;
use crate::grant::{Risk, Rule};

/// Which lines a plugin may write: a rule of `plugbay:host/log`. `{ level = "warn" }` means warnings and what matters more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LogRule {
    /// The least important level that is meant.
    pub level: LogLevel,
}

impl LogRule {
    /// Lines of this level, and of those that matter more.
    #[must_use]
    pub fn from(level: LogLevel) -> Self {
        Self { level }
    }
}

impl Rule for LogRule {
    type Request<'a> = LogLevel;

    fn matches(&self, request: &LogLevel) -> bool {
        *request >= self.level
    }

    fn words(&self) -> String {
        format!("lines of the level {} and above", self.level)
    }

    fn risk(&self) -> Risk {
        Risk::Low
    }
}
