//! Asking a person: what is asked, and a prompt for terminals.

use std::fmt;
use std::io::{BufRead as _, IsTerminal as _, Write as _};

use super::Difference;
use super::difference::words;
use crate::manifest::Request;

/// A question about one request of one plugin. Its `Display` is a question that a person understands.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Ask<'a> {
    /// The plugin's id, from its manifest.
    pub plugin: &'a str,
    /// What it asks for.
    pub request: &'a Request,
    /// Why nobody has decided yet.
    pub why: Why,
    /// How the plugin differs from the one that was decided about before: with the first question about it.
    pub difference: Option<&'a Difference>,
}

/// Why a person is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Why {
    /// The plugin is new, or asks for something new.
    New,
    /// It was allowed to another component of that id: the plugin was changed.
    Changed,
    /// It asks for more than what was allowed.
    Wider,
    /// It was allowed for a time that is over.
    Expired,
}

/// What a person answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Yes, this time.
    AllowOnce,
    /// Yes, and do not ask again about this component.
    Allow,
    /// No, this time.
    DenyOnce,
    /// No, and do not ask again about this component.
    Deny,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "asked because nothing was decided",
            Self::Changed => "asked because the plugin was changed",
            Self::Wider => "asked because it wants more than was allowed",
            Self::Expired => "asked because the time of the decision is over",
        })
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AllowOnce => "allowed once",
            Self::Allow => "allowed",
            Self::DenyOnce => "denied once",
            Self::Deny => "denied",
        })
    }
}

impl fmt::Display for Ask<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plugin, request, why, difference } = self;
        if let Some(difference) = difference {
            writeln!(f, "{difference}")?;
        }
        match why {
            Why::New => write!(f, "`{plugin}` asks for `{}`", request.interface())?,
            Why::Changed => {
                write!(
                    f,
                    "`{plugin}` was changed since it was allowed `{}`, and asks again",
                    request.interface()
                )?;
            }
            Why::Wider => {
                write!(f, "`{plugin}` asks for more of `{}` than it was allowed", request.interface())?
            }
            Why::Expired => {
                write!(f, "`{plugin}` was allowed `{}` for a time that is over", request.interface())?
            }
        }
        // The author's words are the author's: without what a terminal would obey.
        write!(f, "\n  its author says: {}", request.reason().escape_debug())?;
        for file in request.files() {
            let what = if file.write { "read and change" } else { "read" };
            write!(f, "\n  to {what} files in {}", file.path.escape_debug())?;
        }
        if request.files().is_empty() {
            for rule in request.allow() {
                write!(f, "\n  for {}", words(request.interface(), rule).escape_debug())?;
            }
        }
        for rule in request.deny() {
            write!(f, "\n  but not for {}", words(request.interface(), rule).escape_debug())?;
        }
        for name in request.names() {
            write!(f, "\n  to read the environment variable {}", name.escape_debug())?;
        }
        Ok(())
    }
}

/// Asks at the terminal, on standard error, and reads a line of standard input. Without a terminal, and when the answer is none
/// of those offered, the answer is no.
#[must_use]
pub fn ask_at_terminal(ask: &Ask<'_>) -> Answer {
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return Answer::DenyOnce;
    }
    let mut error = std::io::stderr().lock();
    let asked =
        write!(error, "{ask}\nAllow? [y] once, [a] always, [n] no, [d] never: ").and_then(|()| error.flush());
    let mut line = String::new();
    match asked.and_then(|()| std::io::stdin().lock().read_line(&mut line)) {
        Ok(_) => answer(&line),
        Err(_) => Answer::DenyOnce,
    }
}

fn answer(line: &str) -> Answer {
    match line.trim() {
        "y" | "Y" | "yes" => Answer::AllowOnce,
        "a" | "A" | "always" => Answer::Allow,
        "d" | "D" | "never" => Answer::Deny,
        _ => Answer::DenyOnce,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_offered_allows() {
        assert_eq!(answer("y\n"), Answer::AllowOnce);
        assert_eq!(answer(" always \r\n"), Answer::Allow);
        assert_eq!(answer("never"), Answer::Deny);
        for other in ["", "\n", "ok", "yy", "n", "\u{1b}[A"] {
            assert_eq!(answer(other), Answer::DenyOnce, "{other:?}");
        }
    }
}
