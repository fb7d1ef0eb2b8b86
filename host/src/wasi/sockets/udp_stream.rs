//! Datagrams that come and go: the resources `incoming-datagram-stream` and `outgoing-datagram-stream`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use plugbay_component::{Borrow, Result};
use plugbay_macro::{ComponentType, Lift, Lower};
use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::RecvFlags;

use super::ErrorCode;
use super::permit::Operation;
use super::socket::SEND;
use super::types::IpSocketAddress;
use super::udp::Datagrams;
use crate::grant::net::{Direction, Protocol};
use crate::wasi::{Wasi, buffer, mistake, refused};

/// The most datagrams of one `receive` or `send`.
pub(super) const MAX_DATAGRAMS: usize = 16;
/// The most datagrams that one `receive` throws away because no rule lets them in; the next call goes on.
const MAX_REFUSED: usize = 64;
/// The longest datagram.
const MAX_LENGTH: usize = 65_535;

/// The record `incoming-datagram`.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lower)]
#[component(record)]
pub(super) struct IncomingDatagram {
    pub(super) data: Vec<u8>,
    pub(super) remote_address: IpSocketAddress,
}

/// The record `outgoing-datagram`.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift)]
#[component(record)]
pub(super) struct OutgoingDatagram {
    pub(super) data: Vec<u8>,
    pub(super) remote_address: Option<IpSocketAddress>,
}

/// The resource `incoming-datagram-stream`.
#[derive(Debug)]
pub(super) struct IncomingStream {
    shared: Arc<Datagrams>,
    generation: u64,
    remote: Option<SocketAddr>,
    listens: bool,
    /// From whom the last datagram came that the rules let in.
    admitted: Option<SocketAddr>,
}

/// The resource `outgoing-datagram-stream`.
#[derive(Debug)]
pub(super) struct OutgoingStream {
    shared: Arc<Datagrams>,
    generation: u64,
    remote: Option<SocketAddr>,
    /// How many datagrams the last `check-send` permitted, until they are sent.
    permitted: Option<usize>,
    /// To whom the rules last let a datagram go.
    reached: Option<SocketAddr>,
}

/// The same peer; what else IPv6 writes into an address does not say who it is.
fn same(one: SocketAddr, other: SocketAddr) -> bool {
    one.ip() == other.ip() && one.port() == other.port()
}

impl IncomingStream {
    pub(super) fn new(
        shared: Arc<Datagrams>,
        generation: u64,
        remote: Option<SocketAddr>,
        listens: bool,
    ) -> Self {
        Self { shared, generation, remote, listens, admitted: None }
    }

    pub(super) fn shared(&self) -> &Arc<Datagrams> {
        &self.shared
    }

    fn check(&self) -> Result<(), ErrorCode> {
        check_generation(&self.shared, self.generation)
    }

    /// One datagram, if there is one now.
    fn next(&self, buffer: &mut [u8]) -> Result<Option<(usize, SocketAddr)>, ErrorCode> {
        match rustix::net::recvfrom(&self.shared.socket, buffer, RecvFlags::empty()) {
            Ok((_, length, Some(from))) => Ok(Some((length, SocketAddr::try_from(from)?))),
            Ok((_, _, None)) | Err(Errno::AGAIN | Errno::INTR) => Ok(None),
            Err(errno) => Err(ErrorCode::of_datagram(errno)),
        }
    }
}

impl OutgoingStream {
    pub(super) fn new(shared: Arc<Datagrams>, generation: u64, remote: Option<SocketAddr>) -> Self {
        Self { shared, generation, remote, permitted: None, reached: None }
    }

    pub(super) fn shared(&self) -> &Arc<Datagrams> {
        &self.shared
    }

    fn check(&self) -> Result<(), ErrorCode> {
        check_generation(&self.shared, self.generation)
    }

    /// `check-send`.
    pub(super) fn check_send(&mut self) -> Result<u64, ErrorCode> {
        self.check()?;
        let room = if self.shared.socket.is_ready(PollFlags::OUT) { MAX_DATAGRAMS } else { 0 };
        self.permitted = Some(room);
        Ok(room as u64)
    }

    /// To whom `datagram` goes; `None` when the rules were asked for it already.
    fn destination(&self, datagram: &OutgoingDatagram) -> Result<SocketAddr, ErrorCode> {
        let asked = datagram.remote_address.map(SocketAddr::from);
        match (self.remote, asked) {
            (Some(remote), None) => Ok(remote),
            (Some(remote), Some(asked)) if same(remote, asked) => Ok(remote),
            (Some(_), Some(_)) | (None, None) => Err(ErrorCode::InvalidArgument),
            (None, Some(asked)) => {
                self.shared.socket.family.check_remote(asked)?;
                Ok(asked)
            }
        }
    }

    /// Whether the rules were asked for `destination`: when streaming with it began, or for the last datagram.
    fn is_known(&self, destination: SocketAddr) -> bool {
        self.remote.is_some() || self.reached == Some(destination)
    }

