//! The resource `tcp-socket`: the states of `TcpSocketOperationalSemantics.md`, and its options.

use std::net::SocketAddr;
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering::Relaxed};
use std::time::Duration;

use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::{Shutdown, sockopt};

use super::ErrorCode;
use super::socket::Socket;
use super::types::{Family, ShutdownType};
use crate::grant::net::Protocol;
use crate::usage::Meter;
use crate::wasi::io::{Cause, Condition};

/// How many connections wait to be accepted, unless the guest says otherwise, and at most.
const BACKLOG: i32 = 128;
const MAX_BACKLOG: u64 = 4096;
/// The most seconds and probes that systems take for keeping a connection alive.
const MAX_KEEP_ALIVE: u64 = 32_767;
const MAX_KEEP_ALIVE_COUNT: u32 = 127;

/// The resource `tcp-socket`.
#[derive(Debug)]
pub(super) struct TcpSocket {
    shared: Arc<Connection>,
    state: State,
    /// The address that the guest bound it to, as it wrote it: with port 0 for any.
    bound: Option<SocketAddr>,
    backlog: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Unbound,
    BindInProgress,
    Bound,
    ListenInProgress,
    Listening,
    ConnectInProgress,
    Connected,
    Closed,
}

/// What the socket shares with its streams and pollables: it is open as long as there is one of them.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) socket: Socket,
    /// What the operation in progress waits for.
    awaits: AtomicU8,
    pub(super) input_closed: AtomicBool,
    pub(super) output_closed: AtomicBool,
}

const NOTHING: u8 = 0;
const READABLE: u8 = 1;
const WRITABLE: u8 = 2;

impl Condition for Connection {
    fn holds(&self) -> bool {
        self.wanted().is_none_or(|wanted| self.socket.is_ready(wanted))
    }

    fn cause(&self) -> Cause<'_> {
        // What holds already is nobody's doing.
        self.wanted().map_or(Cause::Thread, |wanted| Cause::Fd(self.socket.as_fd(), wanted))
    }
}

impl Connection {
    fn wanted(&self) -> Option<PollFlags> {
        match self.awaits.load(Relaxed) {
            READABLE => Some(PollFlags::IN),
            WRITABLE => Some(PollFlags::OUT),
            _ => None,
        }
    }
}

impl TcpSocket {
    pub(super) fn open(meter: &Meter, family: Family) -> Result<Self, ErrorCode> {
        Ok(Self::new(Socket::open(meter, family, Protocol::Tcp)?, State::Unbound))
    }

    fn new(socket: Socket, state: State) -> Self {
        let (awaits, input_closed, output_closed) = Default::default();
        let shared = Arc::new(Connection { socket, awaits, input_closed, output_closed });
        Self { shared, state, bound: None, backlog: BACKLOG }
    }

    pub(super) fn shared(&self) -> &Arc<Connection> {
        &self.shared
    }

    pub(super) fn family(&self) -> Family {
        self.shared.socket.family
    }

    pub(super) fn is_listening(&self) -> bool {
        self.state == State::Listening
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        let awaits = match state {
            State::ConnectInProgress => WRITABLE,
            State::Listening => READABLE,
            _ => NOTHING,
        };
        self.shared.awaits.store(awaits, Relaxed);
    }

    /// The socket, unless it is closed for good.
    fn open_socket(&self) -> Result<&Socket, ErrorCode> {
        if self.state == State::Closed { Err(ErrorCode::InvalidState) } else { Ok(&self.shared.socket) }
    }

    /// Whether it could be bound to `address`.
    pub(super) fn check_bind(&self, address: SocketAddr) -> Result<(), ErrorCode> {
        self.expect(&[State::Unbound])?;
        self.family().check_unicast(address)
    }

