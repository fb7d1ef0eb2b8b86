//! Sockets against the loopback network: the states of the specification, what the rules let through, limits, waiting.

use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket as StdUdpSocket};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use plugbay_component::{Borrow, Resource};

use super::lookup::ResolveStream;
use super::tcp::TcpSocket;
use super::types::{Family, IpAddress, ShutdownType};
use super::udp::UdpSocket;
use super::udp_stream::{IncomingStream, OutgoingDatagram, OutgoingStream};
use super::*;
use crate::audit::{Ears, Event, Verdict};
use crate::grant::Grants;
use crate::grant::authority;
use crate::grant::layers::Layers;
use crate::grant::name::Pattern;
use crate::grant::net::{Direction, HostName, NetRule, Protocol, Resolve, ResolveError, Resolver};
use crate::grant::watch::Watch;
use crate::interrupt::{Interrupt, Stop, Waiter};
use crate::limits::Limits;
use crate::usage::Kind;
use crate::wasi::Wasi;
use crate::wasi::io::{Failure, InputStream, OutputStream, pause};

type Told = Arc<Mutex<Vec<Event>>>;

/// Names for tests.
struct Names;

impl Resolve for Names {
    fn resolve(&self, name: &HostName) -> Result<Vec<IpAddr>, ResolveError> {
        match name.as_str() {
            "localhost" | "rebound.test" => Ok(vec!["127.0.0.1".parse().unwrap()]),
            "public.test" => {
                Ok(vec!["::ffff:93.184.215.14".parse().unwrap(), "2606:4700::1".parse().unwrap()])
            }
            "panic.test" => panic!("the resolver of an application"),
            "slow.test" => {
                std::thread::sleep(Duration::from_millis(300));
                Err(ResolveError::Temporary)
            }
            _ => Err(ResolveError::NotFound),
        }
    }
}

fn wasi_with(grants: &Grants, limits: &Limits) -> (Wasi, Told) {
    let layers = Layers { ceiling: None, grants, manifest: None };
    let authority = authority::resolve(
        &layers,
        &[],
        Arc::default(),
        &Resolver::new(Names),
        #[cfg(feature = "http")]
        &Default::default(),
    );
    let authority = authority.unwrap();
    let told = Told::default();
    let sink = {
        let told = told.clone();
        move |event: &Event| told.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone())
    };
    let ears = Ears { sink: Some(Arc::new(sink)), ..Ears::default() };
    let watch = Watch::new("p".into(), None, None, ears);
    (Wasi::new(authority, Waiter::new(Arc::new(Interrupt::default())), limits, watch), told)
}

fn wasi(grants: &Grants) -> Wasi {
    wasi_with(grants, &Limits::default()).0
}

fn local() -> Grants {
    Grants::none().allow_net("loopback").allow_listen("loopback")
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn handle<R>(resource: &Resource<R>) -> Borrow<R> {
    Borrow::new(resource.rep())
}

impl Wasi {
    fn new_tcp(&mut self, family: Family) -> Resource<TcpSocket> {
        let socket = TcpSocket::open(&self.meter, family);
        self.opened(socket).unwrap().unwrap()
    }

    fn new_udp(&mut self, family: Family) -> Resource<UdpSocket> {
        let socket = UdpSocket::open(&self.meter, family);
        self.opened(socket).unwrap().unwrap()
    }

    fn at(&mut self, socket: &Resource<TcpSocket>) -> &mut TcpSocket {
        self.table.get_mut(handle(socket)).unwrap()
    }

    fn wait_tcp(&mut self, socket: &Resource<TcpSocket>) {
        let connection = self.at(socket).shared().clone();
        let until = Instant::now() + Duration::from_secs(10);
        while !crate::wasi::io::Condition::holds(&*connection) {
            assert!(Instant::now() < until);
            std::thread::yield_now();
        }
    }

    /// A socket that is connected to `to`.
    fn connected(&mut self, to: SocketAddr) -> (Resource<TcpSocket>, InputStream, OutputStream) {
        let family = if to.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 };
        let socket = self.new_tcp(family);
        self.tcp_start_connect(handle(&socket), to).unwrap().unwrap();
        self.wait_tcp(&socket);
        let (input, output) = self.tcp_finish_connect(handle(&socket)).unwrap().unwrap();
        (socket, self.table.delete(input).unwrap(), self.table.delete(output).unwrap())
    }

    /// A socket that listens at a free port, and its address.
    fn listening(&mut self, at: &str) -> (Resource<TcpSocket>, SocketAddr) {
        let at = address(at);
        let family = if at.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 };
        let socket = self.new_tcp(family);
        self.tcp_start_bind(handle(&socket), at).unwrap().unwrap();
        self.at(&socket).finish_bind().unwrap();
        self.tcp_start_listen(handle(&socket)).unwrap().unwrap();
        self.at(&socket).finish_listen().unwrap();
        let bound = self.at(&socket).local_address().unwrap();
        (socket, bound)
    }

    fn bound_udp(&mut self, at: &str) -> (Resource<UdpSocket>, SocketAddr) {
        let socket = self.new_udp(Family::Ipv4);
        self.udp_start_bind(handle(&socket), address(at)).unwrap().unwrap();
        let inner = self.table.get_mut(handle(&socket)).unwrap();
        inner.finish_bind().unwrap();
        let bound = inner.local_address().unwrap();
        (socket, bound)
    }

    fn receive_soon(&mut self, stream: &Resource<IncomingStream>) -> Vec<(Vec<u8>, SocketAddr)> {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let received = self.receive(handle(stream), 100).unwrap().unwrap();
            if !received.is_empty() || Instant::now() > until {
                return received.into_iter().map(|it| (it.data, it.remote_address.into())).collect();
            }
            std::thread::yield_now();
        }
    }

    fn send_to(
        &mut self,
        stream: &Resource<OutgoingStream>,
        to: Option<SocketAddr>,
    ) -> Result<u64, ErrorCode> {
        self.table.get_mut(handle(stream)).unwrap().check_send()?;
        let datagram = OutgoingDatagram { data: b"hello".to_vec(), remote_address: to.map(Into::into) };
        self.send(handle(stream), &[datagram]).unwrap()
    }
}

