//! `wasi:io`: errors, waiting, and streams of bytes. Powerless by itself: a stream is only ever got from another
//! interface, which was granted.

mod error;
mod input;
mod output;
mod poll;
mod streams;
mod wait;

pub(super) use error::{IoError, define as define_error};
pub(super) use input::{Bytes, InputStream, Source};
pub(super) use output::{OutputStream, Sink};
pub(super) use poll::define as define_poll;
pub(super) use streams::define as define_streams;
#[cfg(test)]
pub(super) use wait::pause;
pub(super) use wait::{Always, Cause, Condition, is_ready};

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

impl From<rustix::io::Errno> for Failure {
    fn from(errno: rustix::io::Errno) -> Self {
        std::io::Error::from(errno).into()
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::interrupt::{Interrupt, Waiter};
    use crate::wasi::MAX_TRANSFER;

    #[test]
    fn a_read_of_any_length_is_capped_and_clones_share_their_position() {
        let bytes = Bytes::new(vec![7; MAX_TRANSFER + 10].into());
        let mut stream = InputStream::bytes(bytes.clone());
        let mut clone = InputStream::bytes(bytes);
        assert_eq!(stream.read(u64::MAX).unwrap().len(), MAX_TRANSFER);
        assert_eq!(stream.read(0).unwrap().len(), 0);
        assert_eq!(clone.read(u64::MAX).unwrap().len(), 10);
        assert!(matches!(stream.read(1), Err(Failure::Closed)));
        assert!(matches!(stream.read(0), Err(Failure::Closed)), "it is closed for reads of nothing, too");
        assert!(matches!(InputStream::empty().read(1), Err(Failure::Closed)));
    }

    #[test]
    fn writing_needs_a_permit_which_is_used_up() {
        let waiter = Waiter::new(Arc::new(Interrupt::default()));
        let mut stream = OutputStream::null();
        assert!(stream.permits(0) && !stream.permits(1), "nothing was permitted yet");
        assert_eq!(stream.check().unwrap(), MAX_TRANSFER);
        stream.write(&[1; 10], &waiter).unwrap();
        assert!(stream.permits(MAX_TRANSFER as u64 - 10) && !stream.permits(MAX_TRANSFER as u64));
        assert!(!stream.permits(u64::MAX));
    }
}