    /// `start-bind`, after [`check_bind`](Self::check_bind) and the rules.
    pub(super) fn start_bind(&mut self, address: SocketAddr) -> Result<(), ErrorCode> {
        let socket = &self.shared.socket;
        if address.port() != 0 && !cfg!(windows) {
            sockopt::set_socket_reuseaddr(socket, true)?;
        }
        rustix::net::bind(socket, &address).map_err(ErrorCode::of_bind)?;
        self.bound = Some(address);
        self.enter(State::BindInProgress);
        Ok(())
    }

    pub(super) fn finish_bind(&mut self) -> Result<(), ErrorCode> {
        self.finish(State::BindInProgress)?;
        self.enter(State::Bound);
        Ok(())
    }

    /// Whether it could be connected to `address`.
    pub(super) fn check_connect(&self, address: SocketAddr) -> Result<(), ErrorCode> {
        self.expect(&[State::Unbound, State::Bound])?;
        self.family().check_unicast(address)?;
        self.family().check_remote(address)
    }

    /// `start-connect`, after [`check_connect`](Self::check_connect) and the rules.
    pub(super) fn start_connect(&mut self, address: SocketAddr) -> Result<(), ErrorCode> {
        match rustix::net::connect(&self.shared.socket, &address) {
            Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => {
                self.enter(State::ConnectInProgress);
                Ok(())
            }
            Err(errno) => {
                self.enter(State::Closed);
                Err(ErrorCode::of_connect(errno))
            }
        }
    }

    pub(super) fn finish_connect(&mut self) -> Result<(), ErrorCode> {
        self.finish(State::ConnectInProgress)?;
        if !self.shared.socket.is_ready(PollFlags::OUT) {
            return Err(ErrorCode::WouldBlock);
        }
        match self.shared.socket.take_error() {
            Ok(()) => {
                self.enter(State::Connected);
                Ok(())
            }
            Err(errno) => {
                self.enter(State::Closed);
                Err(ErrorCode::of_connect(errno))
            }
        }
    }

    /// Whether it could listen, and the address that the rules have to allow.
    pub(super) fn check_listen(&self) -> Result<SocketAddr, ErrorCode> {
        self.expect(&[State::Bound])?;
        self.bound.ok_or(ErrorCode::InvalidState)
    }

    /// `start-listen`, after [`check_listen`](Self::check_listen) and the rules.
    pub(super) fn start_listen(&mut self) -> Result<(), ErrorCode> {
        rustix::net::listen(&self.shared.socket, self.backlog)?;
        self.enter(State::ListenInProgress);
        Ok(())
    }

    pub(super) fn finish_listen(&mut self) -> Result<(), ErrorCode> {
        self.finish(State::ListenInProgress)?;
        self.enter(State::Listening);
        Ok(())
    }

    pub(super) fn accept(&mut self, meter: &Meter) -> Result<Self, ErrorCode> {
        if self.state != State::Listening {
            return Err(ErrorCode::InvalidState);
        }
        Ok(Self::new(self.shared.socket.accept(meter)?, State::Connected))
    }

    /// Whether an operation may start in one of these states.
    fn expect(&self, states: &[State]) -> Result<(), ErrorCode> {
        match self.state {
            state if states.contains(&state) => Ok(()),
            State::BindInProgress | State::ListenInProgress | State::ConnectInProgress => {
                Err(ErrorCode::ConcurrencyConflict)
            }
            _ => Err(ErrorCode::InvalidState),
        }
    }

    /// Whether the operation of `state` was started.
    fn finish(&self, state: State) -> Result<(), ErrorCode> {
        if self.state == state { Ok(()) } else { Err(ErrorCode::NotInProgress) }
    }

    pub(super) fn local_address(&self) -> Result<SocketAddr, ErrorCode> {
        match self.state {
            State::Unbound | State::Closed => Err(ErrorCode::InvalidState),
            State::BindInProgress => Err(ErrorCode::ConcurrencyConflict),
            _ => self.shared.socket.local_address(),
        }
    }

