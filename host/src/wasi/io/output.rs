//! What an `output-stream` writes to, and how much it may be given at once.

use std::fmt;
use std::sync::Arc;

use super::Failure;
use super::wait::{Always, Condition, pause};
use crate::grant::watch::Leads;
use crate::interrupt::Waiter;
use crate::wasi::MAX_TRANSFER;
use crate::wasi::filesystem::OpenFile;

/// The resource `output-stream`.
#[derive(Debug)]
pub(in crate::wasi) struct OutputStream {
    to: To,
    /// What the last `check-write` permitted, less what was written since.
    permit: usize,
    /// It failed; it stays so.
    closed: bool,
}

/// What it writes to.
enum To {
    /// Takes everything, keeps nothing.
    Null,
    File {
        file: Arc<OpenFile>,
        offset: u64,
    },
    /// Each write goes to the end of the file.
    Append(Arc<OpenFile>),
    Sink(Arc<dyn Sink>),
}

/// What takes bytes: a standard stream, a socket, another thread. The condition holds when there is room, or there will
/// never be.
pub(in crate::wasi) trait Sink: Condition {
    /// For how many bytes there is room.
    fn room(&self) -> Result<usize, Failure>;

    /// Takes as many of `contents` as there is room for, and says how many.
    fn take(&self, contents: &[u8]) -> Result<usize, Failure>;

    /// Passes on what was taken; says whether all of it is now.
    fn flush(&self) -> Result<bool, Failure> {
        // Nothing of it waits for a flush; but a failure is told now.
        self.room().map(|_| true)
    }

    /// What they go to.
    fn leads(&self) -> Leads;
}

impl OutputStream {
    fn new(to: To) -> Self {
        Self { to, permit: 0, closed: false }
    }

    /// To nowhere.
    pub(in crate::wasi) fn null() -> Self {
        Self::new(To::Null)
    }

    /// To a file, from `offset` on.
    pub(in crate::wasi) fn file(file: Arc<OpenFile>, offset: u64) -> Self {
        Self::new(To::File { file, offset })
    }

    /// To the end of a file, wherever that is.
    pub(in crate::wasi) fn append(file: Arc<OpenFile>) -> Self {
        Self::new(To::Append(file))
    }

    /// To a sink.
    pub(in crate::wasi) fn sink(sink: Arc<dyn Sink>) -> Self {
        Self::new(To::Sink(sink))
    }

    /// What it leads to.
    pub(in crate::wasi) fn leads(&self) -> Leads {
        match &self.to {
            To::Null => Leads::Nowhere,
            To::File { .. } | To::Append(_) => Leads::Files,
            To::Sink(sink) => sink.leads(),
        }
    }

    /// Holds when `check` would permit something, or fail.
    pub(in crate::wasi) fn condition(&self) -> Arc<dyn Condition> {
        match &self.to {
            To::Sink(sink) if !self.closed => sink.clone(),
            _ => Arc::new(Always),
        }
    }

    /// How many bytes the next write may have, which is then permitted.
    pub(in crate::wasi) fn check(&mut self) -> Result<usize, Failure> {
        self.permit = 0;
        let room = self.attempt(|to| match to {
            To::Sink(sink) => sink.room(),
            To::Null | To::File { .. } | To::Append(_) => Ok(MAX_TRANSFER),
        })?;
        self.permit = room.min(MAX_TRANSFER);
        Ok(self.permit)
    }

    /// Whether so many bytes may be written. A closed stream permits any number: writing says that it is closed.
    pub(in crate::wasi) fn permits(&self, len: u64) -> bool {
        self.closed || len <= self.permit as u64
    }

    /// Writes all of `contents`, which were permitted. Where somebody else took the room meanwhile it waits, as long as the
    /// call may take.
    pub(in crate::wasi) fn write(&mut self, contents: &[u8], waiter: &Waiter) -> Result<(), Failure> {
        self.permit = self.permit.saturating_sub(contents.len());
        self.attempt(|to| match to {
            To::Null => Ok(()),
            To::File { file, offset } => {
                file.write_all(contents, *offset)?;
                *offset = offset.saturating_add(contents.len() as u64);
                Ok(())
            }
            To::Append(file) => Ok(file.append(contents)?),
            To::Sink(sink) => give(sink, contents, waiter),
        })
    }

    /// Passes on what was written; says whether all of it is now.
    pub(in crate::wasi) fn flush(&mut self) -> Result<bool, Failure> {
        self.attempt(|to| match to {
            To::Sink(sink) => sink.flush(),
            To::Null | To::File { .. } | To::Append(_) => Ok(true),
        })
    }

    /// Does something with what is behind it; what fails closes the stream.
    fn attempt<R>(&mut self, work: impl FnOnce(&mut To) -> Result<R, Failure>) -> Result<R, Failure> {
        if self.closed {
            return Err(Failure::Closed);
        }
        let result = work(&mut self.to);
        self.closed = matches!(result, Err(Failure::Failed(_) | Failure::Closed));
        result
    }
}

impl fmt::Debug for To {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::File { offset, .. } => write!(f, "File(at {offset})"),
            Self::Append(_) => f.write_str("Append"),
            Self::Sink(sink) => sink.fmt(f),
        }
    }
}

/// Gives all of `contents` to a sink, waiting for room.
fn give(sink: &Arc<dyn Sink>, contents: &[u8], waiter: &Waiter) -> Result<(), Failure> {
    let mut rest = contents;
    loop {
        let taken = sink.take(rest)?;
        rest = rest.get(taken..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(());
        }
        let room: Arc<dyn Condition> = sink.clone();
        pause(&[room], waiter)?;
    }
}