/// A read that waits.
fn read(input: &mut InputStream, len: u64, waiter: &Waiter) -> Result<Vec<u8>, Failure> {
    loop {
        let bytes = input.read(len)?;
        if !bytes.is_empty() {
            return Ok(bytes);
        }
        pause(&[input.condition()], waiter)?;
    }
}

fn waiter() -> Waiter {
    Waiter::new(Arc::new(Interrupt::default()))
}

#[test]
fn a_connection_carries_bytes_both_ways_and_ends() {
    let mut wasi = wasi(&local());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (socket, mut input, mut output) = wasi.connected(listener.local_addr().unwrap());
    let (mut peer, from) = listener.accept().unwrap();
    assert_eq!(wasi.at(&socket).local_address(), Ok(from));
    assert_eq!(wasi.at(&socket).remote_address(), Ok(listener.local_addr().unwrap()));

    assert_eq!(input.read(10).unwrap(), b"", "nothing yet");
    assert!(output.check().unwrap() > 0);
    output.write(b"ping", &waiter()).unwrap();
    let mut buffer = [0; 4];
    peer.read_exact(&mut buffer).unwrap();
    peer.write_all(b"pong!").unwrap();
    assert_eq!((buffer, read(&mut input, 4, &waiter()).unwrap()), (*b"ping", b"pong".to_vec()));
    assert_eq!(read(&mut input, 4, &waiter()).unwrap(), b"!");

    wasi.at(&socket).shutdown(ShutdownType::Send).unwrap();
    wasi.at(&socket).shutdown(ShutdownType::Send).unwrap();
    assert_eq!(peer.read(&mut buffer).unwrap(), 0, "the end is told");
    assert!(matches!(output.write(b"x", &waiter()), Err(Failure::Closed)));
    assert!(matches!(output.check(), Err(Failure::Closed)));
    peer.write_all(b"more").unwrap();
    assert_eq!(read(&mut input, 4, &waiter()).unwrap(), b"more");
    drop(peer);
    assert!(matches!(read(&mut input, 4, &waiter()), Err(Failure::Closed)));
}

#[test]
fn a_write_that_was_permitted_does_not_wait_and_a_peer_that_does_not_read_stops_it() {
    let mut wasi = wasi(&local());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (socket, _input, mut output) = wasi.connected(listener.local_addr().unwrap());
    wasi.at(&socket).options().unwrap().set_send_buffer_size(4096).unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    let mut soon = waiter();
    let mut written = 0;
    loop {
        let room = output.check().unwrap();
        if room == 0 {
            break;
        }
        // Would be stopped if it waited.
        soon.deadline = Some(Instant::now() + Duration::from_secs(20));
        output.write(&vec![7; room], &soon).unwrap();
        written += room;
        assert!(written < 100 << 20);
    }
    soon.deadline = Some(Instant::now() + Duration::from_millis(30));
    let stopped = output.write(&[7; 64 << 10], &soon);
    assert!(matches!(stopped, Err(Failure::Stopped(Stop::Deadline))), "{stopped:?}");
    let reader = std::thread::spawn(move || {
        let mut all = Vec::new();
        peer.read_to_end(&mut all).unwrap();
        all.len()
    });
    output.write(b"the rest", &waiter()).unwrap();
    wasi.at(&socket).shutdown(ShutdownType::Both).unwrap();
    assert!(reader.join().unwrap() >= written + 8);
}

