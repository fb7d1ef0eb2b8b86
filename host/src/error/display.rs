//! The text of errors: what happened, with which plugin, and what to do. One sentence first, details on lines below it.

use std::fmt;

use super::{Error, ErrorKind, Fault};

/// How many frames of a trap are shown; all of them are in the value.
const SHOWN_FRAMES: usize = 10;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(plugin) = self.plugin() {
            write!(f, "plugin `{plugin}`: ")?;
        }
        write!(f, "{}", self.kind())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("plugin", &self.plugin()).field("kind", self.kind()).finish()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plugin => "plugin",
            Self::Embedder => "embedder",
            Self::Host => "host",
        })
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { what, path, source } => write!(f, "{what} {}: {source}", path.display()),
            Self::Load { stage, offset, message, .. } => {
                write!(f, "cannot be loaded ({stage}): {message}")?;
                match offset {
                    Some(offset) => write!(f, " (at byte {offset:#x} of the file)"),
                    None => Ok(()),
                }
            }
            Self::Denied { missing } => {
                let count = missing.len();
                let plural = if count == 1 { "" } else { "s" };
                write!(f, "imports {count} interface{plural} that it was not granted:")?;
                missing.iter().try_for_each(|missing| write!(f, "\n  {missing}"))
            }
            Self::UnknownImports { imports } => {
                f.write_str("imports what this host does not offer:")?;
                imports.iter().try_for_each(|unknown| write!(f, "\n  `{}`: {}", unknown.import, unknown.hint))
            }
            Self::WorldMismatch { differences } => {
                f.write_str("does not fit the world that the application expects:")?;
                differences.iter().try_for_each(|difference| write!(f, "\n  {difference}"))
            }
            Self::NoExport { export, available } => {
                write!(f, "has no export `{export}`")?;
                if !available.is_empty() {
                    write!(f, "; it has {}", available.join(", "))?;
                }
                Ok(())
            }
            Self::Grant(message) => write!(f, "the grants cannot be used: {message}"),
            Self::Misuse(message) => f.write_str(message),
            Self::Internal(message) => write!(f, "internal error of plugbay, please report it: {message}"),
            _ => self.fmt_call(f),
        }
    }
}

impl ErrorKind {
    /// The kinds that end a call.
    fn fmt_call(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trap { export, message, frames, .. } => {
                write!(f, "`{export}` trapped: {message}")?;
                frames.iter().take(SHOWN_FRAMES).try_for_each(|frame| write!(f, "\n  at {frame}"))?;
                match frames.len().saturating_sub(SHOWN_FRAMES) {
                    0 => Ok(()),
                    more => write!(f, "\n  … and {more} more"),
                }
            }
            Self::Deadline { export, limit } => {
                write!(f, "`{export}` was stopped at its deadline")?;
                match limit {
                    Some(limit) => write!(f, " of {limit:?}; allow more with `Limits::deadline`"),
                    None => Ok(()),
                }
            }
            Self::Cancelled { export } => write!(f, "`{export}` was cancelled"),
            Self::Limit { knob, asked, limit } => {
                write!(f, "reached the limit `{knob}` of {limit}")?;
                match asked {
                    Some(asked) => write!(f, " (asked for {asked})"),
                    None => Ok(()),
                }
            }
            Self::Exit(code) => write!(f, "ended itself with exit code {code}"),
            Self::Poisoned => f.write_str(
                "cannot be called any more, because an earlier call did not return; instantiate it again",
            ),
            Self::Host { export, source } => {
                write!(f, "a host function failed while `{export}` ran: {source}")
            }
            _ => f.write_str("unknown error"),
        }
    }
}
