//! What an `input-stream` reads from. Reading never waits here; who wants to waits for the stream's condition.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::Failure;
use super::wait::{Always, Condition};
use crate::grant::watch::Leads;
use crate::wasi::MAX_TRANSFER;
use crate::wasi::filesystem::OpenFile;

/// The resource `input-stream`.
#[derive(Debug)]
pub(in crate::wasi) struct InputStream {
    from: Origin,
    /// It failed or came to its end; it stays so.
    closed: bool,
}

/// What it reads from.
enum Origin {
    Empty,
    Bytes(Bytes),
    File { file: Arc<OpenFile>, offset: u64 },
    Source(Arc<dyn Source>),
}

/// What brings bytes: standard input, a socket, another thread. The condition holds when a read would not wait.
pub(in crate::wasi) trait Source: Condition {
    /// Up to `len` bytes, which is not 0; `None` when there are none now.
    fn read(&self, len: usize) -> Result<Option<Vec<u8>>, Failure>;

    /// What they come from.
    fn leads(&self) -> Leads;
}

/// Bytes and how many of them were read. Clones share their position.
#[derive(Clone, Debug)]
pub(in crate::wasi) struct Bytes {
    bytes: Arc<[u8]>,
    at: Arc<Mutex<usize>>,
}

impl Bytes {
    pub(in crate::wasi) fn new(bytes: Arc<[u8]>) -> Self {
        Self { bytes, at: Arc::default() }
    }

    fn read(&self, len: usize) -> Vec<u8> {
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = self.bytes.get(*at..).unwrap_or_default();
        let read = rest.get(..len.min(rest.len())).unwrap_or_default();
        *at = at.saturating_add(read.len());
        read.to_vec()
    }
}

impl InputStream {
    fn new(from: Origin) -> Self {
        Self { from, closed: false }
    }

    /// At its end from the beginning.
    pub(in crate::wasi) fn empty() -> Self {
        Self::new(Origin::Empty)
    }

    /// Bytes that are standard input.
    pub(in crate::wasi) fn bytes(bytes: Bytes) -> Self {
        Self::new(Origin::Bytes(bytes))
    }

    /// What a file holds from `offset` on.
    pub(in crate::wasi) fn file(file: Arc<OpenFile>, offset: u64) -> Self {
        Self::new(Origin::File { file, offset })
    }

    /// What a source brings.
    pub(in crate::wasi) fn source(source: Arc<dyn Source>) -> Self {
        Self::new(Origin::Source(source))
    }

    /// Up to `len` bytes that are there now, perhaps none.
    pub(in crate::wasi) fn read(&mut self, len: u64) -> Result<Vec<u8>, Failure> {
        if self.closed {
            return Err(Failure::Closed);
        }
        if len == 0 {
            return Ok(Vec::new());
        }
        let result = self.from.read(len);
        self.closed = matches!(result, Err(Failure::Closed | Failure::Failed(_)));
        result
    }

    /// What it leads to.
    pub(in crate::wasi) fn leads(&self) -> Leads {
        match &self.from {
            Origin::Empty => Leads::Nowhere,
            Origin::Bytes(_) => Leads::Stdin,
            Origin::File { .. } => Leads::Files,
            Origin::Source(source) => source.leads(),
        }
    }

    /// Holds when a read would bring bytes, or the end.
    pub(in crate::wasi) fn condition(&self) -> Arc<dyn Condition> {
        match &self.from {
            Origin::Source(source) if !self.closed => source.clone(),
            _ => Arc::new(Always),
        }
    }
}

impl Origin {
    /// Files give as much at once as they do by `descriptor.read`.
    fn read(&mut self, asked: u64) -> Result<Vec<u8>, Failure> {
        let len = usize::try_from(asked).unwrap_or(usize::MAX).min(MAX_TRANSFER);
        let bytes = match self {
            Self::Empty => Vec::new(),
            Self::Bytes(bytes) => bytes.read(len),
            Self::File { file, offset } => {
                let bytes = file.read(asked, *offset)?;
                *offset = offset.saturating_add(bytes.len() as u64);
                bytes
            }
            Self::Source(source) => match source.read(len)? {
                Some(bytes) => bytes,
                None => return Ok(Vec::new()),
            },
        };
        if bytes.is_empty() { Err(Failure::Closed) } else { Ok(bytes) }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Bytes(_) => f.write_str("Bytes"),
            Self::File { offset, .. } => write!(f, "File(at {offset})"),
            Self::Source(source) => source.fmt(f),
        }
    }
}
