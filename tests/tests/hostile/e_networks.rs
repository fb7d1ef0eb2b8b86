//! Networks, for plugins with sockets: addresses in disguise, names that lead elsewhere, waiting for ever. Only the loopback
//! network is used; what is not on it is refused before anything is sent.

use std::net::{IpAddr, TcpListener, UdpSocket};
use std::time::{Duration, Instant};

use plugbay::grants::{Direction, HostName, NetRule, Protocol, Resolve, ResolveError};
use plugbay::{Error, Grants, Limits, Plugin};

use crate::net_guest::{ACCESS_DENIED, FINE, INVALID_ARGUMENT, plugin};
use crate::support::STYLES;

type Six = (u16, u16, u16, u16, u16, u16, u16, u16, u16);

fn connect(plugin: &mut Plugin<()>, a: u8, b: u8, c: u8, d: u8, port: u16) -> u32 {
    plugin.call::<_, u32>("connect", (a, b, c, d, port)).unwrap()
}

fn six(address: &str, port: u16) -> Six {
    let address: std::net::Ipv6Addr = address.parse().unwrap();
    let [a, b, c, d, e, f, g, h] = address.segments();
    (a, b, c, d, e, f, g, h, port)
}

#[test]
fn e12_addresses_that_are_not_public_are_reached_only_by_a_rule_that_names_them() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    listener.set_nonblocking(true).unwrap();
    for style in STYLES {
        let grants =
            Grants::none().allow_net("*").allow_net("0.0.0.0/0").allow_net("::/0").allow_net("api.acme.dev");
        let mut everything = plugin(style, &grants, Limits::default());
        for [a, b, c, d] in [
            [127, 0, 0, 1],
            [127, 255, 0, 9],
            [10, 0, 0, 1],
            [172, 16, 0, 1],
            [192, 168, 1, 1],
            [169, 254, 169, 254],
            [169, 254, 1, 1],
            [100, 64, 0, 1],
            [100, 100, 100, 200],
            [192, 0, 0, 192],
            [168, 63, 129, 16],
            [198, 18, 0, 1],
            [192, 0, 2, 1],
            [240, 0, 0, 1],
            [0, 1, 2, 3],
        ] {
            assert_eq!(connect(&mut everything, a, b, c, d, port), ACCESS_DENIED, "{a}.{b}.{c}.{d}");
        }
        for [a, b, c, d] in [[0, 0, 0, 0], [255, 255, 255, 255], [224, 0, 0, 1]] {
            assert_eq!(connect(&mut everything, a, b, c, d, port), INVALID_ARGUMENT, "{a}.{b}.{c}.{d}");
        }
        for address in [
            "::1",
            "fd00:ec2::254",
            "fe80::1",
            "fd00::1",
            "fec0::1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::",
            "::7f00:1",
            "::ffff:0:7f00:1",
            "2001::1",
            "100::1",
            "64:ff9b:1::1",
        ] {
            let code = everything.call::<_, u32>("connect-six", six(address, port)).unwrap();
            assert_eq!(code, ACCESS_DENIED, "{address}");
        }
        for address in ["::ffff:127.0.0.1", "::ffff:169.254.169.254", "::", "ff02::1"] {
            let code = everything.call::<_, u32>("connect-six", six(address, port)).unwrap();
            assert_eq!(code, INVALID_ARGUMENT, "{address}");
        }
        assert!(listener.accept().is_err(), "nothing came");
        let mut local =
            plugin(style, &Grants::none().allow_net(&format!("127.0.0.1:{port}")), Limits::default());
        assert_eq!(connect(&mut local, 127, 0, 0, 1, port), FINE);
        while listener.accept().is_err() {
            std::thread::yield_now();
        }
        assert_eq!(
            connect(&mut local, 127, 0, 0, 1, port.wrapping_add(1).max(1)),
            ACCESS_DENIED,
            "another port"
        );
        assert_eq!(connect(&mut local, 127, 0, 0, 2, port), ACCESS_DENIED, "another address");
    }
}

#[test]
fn e12_addresses_in_other_words_are_no_names() {
    for style in STYLES {
        let mut plugin = plugin(style, &Grants::none().allow_net("*"), Limits::default());
        for name in [
            "127.1",
            "0x7f.1",
            "0x7f000001",
            "0177.0.0.1",
            "2130706433",
            "127.0.0.1.",
            "127.0.0.01",
            "user@acme.dev",
            "acme.dev:80",
            "acme.dev/",
            "bücher.example",
            "１２７.0.0.1",
            "acme\u{3002}dev",
            "a..b",
            "",
            "\0",
            "[127.0.0.1]",
            "fe80::1%lo",
        ] {
            assert_eq!(plugin.call::<_, u32>("resolve", (name,)).unwrap(), INVALID_ARGUMENT, "{name:?}");
        }
        let long = "a.".repeat(1 << 16);
        assert_eq!(plugin.call::<_, u32>("resolve", (long.as_str(),)).unwrap(), INVALID_ARGUMENT);
        for address in ["127.0.0.1", "::1", "[::1]"] {
            assert_eq!(plugin.call::<_, u32>("resolve", (address,)).unwrap(), FINE, "nobody is asked");
        }
    }
    for flag in
        ["127.1:80", "0x7f.1", "2130706433", "user@acme.dev:80", "bücher.example", "10.1.2.3/8", "*.127.1"]
    {
        assert!(NetRule::from_flag(flag).is_err(), "{flag}");
    }
}

