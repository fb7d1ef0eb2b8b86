//! Tables: what is read how, what kind an address is, what a rule covers.

use std::net::IpAddr;
use std::sync::mpsc;
use std::time::Duration;

use super::*;
use crate::grant::Rule as _;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn name(text: &str) -> HostName {
    HostName::parse(text).unwrap()
}

fn pattern(text: &str) -> HostPattern {
    text.parse().unwrap()
}

#[test]
fn addresses_have_the_class_of_the_registries() {
    use Class::*;
    for (class, addresses) in [
        (
            Public,
            "1.1.1.1 8.8.8.8 93.184.215.14 11.0.0.0 172.15.255.255 172.32.0.0 192.167.255.255 100.63.255.255",
        ),
        (
            Public,
            "100.128.0.0 169.253.255.255 169.255.0.0 198.17.255.255 198.20.0.0 223.255.255.255 128.0.0.1",
        ),
        (Public, "2606:4700:4700::1111 2a00:1450:4001:81b::200e 2001:4860:4860::8888 3ffe::1 2001:200::1"),
        (
            Loopback,
            "127.0.0.1 127.0.0.0 127.255.255.255 ::1 ::ffff:127.0.0.1 64:ff9b::127.0.0.1 2002:7f00:1::",
        ),
        (Loopback, "::127.0.0.1 ::ffff:0:127.0.0.1"),
        (
            Private,
            "10.0.0.0 10.255.255.255 172.16.0.0 172.31.255.255 192.168.0.0 192.168.255.255 fc00:: fdff::1",
        ),
        (Private, "fec0::1 feff::1 ::ffff:10.0.0.1 2002:a00:1:: 64:ff9b::192.168.1.1"),
        (LinkLocal, "169.254.0.0 169.254.255.255 fe80::1 febf::1 ::ffff:169.254.1.1"),
        (Metadata, "169.254.169.254 169.254.170.2 fd00:ec2::254 fd20:ce::254 100.100.100.200 192.0.0.192"),
        (
            Metadata,
            "168.63.129.16 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe:: ::169.254.169.254",
        ),
        (Shared, "100.64.0.0 100.127.255.255"),
        (Multicast, "224.0.0.1 239.255.255.255 ff00::1 ff02::1"),
        (Broadcast, "255.255.255.255 ::ffff:255.255.255.255"),
        (Unspecified, "0.0.0.0 :: ::ffff:0.0.0.0"),
        (Documentation, "192.0.2.1 198.51.100.1 203.0.113.255 2001:db8::1 3fff::1"),
        (Benchmarking, "198.18.0.0 198.19.255.255 2001:2::1"),
        (
            Reserved,
            "0.0.0.1 0.255.255.255 192.0.0.1 192.88.99.1 240.0.0.1 255.255.255.254 ::2 100::1 2001::1",
        ),
        (Reserved, "2001:10::1 64:ff9b:1::1 5f00::1 4000::1 8000::1 e000::1"),
    ] {
        for address in addresses.split(' ') {
            assert_eq!(Class::of(ip(address)), class, "{address}");
        }
    }
}

