//! The functions of `wasi:sockets/tcp` for a linker. What they do is in `tcp`, what they may in `permit`.

use std::net::SocketAddr;

use plugbay_component::{Borrow, LinkerInstance, Resource, Result};

use super::permit::Operation;
use super::socket::Socket;
use super::tcp::TcpSocket;
use super::tcp_stream::streams;
use super::types::{IpSocketAddress, ShutdownType};
use super::{ErrorCode, Network};
use crate::grant::net::{Direction, Protocol};
use crate::state::PluginState;
use crate::wasi::io::{InputStream, OutputStream};
use crate::wasi::{Cx, Wasi, refused};

type Instance<'a, T> = LinkerInstance<'a, PluginState<T>>;
type This = Borrow<TcpSocket>;
/// What a function of the interface returns: the outer result ends the call, the inner one is the guest's.
pub(super) type Outcome<R> = Result<Result<R, ErrorCode>>;
/// The handles of a connection's streams.
type Streams = (Resource<InputStream>, Resource<OutputStream>);

/// Goes on with what a step made, or gives the guest its error.
macro_rules! step {
    ($step:expr) => {
        match $step {
            Ok(made) => made,
            Err(code) => return Ok(Err(code)),
        }
    };
}
pub(super) use step;

impl Wasi {
    /// Puts what was opened into the table, if it was.
    pub(super) fn opened<R: Send + 'static>(&mut self, opened: Result<R, ErrorCode>) -> Outcome<Resource<R>> {
        let opened = step!(opened);
        self.table.push(opened).map(Ok).map_err(refused)
    }

    fn tcp<R>(&mut self, this: This, f: impl FnOnce(&mut TcpSocket) -> Result<R, ErrorCode>) -> Outcome<R> {
        Ok(f(self.table.get_mut(this).map_err(refused)?))
    }

    fn tcp_option<R>(&mut self, this: This, f: impl FnOnce(&Socket) -> Result<R, ErrorCode>) -> Outcome<R> {
        self.tcp(this, |socket| f(socket.options()?))
    }

    pub(super) fn tcp_start_bind(&mut self, this: This, address: SocketAddr) -> Outcome<()> {
        step!(self.tcp(again(&this), |socket| socket.check_bind(address))?);
        // Any address and any port is what a socket is given when it connects without being bound.
        if !(address.ip().is_unspecified() && address.port() == 0) {
            step!(self.permit(Operation::tcp("start-bind"), Protocol::Tcp, Direction::Listen, address));
        }
        self.tcp(this, |socket| socket.start_bind(address))
    }

    pub(super) fn tcp_start_connect(&mut self, this: This, address: SocketAddr) -> Outcome<()> {
        step!(self.tcp(again(&this), |socket| socket.check_connect(address))?);
        step!(self.permit(Operation::tcp("start-connect"), Protocol::Tcp, Direction::Connect, address));
        self.tcp(this, |socket| socket.start_connect(address))
    }

    pub(super) fn tcp_finish_connect(&mut self, this: This) -> Outcome<Streams> {
        let connection = step!(self.tcp(this, |socket| {
            socket.finish_connect()?;
            Ok(socket.shared().clone())
        })?);
        let (input, output) = streams(&connection);
        Ok(Ok((self.table.push(input).map_err(refused)?, self.table.push(output).map_err(refused)?)))
    }

    pub(super) fn tcp_start_listen(&mut self, this: This) -> Outcome<()> {
        let address = step!(self.tcp(again(&this), |socket| socket.check_listen())?);
        step!(self.permit(Operation::tcp("start-listen"), Protocol::Tcp, Direction::Listen, address));
        self.tcp(this, TcpSocket::start_listen)
    }

    pub(super) fn tcp_accept(
        &mut self,
        this: This,
    ) -> Outcome<(Resource<TcpSocket>, Resource<InputStream>, Resource<OutputStream>)> {
        let meter = self.meter.clone();
        let accepted = step!(self.tcp(this, |socket| socket.accept(&meter))?);
        // Someone whom a rule denies is hung up on; the next call sees the next one.
        let peer = step!(accepted.remote_address().map_err(|_| ErrorCode::ConnectionAborted));
        let admitted = self.admit(Operation::tcp("accept"), Protocol::Tcp, peer);
        step!(admitted.map_err(|_| ErrorCode::ConnectionAborted));
        let (input, output) = streams(accepted.shared());
        let accepted = self.table.push(accepted).map_err(refused)?;
        let (input, output) =
            (self.table.push(input).map_err(refused)?, self.table.push(output).map_err(refused)?);
        Ok(Ok((accepted, input, output)))
    }
}

/// The same handle once more.
fn again(this: &This) -> This {
    Borrow::new(this.rep())
}

pub(in crate::wasi) fn define<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.resource::<TcpSocket>("tcp-socket", |cx: &mut Cx<'_, T>, rep| {
        cx.data_mut().wasi.table.delete(Resource::<TcpSocket>::own(rep)).map(drop).map_err(refused)
    })?;
    define_operations(instance)?;
    define_about(instance)?;
    define_keep_alive(instance)?;
    define_options(instance)
}

