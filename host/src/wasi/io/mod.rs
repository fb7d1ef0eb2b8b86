//! `wasi:io`: errors, waiting, and streams of bytes. Powerless by itself: a stream is only ever got from another
//! interface, which was granted.

mod error;
mod input;
mod output;
mod poll;
mod streams;

pub(super) use error::{IoError, define as define_error};
pub(super) use input::{Bytes, InputStream, Source};
pub(super) use output::{OutputStream, Sink, Which};
pub(super) use poll::{Condition, Pollable, define as define_poll};
pub(super) use streams::define as define_streams;

use crate::interrupt::Stop;

/// Why a stream did not do what it was asked.
#[derive(Debug)]
pub(super) enum Failure {
    /// The stream is at its end.
    Closed,
    /// The operation failed; the stream is closed from now on.
    Failed(IoError),
    /// The call has to stop.
    Stopped(Stop),
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(IoError::from(error))
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::interrupt::{Interrupt, Waiter};
    use crate::wasi::{Captured, MAX_TRANSFER};

    fn waiter() -> Waiter {
        Waiter::new(Arc::new(Interrupt::default()))
    }

    #[test]
    fn a_read_of_any_length_is_capped_and_clones_share_their_position() {
        let mut stream = InputStream::Bytes(Bytes::new(vec![7; MAX_TRANSFER + 10].into()));
        let mut clone = stream.clone();
        assert_eq!(stream.read(u64::MAX, None).unwrap().len(), MAX_TRANSFER);
        assert_eq!(stream.read(0, None).unwrap().len(), 0);
        assert_eq!(clone.read(u64::MAX, Some(&waiter())).unwrap().len(), 10);
        assert!(matches!(stream.read(1, None), Err(Failure::Closed)));
        assert!(matches!(InputStream::Empty.read(1, Some(&waiter())), Err(Failure::Closed)));
    }

    #[test]
    fn captured_output_has_a_limit_after_which_the_stream_is_closed() {
        let captured = Captured::new(5);
        let mut stream = OutputStream::Captured(captured.clone(), Which::Stdout);
        stream.write(b"four", &waiter()).unwrap();
        assert!(matches!(stream.write(b"two", &waiter()), Err(Failure::Failed(_))));
        assert!(matches!(stream.write(b"x", &waiter()), Err(Failure::Closed)));
        assert!(matches!(stream.check(), Err(Failure::Closed)));
        assert_eq!(captured.take(), b"four");
    }

    #[test]
    fn a_writer_of_the_application_gets_the_bytes() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let mut stream = OutputStream::Writer(written.clone(), Which::Stderr);
        stream.write(b"hello", &waiter()).unwrap();
        stream.flush().unwrap();
        assert_eq!(*written.lock().unwrap(), b"hello");
    }
}
