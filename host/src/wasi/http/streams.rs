//! Bodies as streams of `wasi:io`, and what can be waited for.

use std::sync::Arc;

use super::error_code::ErrorCode;
use super::inlet::Inlet;
use super::outlet::{Closed, Outlet};
use crate::grant::watch::Leads;
use crate::wasi::io::{Condition, Failure, IoError, Sink, Source};

/// The body of a request, to write.
#[derive(Debug)]
pub(super) struct BodySink(pub(super) Arc<Outlet>);

/// The body of a response, to read.
#[derive(Debug)]
pub(super) struct BodySource(pub(super) Arc<Inlet>);

/// The head of a response is there, or there will be none.
#[derive(Debug)]
pub(super) struct HeadCame(pub(super) Arc<Inlet>);

/// The response is over.
#[derive(Debug)]
pub(super) struct EndCame(pub(super) Arc<Inlet>);

fn failed(code: ErrorCode) -> Failure {
    Failure::Failed(IoError::http(code))
}

impl From<Closed> for Failure {
    fn from(Closed(code): Closed) -> Self {
        code.map_or(Self::Closed, failed)
    }
}

impl Condition for BodySink {
    fn holds(&self) -> bool {
        self.0.is_writable()
    }
}

impl Sink for BodySink {
    fn room(&self) -> Result<usize, Failure> {
        Ok(self.0.room()?)
    }

    fn take(&self, contents: &[u8]) -> Result<usize, Failure> {
        Ok(self.0.take(contents)?)
    }

    fn leads(&self) -> Leads {
        Leads::Http
    }
}

impl Condition for BodySource {
    fn holds(&self) -> bool {
        self.0.is_readable()
    }
}

impl Source for BodySource {
    fn read(&self, len: usize) -> Result<Option<Vec<u8>>, Failure> {
        match self.0.read(len) {
            Ok(bytes) => Ok(Some(bytes).filter(|bytes| !bytes.is_empty())),
            Err(None) => Err(Failure::Closed),
            Err(Some(code)) => Err(failed(code)),
        }
    }

    fn leads(&self) -> Leads {
        Leads::Http
    }
}

impl Condition for HeadCame {
    fn holds(&self) -> bool {
        self.0.head().is_some()
    }
}

impl Condition for EndCame {
    fn holds(&self) -> bool {
        self.0.ending().is_some()
    }
}
