//! `wasi:io/error`: what is behind a failed stream operation.

use plugbay_component::{Borrow, LinkerInstance, Resource, Result};

use crate::state::PluginState;
use crate::wasi::filesystem::ErrorCode;
#[cfg(feature = "http")]
use crate::wasi::http;
use crate::wasi::sockets;
use crate::wasi::{Cx, refused};

/// The resource `error`.
#[derive(Debug)]
pub(in crate::wasi) struct IoError {
    message: String,
    /// For `filesystem-error-code`, when a file was behind the stream.
    pub(in crate::wasi) code: Option<ErrorCode>,
    /// For `http-error-code`, when the body of a message was.
    #[cfg(feature = "http")]
    pub(in crate::wasi) http: Option<http::ErrorCode>,
    /// For `network-error-code`, when a socket was.
    pub(in crate::wasi) network: Option<sockets::ErrorCode>,
}

impl IoError {
    pub(in crate::wasi) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: None,
            network: None,
            #[cfg(feature = "http")]
            http: None,
        }
    }

    /// The body of a message was behind the stream.
    #[cfg(feature = "http")]
    pub(in crate::wasi) fn http(code: http::ErrorCode) -> Self {
        Self { http: Some(code.clone()), ..Self::new(format!("{code:?}")) }
    }

    /// A socket was behind the stream.
    pub(in crate::wasi) fn network(errno: rustix::io::Errno) -> Self {
        let message = std::io::Error::from(errno).kind().to_string();
        Self { network: Some(errno.into()), ..Self::new(message) }
    }
}

impl From<std::io::Error> for IoError {
    fn from(error: std::io::Error) -> Self {
        // The text of the system, without paths: it tells a guest nothing about the host.
        let message = error.kind().to_string();
        Self { code: Some(ErrorCode::from(error)), ..Self::new(message) }
    }
}

pub(in crate::wasi) fn define<T: 'static>(instance: &mut LinkerInstance<'_, PluginState<T>>) -> Result<()> {
    instance.resource::<IoError>("error", |cx: &mut Cx<'_, T>, rep| {
        cx.data_mut().wasi.table.delete(Resource::<IoError>::own(rep)).map(drop).map_err(refused)
    })?;
    instance.func_wrap(
        "[method]error.to-debug-string",
        |cx: &mut Cx<'_, T>, (error,): (Borrow<IoError>,)| {
            let error = cx.data_mut().wasi.table.get(error).map_err(refused)?;
            Ok(error.message.clone())
        },
    )?;
    Ok(())
}
