//! The functions of `wasi:sockets/udp` for a linker. What they do is in `udp` and `udp_stream`, what they may in `permit`.

use std::net::SocketAddr;
use std::sync::Arc;

use plugbay_component::{Borrow, LinkerInstance, Resource, Result};
use rustix::event::PollFlags;

use super::define_tcp::{Outcome, step};
use super::permit::Operation;
use super::socket::Socket;
use super::types::IpSocketAddress;
use super::udp::{Ready, UdpSocket};
use super::udp_stream::{IncomingStream, OutgoingDatagram, OutgoingStream};
use super::{ErrorCode, Network};
use crate::grant::net::{Direction, Protocol};
use crate::state::PluginState;
use crate::wasi::io::Always;
use crate::wasi::{Cx, Wasi, refused};

type Instance<'a, T> = LinkerInstance<'a, PluginState<T>>;
type This = Borrow<UdpSocket>;

impl Wasi {
    fn udp<R>(&mut self, this: This, f: impl FnOnce(&mut UdpSocket) -> Result<R, ErrorCode>) -> Outcome<R> {
        Ok(f(self.table.get_mut(this).map_err(refused)?))
    }

    fn udp_option<R>(&mut self, this: This, f: impl FnOnce(&Socket) -> Result<R, ErrorCode>) -> Outcome<R> {
        self.udp(this, |socket| f(socket.options()))
    }

    pub(super) fn udp_start_bind(&mut self, this: This, address: SocketAddr) -> Outcome<()> {
        step!(self.udp(again(&this), |socket| socket.check_bind(address))?);
        // Any address and any port is what one who only asks others is bound to: nobody else is heard there.
        let listens = if address.ip().is_unspecified() && address.port() == 0 {
            self.could_listen(Protocol::Udp, address)
        } else {
            step!(self.permit(Operation::udp("start-bind"), Protocol::Udp, Direction::Listen, address));
            true
        };
        self.udp(this, |socket| socket.start_bind(address, listens))
    }

    pub(super) fn udp_stream(
        &mut self,
        this: This,
        remote: Option<SocketAddr>,
    ) -> Outcome<(Resource<IncomingStream>, Resource<OutgoingStream>)> {
        step!(self.udp(again(&this), |socket| socket.check_stream(remote))?);
        if let Some(remote) = remote {
            // Streaming with a peer is both.
            for direction in [Direction::Send, Direction::Receive] {
                step!(self.permit(Operation::udp("stream"), Protocol::Udp, direction, remote));
            }
        }
        let (incoming, outgoing) = step!(self.udp(this, |socket| socket.stream(remote))?);
        Ok(Ok((self.table.push(incoming).map_err(refused)?, self.table.push(outgoing).map_err(refused)?)))
    }
}

/// The same handle once more.
fn again(this: &This) -> This {
    Borrow::new(this.rep())
}

pub(in crate::wasi) fn define<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.resource::<UdpSocket>("udp-socket", |cx: &mut Cx<'_, T>, rep| {
        cx.data_mut().wasi.table.delete(Resource::<UdpSocket>::own(rep)).map(drop).map_err(refused)
    })?;
    define_operations(instance)?;
    define_options(instance)?;
    define_incoming(instance)?;
    define_outgoing(instance)
}

fn define_operations<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.func_wrap(
        "[method]udp-socket.start-bind",
        |cx: &mut Cx<'_, T>, (this, network, address): (This, Borrow<Network>, IpSocketAddress)| {
            let wasi = &mut cx.data_mut().wasi;
            wasi.table.get(network).map_err(refused)?;
            wasi.udp_start_bind(this, address.into())
        },
    )?;
    instance.func_wrap("[method]udp-socket.finish-bind", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.udp(this, UdpSocket::finish_bind)
    })?;
    instance.func_wrap(
        "[method]udp-socket.stream",
        |cx: &mut Cx<'_, T>, (this, remote): (This, Option<IpSocketAddress>)| {
            cx.data_mut().wasi.udp_stream(this, remote.map(SocketAddr::from))
        },
    )?;
    instance.func_wrap("[method]udp-socket.local-address", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.udp(this, |socket| socket.local_address().map(IpSocketAddress::from))
    })?;
    instance.func_wrap("[method]udp-socket.remote-address", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.udp(this, |socket| socket.remote_address().map(IpSocketAddress::from))
    })?;
    instance.func_wrap("[method]udp-socket.address-family", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        Ok(cx.data_mut().wasi.table.get(this).map_err(refused)?.family())
    })?;
    // Nothing of a datagram socket is in progress for long: it is ready at any time, its streams are what one waits for.
    instance.func_wrap("[method]udp-socket.subscribe", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        let wasi = &mut cx.data_mut().wasi;
        wasi.pollable_of(this, Arc::new(Always))
    })?;
    Ok(())
}