fn define_operations<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    type To = (This, Borrow<Network>, IpSocketAddress);
    instance.func_wrap(
        "[method]tcp-socket.start-bind",
        |cx: &mut Cx<'_, T>, (this, network, address): To| {
            let wasi = &mut cx.data_mut().wasi;
            wasi.table.get(network).map_err(refused)?;
            wasi.tcp_start_bind(this, address.into())
        },
    )?;
    instance.func_wrap("[method]tcp-socket.finish-bind", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.tcp(this, TcpSocket::finish_bind)
    })?;
    instance.func_wrap(
        "[method]tcp-socket.start-connect",
        |cx: &mut Cx<'_, T>, (this, network, address): To| {
            let wasi = &mut cx.data_mut().wasi;
            wasi.table.get(network).map_err(refused)?;
            wasi.tcp_start_connect(this, address.into())
        },
    )?;
    instance.func_wrap("[method]tcp-socket.finish-connect", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.tcp_finish_connect(this)
    })?;
    instance.func_wrap("[method]tcp-socket.start-listen", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.tcp_start_listen(this)
    })?;
    instance.func_wrap("[method]tcp-socket.finish-listen", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.tcp(this, TcpSocket::finish_listen)
    })?;
    instance.func_wrap("[method]tcp-socket.accept", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.tcp_accept(this)
    })?;
    instance.func_wrap(
        "[method]tcp-socket.shutdown",
        |cx: &mut Cx<'_, T>, (this, how): (This, ShutdownType)| {
            cx.data_mut().wasi.tcp(this, |socket| socket.shutdown(how))
        },
    )?;
    Ok(())
}

fn define_about<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.func_wrap("[method]tcp-socket.local-address", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.tcp(this, |socket| socket.local_address().map(IpSocketAddress::from))
    })?;
    instance.func_wrap("[method]tcp-socket.remote-address", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.tcp(this, |socket| socket.remote_address().map(IpSocketAddress::from))
    })?;
    instance.func_wrap("[method]tcp-socket.is-listening", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        Ok(cx.data_mut().wasi.table.get(this).map_err(refused)?.is_listening())
    })?;
    instance.func_wrap("[method]tcp-socket.address-family", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        Ok(cx.data_mut().wasi.table.get(this).map_err(refused)?.family())
    })?;
    instance.func_wrap("[method]tcp-socket.subscribe", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        let wasi = &mut cx.data_mut().wasi;
        let connection = wasi.table.get(&this).map_err(refused)?.shared().clone();
        wasi.pollable_of(this, connection)
    })?;
    Ok(())
}

fn define_keep_alive<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.func_wrap("[method]tcp-socket.keep-alive-enabled", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.tcp(this, |socket| socket.keep_alive_enabled())
    })?;
    instance.func_wrap(
        "[method]tcp-socket.set-keep-alive-enabled",
        |cx: &mut Cx<'_, T>, (this, value): (This, bool)| {
            cx.data_mut().wasi.tcp(this, |socket| socket.set_keep_alive_enabled(value))
        },
    )?;
    instance.func_wrap(
        "[method]tcp-socket.keep-alive-idle-time",
        |cx: &mut Cx<'_, T>, (this,): (This,)| {
            cx.data_mut().wasi.tcp(this, |socket| socket.keep_alive_idle_time())
        },
    )?;
    instance.func_wrap(
        "[method]tcp-socket.set-keep-alive-idle-time",
        |cx: &mut Cx<'_, T>, (this, value): (This, u64)| {
            cx.data_mut().wasi.tcp(this, |socket| socket.set_keep_alive_idle_time(value))
        },
    )?;
    instance.func_wrap(
        "[method]tcp-socket.keep-alive-interval",
        |cx: &mut Cx<'_, T>, (this,): (This,)| {
            cx.data_mut().wasi.tcp(this, |socket| socket.keep_alive_interval())
        },
    )?;
    instance.func_wrap(
        "[method]tcp-socket.set-keep-alive-interval",
        |cx: &mut Cx<'_, T>, (this, value): (This, u64)| {
            cx.data_mut().wasi.tcp(this, |socket| socket.set_keep_alive_interval(value))
        },
    )?;
    instance.func_wrap("[method]tcp-socket.keep-alive-count", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.tcp(this, |socket| socket.keep_alive_count())
    })?;
    instance.func_wrap(
        "[method]tcp-socket.set-keep-alive-count",
        |cx: &mut Cx<'_, T>, (this, value): (This, u32)| {
            cx.data_mut().wasi.tcp(this, |socket| socket.set_keep_alive_count(value))
        },
    )?;
    Ok(())
}

fn define_options<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.func_wrap(
        "[method]tcp-socket.set-listen-backlog-size",
        |cx: &mut Cx<'_, T>, (this, value): (This, u64)| {
            cx.data_mut().wasi.tcp(this, |socket| socket.set_listen_backlog_size(value))
        },
    )?;
    instance.func_wrap("[method]tcp-socket.hop-limit", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.tcp_option(this, Socket::hop_limit)
    })?;
    instance.func_wrap(
        "[method]tcp-socket.set-hop-limit",
        |cx: &mut Cx<'_, T>, (this, value): (This, u8)| {
            cx.data_mut().wasi.tcp_option(this, |socket| socket.set_hop_limit(value))
        },
    )?;
    instance.func_wrap(
        "[method]tcp-socket.receive-buffer-size",
        |cx: &mut Cx<'_, T>, (this,): (This,)| {
            cx.data_mut().wasi.tcp_option(this, Socket::receive_buffer_size)
        },
    )?;
    instance.func_wrap(
        "[method]tcp-socket.set-receive-buffer-size",
        |cx: &mut Cx<'_, T>, (this, value): (This, u64)| {
            cx.data_mut().wasi.tcp_option(this, |socket| socket.set_receive_buffer_size(value))
        },
    )?;
    instance.func_wrap("[method]tcp-socket.send-buffer-size", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.tcp_option(this, Socket::send_buffer_size)
    })?;
    instance.func_wrap(
        "[method]tcp-socket.set-send-buffer-size",
        |cx: &mut Cx<'_, T>, (this, value): (This, u64)| {
            cx.data_mut().wasi.tcp_option(this, |socket| socket.set_send_buffer_size(value))
        },
    )?;
    Ok(())
}
