//! What TCP and UDP share: a non-blocking socket of the system, counted, and its options.

use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType, ipproto, sockopt};

use super::ErrorCode;
use super::types::Family;
use crate::grant::net::Protocol;
use crate::usage::{Kind, Meter, Slot};

/// The largest buffer that a guest may ask the system for, in bytes.
const MAX_BUFFER: u64 = 16 << 20;

/// What the system reports as the size of a buffer holds its own bookkeeping too, on Linux as much again.
const BUFFER_FACTOR: usize = if cfg!(target_os = "linux") { 2 } else { 1 };

/// An open socket.
#[derive(Debug)]
pub(super) struct Socket {
    fd: OwnedFd,
    pub(super) family: Family,
    _slot: Slot,
}

impl Socket {
    /// Opens one; one of IPv6 is for IPv6 alone.
    pub(super) fn open(meter: &Meter, family: Family, protocol: Protocol) -> Result<Self, ErrorCode> {
        let slot = meter.take(Kind::Sockets).map_err(|_| ErrorCode::NewSocketLimit)?;
        let domain = match family {
            Family::Ipv4 => AddressFamily::INET,
            Family::Ipv6 => AddressFamily::INET6,
        };
        let (kind, number) = match protocol {
            Protocol::Tcp => (SocketType::STREAM, ipproto::TCP),
            Protocol::Udp => (SocketType::DGRAM, ipproto::UDP),
        };
        let fd = open(domain, kind, number)?;
        if family == Family::Ipv6 {
            sockopt::set_ipv6_v6only(&fd, true)?;
        }
        Ok(Self { fd, family, _slot: slot })
    }

    /// A connection that came to this socket.
    pub(super) fn accept(&self, meter: &Meter) -> Result<Self, ErrorCode> {
        let slot = meter.take(Kind::Sockets).map_err(|_| ErrorCode::NewSocketLimit)?;
        match accept(&self.fd) {
            Ok(fd) => Ok(Self { fd, family: self.family, _slot: slot }),
            Err(Errno::AGAIN | Errno::INTR) => Err(ErrorCode::WouldBlock),
            Err(errno @ (Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::NOBUFS)) => Err(errno.into()),
            // Linux tells here what went wrong with the connection that is no more.
            Err(_) => Err(ErrorCode::ConnectionAborted),
        }
    }

    /// What of `wanted` is ready now; errors and hanging up count as ready.
    pub(super) fn is_ready(&self, wanted: PollFlags) -> bool {
        let mut fds = [PollFd::new(&self.fd, wanted)];
        match rustix::event::poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) {
            Ok(ready) => ready > 0,
            Err(Errno::INTR) => false,
            Err(_) => true,
        }
    }

    /// What went wrong since this was last asked.
    pub(super) fn take_error(&self) -> Result<(), Errno> {
        sockopt::socket_error(&self.fd).and_then(|error| error)
    }

    pub(super) fn local_address(&self) -> Result<SocketAddr, ErrorCode> {
        let address = rustix::net::getsockname(&self.fd)?;
        SocketAddr::try_from(address).map_err(ErrorCode::from)
    }

    pub(super) fn remote_address(&self) -> Result<SocketAddr, ErrorCode> {
        let address = rustix::net::getpeername(&self.fd)?.ok_or(ErrorCode::InvalidState)?;
        SocketAddr::try_from(address).map_err(ErrorCode::from)
    }

    pub(super) fn hop_limit(&self) -> Result<u8, ErrorCode> {
        match self.family {
            Family::Ipv4 => Ok(u8::try_from(sockopt::ip_ttl(&self.fd)?).unwrap_or(u8::MAX)),
            Family::Ipv6 => Ok(sockopt::ipv6_unicast_hops(&self.fd)?),
        }
    }

    pub(super) fn set_hop_limit(&self, value: u8) -> Result<(), ErrorCode> {
        if value == 0 {
            return Err(ErrorCode::InvalidArgument);
        }
        match self.family {
            Family::Ipv4 => sockopt::set_ip_ttl(&self.fd, value.into())?,
            Family::Ipv6 => sockopt::set_ipv6_unicast_hops(&self.fd, Some(value))?,
        }
        Ok(())
    }

    pub(super) fn receive_buffer_size(&self) -> Result<u64, ErrorCode> {
        Ok((sockopt::socket_recv_buffer_size(&self.fd)? / BUFFER_FACTOR) as u64)
    }

    pub(super) fn set_receive_buffer_size(&self, value: u64) -> Result<(), ErrorCode> {
        Ok(sockopt::set_socket_recv_buffer_size(&self.fd, buffer_size(value)?)?)
    }

    pub(super) fn send_buffer_size(&self) -> Result<u64, ErrorCode> {
        Ok((sockopt::socket_send_buffer_size(&self.fd)? / BUFFER_FACTOR) as u64)
    }

    pub(super) fn set_send_buffer_size(&self, value: u64) -> Result<(), ErrorCode> {
        Ok(sockopt::set_socket_send_buffer_size(&self.fd, buffer_size(value)?)?)
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

fn buffer_size(value: u64) -> Result<usize, ErrorCode> {
    match usize::try_from(value.min(MAX_BUFFER)) {
        Ok(0) | Err(_) => Err(ErrorCode::InvalidArgument),
        Ok(size) => Ok(size),
    }
}

#[cfg(not(target_vendor = "apple"))]
fn open(domain: AddressFamily, kind: SocketType, protocol: rustix::net::Protocol) -> Result<OwnedFd, Errno> {
    use rustix::net::SocketFlags;
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    rustix::net::socket_with(domain, kind, flags, Some(protocol))
}

#[cfg(not(target_vendor = "apple"))]
fn accept(listener: &OwnedFd) -> Result<OwnedFd, Errno> {
    use rustix::net::SocketFlags;
    rustix::net::accept_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC)
}

#[cfg(target_vendor = "apple")]
fn open(domain: AddressFamily, kind: SocketType, protocol: rustix::net::Protocol) -> Result<OwnedFd, Errno> {
    prepare(rustix::net::socket(domain, kind, Some(protocol))?)
}

#[cfg(target_vendor = "apple")]
fn accept(listener: &OwnedFd) -> Result<OwnedFd, Errno> {
    prepare(rustix::net::accept(listener)?)
}

#[cfg(target_vendor = "apple")]
fn prepare(fd: OwnedFd) -> Result<OwnedFd, Errno> {
    rustix::io::fcntl_setfd(&fd, rustix::io::FdFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&fd, true)?;
    sockopt::set_socket_nosigpipe(&fd, true)?;
    Ok(fd)
}

/// How to send: a connection that the other side closed is an error, not a signal.
#[cfg(not(target_vendor = "apple"))]
pub(super) const SEND: rustix::net::SendFlags = rustix::net::SendFlags::NOSIGNAL;
#[cfg(target_vendor = "apple")]
pub(super) const SEND: rustix::net::SendFlags = rustix::net::SendFlags::empty();