#[test]
fn a_read_that_never_ends_obeys_deadline_and_cancellation() {
    let mut wasi = wasi(&local());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (_socket, mut input, _output) = wasi.connected(listener.local_addr().unwrap());
    let mut soon = waiter();
    soon.deadline = Some(Instant::now() + Duration::from_millis(30));
    assert!(matches!(read(&mut input, 1, &soon), Err(Failure::Stopped(Stop::Deadline))));
    let endless = waiter();
    let interrupt = endless.interrupt.clone();
    let other = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        interrupt.cancel();
    });
    assert!(matches!(read(&mut input, 1, &endless), Err(Failure::Stopped(Stop::Cancelled))));
    other.join().unwrap();
}

#[test]
fn a_plugin_that_listens_is_reached_and_inherits_options() {
    let mut wasi = wasi(&local());
    for at in ["127.0.0.1:0", "[::1]:0"] {
        let (socket, bound) = wasi.listening(at);
        assert!(wasi.at(&socket).is_listening());
        wasi.at(&socket).set_keep_alive_enabled(true).unwrap();
        wasi.at(&socket).options().unwrap().set_hop_limit(42).unwrap();
        let meter = wasi.meter.clone();
        assert_eq!(wasi.tcp_accept(handle(&socket)).unwrap().err(), Some(ErrorCode::WouldBlock));
        let peer = TcpStream::connect(bound).unwrap();
        wasi.wait_tcp(&socket);
        let (accepted, _, _) = wasi.tcp_accept(handle(&socket)).unwrap().unwrap();
        assert_eq!(meter.now(Kind::Sockets), wasi.meter.now(Kind::Sockets));
        let accepted = wasi.at(&accepted);
        assert_eq!(accepted.remote_address(), Ok(peer.local_addr().unwrap()));
        assert_eq!(accepted.keep_alive_enabled(), Ok(true));
        assert_eq!(accepted.options().unwrap().hop_limit(), Ok(42));
    }
}

#[test]
fn operations_in_the_wrong_state_say_so() {
    let mut wasi = wasi(&local());
    let socket = wasi.new_tcp(Family::Ipv4);
    let at = |wasi: &mut Wasi| wasi.at(&socket).local_address();
    assert_eq!(at(&mut wasi), Err(ErrorCode::InvalidState));
    assert_eq!(wasi.at(&socket).remote_address(), Err(ErrorCode::InvalidState));
    assert_eq!(wasi.at(&socket).finish_bind(), Err(ErrorCode::NotInProgress));
    assert_eq!(wasi.at(&socket).finish_connect(), Err(ErrorCode::NotInProgress));
    assert_eq!(wasi.at(&socket).finish_listen(), Err(ErrorCode::NotInProgress));
    assert_eq!(wasi.at(&socket).shutdown(ShutdownType::Both), Err(ErrorCode::InvalidState));
    assert_eq!(wasi.tcp_start_listen(handle(&socket)).unwrap(), Err(ErrorCode::InvalidState));
    assert_eq!(wasi.tcp_accept(handle(&socket)).unwrap().err(), Some(ErrorCode::InvalidState));

    let bind = |wasi: &mut Wasi, to: &str| wasi.tcp_start_bind(handle(&socket), address(to)).unwrap();
    for wrong in ["[::1]:0", "224.0.0.1:0", "255.255.255.255:0"] {
        assert_eq!(bind(&mut wasi, wrong), Err(ErrorCode::InvalidArgument), "{wrong}");
    }
    assert_eq!(bind(&mut wasi, "127.0.0.1:0"), Ok(()));
    assert_eq!(bind(&mut wasi, "127.0.0.1:0"), Err(ErrorCode::ConcurrencyConflict));
    assert_eq!(at(&mut wasi), Err(ErrorCode::ConcurrencyConflict));
    assert_eq!(wasi.tcp_start_listen(handle(&socket)).unwrap(), Err(ErrorCode::ConcurrencyConflict));
    assert_eq!(wasi.at(&socket).finish_bind(), Ok(()));
    assert_eq!(bind(&mut wasi, "127.0.0.1:0"), Err(ErrorCode::InvalidState));
    assert_ne!(at(&mut wasi).unwrap().port(), 0);

    let connect = |wasi: &mut Wasi, to: &str| wasi.tcp_start_connect(handle(&socket), address(to)).unwrap();
    for wrong in ["0.0.0.0:80", "127.0.0.1:0", "[::1]:80", "224.0.0.1:80", "255.255.255.255:80"] {
        assert_eq!(connect(&mut wasi, wrong), Err(ErrorCode::InvalidArgument), "{wrong}");
    }
    assert_eq!(wasi.tcp_start_listen(handle(&socket)).unwrap(), Ok(()));
    assert_eq!(connect(&mut wasi, "127.0.0.1:80"), Err(ErrorCode::ConcurrencyConflict));
    assert_eq!(wasi.at(&socket).finish_listen(), Ok(()));
    assert_eq!(connect(&mut wasi, "127.0.0.1:80"), Err(ErrorCode::InvalidState));
    assert_eq!(wasi.tcp_start_listen(handle(&socket)).unwrap(), Err(ErrorCode::InvalidState));
    assert_eq!(wasi.at(&socket).set_listen_backlog_size(5), Ok(()));
    assert_eq!(wasi.at(&socket).set_listen_backlog_size(0), Err(ErrorCode::InvalidArgument));

    let six = wasi.new_tcp(Family::Ipv6);
    let mapped = address("[::ffff:127.0.0.1]:80");
    assert_eq!(wasi.tcp_start_connect(handle(&six), mapped).unwrap(), Err(ErrorCode::InvalidArgument));
    assert_eq!(wasi.tcp_start_bind(handle(&six), mapped).unwrap(), Err(ErrorCode::InvalidArgument));
}

