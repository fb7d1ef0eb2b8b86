//! `error-code`, and which one each error of the system is.

use plugbay_macro::{ComponentType, Lift, Lower};
use rustix::io::Errno;

use crate::grant::net::ResolveError;

/// The enum `error-code` of `wasi:sockets/network`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(enum)]
pub(in crate::wasi) enum ErrorCode {
    Unknown,
    AccessDenied,
    NotSupported,
    InvalidArgument,
    OutOfMemory,
    Timeout,
    ConcurrencyConflict,
    NotInProgress,
    WouldBlock,
    InvalidState,
    NewSocketLimit,
    AddressNotBindable,
    AddressInUse,
    RemoteUnreachable,
    ConnectionRefused,
    ConnectionReset,
    ConnectionAborted,
    DatagramTooLarge,
    NameUnresolvable,
    TemporaryResolverFailure,
    PermanentResolverFailure,
}

impl From<Errno> for ErrorCode {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::ACCESS | Errno::PERM => Self::AccessDenied,
            Errno::OPNOTSUPP
            | Errno::AFNOSUPPORT
            | Errno::PROTONOSUPPORT
            | Errno::PROTOTYPE
            | Errno::NOSYS => Self::NotSupported,
            Errno::INVAL | Errno::FAULT => Self::InvalidArgument,
            Errno::NOMEM | Errno::NOBUFS => Self::OutOfMemory,
            Errno::TIMEDOUT => Self::Timeout,
            Errno::ALREADY => Self::ConcurrencyConflict,
            Errno::AGAIN => Self::WouldBlock,
            Errno::ISCONN | Errno::NOTCONN | Errno::DESTADDRREQ => Self::InvalidState,
            Errno::MFILE | Errno::NFILE => Self::NewSocketLimit,
            Errno::ADDRNOTAVAIL => Self::AddressNotBindable,
            Errno::ADDRINUSE => Self::AddressInUse,
            Errno::HOSTUNREACH | Errno::HOSTDOWN | Errno::NETUNREACH | Errno::NETDOWN => {
                Self::RemoteUnreachable
            }
            #[cfg(target_os = "linux")]
            Errno::NONET => Self::RemoteUnreachable,
            Errno::CONNREFUSED => Self::ConnectionRefused,
            Errno::CONNRESET | Errno::NETRESET => Self::ConnectionReset,
            Errno::CONNABORTED => Self::ConnectionAborted,
            Errno::MSGSIZE => Self::DatagramTooLarge,
            _ => Self::Unknown,
        }
    }
}

impl ErrorCode {
    /// What goes wrong when a socket is bound.
    pub(super) fn of_bind(errno: Errno) -> Self {
        match errno {
            Errno::INVAL => Self::InvalidState,
            Errno::AFNOSUPPORT => Self::InvalidArgument,
            Errno::NOBUFS => Self::AddressInUse,
            other => Self::from(other),
        }
    }

    /// What goes wrong when a socket is connected, and so perhaps bound.
    pub(super) fn of_connect(errno: Errno) -> Self {
        match errno {
            Errno::AFNOSUPPORT => Self::InvalidArgument,
            Errno::ADDRNOTAVAIL | Errno::AGAIN => Self::AddressInUse,
            other => Self::from(other),
        }
    }

    /// What goes wrong with a datagram: a reset tells that an earlier one did not arrive.
    pub(super) fn of_datagram(errno: Errno) -> Self {
        match errno {
            Errno::CONNRESET | Errno::NETRESET => Self::RemoteUnreachable,
            Errno::AFNOSUPPORT | Errno::DESTADDRREQ => Self::InvalidArgument,
            other => Self::from(other),
        }
    }
}

impl From<ResolveError> for ErrorCode {
    fn from(error: ResolveError) -> Self {
        match error {
            ResolveError::NotFound => Self::NameUnresolvable,
            ResolveError::Temporary => Self::TemporaryResolverFailure,
            ResolveError::Permanent => Self::PermanentResolverFailure,
        }
    }
}
