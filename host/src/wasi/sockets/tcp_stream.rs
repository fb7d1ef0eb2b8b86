//! The two streams of a connection. What a write took, the system has: there is no buffer of ours that nobody would empty.

use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::{RecvFlags, sockopt};

use super::socket::SEND;
use super::tcp::Connection;
use crate::grant::watch::Leads;
use crate::wasi::io::{Cause, Condition, Failure, InputStream, IoError, OutputStream, Sink, Source};
use crate::wasi::{MAX_TRANSFER, buffer};

/// The `input-stream` and the `output-stream` of a connection.
pub(super) fn streams(connection: &Arc<Connection>) -> (InputStream, OutputStream) {
    let input = Arc::new(Input(connection.clone()));
    let output = Arc::new(Output(connection.clone()));
    (InputStream::source(input), OutputStream::sink(output))
}

impl Connection {
    /// What brings a stream on: nothing has to when it is closed.
    fn cause(&self, closed: &AtomicBool, wanted: PollFlags) -> Cause<'_> {
        match closed.load(Relaxed) {
            true => Cause::Thread,
            false => Cause::Fd(self.socket.as_fd(), wanted),
        }
    }
}

#[derive(Debug)]
struct Input(Arc<Connection>);

#[derive(Debug)]
struct Output(Arc<Connection>);

impl Condition for Input {
    fn holds(&self) -> bool {
        self.0.input_closed.load(Relaxed) || self.0.socket.is_ready(PollFlags::IN)
    }

    fn cause(&self) -> Cause<'_> {
        self.0.cause(&self.0.input_closed, PollFlags::IN)
    }
}

impl Source for Input {
    fn read(&self, len: usize) -> Result<Option<Vec<u8>>, Failure> {
        if self.0.input_closed.load(Relaxed) {
            return Err(Failure::Closed);
        }
        if !self.holds() {
            return Ok(None);
        }
        let mut bytes = buffer(len);
        match rustix::net::recv(&self.0.socket, &mut *bytes, RecvFlags::empty()) {
            Ok((_, length)) => {
                bytes.truncate(length);
                Ok(Some(bytes))
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(None),
            Err(errno) => Err(Failure::Failed(IoError::network(errno))),
        }
    }

    fn leads(&self) -> Leads {
        Leads::Sockets
    }
}

impl Condition for Output {
    fn holds(&self) -> bool {
        self.0.output_closed.load(Relaxed) || self.0.socket.is_ready(PollFlags::OUT)
    }

    fn cause(&self) -> Cause<'_> {
        self.0.cause(&self.0.output_closed, PollFlags::OUT)
    }
}

impl Sink for Output {
    /// When the system calls a socket writable, at least a third of its buffer is free; what it counts includes its own
    /// bookkeeping. So a quarter is taken without waiting.
    fn room(&self) -> Result<usize, Failure> {
        if self.0.output_closed.load(Relaxed) {
            return Err(Failure::Closed);
        }
        if !self.0.socket.is_ready(PollFlags::OUT) {
            return Ok(0);
        }
        let buffer = sockopt::socket_send_buffer_size(&self.0.socket).unwrap_or(0);
        Ok((buffer / 4).clamp(1, MAX_TRANSFER))
    }

    fn take(&self, contents: &[u8]) -> Result<usize, Failure> {
        if self.0.output_closed.load(Relaxed) {
            return Err(Failure::Closed);
        }
        if contents.is_empty() {
            return Ok(0);
        }
        match rustix::net::send(&self.0.socket, contents, SEND) {
            Ok(sent) => Ok(sent),
            Err(Errno::AGAIN | Errno::INTR) => Ok(0),
            // The other side reads no more.
            Err(Errno::PIPE) => Err(Failure::Closed),
            Err(errno) => Err(Failure::Failed(IoError::network(errno))),
        }
    }

    fn leads(&self) -> Leads {
        Leads::Sockets
    }
}
