//! `wasi:io`: errors, waiting, and streams of bytes. Powerless by itself: a stream is only ever got from another
//! interface, which was granted.

mod error;
mod input;
mod output;
mod poll;
mod streams;

pub(super) use error::{IoError, define as define_error};
pub(super) use input::{Bytes, InputStream};
pub(super) use output::{OutputStream, Which};
pub(super) use poll::{Pollable, define as define_poll};
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
