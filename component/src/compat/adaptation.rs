//! What was adapted, as a value to show and to log.

use std::fmt;

use crate::reflect::{Change, ChangeKind, Member, MemberChange};
use crate::value::Val;

/// A difference between a plugin and its host that is bridged.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Adaptation {
    /// What changed since the plugin was built.
    pub change: Change,
    /// For a new field of a record that the plugin gives: what the host gets in its place.
    pub default: Option<Val>,
}

impl Adaptation {
    /// A change that is bridged without a default.
    #[must_use]
    pub fn new(change: Change) -> Self {
        Self { change, default: None }
    }
}

impl fmt::Display for Adaptation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.change)?;
        match (&self.change.kind, &self.default) {
            (_, Some(default)) => write!(f, "; the plugin's are completed with {default}"),
            (ChangeKind::Member { member: Member::Field, change: MemberChange::Added { .. }, .. }, None) => {
                f.write_str("; the plugin gets records without it")
            }
            (ChangeKind::Member { change: MemberChange::Added { .. }, .. }, None) => {
                f.write_str("; giving it to the plugin is an error of that call")
            }
            (ChangeKind::Added { .. }, None) => f.write_str("; calling it is an error of that call"),
            _ => Ok(()),
        }
    }
}
