//! The resource `udp-socket`: bound once, then streaming with anyone or with one peer.

use std::net::SocketAddr;
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use rustix::event::PollFlags;
use rustix::io::Errno;

use super::ErrorCode;
use super::socket::Socket;
use super::types::Family;
use super::udp_stream::{IncomingStream, OutgoingStream};
use crate::grant::net::Protocol;
use crate::usage::Meter;
use crate::wasi::io::{Cause, Condition};

/// The resource `udp-socket`.
#[derive(Debug)]
pub(super) struct UdpSocket {
    shared: Arc<Datagrams>,
    state: State,
    /// The address that it was bound to, with the port that the system chose.
    bound: Option<SocketAddr>,
    /// Whether the rules let others come there.
    listens: bool,
    remote: Option<SocketAddr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unbound,
    BindInProgress,
    Bound,
}

/// What the socket shares with its streams and pollables: it is open as long as there is one of them.
#[derive(Debug)]
pub(super) struct Datagrams {
    pub(super) socket: Socket,
    /// How often `stream` was called: only the newest streams work.
    pub(super) generation: AtomicU64,
}

/// The pollables of datagrams: ready when there is one to receive, or room for one to send.
#[derive(Debug)]
pub(super) struct Ready(pub(super) Arc<Datagrams>, pub(super) PollFlags);

impl Condition for Ready {
    fn holds(&self) -> bool {
        self.0.socket.is_ready(self.1)
    }

    fn cause(&self) -> Cause<'_> {
        Cause::Fd(self.0.socket.as_fd(), self.1)
    }
}

impl UdpSocket {
    pub(super) fn open(meter: &Meter, family: Family) -> Result<Self, ErrorCode> {
        let socket = Socket::open(meter, family, Protocol::Udp)?;
        let shared = Arc::new(Datagrams { socket, generation: AtomicU64::new(0) });
        Ok(Self { shared, state: State::Unbound, bound: None, listens: false, remote: None })
    }

    pub(super) fn family(&self) -> Family {
        self.shared.socket.family
    }

    pub(super) fn options(&self) -> &Socket {
        &self.shared.socket
    }

    /// Whether it could be bound to `address`.
    pub(super) fn check_bind(&self, address: SocketAddr) -> Result<(), ErrorCode> {
        match self.state {
            State::Unbound => self.family().check(address),
            State::BindInProgress => Err(ErrorCode::ConcurrencyConflict),
            State::Bound => Err(ErrorCode::InvalidState),
        }
    }

    /// `start-bind`, after [`check_bind`](Self::check_bind) and the rules.
    pub(super) fn start_bind(&mut self, address: SocketAddr, listens: bool) -> Result<(), ErrorCode> {
        rustix::net::bind(&self.shared.socket, &address).map_err(ErrorCode::of_bind)?;
        self.state = State::BindInProgress;
        (self.bound, self.listens) = (self.shared.socket.local_address().ok(), listens);
        Ok(())
    }

    pub(super) fn finish_bind(&mut self) -> Result<(), ErrorCode> {
        if self.state != State::BindInProgress {
            return Err(ErrorCode::NotInProgress);
        }
        self.state = State::Bound;
        Ok(())
    }

    /// Whether it could stream with `remote`.
    pub(super) fn check_stream(&self, remote: Option<SocketAddr>) -> Result<(), ErrorCode> {
        if self.state != State::Bound {
            return Err(ErrorCode::InvalidState);
        }
        remote.map_or(Ok(()), |remote| self.family().check_remote(remote))
    }

    /// `stream`, after [`check_stream`](Self::check_stream) and the rules.
    pub(super) fn stream(
        &mut self,
        remote: Option<SocketAddr>,
    ) -> Result<(IncomingStream, OutgoingStream), ErrorCode> {
        let socket = &self.shared.socket;
        let generation = self.shared.generation.fetch_add(1, Relaxed).wrapping_add(1);
        if self.remote.take().is_some() {
            disconnect(socket, self.bound)?;
        }
        if let Some(remote) = remote {
            rustix::net::connect(socket, &remote)
                .map_err(|errno| ErrorCode::of_datagram(errno).or_in_use(errno))?;
            self.remote = Some(remote);
        }
        let incoming = IncomingStream::new(self.shared.clone(), generation, remote, self.listens);
        Ok((incoming, OutgoingStream::new(self.shared.clone(), generation, remote)))
    }

    pub(super) fn local_address(&self) -> Result<SocketAddr, ErrorCode> {
        match self.state {
            State::Unbound => Err(ErrorCode::InvalidState),
            State::BindInProgress => Err(ErrorCode::ConcurrencyConflict),
            State::Bound => self.shared.socket.local_address(),
        }
    }

    pub(super) fn remote_address(&self) -> Result<SocketAddr, ErrorCode> {
        self.remote.ok_or(ErrorCode::InvalidState)
    }
}

/// Leaves the peer, and stays where it is bound: Linux gives up a port that it chose itself.
fn disconnect(socket: &Socket, bound: Option<SocketAddr>) -> Result<(), ErrorCode> {
    match rustix::net::connect_unspec(socket) {
        // Some systems report that there is nobody now, which is what was asked for.
        Ok(()) | Err(Errno::AFNOSUPPORT) => {}
        Err(errno) => return Err(ErrorCode::of_connect(errno)),
    }
    match bound.map(|bound| rustix::net::bind(socket, &bound)) {
        // It is bound still.
        None | Some(Ok(()) | Err(Errno::INVAL)) => Ok(()),
        Some(Err(errno)) => Err(ErrorCode::of_bind(errno)),
    }
}

impl ErrorCode {
    /// Connecting may have to find a port.
    fn or_in_use(self, errno: Errno) -> Self {
        if matches!(errno, Errno::ADDRNOTAVAIL | Errno::AGAIN) { Self::AddressInUse } else { self }
    }
}