    pub(super) fn remote_address(&self) -> Result<SocketAddr, ErrorCode> {
        match self.state {
            State::Connected => self.shared.socket.remote_address(),
            State::ConnectInProgress => Err(ErrorCode::ConcurrencyConflict),
            _ => Err(ErrorCode::InvalidState),
        }
    }

    pub(super) fn shutdown(&self, how: ShutdownType) -> Result<(), ErrorCode> {
        if self.state != State::Connected {
            return Err(ErrorCode::InvalidState);
        }
        let (input, output, how) = match how {
            ShutdownType::Receive => (true, false, Shutdown::Read),
            ShutdownType::Send => (false, true, Shutdown::Write),
            ShutdownType::Both => (true, true, Shutdown::Both),
        };
        self.shared.input_closed.fetch_or(input, Relaxed);
        self.shared.output_closed.fetch_or(output, Relaxed);
        match rustix::net::shutdown(&self.shared.socket, how) {
            // The other side was quicker.
            Ok(()) | Err(Errno::NOTCONN) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    pub(super) fn set_listen_backlog_size(&mut self, value: u64) -> Result<(), ErrorCode> {
        let backlog = match i32::try_from(value.min(MAX_BACKLOG)) {
            Ok(0) | Err(_) => return Err(ErrorCode::InvalidArgument),
            Ok(backlog) => backlog,
        };
        match self.state {
            State::Unbound | State::BindInProgress | State::Bound => {}
            State::ListenInProgress | State::Listening => {
                rustix::net::listen(&self.shared.socket, backlog).map_err(|_| ErrorCode::NotSupported)?;
            }
            State::ConnectInProgress | State::Connected | State::Closed => {
                return Err(ErrorCode::InvalidState);
            }
        }
        self.backlog = backlog;
        Ok(())
    }

    pub(super) fn keep_alive_enabled(&self) -> Result<bool, ErrorCode> {
        Ok(sockopt::socket_keepalive(self.open_socket()?)?)
    }

    pub(super) fn set_keep_alive_enabled(&self, value: bool) -> Result<(), ErrorCode> {
        Ok(sockopt::set_socket_keepalive(self.open_socket()?, value)?)
    }

    pub(super) fn keep_alive_idle_time(&self) -> Result<u64, ErrorCode> {
        Ok(nanoseconds(sockopt::tcp_keepidle(self.open_socket()?)?))
    }

    pub(super) fn set_keep_alive_idle_time(&self, value: u64) -> Result<(), ErrorCode> {
        Ok(sockopt::set_tcp_keepidle(self.open_socket()?, seconds(value)?)?)
    }

    pub(super) fn keep_alive_interval(&self) -> Result<u64, ErrorCode> {
        Ok(nanoseconds(sockopt::tcp_keepintvl(self.open_socket()?)?))
    }

    pub(super) fn set_keep_alive_interval(&self, value: u64) -> Result<(), ErrorCode> {
        Ok(sockopt::set_tcp_keepintvl(self.open_socket()?, seconds(value)?)?)
    }

    pub(super) fn keep_alive_count(&self) -> Result<u32, ErrorCode> {
        Ok(sockopt::tcp_keepcnt(self.open_socket()?)?)
    }

    pub(super) fn set_keep_alive_count(&self, value: u32) -> Result<(), ErrorCode> {
        if value == 0 {
            return Err(ErrorCode::InvalidArgument);
        }
        Ok(sockopt::set_tcp_keepcnt(self.open_socket()?, value.min(MAX_KEEP_ALIVE_COUNT))?)
    }

    /// The options that UDP has too.
    pub(super) fn options(&self) -> Result<&Socket, ErrorCode> {
        self.open_socket()
    }
}

/// Whole seconds, as systems count here; at least one.
fn seconds(nanoseconds: u64) -> Result<Duration, ErrorCode> {
    if nanoseconds == 0 {
        return Err(ErrorCode::InvalidArgument);
    }
    Ok(Duration::from_secs(nanoseconds.div_ceil(1_000_000_000).min(MAX_KEEP_ALIVE)))
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
