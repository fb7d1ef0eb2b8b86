//! From a host that may be asked for to a connection with one of its addresses: names are resolved once, every address is
//! checked, and what was checked is what is connected to.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::fd::AsFd as _;
use std::time::Instant;

use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with, sockopt};

use super::super::error_code::{DnsErrorPayload, ErrorCode};
use super::bell::Ear;
use super::{Job, Stopped, after};
use crate::grant::net::{Host, HostName, ResolveError};

/// The addresses of the host that the plugin may connect to.
pub(super) fn addresses(job: &Job, ear: &mut Ear, until: Instant) -> Result<Vec<IpAddr>, Stopped> {
    let name = match &job.request.host {
        // It was checked before.
        Host::Address(address) => return Ok(vec![*address]),
        Host::Name(name) => name,
    };
    let found = resolve(job, name, ear, until)?;
    let names = std::slice::from_ref(name);
    let request = job.request.for_rules();
    let mut denial = None;
    let allowed: Vec<IpAddr> = found
        .into_iter()
        .filter(|address| match job.power.check(&request.at(*address, names)) {
            Ok(()) => true,
            Err(why) => {
                denial.get_or_insert((*address, why));
                false
            }
        })
        .collect();
    match denial {
        Some((address, why)) if allowed.is_empty() => {
            job.denied(address, &why);
            Err(ErrorCode::DestinationIpProhibited.into())
        }
        _ => Ok(allowed),
    }
}

fn resolve(job: &Job, name: &HostName, ear: &mut Ear, until: Instant) -> Result<Vec<IpAddr>, Stopped> {
    let bell = job.bell.clone();
    let lookup = job.resolver.start(name, move || bell.ring()).map_err(unresolved)?;
    loop {
        if let Some(answer) = lookup.answer() {
            return answer.map_err(|error| unresolved(error).into());
        }
        job.check()?;
        if Instant::now() >= until {
            return Err(ErrorCode::DnsTimeout.into());
        }
        ear.wait(None, until).map_err(|error| ErrorCode::from(&error))?;
    }
}

fn unresolved(error: ResolveError) -> ErrorCode {
    let rcode = match error {
        ResolveError::NotFound => Some("NXDOMAIN"),
        ResolveError::Temporary => Some("SERVFAIL"),
        ResolveError::Permanent => None,
    };
    ErrorCode::DnsError(DnsErrorPayload { rcode: rcode.map(str::to_owned), info_code: None })
}

/// A connection with the first address that has one.
pub(super) fn connect(
    job: &Job,
    addresses: &[IpAddr],
    ear: &mut Ear,
    until: Instant,
) -> Result<TcpStream, Stopped> {
    let mut failure = ErrorCode::DestinationNotFound;
    for (index, address) in addresses.iter().enumerate() {
        // Each gets its part of the time that is left.
        let left = u32::try_from(addresses.len().saturating_sub(index)).unwrap_or(u32::MAX);
        let now = Instant::now();
        let share = until.saturating_duration_since(now).checked_div(left).unwrap_or_default();
        match connect_to(job, SocketAddr::new(*address, job.request.port), ear, after(now, share)) {
            Ok(stream) => return Ok(stream),
            Err(Stopped::HungUp) => return Err(Stopped::HungUp),
            Err(Stopped::Failed(code)) => failure = code,
        }
    }
    Err(failure.into())
}

fn connect_to(job: &Job, address: SocketAddr, ear: &mut Ear, until: Instant) -> Result<TcpStream, Stopped> {
    let failed = |error: io::Error| Stopped::Failed(ErrorCode::connecting(&error));
    let socket = open(address).map_err(failed)?;
    match rustix::net::connect(&socket, &address) {
        Ok(()) => {}
        Err(Errno::INPROGRESS | Errno::INTR) => loop {
            ear.wait(Some((socket.as_fd(), PollFlags::OUT)), until).map_err(failed)?;
            job.check()?;
            match sockopt::socket_error(&socket) {
                Ok(Ok(())) => {}
                Ok(Err(error)) | Err(error) => return Err(failed(error.into())),
            }
            if rustix::net::getpeername(&socket).is_ok_and(|peer| peer.is_some()) {
                break;
            }
            if Instant::now() >= until {
                return Err(ErrorCode::ConnectionTimeout.into());
            }
        },
        Err(error) => return Err(failed(error.into())),
    }
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true).map_err(failed)?;
    Ok(stream)
}

/// A socket that does not block, and that programs which the application starts do not inherit.
fn open(address: SocketAddr) -> io::Result<std::os::fd::OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    #[cfg(not(target_vendor = "apple"))]
    let flags = SocketFlags::CLOEXEC;
    #[cfg(target_vendor = "apple")]
    let flags = SocketFlags::empty();
    let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    #[cfg(target_vendor = "apple")]
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&socket, true)?;
    Ok(socket)
}
