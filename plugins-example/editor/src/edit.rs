//! Asking a plugin for edits and making them.

use std::fmt;

use plugbay::{Borrow, Error};

use crate::bay::desk;
use crate::bindings::Plugin;
use crate::bindings::demo::editor::types::{Edit, EditError, Span};
use crate::buffer::{Buffer, Change, Refusal};
use crate::desk::Desk;

/// Why a buffer was not edited. It is as it was.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The call failed.
    Call(Error),
    /// The plugin declined.
    Declined(String),
    /// The plugin's edits make no sense.
    Refused(Refusal),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) => error.fmt(f),
            Self::Declined(why) => write!(f, "the plugin declined: {why}"),
            Self::Refused(refusal) => write!(f, "the plugin's edits were refused: {refusal}"),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}

/// Lets `plugin` edit `buffer`; returns how many changes were made.
pub(crate) fn apply(plugin: &mut Plugin<Desk>, buffer: &mut Buffer) -> Result<usize, Failure> {
    let lent = desk(plugin).lend(buffer).map_err(|error| Failure::Declined(error.to_string()))?;
    let proposal = plugin.text_tools().propose(Borrow::new(lent.rep()));
    desk(plugin).clear(lent);
    let edits = proposal?.map_err(|error| Failure::Declined(in_words(error)))?;
    let changes: Vec<Change> = edits.into_iter().map(change).collect();
    buffer.apply(&changes).map_err(Failure::Refused)?;
    Ok(changes.len())
}

fn change(edit: Edit) -> Change {
    let bytes = |span: Span| {
        let start = span.start as usize;
        start..start.saturating_add(span.length as usize)
    };
    match edit {
        Edit::Insert(insertion) => {
            let at = insertion.at as usize;
            Change { range: at..at, text: insertion.text }
        }
        Edit::Delete(span) => Change { range: bytes(span), text: String::new() },
        Edit::Replace(replacement) => Change { range: bytes(replacement.span), text: replacement.text },
    }
}

fn in_words(error: EditError) -> String {
    match error {
        EditError::Unsupported => "it never edits".to_owned(),
        EditError::TooLarge(most) => format!("it takes {most} bytes at most"),
        EditError::Failed(why) => why.escape_debug().to_string(),
    }
}
