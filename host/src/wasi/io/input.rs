//! What an `input-stream` reads from.

use cap_std::fs::FileExt as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::grant::watch::Leads;
use crate::wasi::filesystem::OpenFile;
use rustix::event::{PollFd, PollFlags, Timespec};

use super::{Condition, Failure, Pollable};
use crate::interrupt::{SLICE, Waiter};
use crate::wasi::MAX_TRANSFER;

/// The resource `input-stream`. Clones of standard input share their position.
#[derive(Clone, Debug)]
pub(in crate::wasi) enum InputStream {
    Empty,
    Bytes(Bytes),
    /// The standard input of this process.
    Stdin,
    File {
        file: Arc<OpenFile>,
        offset: u64,
    },
    /// What another thread receives.
    Source(Arc<dyn Source>),
}

/// Bytes that another thread receives; the condition holds when a read would not wait.
pub(in crate::wasi) trait Source: Condition {
    /// Up to `len` bytes, which is not 0; `None` when there are none now.
    fn read(&self, len: usize) -> Result<Option<Vec<u8>>, Failure>;

    /// What they come from.
    fn leads(&self) -> Leads;
}

/// Bytes and how many of them were read.
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
    /// Reads up to `len` bytes. Without a waiter, what is there now, perhaps nothing; with one, at least one byte.
    pub(in crate::wasi) fn read(&mut self, len: u64, wait: Option<&Waiter>) -> Result<Vec<u8>, Failure> {
        let len = usize::try_from(len).unwrap_or(usize::MAX).min(MAX_TRANSFER);
        if len == 0 {
            return Ok(Vec::new());
        }
        let bytes = match self {
            Self::Empty => Vec::new(),
            Self::Bytes(bytes) => bytes.read(len),
            Self::Stdin => match read_stdin(len, wait)? {
                Some(bytes) => bytes,
                None => return Ok(Vec::new()),
            },
            Self::Source(source) => match read_source(&**source, len, wait)? {
                Some(bytes) => bytes,
                None => return Ok(Vec::new()),
            },
            Self::File { file, offset } => {
                let mut bytes = vec![0; len];
                let read = file.read_at(&mut bytes, *offset)?;
                bytes.truncate(read);
                *offset = offset.saturating_add(read as u64);
                bytes
            }
        };
        if bytes.is_empty() { Err(Failure::Closed) } else { Ok(bytes) }
    }

    /// What it leads to.
    pub(in crate::wasi) fn leads(&self) -> Leads {
        match self {
            Self::Empty => Leads::Nowhere,
            Self::Bytes(_) | Self::Stdin => Leads::Stdin,
            Self::File { .. } => Leads::Files,
            Self::Source(source) => source.leads(),
        }
    }

    pub(in crate::wasi) fn pollable(&self) -> Pollable {
        match self {
            Self::Stdin => Pollable::Stdin,
            Self::Source(source) => Pollable::When(source.clone()),
            _ => Pollable::Ready,
        }
    }
}

/// Bytes of a source; `None` when there are none now and nobody waits.
fn read_source(source: &dyn Source, len: usize, wait: Option<&Waiter>) -> Result<Option<Vec<u8>>, Failure> {
    loop {
        match (source.read(len)?, wait) {
            (None, Some(waiter)) => waiter.wait_until(None, || source.holds())?,
            (bytes, _) => return Ok(bytes),
        }
    }
}

/// Bytes of the process's standard input; none at the end, `None` when there are none now and nobody waits.
fn read_stdin(len: usize, wait: Option<&Waiter>) -> Result<Option<Vec<u8>>, Failure> {
    while !stdin_is_ready(wait.map_or(Duration::ZERO, |waiter| waiter.slice(None))) {
        match wait {
            Some(waiter) => waiter.check()?,
            None => return Ok(None),
        }
    }
    let mut bytes = vec![0; len];
    let read = match rustix::io::read(rustix::stdio::stdin(), &mut bytes) {
        Ok(read) => read,
        Err(error) => return Err(std::io::Error::from(error).into()),
    };
    bytes.truncate(read);
    Ok(Some(bytes))
}

/// Whether standard input can be read (or is at its end), after waiting up to `timeout`, which is short.
pub(super) fn stdin_is_ready(timeout: Duration) -> bool {
    let mut fds = [PollFd::from_borrowed_fd(rustix::stdio::stdin(), PollFlags::IN)];
    let nanoseconds = i64::from(timeout.min(SLICE).subsec_nanos());
    let timeout = Timespec { tv_sec: 0, tv_nsec: nanoseconds };
    match rustix::event::poll(&mut fds, Some(&timeout)) {
        Ok(ready) => ready > 0,
        Err(rustix::io::Errno::INTR) => false,
        // It cannot be waited for: let the read say why.
        Err(_) => true,
    }
}
