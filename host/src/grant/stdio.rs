//! Where a plugin's standard streams lead. A value; the streams themselves are made in `wasi/`.

use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex};

/// Standard input, output and error of a plugin.
///
/// ```
/// use plugbay::{Grants, Stdio};
/// let grants = Grants::none().stdio(Stdio::capture().with_input("one line\n"));
/// # let _ = grants;
/// ```
#[derive(Clone, Debug)]
pub struct Stdio {
    pub(crate) stdin: Input,
    pub(crate) stdout: Output,
    pub(crate) stderr: Output,
}

/// Where a plugin reads its standard input from.
#[derive(Clone)]
#[non_exhaustive]
pub enum Input {
    /// Nothing to read: the end comes at once.
    Null,
    /// The standard input of this process. Reading waits, until the deadline of the call.
    Inherit,
    /// These bytes, then the end.
    Bytes(Arc<[u8]>),
}

/// Where a plugin's standard output or error goes.
#[derive(Clone)]
#[non_exhaustive]
pub enum Output {
    /// Nowhere.
    Null,
    /// The same stream of this process. Where that is a terminal, escape sequences and other control characters than new
    /// lines and tabs are left out: they could move the cursor over what was said before, and answer for the person.
    Inherit,
    /// The same stream of this process, and nothing is left out. For plugins that draw on a terminal and may deceive
    /// whoever looks at it.
    Terminal,
    /// Into memory of the plugin, see [`Plugin::take_stdout`](crate::Plugin::take_stdout).
    Capture,
    /// To this writer, which is called while the guest waits: it should not block.
    Writer(Arc<Mutex<dyn Write + Send>>),
}

impl Stdio {
    /// All three lead nowhere: writing succeeds and reading finds the end.
    pub fn null() -> Self {
        Self { stdin: Input::Null, stdout: Output::Null, stderr: Output::Null }
    }

    /// The streams of this process.
    pub fn inherit() -> Self {
        Self { stdin: Input::Inherit, stdout: Output::Inherit, stderr: Output::Inherit }
    }

    /// No input; what is written is kept, see [`Plugin::take_stdout`](crate::Plugin::take_stdout) and
    /// [`Plugin::take_stderr`](crate::Plugin::take_stderr).
    pub fn capture() -> Self {
        Self { stdin: Input::Null, stdout: Output::Capture, stderr: Output::Capture }
    }

    /// Replaces standard input by bytes.
    #[must_use]
    pub fn with_input(self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdin(Input::Bytes(bytes.as_ref().into()))
    }

    /// Replaces standard input.
    #[must_use]
    pub fn stdin(mut self, input: Input) -> Self {
        self.stdin = input;
        self
    }

    /// Replaces standard output.
    #[must_use]
    pub fn stdout(mut self, output: Output) -> Self {
        self.stdout = output;
        self
    }

    /// Replaces standard error.
    #[must_use]
    pub fn stderr(mut self, output: Output) -> Self {
        self.stderr = output;
        self
    }
}

impl Default for Stdio {
    fn default() -> Self {
        Self::null()
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Inherit => f.write_str("Inherit"),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
        }
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Inherit => "Inherit",
            Self::Terminal => "Terminal",
            Self::Capture => "Capture",
            Self::Writer(_) => "Writer",
        })
    }
}