#[test]
fn a_refused_connection_closes_the_socket() {
    let mut wasi = wasi(&local());
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let socket = wasi.new_tcp(Family::Ipv4);
    let started = wasi.tcp_start_connect(handle(&socket), closed).unwrap();
    if started.is_ok() {
        wasi.wait_tcp(&socket);
        assert_eq!(wasi.at(&socket).finish_connect(), Err(ErrorCode::ConnectionRefused));
    } else {
        assert_eq!(started, Err(ErrorCode::ConnectionRefused));
    }
    assert_eq!(wasi.tcp_start_connect(handle(&socket), closed).unwrap(), Err(ErrorCode::InvalidState));
    assert_eq!(wasi.at(&socket).keep_alive_enabled(), Err(ErrorCode::InvalidState));
    let (_, bound) = wasi.listening("127.0.0.1:0");
    let second = wasi.new_tcp(Family::Ipv4);
    assert_eq!(wasi.tcp_start_bind(handle(&second), bound).unwrap(), Err(ErrorCode::AddressInUse));
    let elsewhere = Grants::none().allow_listen("192.0.2.1");
    let mut wasi = self::wasi(&elsewhere);
    let third = wasi.new_tcp(Family::Ipv4);
    let bound = wasi.tcp_start_bind(handle(&third), address("192.0.2.1:0")).unwrap();
    assert_eq!(bound, Err(ErrorCode::AddressNotBindable));
}

#[test]
fn options_are_kept_or_refused() {
    let mut wasi = wasi(&local());
    for family in [Family::Ipv4, Family::Ipv6] {
        let socket = wasi.new_tcp(family);
        let socket = wasi.at(&socket);
        assert_eq!(socket.set_keep_alive_idle_time(0), Err(ErrorCode::InvalidArgument));
        assert_eq!(socket.set_keep_alive_idle_time(1), Ok(()));
        assert_eq!(socket.keep_alive_idle_time(), Ok(1_000_000_000));
        assert_eq!(socket.set_keep_alive_idle_time(u64::MAX), Ok(()));
        assert_eq!(socket.set_keep_alive_interval(0), Err(ErrorCode::InvalidArgument));
        assert_eq!(socket.set_keep_alive_interval(2_000_000_000), Ok(()));
        assert_eq!(socket.keep_alive_interval(), Ok(2_000_000_000));
        assert_eq!(socket.set_keep_alive_interval(u64::MAX), Ok(()));
        assert_eq!(socket.set_keep_alive_count(0), Err(ErrorCode::InvalidArgument));
        assert_eq!(socket.set_keep_alive_count(u32::MAX), Ok(()));
        assert!(socket.keep_alive_count().unwrap() > 0);
        let options = socket.options().unwrap();
        assert_eq!(options.set_hop_limit(0), Err(ErrorCode::InvalidArgument));
        assert_eq!((options.set_hop_limit(7), options.hop_limit()), (Ok(()), Ok(7)));
        assert_eq!(options.set_receive_buffer_size(0), Err(ErrorCode::InvalidArgument));
        assert_eq!(options.set_send_buffer_size(0), Err(ErrorCode::InvalidArgument));
        assert_eq!(options.set_receive_buffer_size(u64::MAX), Ok(()));
        assert!(options.receive_buffer_size().unwrap() <= 16 << 20);
        assert_eq!(options.set_send_buffer_size(20_000), Ok(()));
        assert_eq!(options.send_buffer_size(), Ok(20_000));
        let udp = wasi.new_udp(family);
        let options = wasi.table.get(handle(&udp)).unwrap().options();
        assert_eq!((options.set_hop_limit(9), options.hop_limit()), (Ok(()), Ok(9)));
    }
}

