//! `wasi:sockets/network`, `instance-network`, `tcp-create-socket`, `udp-create-socket` and `ip-name-lookup` for a linker.

use plugbay_component::{Borrow, LinkerInstance, Resource, Result};

use super::Network;
use super::lookup::ResolveStream;
use super::tcp::TcpSocket;
use super::types::Family;
use super::udp::UdpSocket;
use crate::state::PluginState;
use crate::wasi::io::IoError;
use crate::wasi::{Cx, refused};

type Instance<'a, T> = LinkerInstance<'a, PluginState<T>>;

pub(in crate::wasi) fn define_network<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.resource::<Network>("network", |cx: &mut Cx<'_, T>, rep| {
        cx.data_mut().wasi.table.delete(Resource::<Network>::own(rep)).map(drop).map_err(refused)
    })?;
    instance.func_wrap("network-error-code", |cx: &mut Cx<'_, T>, (error,): (Borrow<IoError>,)| {
        Ok(cx.data_mut().wasi.table.get(error).map_err(refused)?.network)
    })?;
    Ok(())
}

pub(in crate::wasi) fn define_instance_network<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.func_wrap("instance-network", |cx: &mut Cx<'_, T>, (): ()| {
        cx.data_mut().wasi.table.push(Network).map_err(refused)
    })?;
    Ok(())
}

pub(in crate::wasi) fn define_create_tcp<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.func_wrap("create-tcp-socket", |cx: &mut Cx<'_, T>, (family,): (Family,)| {
        let wasi = &mut cx.data_mut().wasi;
        let socket = TcpSocket::open(&wasi.meter, family);
        wasi.opened(socket)
    })?;
    Ok(())
}

pub(in crate::wasi) fn define_create_udp<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.func_wrap("create-udp-socket", |cx: &mut Cx<'_, T>, (family,): (Family,)| {
        let wasi = &mut cx.data_mut().wasi;
        let socket = UdpSocket::open(&wasi.meter, family);
        wasi.opened(socket)
    })?;
    Ok(())
}

pub(in crate::wasi) fn define_lookup<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    type This = Borrow<ResolveStream>;
    instance.resource::<ResolveStream>("resolve-address-stream", |cx: &mut Cx<'_, T>, rep| {
        cx.data_mut().wasi.table.delete(Resource::<ResolveStream>::own(rep)).map(drop).map_err(refused)
    })?;
    instance.func_wrap(
        "resolve-addresses",
        |cx: &mut Cx<'_, T>, (network, name): (Borrow<Network>, String)| {
            let wasi = &mut cx.data_mut().wasi;
            wasi.table.get(network).map_err(refused)?;
            let stream = wasi.resolve_addresses(&name);
            wasi.opened(stream)
        },
    )?;
    instance.func_wrap(
        "[method]resolve-address-stream.resolve-next-address",
        |cx: &mut Cx<'_, T>, (this,): (This,)| cx.data_mut().wasi.resolve_next_address(this),
    )?;
    instance.func_wrap(
        "[method]resolve-address-stream.subscribe",
        |cx: &mut Cx<'_, T>, (this,): (This,)| {
            let wasi = &mut cx.data_mut().wasi;
            let condition = wasi.table.get(&this).map_err(refused)?.condition();
            wasi.pollable_of(this, condition)
        },
    )?;
    Ok(())
}
