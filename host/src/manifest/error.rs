//! `ManifestError`: where a manifest is wrong, how, and what to write instead.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A mistake in a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestError {
    /// The file, as it was given.
    pub file: String,
    /// The line, from 1; 0 when the mistake has no place.
    pub line: usize,
    /// The column, from 1, in characters; 0 when the mistake has no place.
    pub column: usize,
    /// What is wrong, and what to write instead.
    pub problem: String,
}

impl ManifestError {
    pub(crate) fn new(file: &str, text: &str, span: Option<Range<usize>>, problem: String) -> Self {
        let (line, column) = span.map_or((0, 0), |span| place(text, span.start));
        Self { file: file.to_owned(), line, column, problem }
    }

    /// The text of a file.
    pub(crate) fn utf8<'b>(file: &str, bytes: &'b [u8]) -> Result<&'b str, Self> {
        str::from_utf8(bytes).map_err(|error| {
            let problem = format!("not UTF-8 from byte {} on", error.valid_up_to());
            Self::new(file, "", None, problem)
        })
    }
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    file: Arc<str>,
    line: usize,
    column: usize,
}

impl Place {
    /// Where byte `offset` of `text` is.
    pub(crate) fn new(file: &str, text: &str, offset: usize) -> Self {
        let (line, column) = place(text, offset);
        Self { file: file.into(), line, column }
    }

    /// Where byte `offset` of `text` is, which stands here.
    pub(crate) fn within(&self, text: &str, offset: usize) -> Self {
        let (line, column) = place(text, offset);
        let column = if line == 1 { self.column + column - 1 } else { column };
        Self { file: self.file.clone(), line: self.line + line - 1, column }
    }

    /// The mistake `problem`, here.
    pub(crate) fn error(&self, problem: String) -> ManifestError {
        let Self { file, line, column } = self;
        ManifestError { file: file.as_ref().into(), line: *line, column: *column, problem }
    }
}

/// Line and column of a byte offset.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(line_start..).map_or(0, |line| line.chars().count());
    (before.matches('\n').count() + 1, column + 1)
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for ManifestError {}