fn define_options<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.func_wrap("[method]udp-socket.unicast-hop-limit", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.udp_option(this, Socket::hop_limit)
    })?;
    instance.func_wrap(
        "[method]udp-socket.set-unicast-hop-limit",
        |cx: &mut Cx<'_, T>, (this, value): (This, u8)| {
            cx.data_mut().wasi.udp_option(this, |socket| socket.set_hop_limit(value))
        },
    )?;
    instance.func_wrap(
        "[method]udp-socket.receive-buffer-size",
        |cx: &mut Cx<'_, T>, (this,): (This,)| {
            cx.data_mut().wasi.udp_option(this, Socket::receive_buffer_size)
        },
    )?;
    instance.func_wrap(
        "[method]udp-socket.set-receive-buffer-size",
        |cx: &mut Cx<'_, T>, (this, value): (This, u64)| {
            cx.data_mut().wasi.udp_option(this, |socket| socket.set_receive_buffer_size(value))
        },
    )?;
    instance.func_wrap("[method]udp-socket.send-buffer-size", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.udp_option(this, Socket::send_buffer_size)
    })?;
    instance.func_wrap(
        "[method]udp-socket.set-send-buffer-size",
        |cx: &mut Cx<'_, T>, (this, value): (This, u64)| {
            cx.data_mut().wasi.udp_option(this, |socket| socket.set_send_buffer_size(value))
        },
    )?;
    Ok(())
}

fn define_incoming<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    type This = Borrow<IncomingStream>;
    instance.resource::<IncomingStream>("incoming-datagram-stream", |cx: &mut Cx<'_, T>, rep| {
        cx.data_mut().wasi.table.delete(Resource::<IncomingStream>::own(rep)).map(drop).map_err(refused)
    })?;
    instance.func_wrap(
        "[method]incoming-datagram-stream.receive",
        |cx: &mut Cx<'_, T>, (this, max): (This, u64)| cx.data_mut().wasi.receive(this, max),
    )?;
    instance.func_wrap(
        "[method]incoming-datagram-stream.subscribe",
        |cx: &mut Cx<'_, T>, (this,): (This,)| {
            let wasi = &mut cx.data_mut().wasi;
            let shared = wasi.table.get(&this).map_err(refused)?.shared().clone();
            wasi.pollable_of(this, Arc::new(Ready(shared, PollFlags::IN)))
        },
    )?;
    Ok(())
}

fn define_outgoing<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    type This = Borrow<OutgoingStream>;
    instance.resource::<OutgoingStream>("outgoing-datagram-stream", |cx: &mut Cx<'_, T>, rep| {
        cx.data_mut().wasi.table.delete(Resource::<OutgoingStream>::own(rep)).map(drop).map_err(refused)
    })?;
    instance.func_wrap(
        "[method]outgoing-datagram-stream.check-send",
        |cx: &mut Cx<'_, T>, (this,): (This,)| {
            Ok(cx.data_mut().wasi.table.get_mut(this).map_err(refused)?.check_send())
        },
    )?;
    instance.func_wrap(
        "[method]outgoing-datagram-stream.send",
        |cx: &mut Cx<'_, T>, (this, datagrams): (This, Vec<OutgoingDatagram>)| {
            cx.data_mut().wasi.send(this, &datagrams)
        },
    )?;
    instance.func_wrap(
        "[method]outgoing-datagram-stream.subscribe",
        |cx: &mut Cx<'_, T>, (this,): (This,)| {
            let wasi = &mut cx.data_mut().wasi;
            let shared = wasi.table.get(&this).map_err(refused)?.shared().clone();
            wasi.pollable_of(this, Arc::new(Ready(shared, PollFlags::OUT)))
        },
    )?;
    Ok(())
}