#[test]
fn sockets_are_counted_and_given_back() {
    let limits = Limits { sockets: 2, ..Limits::default() };
    let (mut wasi, _) = wasi_with(&local(), &limits);
    let first = wasi.new_tcp(Family::Ipv4);
    let (listening, bound) = wasi.listening("127.0.0.1:0");
    assert_eq!(UdpSocket::open(&wasi.meter, Family::Ipv4).err(), Some(ErrorCode::NewSocketLimit));
    let _peer = TcpStream::connect(bound).unwrap();
    wasi.wait_tcp(&listening);
    assert_eq!(wasi.tcp_accept(handle(&listening)).unwrap().err(), Some(ErrorCode::NewSocketLimit));
    wasi.table.delete(first).unwrap();
    let (accepted, input, output) = wasi.tcp_accept(handle(&listening)).unwrap().unwrap();
    assert_eq!((wasi.meter.now(Kind::Sockets), wasi.meter.peak(Kind::Sockets)), (2, 2));
    wasi.table.delete(accepted).unwrap();
    wasi.table.delete(input).unwrap();
    assert_eq!(wasi.meter.now(Kind::Sockets), 2, "a stream keeps the connection");
    wasi.table.delete(output).unwrap();
    assert_eq!(wasi.meter.now(Kind::Sockets), 1);
}

#[test]
fn only_what_a_rule_names_is_reached_and_the_audit_hears_of_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let open = listener.local_addr().unwrap();
    let try_to = |grants: &Grants, to: &str| {
        let (mut wasi, told) = wasi_with(grants, &Limits::default());
        let to = address(to);
        let socket = wasi.new_tcp(if to.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 });
        let result = wasi.tcp_start_connect(handle(&socket), to).unwrap();
        let told = told.lock().unwrap().clone();
        (result, told)
    };
    let port = open.port();
    let here = format!("127.0.0.1:{port}");
    for (grants, allowed) in [
        (Grants::none(), false),
        (Grants::none().allow("wasi:sockets"), false),
        (Grants::none().allow_net("*"), false),
        (Grants::none().allow_net("0.0.0.0/0"), false),
        (Grants::none().allow_net("private"), false),
        (Grants::none().allow_net("localhost"), false),
        (Grants::none().allow_listen("127.0.0.1"), false),
        (Grants::none().allow_net(&format!("127.0.0.1:{}", port.wrapping_add(1).max(1))), false),
        (Grants::none().allow_net(&here), true),
        (Grants::none().allow_net("127.0.0.0/8"), true),
        (Grants::none().allow_net("loopback"), true),
        (
            Grants::none().allow_net("loopback").deny_with("wasi:sockets", &NetRule::connect("*").unwrap()),
            false,
        ),
        (
            Grants::none()
                .allow_net(&here)
                .deny_with("wasi:sockets", &NetRule::connect("127.0.0.0/8").unwrap()),
            false,
        ),
        (
            Grants::none()
                .allow_with("wasi:sockets", &NetRule::connect("loopback").unwrap().protocol(Protocol::Udp)),
            false,
        ),
    ] {
        let (result, told) = try_to(&grants, &here);
        assert_eq!(result, if allowed { Ok(()) } else { Err(ErrorCode::AccessDenied) }, "{grants:?}");
        let denied: Vec<_> = told.iter().filter(|event| event.verdict == Verdict::Denied).collect();
        assert_eq!(denied.is_empty(), allowed);
        for event in denied {
            assert_eq!(event.target.as_deref(), Some(format!("tcp {here}").as_str()));
            assert_eq!((&*event.capability, &*event.operation), ("wasi:sockets/tcp", "start-connect"));
        }
    }
    // Nobody tried to connect who was not allowed to.
    listener.set_nonblocking(true).unwrap();
    let mut came = 0;
    while listener.accept().is_ok() {
        came += 1;
    }
    assert_eq!(came, 3);
    for special in [
        "169.254.169.254:80",
        "10.0.0.1:80",
        "192.168.0.1:80",
        "100.64.0.1:80",
        "[fd00:ec2::254]:80",
        "[fe80::1]:80",
    ] {
        assert_eq!(
            try_to(&Grants::none().allow_net("*"), special).0,
            Err(ErrorCode::AccessDenied),
            "{special}"
        );
        assert_eq!(try_to(&Grants::none().allow_net("loopback"), special).0, Err(ErrorCode::AccessDenied));
    }
    for disguised in
        ["[64:ff9b::7f00:1]:80", "[2002:7f00:1::]:80", "[::127.0.0.1]:80", "[64:ff9b::a9fe:a9fe]:80"]
    {
        assert_eq!(try_to(&Grants::none().allow_net("*"), disguised).0, Err(ErrorCode::AccessDenied));
    }
}

#[test]
fn what_is_taken_back_closes_streams_that_are_open() {
    let mut wasi = wasi(&local());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (_socket, input, output) = wasi.connected(listener.local_addr().unwrap());
    assert!(wasi.watch.may_use(input.leads()) && wasi.watch.may_use(output.leads()));
    wasi.watch.revoke(&Pattern::new("wasi:http"));
    assert!(wasi.watch.may_use(input.leads()) && wasi.watch.may_use(output.leads()));
    wasi.watch.revoke(&Pattern::new("wasi:sockets"));
    assert!(!wasi.watch.may_use(input.leads()) && !wasi.watch.may_use(output.leads()));
}