/// Whoever made this answer wants to be called inside of the network.
struct Rebound;

impl Resolve for Rebound {
    fn resolve(&self, _: &HostName) -> Result<Vec<IpAddr>, ResolveError> {
        Ok(vec!["127.0.0.1".parse().unwrap(), "169.254.169.254".parse().unwrap()])
    }
}

#[test]
fn e12_a_name_that_leads_inside_does_not_take_a_plugin_there() {
    for style in STYLES {
        let host = plugbay::Host::builder()
            .engine(plugbay::Config::new().with_trap_style(style))
            .resolver(Rebound)
            .build()
            .unwrap();
        let grants = Grants::none().allow_net("*.acme.dev");
        let mut plugin = crate::net_guest::plugin_of(&host, &grants);
        for (name, code) in [
            ("api.acme.dev", FINE),
            ("API.acme.dev.", FINE),
            ("acme.dev", ACCESS_DENIED),
            ("evilacme.dev", ACCESS_DENIED),
            ("api.acme.dev.evil.dev", ACCESS_DENIED),
        ] {
            assert_eq!(plugin.call::<_, u32>("resolve", (name,)).unwrap(), code, "{name}");
        }
        assert_eq!(connect(&mut plugin, 127, 0, 0, 1, 80), ACCESS_DENIED);
        assert_eq!(connect(&mut plugin, 169, 254, 169, 254, 80), ACCESS_DENIED);
    }
}

#[test]
fn e16_a_datagram_socket_needs_both_grants_to_be_connected() {
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = peer.local_addr().unwrap().port();
    let only = |direction| {
        let rule = NetRule::new("127.0.0.1").unwrap().protocol(Protocol::Udp).direction(direction);
        Grants::none().allow_with("wasi:sockets", &rule)
    };
    for style in STYLES {
        let streams = |grants: &Grants| {
            plugin(style, grants, Limits::default()).call::<_, u32>("udp-stream", (port,)).unwrap()
        };
        assert_eq!(streams(&only(Direction::Send)), ACCESS_DENIED);
        assert_eq!(streams(&only(Direction::Receive)), ACCESS_DENIED);
        assert_eq!(streams(&only(Direction::Listen)), ACCESS_DENIED);
        assert_eq!(streams(&only(Direction::Send).and(only(Direction::Receive))), FINE);
        assert_eq!(streams(&only(Direction::Connect)), FINE);
        let sends = |grants: &Grants, a, b, c, d| {
            let mut plugin = plugin(style, grants, Limits::default());
            plugin.call::<_, u32>("udp-send", (a, b, c, d, port)).unwrap()
        };
        assert_eq!(sends(&only(Direction::Receive), 127_u8, 0_u8, 0_u8, 1_u8), ACCESS_DENIED);
        assert_eq!(sends(&only(Direction::Send), 127, 0, 0, 2), ACCESS_DENIED);
        assert_eq!(sends(&only(Direction::Send), 169, 254, 169, 254), ACCESS_DENIED);
        assert_eq!(sends(&only(Direction::Send), 127, 0, 0, 1), FINE);
        assert_eq!(peer.recv(&mut [0; 16]).unwrap(), 5);
    }
}

/// Waits no longer than this for what has to stop after a second.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn d7_waiting_for_a_socket_that_nobody_writes_to_or_comes_to_ends_at_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let grants = Grants::none().allow_net("loopback").allow_listen("loopback");
    for style in STYLES {
        let begun = Instant::now();
        // Making an instance has to end before it, too.
        let limits = Limits::default().deadline(Duration::from_secs(1));
        let stopped = |result: Result<u32, Error>| {
            let error = result.unwrap_err();
            assert!(matches!(error.kind(), plugbay::ErrorKind::Deadline { .. }), "{error}");
        };
        stopped(plugin(style, &grants, limits.clone()).call("read", (port,)));
        stopped(plugin(style, &grants, limits).call("listen", ()));
        assert!(begun.elapsed() < PATIENCE);

        let mut cancelled = plugin(style, &grants, Limits::default().no_deadline());
        let canceller = cancelled.canceller();
        let other = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(30));
            canceller.cancel();
        });
        let error = cancelled.call::<_, u32>("read", (port,)).unwrap_err();
        assert!(matches!(error.kind(), plugbay::ErrorKind::Cancelled { .. }), "{error}");
        other.join().unwrap();
    }
}
