//! A connection that does not block, with or without TLS.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::os::fd::{AsFd as _, BorrowedFd};

use rustix::event::PollFlags;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use super::super::error_code::ErrorCode;
use super::super::tls::Tls;
use crate::grant::net::Host;

pub(super) enum Conn {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Conn {
    pub(super) fn plain(stream: TcpStream) -> Self {
        Self::Plain(stream)
    }

    /// The certificate has to be for `host`.
    pub(super) fn tls(stream: TcpStream, host: &Host, tls: &Tls) -> Result<Self, ErrorCode> {
        let name = match host {
            Host::Address(address) => ServerName::from(*address),
            Host::Name(name) => ServerName::try_from(name.as_str().to_owned())
                .map_err(|_| ErrorCode::HttpRequestUriInvalid)?,
        };
        let config = tls.config().ok_or(ErrorCode::ConfigurationError)?;
        let conn = ClientConnection::new(config, name).map_err(|error| ErrorCode::from(&error))?;
        Ok(Self::Tls(Box::new(StreamOwned::new(conn, stream))))
    }

    /// Whether the two do not agree on encryption yet.
    pub(super) fn is_handshaking(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Tls(stream) => stream.conn.is_handshaking(),
        }
    }

    /// How many bytes came; `None` when there are none now, 0 at the end.
    pub(super) fn read(&mut self, bytes: &mut [u8]) -> io::Result<Option<usize>> {
        match self {
            Self::Plain(stream) => now(stream.read(bytes)),
            Self::Tls(stream) => now(stream.read(bytes)),
        }
    }

    /// How many bytes went; `None` when none can now.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<Option<usize>> {
        match self {
            Self::Plain(stream) => now(stream.write(bytes)),
            // With no room for more it takes 0 of them.
            Self::Tls(stream) => now(stream.write(bytes)).map(|count| count.filter(|count| *count > 0)),
        }
    }

    /// Sends what is encrypted already; whether all of it went.
    pub(super) fn flush(&mut self) -> io::Result<bool> {
        match self {
            Self::Plain(_) => Ok(true),
            Self::Tls(stream) if !stream.conn.wants_write() => Ok(true),
            Self::Tls(stream) => Ok(now(stream.flush().map(|()| 0))?.is_some() && !stream.conn.wants_write()),
        }
    }

    /// The socket, and what to wait for on it for who wants to `read` and has more to `write`.
    pub(super) fn interest(&self, read: bool, write: bool) -> Option<(BorrowedFd<'_>, PollFlags)> {
        let (socket, read, write) = match self {
            Self::Plain(stream) => (stream, read, write),
            Self::Tls(stream) if stream.conn.is_handshaking() => {
                (&stream.sock, stream.conn.wants_read(), stream.conn.wants_write())
            }
            Self::Tls(stream) => (&stream.sock, read, write || stream.conn.wants_write()),
        };
        let mut events = PollFlags::empty();
        events.set(PollFlags::IN, read);
        events.set(PollFlags::OUT, write);
        // A closed socket is always ready for nothing.
        (!events.is_empty()).then(|| (socket.as_fd(), events))
    }
}

fn now(result: io::Result<usize>) -> io::Result<Option<usize>> {
    match result {
        Ok(count) => Ok(Some(count)),
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
