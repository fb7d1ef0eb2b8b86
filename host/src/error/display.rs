//! The text of errors: what happened, with which plugin, and what to do. One sentence first, details on lines below it.

use std::fmt;

use super::{Error, ErrorKind, Fault};
use crate::grant::MissingGrant;

/// How many frames of a trap are shown, repetitions not counted; all of them are in the value.
const SHOWN_FRAMES: usize = 10;
/// The longest cycle of functions that call each other that is recognised.
const LONGEST_CYCLE: usize = 4;
/// How often frames must follow one another to be told as a repetition.
const LEAST_REPEATS: usize = 4;

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
            Self::Artifact(error) => error.fmt(f),
            Self::Denied { missing } => {
                if let [MissingGrant { use_denied: Some(refused), .. }] = missing.as_slice() {
                    return f.write_str(refused);
                }
                if let [MissingGrant { function: Some(function), revoked, .. }] = missing.as_slice() {
                    let was = if *revoked { "is no longer" } else { "was not" };
                    write!(f, "called `{function}` of an interface that it {was} granted:")?;
                    return missing.iter().try_for_each(|missing| write!(f, "\n  {missing}"));
                }
                let count = missing.len();
                let plural = if count == 1 { "" } else { "s" };
                let was =
                    if missing.iter().all(|missing| missing.revoked) { "is no longer" } else { "was not" };
                write!(f, "imports {count} interface{plural} that it {was} granted:")?;
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
            Self::Edge { interface, provider, problems } => {
                write!(f, "cannot use `{interface}` of plugin `{provider}`:")?;
                problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
            }
            Self::Cycle { plugins } => {
                let names: Vec<_> = plugins.iter().map(|plugin| format!("`{plugin}`")).collect();
                write!(f, "plugins cannot use each other in a circle: {}", names.join(" → "))
            }
            Self::NoExport { export, available } => {
                write!(f, "has no export `{export}`")?;
                if !available.is_empty() {
                    write!(f, "; it has {}", available.join(", "))?;
                }
                Ok(())
            }
            Self::Manifest(error) => error.fmt(f),
            Self::Package(error) => error.fmt(f),
            Self::Signature(error) => error.fmt(f),
            Self::Rollback { accepted, offered } => write!(
                f,
                "its version is {offered}, and {accepted} was accepted before: an older version may have faults that \
                 were mended since; accept it explicitly if you want to go back"
            ),
            Self::OtherPublisher { accepted, offered } => {
                let name =
                    |key: &Option<_>| key.as_ref().map_or_else(|| "nobody".to_owned(), ToString::to_string);
                write!(
                    f,
                    "it is signed by {}, and the one that was accepted before by {}; accept it explicitly if you know \
                     why its publisher changed",
                    name(offered),
                    name(accepted)
                )
            }
            #[cfg(feature = "kv")]
            Self::Kv(error) => write!(f, "the key-value store cannot be opened: {error}"),
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
                fmt_frames(f, frames)
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
            Self::Provider { export, provider, function, error } => {
                write!(
                    f,
                    "`{export}` ended, because plugin `{provider}` failed in `{function}`: {}",
                    error.kind()
                )
            }
            _ => f.write_str("unknown error"),
        }
    }
}

/// The frames of a trap, where recursion takes a line or a few instead of all.
fn fmt_frames<F: fmt::Display + PartialEq>(f: &mut fmt::Formatter<'_>, frames: &[F]) -> fmt::Result {
    let (mut rest, mut shown) = (frames, 0);
    while shown < SHOWN_FRAMES && !rest.is_empty() {
        let (cycle, repeats) = repetition(rest);
        let lines = if repeats > 1 { cycle.max(2) } else { 1 };
        rest.iter().take(lines).try_for_each(|frame| write!(f, "\n  at {frame}"))?;
        let all = cycle * repeats;
        match all.saturating_sub(lines) {
            0 => {}
            more if cycle == 1 => write!(f, "\n  … {more} more like this")?,
            more => write!(f, "\n  … {more} more like these {cycle}")?,
        }
        shown += lines;
        rest = rest.get(all..).unwrap_or_default();
    }
    match rest.len() {
        0 => Ok(()),
        more => write!(f, "\n  … and {more} more"),
    }
}

/// The shortest cycle that the frames begin with, and how often it follows; one frame, once, when there is none.
fn repetition<F: PartialEq>(frames: &[F]) -> (usize, usize) {
    let cycles = (1..=LONGEST_CYCLE).map(|cycle| {
        let same = frames.iter().zip(frames.iter().skip(cycle)).take_while(|(a, b)| a == b).count();
        (cycle, 1 + same / cycle)
    });
    cycles.into_iter().find(|(_, repeats)| *repeats >= LEAST_REPEATS).unwrap_or((1, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(frames: impl IntoIterator<Item = &'static str>) -> String {
        struct Shown(Vec<&'static str>);
        impl fmt::Display for Shown {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt_frames(f, &self.0)
            }
        }
        Shown(frames.into_iter().collect()).to_string().replace("\n  ", "|")
    }

    #[test]
    fn repeated_frames_are_told_once() {
        let recursion = ["down at 1"].into_iter().chain(["down at 2"; 62]).chain(["run"]);
        assert_eq!(text(recursion), "|at down at 1|at down at 2|at down at 2|… 60 more like this|at run");
        let mutual = ["a"].into_iter().chain(["even", "odd"].into_iter().cycle().take(61)).chain(["run"]);
        assert_eq!(text(mutual), "|at a|at even|at odd|… 58 more like these 2|at even|at run");
        assert_eq!(text(["x", "x", "x", "run"]), "|at x|at x|at x|at run");
        assert_eq!(text([]), "");
    }

    #[test]
    fn of_many_different_frames_the_first_are_shown() {
        const NAMES: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
        assert!(text(NAMES).ends_with("|at j|… and 2 more"), "{}", text(NAMES));
    }
}