#[test]
fn names_and_addresses_are_read_strictly() {
    for (text, expected) in [
        ("api.acme.dev", "api.acme.dev"),
        ("API.Acme.DEV.", "api.acme.dev"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("_dns.acme.dev", "_dns.acme.dev"),
        ("localhost", "localhost"),
        ("1.acme.dev", "1.acme.dev"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]", "[::1]"),
        ("::1", "[::1]"),
        ("127.0.0.1.nip.example", "127.0.0.1.nip.example"),
    ] {
        assert_eq!(Host::parse(text).unwrap().to_string(), expected, "{text}");
    }
    for text in [
        "",
        ".",
        "..",
        "a..b",
        ".a",
        "a..",
        "127.1",
        "127.0.1",
        "0x7f.1",
        "0x7f000001",
        "0177.0.0.1",
        "2130706433",
        "127.0.0.1.",
        "127.0.0.01",
        "1.2.3.4.5",
        "256.1.1.1",
        "0x",
        "a.0x7f",
        "user@acme.dev",
        "acme.dev@evil.dev",
        "acme.dev:80",
        "acme.dev/x",
        "http://acme.dev",
        "bücher.example",
        "acme\u{3002}dev",
        "１２７.0.0.1",
        "a b",
        "a\0b",
        "-a.dev",
        "a-.dev",
        "fe80::1%eth0",
        "[::1",
        "[127.0.0.1]",
        "[acme.dev]",
        "%6cocalhost",
        "acme.dev\\@x",
        "*",
        "a?b",
        "acme.dev#x",
    ] {
        assert!(Host::parse(text).is_err(), "{text}");
    }
    assert!(Host::parse(&format!("{}.dev", "a".repeat(64))).is_err());
    assert!(Host::parse(&vec!["a"; 130].join(".")).is_err());
    assert!(Host::parse("bücher.example").unwrap_err().contains("punycode"));
    assert!(!Host::parse(&"\x1b[31m".repeat(1000)).unwrap_err().contains('\x1b'));
}

#[test]
fn patterns_cover_what_they_say_and_no_more() {
    let public = ip("93.184.215.14");
    for (text, covered, not) in [
        ("api.acme.dev", "api.acme.dev API.acme.dev.", "acme.dev xapi.acme.dev a.api.acme.dev"),
        ("*.acme.dev", "api.acme.dev a.b.acme.dev", "acme.dev evilacme.dev acme.dev.evil.dev"),
        ("*", "acme.dev evil.dev localhost", ""),
    ] {
        let pattern = pattern(text);
        let names = |names: &'static str| names.split(' ').filter(|name| !name.is_empty()).map(name);
        for name in names(covered) {
            assert!(pattern.allows(&Target::name(&name)), "{text} {name}");
        }
        for name in names(not) {
            assert!(!pattern.allows(&Target::name(&name)), "{text} {name}");
            assert!(!pattern.denies(&Target::address(public, &[name])), "{text}");
        }
        for special in [
            "127.0.0.1",
            "10.0.0.1",
            "169.254.169.254",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "0.0.0.0",
            "::",
        ] {
            let names = ["api.acme.dev", "localhost"].map(name);
            assert!(!pattern.allows(&Target::address(ip(special), &names)), "{text} {special}");
            assert!(pattern.denies(&Target::address(ip(special), &names)), "{text} {special}");
        }
    }
    let localhost = [name("localhost")];
    assert!(pattern("localhost").allows(&Target::address(ip("::1"), &localhost)));
    assert!(!pattern("localhost").allows(&Target::address(public, &localhost)));
    assert!(!pattern("localhost").allows(&Target::address(ip("127.0.0.1"), &[])));
}

#[test]
fn networks_cover_special_addresses_only_when_they_mean_them() {
    for (text, covered, not) in [
        ("127.0.0.1", "127.0.0.1 ::ffff:127.0.0.1 64:ff9b::7f00:1 2002:7f00:1::", "127.0.0.2 ::1 1.1.1.1"),
        ("::1", "::1", "127.0.0.1 ::"),
        ("10.0.0.0/8", "10.1.2.3 ::ffff:10.1.2.3", "11.0.0.1 192.168.0.1"),
        (
            "0.0.0.0/0",
            "1.1.1.1 93.184.215.14 64:ff9b::101:101",
            "127.0.0.1 10.0.0.1 169.254.169.254 0.0.0.0 2606:4700::1",
        ),
        ("8.0.0.0/5", "8.8.8.8 11.0.0.1", "10.0.0.1"),
        ("::/0", "2606:4700:4700::1111", "::1 :: fd00::1 fe80::1 4000::1"),
        ("169.254.0.0/16", "169.254.1.1", "169.254.169.254 169.254.170.2"),
        ("169.254.169.254", "169.254.169.254 ::ffff:169.254.169.254", "169.254.169.253"),
        ("fd00::/8", "fd12::1", "fd00:ec2::254 fc00::1"),
        ("loopback", "127.9.9.9 ::1 ::ffff:127.0.0.1", "10.0.0.1 1.1.1.1"),
        ("link-local", "169.254.1.1 fe80::1", "169.254.169.254"),
        ("metadata", "169.254.169.254 fd00:ec2::254 168.63.129.16", "169.254.1.1"),
        ("private", "10.0.0.1 192.168.1.1 fd00::1", "100.64.0.1 127.0.0.1 fd00:ec2::254"),
        ("2000::/3", "2606:4700:4700::1111", "2001:db8::1 2002:7f00:1:: 2002:a00:1::"),
    ] {
        for address in covered.split(' ') {
            assert!(pattern(text).allows(&Target::address(ip(address), &[])), "{text} {address}");
        }
        for address in not.split(' ') {
            assert!(!pattern(text).allows(&Target::address(ip(address), &[])), "{text} {address}");
        }
        assert!(!pattern(text).allows(&Target::name(&name("acme.dev"))), "{text}");
    }
    for (text, address) in [
        ("0.0.0.0/0", "127.0.0.1"),
        ("169.254.0.0/16", "::ffff:169.254.169.254"),
        ("2002::/16", "2002:101:101::"),
        ("127.0.0.0/8", "64:ff9b::7f00:1"),
    ] {
        assert!(pattern(text).denies(&Target::address(ip(address), &[])), "{text} {address}");
    }
}

#[test]
fn what_is_no_pattern_is_refused_with_what_to_write() {
    for (text, hint) in [
        ("10.1.2.3/8", "write `10.0.0.0/8`"),
        ("10.0.0.0/33", "`10.0.0.0/8`"),
        ("10.0.0.0/+8", "`10.0.0.0/8`"),
        ("::/129", "number"),
        ("::ffff:10.0.0.1", "`10.0.0.1`"),
        ("64:ff9b::7f00:1", "`127.0.0.1`"),
        ("::ffff:0.0.0.0/96", "`0.0.0.0`"),
        ("api.*.dev", "`*.acme.dev`"),
        ("*acme.dev", "`*.acme.dev`"),
        ("*.", "nothing between"),
        ("*.127.1", "neither a name nor an address"),
        ("acme.dev/8", "'/'"),
        ("bücher.example", "punycode"),
    ] {
        let error = text.parse::<HostPattern>().unwrap_err();
        assert!(error.contains(hint), "{text}: {error}");
    }
    for text in ["", "80-", "-80", "90-80", "65536", "+80", "80 81", "80,,81", "http"] {
        assert!(text.parse::<Ports>().is_err(), "{text}");
    }
    assert!(vec!["1"; 65].join(",").parse::<Ports>().is_err());
}

fn rule(toml: &str) -> Result<NetRule, String> {
    let rule: NetRule = toml::from_str(toml).map_err(|error| error.message().to_owned())?;
    rule.check().map(|()| rule)
}

#[test]
fn rules_are_read_from_toml_and_written_back() {
    for text in [
        "host = \"api.acme.dev\"\nport = 443\nprotocol = \"tcp\"\ndirection = \"connect\"\n",
        "host = \"10.0.0.0/8\"\nport = \"8000-8999\"\n",
        "host = \"loopback\"\ndirection = \"listen\"\nport = 0\n",
    ] {
        let read = rule(text).unwrap();
        assert_eq!(rule(&toml::to_string(&read).unwrap()).unwrap(), read);
    }
    for (text, hint) in [
        ("hosts = \"x\"", "unknown field"),
        ("port = 80", "missing field `host`"),
        ("host = \"127.1\"", "neither a name nor an address"),
        ("host = \"a\"\nport = 65536", "0 to 65535"),
        ("host = \"a\"\nport = -1", "0 to 65535"),
        ("host = \"a\"\nprotocol = \"sctp\"", "tcp"),
        ("host = \"a\"\ndirection = \"both\"", "connect"),
        ("host = \"acme.dev\"\ndirection = \"listen\"", "loopback"),
        ("host = \"1.1.1.1\"\ndirection = \"lookup\"", "names are looked up"),
        ("host = \"a\"\nport = 1\ndirection = \"lookup\"", "leave them away"),
        ("host = \"a\"\nprotocol = \"tcp\"\ndirection = \"send\"", "`connect`"),
    ] {
        let error = rule(text).unwrap_err();
        assert!(error.contains(hint), "{text}: {error}");
    }
}

#[test]
fn flags_are_hosts_and_ports() {
    for (flag, words) in [
        ("api.acme.dev:443", "connecting to api.acme.dev, port 443"),
        ("api.acme.dev", "connecting to api.acme.dev"),
        ("*:8000-8999", "connecting to any host of the internet, port 8000-8999"),
        ("[::1]:80", "connecting to ::1 (loopback), port 80"),
        ("::1", "connecting to ::1 (loopback)"),
        ("loopback:80", "connecting to loopback addresses, port 80"),
        ("10.0.0.0/8:5432", "connecting to 10.0.0.0/8 (private), port 5432"),
    ] {
        assert_eq!(NetRule::from_flag(flag).unwrap().words(), words);
    }
    for flag in ["", ":80", "a:", "a:b", "[::1", "[::1]80", "user@a:80"] {
        assert!(NetRule::from_flag(flag).is_err(), "{flag}");
    }
    assert_eq!(
        NetRule::listen_from_flag("127.0.0.1:0").unwrap().words(),
        "being reached at 127.0.0.1 (loopback), port 0"
    );
    assert!(NetRule::listen_from_flag("acme.dev:80").is_err());
}

#[test]
fn directions_ports_and_protocols_of_rules() {
    use Direction::*;
    let request = |direction, port, protocol| NetRequest {
        target: Target::address(ip("127.0.0.1"), &[]),
        port: Some(port),
        protocol: Some(protocol),
        direction,
    };
    for (text, direction, port, protocol, allowed, denied) in [
        ("host = \"127.0.0.1\"", Connect, 80, Protocol::Tcp, true, true),
        ("host = \"127.0.0.1\"", Send, 80, Protocol::Udp, true, true),
        ("host = \"127.0.0.1\"", Listen, 80, Protocol::Tcp, false, true),
        ("host = \"127.0.0.1\"\nport = 80", Connect, 80, Protocol::Tcp, true, true),
        ("host = \"127.0.0.1\"\nport = 80", Connect, 81, Protocol::Tcp, false, false),
        ("host = \"127.0.0.1\"\nprotocol = \"udp\"", Connect, 80, Protocol::Tcp, false, false),
        ("host = \"127.0.0.1\"\ndirection = \"listen\"", Connect, 80, Protocol::Tcp, false, false),
        ("host = \"127.0.0.1\"\ndirection = \"listen\"", Listen, 80, Protocol::Tcp, true, true),
        ("host = \"127.0.0.1\"\ndirection = \"send\"", Send, 80, Protocol::Udp, true, true),
        ("host = \"127.0.0.1\"\ndirection = \"send\"", Receive, 80, Protocol::Udp, false, false),
        ("host = \"127.0.0.1\"\ndirection = \"receive\"", Send, 80, Protocol::Udp, false, false),
        ("host = \"*\"", Connect, 80, Protocol::Tcp, false, true),
        ("host = \"*\"\nport = 81", Connect, 80, Protocol::Tcp, false, false),
    ] {
        let rule = rule(text).unwrap();
        let request = request(direction, port, protocol);
        assert_eq!((rule.matches(&request), rule.denies(&request)), (allowed, denied), "{text} {request:?}");
    }
    let acme = name("acme.dev");
    let lookup = NetRequest { target: Target::name(&acme), port: None, protocol: None, direction: Lookup };
    for (text, allowed, denied) in [
        ("host = \"acme.dev\"\nport = 443", true, false),
        ("host = \"acme.dev\"", true, true),
        ("host = \"acme.dev\"\ndirection = \"lookup\"", true, true),
        ("host = \"acme.dev\"\ndirection = \"connect\"", true, false),
        ("host = \"acme.dev\"\ndirection = \"receive\"", false, false),
        ("host = \"0.0.0.0/0\"", false, false),
        ("host = \"*\"", true, true),
    ] {
        let rule = rule(text).unwrap();
        assert_eq!((rule.matches(&lookup), rule.denies(&lookup)), (allowed, denied), "{text}");
    }
}

struct Table;

impl Resolve for Table {
    fn resolve(&self, name: &HostName) -> Result<Vec<IpAddr>, ResolveError> {
        match name.as_str() {
            "two.test" => Ok(vec![ip("::ffff:1.1.1.1"), ip("1.1.1.1"), ip("2606:4700::1")]),
            "none.test" => Ok(Vec::new()),
            "panic.test" => panic!("a resolver of an application"),
            "many.test" => Ok((0..1000).map(|n| IpAddr::V4(std::net::Ipv4Addr::from_bits(n))).collect()),
            _ => Err(ResolveError::Temporary),
        }
    }
}

#[test]
fn answers_are_tidied_and_come_on_a_bounded_number_of_threads() {
    let resolver = Resolver::new(Table);
    let (done, finished) = mpsc::channel();
    let lookups: Vec<Lookup> = (0..100)
        .map(|_| {
            let done = done.clone();
            resolver.start(&name("two.test"), move || done.send(()).unwrap()).unwrap()
        })
        .collect();
    assert!(resolve::threads() <= resolve::MAX_THREADS);
    for _ in &lookups {
        finished.recv_timeout(Duration::from_secs(30)).unwrap();
    }
    for lookup in &lookups {
        assert!(lookup.is_answered());
        assert_eq!(lookup.answer(), Some(Ok(vec![ip("1.1.1.1"), ip("2606:4700::1")])));
    }
    let panics: Vec<Lookup> = (0..10)
        .map(|_| {
            let done = done.clone();
            resolver.start(&name("panic.test"), move || done.send(()).unwrap()).unwrap()
        })
        .collect();
    for _ in &panics {
        finished.recv_timeout(Duration::from_secs(30)).unwrap();
    }
    assert!(panics.iter().all(|lookup| lookup.answer() == Some(Err(ResolveError::Permanent))));
    assert!(resolve::threads() <= resolve::MAX_THREADS);
    assert_eq!(resolver.resolve(&name("none.test")), Err(ResolveError::NotFound));
    assert_eq!(resolver.resolve(&name("many.test")).unwrap().len(), 64);
    assert_eq!(resolver.resolve(&name("x.test")), Err(ResolveError::Temporary));
    let local = Resolver::default().resolve(&name("localhost")).unwrap();
    assert!(local.iter().all(|address| Class::of(*address) == Class::Loopback), "{local:?}");
}
