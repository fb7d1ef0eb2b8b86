//! What an `output-stream` writes to.

use cap_std::fs::FileExt as _;
use std::io::Write;
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex, PoisonError};

use crate::grant::watch::Leads;
use crate::wasi::filesystem::OpenFile;
use rustix::event::{PollFd, PollFlags, Timespec};

use super::{Condition, Failure, IoError, Pollable};
use crate::interrupt::Waiter;
use crate::wasi::{Captured, MAX_TRANSFER};

/// A standard stream for output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::wasi) enum Which {
    Stdout,
    Stderr,
}

/// The most bytes that a pipe which is ready takes without blocking.
const PIPE_CHUNK: usize = 4096;

/// The resource `output-stream`.
#[derive(Clone)]
pub(in crate::wasi) enum OutputStream {
    /// Takes everything, keeps nothing.
    Null,
    /// Failed before.
    Closed,
    Captured(Captured, Which),
    /// A stream of this process.
    Process(Which),
    Writer(Arc<Mutex<dyn Write + Send>>, Which),
    File {
        file: Arc<OpenFile>,
        offset: u64,
    },
    /// Each write goes to the end of the file.
    Append(Arc<OpenFile>),
    /// What another thread sends.
    Sink(Arc<dyn Sink>),
}

/// Bytes that another thread sends; the condition holds when there is room, or there will never be.
pub(in crate::wasi) trait Sink: Condition {
    /// For how many bytes there is room.
    fn room(&self) -> Result<usize, Failure>;

    /// Takes as many of `contents` as there is room for, and says how many.
    fn take(&self, contents: &[u8]) -> Result<usize, Failure>;

    /// What they go to.
    fn leads(&self) -> Leads;
}

impl OutputStream {
    /// What it leads to.
    pub(in crate::wasi) fn leads(&self) -> Leads {
        match self {
            Self::Null | Self::Closed => Leads::Nowhere,
            Self::Captured(_, which) | Self::Process(which) | Self::Writer(_, which) => match which {
                Which::Stdout => Leads::Stdout,
                Which::Stderr => Leads::Stderr,
            },
            Self::File { .. } | Self::Append(_) => Leads::Files,
            Self::Sink(sink) => sink.leads(),
        }
    }

    /// How many bytes it takes now.
    pub(in crate::wasi) fn check(&self) -> Result<usize, Failure> {
        match self {
            Self::Closed => Err(Failure::Closed),
            Self::Sink(sink) => Ok(sink.room()?.min(MAX_TRANSFER)),
            _ => Ok(MAX_TRANSFER),
        }
    }

    pub(in crate::wasi) fn pollable(&self) -> Pollable {
        match self {
            Self::Sink(sink) => Pollable::When(sink.clone()),
            _ => Pollable::Ready,
        }
    }

    /// Writes all of `contents`, waiting as long as the call may take.
    pub(in crate::wasi) fn write(&mut self, contents: &[u8], waiter: &Waiter) -> Result<(), Failure> {
        let result = self.try_write(contents, waiter);
        if matches!(result, Err(Failure::Failed(_))) {
            *self = Self::Closed;
        }
        result
    }

    fn try_write(&mut self, contents: &[u8], waiter: &Waiter) -> Result<(), Failure> {
        match self {
            Self::Null => Ok(()),
            Self::Closed => Err(Failure::Closed),
            Self::Captured(captured, _) if captured.append(contents) => Ok(()),
            Self::Captured(..) => Err(Failure::Failed(IoError::new("the host keeps no more output"))),
            Self::Process(which) => write_process(*which, contents, waiter),
            Self::Writer(writer, _) => {
                let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(writer.write_all(contents)?)
            }
            Self::File { file, offset } => {
                file.write_all_at(contents, *offset)?;
                *offset = offset.saturating_add(contents.len() as u64);
                Ok(())
            }
            Self::Append(file) => append(file, contents),
            Self::Sink(sink) => give(&**sink, contents, waiter),
        }
    }

    pub(in crate::wasi) fn flush(&mut self) -> Result<(), Failure> {
        match self {
            Self::Closed => Err(Failure::Closed),
            Self::Writer(writer, _) => Ok(writer.lock().unwrap_or_else(PoisonError::into_inner).flush()?),
            // Nothing of it waits for a flush; but a failure is told now.
            Self::Sink(sink) => sink.room().map(drop),
            _ => Ok(()),
        }
    }
}

impl std::fmt::Debug for OutputStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Closed => "Closed",
            Self::Captured(..) => "Captured",
            Self::Process(_) => "Process",
            Self::Writer(..) => "Writer",
            Self::File { .. } => "File",
            Self::Append(_) => "Append",
            Self::Sink(_) => "Sink",
        })
    }
}

/// Gives all of `contents` to a sink, waiting for room.
fn give(sink: &dyn Sink, contents: &[u8], waiter: &Waiter) -> Result<(), Failure> {
    let mut rest = contents;
    loop {
        let taken = sink.take(rest)?;
        rest = rest.get(taken..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(());
        }
        waiter.wait_until(None, || sink.holds())?;
    }
}

fn write_process(which: Which, contents: &[u8], waiter: &Waiter) -> Result<(), Failure> {
    let fd = match which {
        Which::Stdout => rustix::stdio::stdout(),
        Which::Stderr => rustix::stdio::stderr(),
    };
    let mut rest = contents;
    while !rest.is_empty() {
        waiter.check()?;
        if !is_writable(fd, waiter) {
            continue;
        }
        let chunk = rest.get(..rest.len().min(PIPE_CHUNK)).unwrap_or_default();
        match rustix::io::write(fd, chunk) {
            Ok(written) => rest = rest.get(written..).unwrap_or_default(),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Err(error) => return Err(std::io::Error::from(error).into()),
        }
    }
    Ok(())
}

fn is_writable(fd: BorrowedFd<'_>, waiter: &Waiter) -> bool {
    let mut fds = [PollFd::from_borrowed_fd(fd, PollFlags::OUT)];
    let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(waiter.slice(None).subsec_nanos()) };
    match rustix::event::poll(&mut fds, Some(&timeout)) {
        Ok(ready) => ready > 0,
        Err(rustix::io::Errno::INTR) => false,
        Err(_) => true,
    }
}

/// Appends in one step of the system where it has one, so that several writers do not overwrite each other.
fn append(file: &OpenFile, contents: &[u8]) -> Result<(), Failure> {
    let mut rest = contents;
    while !rest.is_empty() {
        let written = append_some(file, rest)?;
        if written == 0 {
            return Err(std::io::Error::from(std::io::ErrorKind::WriteZero).into());
        }
        rest = rest.get(written..).unwrap_or_default();
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn append_some(file: &OpenFile, contents: &[u8]) -> std::io::Result<usize> {
    let slices = [std::io::IoSlice::new(contents)];
    Ok(rustix::io::pwritev2(&**file, &slices, 0, rustix::io::ReadWriteFlags::APPEND)?)
}

#[cfg(not(target_os = "linux"))]
fn append_some(file: &OpenFile, contents: &[u8]) -> std::io::Result<usize> {
    file.write_at(contents, file.metadata()?.len())
}