    fn transmit(&self, data: &[u8], destination: SocketAddr) -> Result<bool, ErrorCode> {
        let sent = match self.remote {
            Some(_) => rustix::net::send(&self.shared.socket, data, SEND),
            None => rustix::net::sendto(&self.shared.socket, data, SEND, &destination),
        };
        match sent {
            Ok(_) => Ok(true),
            Err(Errno::AGAIN | Errno::INTR) => Ok(false),
            Err(errno) => Err(ErrorCode::of_datagram(errno)),
        }
    }
}

fn check_generation(shared: &Datagrams, generation: u64) -> Result<(), ErrorCode> {
    // `stream` was called again since.
    if shared.generation.load(Relaxed) == generation { Ok(()) } else { Err(ErrorCode::InvalidState) }
}

impl Wasi {
    /// `receive`.
    pub(super) fn receive(
        &mut self,
        this: Borrow<IncomingStream>,
        max: u64,
    ) -> Result<Result<Vec<IncomingDatagram>, ErrorCode>> {
        let max = usize::try_from(max).unwrap_or(usize::MAX).min(MAX_DATAGRAMS);
        let stream = self.table.get(Borrow::new(this.rep())).map_err(refused)?;
        if let Err(code) = IncomingStream::check(stream) {
            return Ok(Err(code));
        }
        let mut received = Vec::new();
        if max == 0 {
            return Ok(Ok(received));
        }
        let (mut buffer, mut refusals) = (buffer(MAX_LENGTH), 0);
        while received.len() < max && refusals < MAX_REFUSED {
            let stream: &IncomingStream = self.table.get(Borrow::new(this.rep())).map_err(refused)?;
            let (length, from) = match stream.next(&mut buffer) {
                Ok(Some(datagram)) => datagram,
                Ok(None) => break,
                // What came before it is not lost; the error was told once, as the system tells it.
                Err(code) if received.is_empty() => return Ok(Err(code)),
                Err(_) => break,
            };
            if self.lets_in(Borrow::new(this.rep()), from)? {
                let data = buffer.get(..length).unwrap_or_default().to_vec();
                received.push(IncomingDatagram { data, remote_address: from.into() });
            } else {
                refusals += 1;
            }
        }
        Ok(Ok(received))
    }

    /// Whether a datagram from `from` may reach the plugin.
    fn lets_in(&mut self, this: Borrow<IncomingStream>, from: SocketAddr) -> Result<bool> {
        let stream = self.table.get(Borrow::new(this.rep())).map_err(refused)?;
        let IncomingStream { remote, listens, admitted, .. } = *stream;
        if let Some(remote) = remote {
            // One that was there before streaming with this peer began.
            return Ok(same(remote, from));
        }
        if admitted == Some(from) {
            return Ok(true);
        }
        let operation = Operation::udp("receive");
        let decided = match listens {
            true => self.admit(operation, Protocol::Udp, from),
            false => self.permit(operation, Protocol::Udp, Direction::Receive, from),
        };
        if decided.is_ok() {
            self.table.get_mut(this).map_err(refused)?.admitted = Some(from);
        }
        Ok(decided.is_ok())
    }

    /// `send`.
    pub(super) fn send(
        &mut self,
        this: Borrow<OutgoingStream>,
        datagrams: &[OutgoingDatagram],
    ) -> Result<Result<u64, ErrorCode>> {
        let stream = self.table.get_mut(Borrow::new(this.rep())).map_err(refused)?;
        if let Err(code) = OutgoingStream::check(stream) {
            return Ok(Err(code));
        }
        if datagrams.is_empty() {
            return Ok(Ok(0));
        }
        let permitted = stream.permitted.take();
        if permitted.is_none_or(|permitted| datagrams.len() > permitted) {
            return Err(mistake(format!(
                "it sent {} datagrams, and `check-send` permitted {}",
                datagrams.len(),
                permitted.unwrap_or(0)
            )));
        }
        let mut sent = 0;
        for datagram in datagrams {
            match self.send_one(Borrow::new(this.rep()), datagram)? {
                Ok(true) => sent += 1,
                Ok(false) => break,
                Err(code) if sent == 0 => return Ok(Err(code)),
                Err(_) => break,
            }
        }
        Ok(Ok(sent))
    }

    /// Sends one, if there is room now and the rules let it.
    fn send_one(
        &mut self,
        this: Borrow<OutgoingStream>,
        datagram: &OutgoingDatagram,
    ) -> Result<Result<bool, ErrorCode>> {
        let stream: &OutgoingStream = self.table.get(Borrow::new(this.rep())).map_err(refused)?;
        let destination = match stream.destination(datagram) {
            Ok(destination) => destination,
            Err(code) => return Ok(Err(code)),
        };
        if !stream.is_known(destination) {
            let operation = Operation::udp("send");
            if let Err(code) = self.permit(operation, Protocol::Udp, Direction::Send, destination) {
                return Ok(Err(code));
            }
            self.table.get_mut::<OutgoingStream>(Borrow::new(this.rep())).map_err(refused)?.reached =
                Some(destination);
        }
        let stream: &OutgoingStream = self.table.get(this).map_err(refused)?;
        Ok(stream.transmit(&datagram.data, destination))
    }
}