#[test]
fn listening_needs_a_rule_of_its_own() {
    let bind = |grants: Grants, at: &str| {
        let mut wasi = wasi(&grants);
        let socket = wasi.new_tcp(Family::Ipv4);
        wasi.tcp_start_bind(handle(&socket), address(at)).unwrap()?;
        wasi.at(&socket).finish_bind().unwrap();
        wasi.tcp_start_listen(handle(&socket)).unwrap()
    };
    let denied = Err(ErrorCode::AccessDenied);
    assert_eq!(bind(Grants::none().allow_net("loopback"), "127.0.0.1:0"), denied);
    assert_eq!(bind(Grants::none().allow_net("loopback"), "0.0.0.0:0"), denied);
    assert_eq!(bind(Grants::none().allow_listen("loopback"), "0.0.0.0:0"), denied);
    assert_eq!(bind(Grants::none().allow_listen("*"), "127.0.0.1:0"), denied);
    assert_eq!(bind(Grants::none().allow_listen("127.0.0.1:1"), "127.0.0.1:0"), denied);
    assert_eq!(bind(Grants::none().allow_listen("127.0.0.1:0"), "127.0.0.1:0"), Ok(()));
    assert_eq!(bind(Grants::none().allow_listen("loopback"), "127.0.0.1:0"), Ok(()));
}

#[test]
fn whom_a_rule_denies_is_hung_up_on() {
    let denied = NetRule::connect("127.0.0.2").unwrap();
    let mut wasi = wasi(&local().deny_with("wasi:sockets", &denied));
    let (socket, bound) = wasi.listening("127.0.0.1:0");
    let from = |from: &str| {
        let local =
            rustix::net::socket(rustix::net::AddressFamily::INET, rustix::net::SocketType::STREAM, None)
                .unwrap();
        rustix::net::bind(&local, &address(from)).unwrap();
        rustix::net::connect(&local, &bound).unwrap();
        local
    };
    let mut refused = TcpStream::from(from("127.0.0.2:0"));
    wasi.wait_tcp(&socket);
    assert_eq!(wasi.tcp_accept(handle(&socket)).unwrap().err(), Some(ErrorCode::ConnectionAborted));
    assert_eq!(refused.read(&mut [0; 1]).unwrap_or(0), 0);
    let _welcome = from("127.0.0.1:0");
    wasi.wait_tcp(&socket);
    assert!(wasi.tcp_accept(handle(&socket)).unwrap().is_ok());
}

#[test]
fn names_lead_to_the_addresses_that_were_found_for_them() {
    let grants = Grants::none().allow_net("localhost").allow_net("rebound.test").allow_net("public.test:443");
    let (mut wasi, told) = wasi_with(&grants, &Limits::default());
    let resolve = |wasi: &mut Wasi, name: &str| -> Result<Vec<IpAddress>, ErrorCode> {
        let stream = wasi.resolve_addresses(name)?;
        let stream = wasi.table.push(stream).unwrap();
        let mut found = Vec::new();
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            match wasi.resolve_next_address(handle(&stream)).unwrap() {
                Ok(Some(address)) => found.push(address),
                Ok(None) => return Ok(found),
                Err(ErrorCode::WouldBlock) if Instant::now() < until => std::thread::yield_now(),
                Err(code) => return Err(code),
            }
        }
    };
    let one = IpAddress::from("127.0.0.1".parse::<IpAddr>().unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = listener.local_addr().unwrap();
    let connect = |wasi: &mut Wasi, to: SocketAddr| {
        let socket = wasi.new_tcp(Family::Ipv4);
        wasi.tcp_start_connect(handle(&socket), to).unwrap()
    };
    assert_eq!(connect(&mut wasi, here), Err(ErrorCode::AccessDenied), "nobody looked it up");
    assert_eq!(resolve(&mut wasi, "rebound.test"), Ok(vec![one]));
    assert_eq!(connect(&mut wasi, here), Err(ErrorCode::AccessDenied), "a name does not lead home");
    assert_eq!(resolve(&mut wasi, "LocalHost."), Ok(vec![one]));
    assert_eq!(connect(&mut wasi, here), Ok(()), "this one does");
    let found = resolve(&mut wasi, "public.test").unwrap();
    assert!(
        matches!(found.as_slice(), [IpAddress::Ipv4((93, 184, 215, 14)), IpAddress::Ipv6(_)]),
        "{found:?}"
    );

    for (name, code) in [
        ("other.test", ErrorCode::AccessDenied),
        ("sub.public.test", ErrorCode::AccessDenied),
        ("127.1", ErrorCode::InvalidArgument),
        ("0x7f.1", ErrorCode::InvalidArgument),
        ("2130706433", ErrorCode::InvalidArgument),
        ("bücher.test", ErrorCode::InvalidArgument),
        ("user@public.test", ErrorCode::InvalidArgument),
        ("", ErrorCode::InvalidArgument),
    ] {
        assert_eq!(resolve(&mut wasi, name), Err(code), "{name}");
    }
    assert_eq!(resolve(&mut wasi, "169.254.169.254").unwrap().len(), 1, "an address is not looked up");
    let told: HashSet<_> = told.lock().unwrap().iter().filter_map(|event| event.target.clone()).collect();
    assert!(told.contains("other.test") && told.contains(&format!("tcp {here} (rebound.test)")), "{told:?}");

    let mut wasi = self::wasi(&Grants::none().allow_net("*"));
    assert_eq!(resolve(&mut wasi, "panic.test"), Err(ErrorCode::PermanentResolverFailure));
    assert_eq!(resolve(&mut wasi, "none.test"), Err(ErrorCode::NameUnresolvable));
    assert_eq!(connect(&mut wasi, here), Err(ErrorCode::AccessDenied));
}

