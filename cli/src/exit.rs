//! How the command ends: 0 when all went well, 1 when the guest failed, 2 when the command was used wrongly.

use std::process::ExitCode;

/// Why a command ended early. The message is printed after `plugbay: `.
pub(crate) struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// The guest failed or was refused: exit code 1.
    pub(crate) fn guest(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into() }
    }

    /// The command line is wrong: exit code 2.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { code: 2, message: message.into() }
    }

    /// Prints the message and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        eprintln!("plugbay: {}", self.message);
        ExitCode::from(self.code)
    }
}

/// A file, a grant, a name or an argument is the user's to mend; the rest is the guest's. Where the library names a call
/// that helps, the flag is named too.
impl From<plugbay::Error> for Failure {
    fn from(error: plugbay::Error) -> Self {
        use plugbay::ErrorKind as K;
        match error.kind() {
            K::Deadline { .. } => Self::guest(format!("{error}\nallow more with `--deadline TIME`")),
            K::Limit { knob, .. } if knob.starts_with("memory") => {
                Self::guest(format!("{error}\nallow more with `--max-memory SIZE`"))
            }
            K::NoExport { export, .. } if export.starts_with("wasi:cli/run") => Self::usage(format!(
                "{error}\nit is not a command; call one of its functions with `--invoke`"
            )),
            K::Io { .. }
            | K::Manifest(_)
            | K::Package(_)
            | K::Grant(_)
            | K::Misuse(_)
            | K::NoExport { .. } => Self::usage(error.to_string()),
            _ => Self::guest(error.to_string()),
        }
    }
}