#[test]
fn lookups_under_way_are_bounded_and_waiting_for_them_obeys_the_deadline() {
    let mut wasi = wasi(&Grants::none().allow_net("*"));
    let asked: Vec<ResolveStream> = (0..16).map(|_| wasi.resolve_addresses("slow.test").unwrap()).collect();
    assert_eq!(wasi.resolve_addresses("slow.test").err(), Some(ErrorCode::TemporaryResolverFailure));
    assert_eq!(wasi.resolve_addresses("127.0.0.1").err(), None);
    let mut soon = waiter();
    soon.deadline = Some(Instant::now() + Duration::from_millis(30));
    let [first, ..] = asked.as_slice() else { panic!() };
    let condition = first.condition();
    assert!(!condition.holds());
    assert_eq!(pause(&[condition], &soon), Err(Stop::Deadline));
    // Nobody waits for these: they are not asked, and give their places back.
    drop(asked);
    let until = Instant::now() + Duration::from_secs(20);
    while wasi.resolve_addresses("none.test").is_err() {
        assert!(Instant::now() < until);
        std::thread::yield_now();
    }
}

#[test]
fn datagrams_go_both_ways_with_one_peer_and_with_many() {
    let mut wasi = wasi(&local());
    let peer = StdUdpSocket::bind("127.0.0.1:0").unwrap();
    let other = StdUdpSocket::bind("127.0.0.1:0").unwrap();
    let (socket, bound) = wasi.bound_udp("127.0.0.1:0");
    let to = peer.local_addr().unwrap();
    let (incoming, outgoing) = wasi.udp_stream(handle(&socket), None).unwrap().unwrap();
    assert_eq!(wasi.send_to(&outgoing, None), Err(ErrorCode::InvalidArgument), "to whom?");
    assert_eq!(wasi.send_to(&outgoing, Some(address("127.0.0.1:0"))), Err(ErrorCode::InvalidArgument));
    assert_eq!(wasi.send_to(&outgoing, Some(address("0.0.0.0:9"))), Err(ErrorCode::InvalidArgument));
    assert_eq!(wasi.send_to(&outgoing, Some(address("[::1]:9"))), Err(ErrorCode::InvalidArgument));
    assert_eq!(wasi.send_to(&outgoing, Some(to)), Ok(1));
    let mut buffer = [0; 10];
    assert_eq!(peer.recv_from(&mut buffer).unwrap(), (5, bound));
    assert_eq!(wasi.receive(handle(&incoming), 0).unwrap().unwrap(), []);
    other.send_to(b"first", bound).unwrap();
    assert_eq!(wasi.receive_soon(&incoming), [(b"first".to_vec(), other.local_addr().unwrap())]);

    // What came from others before the streams with one peer is not for these.
    other.send_to(b"late", bound).unwrap();
    let (from_peer, to_peer) = wasi.udp_stream(handle(&socket), Some(to)).unwrap().unwrap();
    assert_eq!(wasi.receive(handle(&incoming), 1).unwrap().err(), Some(ErrorCode::InvalidState));
    assert_eq!(wasi.send_to(&outgoing, Some(to)), Err(ErrorCode::InvalidState));
    assert_eq!(wasi.table.get(handle(&socket)).unwrap().remote_address(), Ok(to));
    assert_eq!(wasi.send_to(&to_peer, None), Ok(1));
    assert_eq!(wasi.send_to(&to_peer, Some(to)), Ok(1));
    assert_eq!(wasi.send_to(&to_peer, Some(other.local_addr().unwrap())), Err(ErrorCode::InvalidArgument));
    other.send_to(b"not heard", bound).unwrap();
    peer.send_to(b"heard", bound).unwrap();
    assert_eq!(wasi.receive_soon(&from_peer), [(b"heard".to_vec(), to)]);

    let (incoming, _) = wasi.udp_stream(handle(&socket), None).unwrap().unwrap();
    assert_eq!(
        wasi.table.get(handle(&socket)).unwrap().remote_address(),
        Err(ErrorCode::InvalidState),
        "with anyone again"
    );
    assert_eq!(wasi.table.get(handle(&socket)).unwrap().local_address(), Ok(bound));
    other.send_to(b"again", bound).unwrap();
    assert_eq!(wasi.receive_soon(&incoming), [(b"again".to_vec(), other.local_addr().unwrap())]);
}

#[test]
fn sending_without_leave_ends_the_call() {
    let mut wasi = wasi(&local());
    let (socket, _) = wasi.bound_udp("127.0.0.1:0");
    let (incoming, outgoing) = wasi.udp_stream(handle(&socket), None).unwrap().unwrap();
    let datagram =
        OutgoingDatagram { data: vec![0; 70_000], remote_address: Some(address("127.0.0.1:9").into()) };
    let (outgoing, one) = (&outgoing, std::slice::from_ref(&datagram));
    assert_eq!(wasi.send(handle(outgoing), &[]).unwrap(), Ok(0));
    assert!(wasi.send(handle(outgoing), one).is_err());
    let permitted = wasi.table.get_mut(handle(outgoing)).unwrap().check_send().unwrap();
    let more = vec![datagram.clone(); usize::try_from(permitted).unwrap() + 1];
    assert!(wasi.send(handle(outgoing), &more).is_err());
    wasi.table.get_mut(handle(outgoing)).unwrap().check_send().unwrap();
    assert_eq!(wasi.send(handle(outgoing), one).unwrap(), Err(ErrorCode::DatagramTooLarge));
    assert!(wasi.send(handle(outgoing), one).is_err(), "leave is for one call");
    assert_eq!(wasi.receive(handle(&incoming), u64::MAX).unwrap().unwrap(), []);
}

#[test]
fn streaming_with_a_peer_needs_both_ways() {
    let peer = StdUdpSocket::bind("127.0.0.1:0").unwrap();
    let to = peer.local_addr().unwrap();
    let rule = |direction| NetRule::connect("127.0.0.1").unwrap().direction(direction);
    let listen = || Grants::none().allow_listen("127.0.0.1");
    let only = |direction| listen().allow_with("wasi:sockets", &rule(direction));
    let stream = |grants: &Grants| {
        let mut wasi = wasi(grants);
        let (socket, _) = wasi.bound_udp("127.0.0.1:0");
        wasi.udp_stream(handle(&socket), Some(to)).unwrap().map(drop)
    };
    let denied = Err(ErrorCode::AccessDenied);
    assert_eq!(stream(&listen()), denied);
    assert_eq!(stream(&only(Direction::Send)), denied);
    assert_eq!(stream(&only(Direction::Receive)), denied);
    assert_eq!(stream(&only(Direction::Connect)), Ok(()));
    assert_eq!(stream(&only(Direction::Send).and(only(Direction::Receive))), Ok(()));
    let but = only(Direction::Connect).deny_with("wasi:sockets", &rule(Direction::Receive));
    assert_eq!(stream(&but), denied);

    // One that only sends hears nothing of those whom no rule names; its socket is nobody's to reach.
    let (mut wasi, told) =
        wasi_with(&Grants::none().allow_with("wasi:sockets", &rule(Direction::Send)), &Limits::default());
    let (socket, bound) = wasi.bound_udp("0.0.0.0:0");
    let (incoming, outgoing) = wasi.udp_stream(handle(&socket), None).unwrap().unwrap();
    assert_eq!(wasi.send_to(&outgoing, Some(to)), Ok(1));
    let back = SocketAddr::new("127.0.0.1".parse().unwrap(), bound.port());
    for _ in 0..100 {
        peer.send_to(b"answer", back).unwrap();
    }
    for _ in 0..10 {
        assert_eq!(wasi.receive(handle(&incoming), 16).unwrap().unwrap(), []);
    }
    let denials = told.lock().unwrap().iter().filter(|event| event.verdict == Verdict::Denied).count();
    assert_eq!(denials, 1, "a flood is told once");
}

#[test]
fn datagrams_to_strangers_are_refused_in_the_middle_of_a_list() {
    let peer = StdUdpSocket::bind("127.0.0.1:0").unwrap();
    let to = peer.local_addr().unwrap();
    let grants = Grants::none().allow_net(&to.to_string()).allow_listen("127.0.0.1");
    let mut wasi = wasi(&grants);
    let (socket, _) = wasi.bound_udp("127.0.0.1:0");
    let (_, outgoing) = wasi.udp_stream(handle(&socket), None).unwrap().unwrap();
    let datagram = |to: SocketAddr| OutgoingDatagram { data: b"x".to_vec(), remote_address: Some(to.into()) };
    let stranger = address("127.0.0.1:9");
    wasi.table.get_mut(handle(&outgoing)).unwrap().check_send().unwrap();
    let list = [datagram(to), datagram(stranger), datagram(to)];
    assert_eq!(wasi.send(handle(&outgoing), &list).unwrap(), Ok(1));
    assert_eq!(wasi.send_to(&outgoing, Some(stranger)), Err(ErrorCode::AccessDenied));
    assert_eq!(wasi.send_to(&outgoing, Some(address("169.254.169.254:80"))), Err(ErrorCode::AccessDenied));
}
