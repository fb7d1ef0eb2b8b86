//! D9: what would fill the host's memory, by the guest or by a server.

use std::io::Write as _;

use plugbay::{ErrorKind, Limits};

use crate::guest::{entries, get, limited, plugin, send};
use crate::server::Server;

fn knob(fill: (u32, u32, bool)) -> String {
    let (count, bytes, same) = fill;
    let error = plugin(&[]).fill(count, bytes, same).unwrap_err();
    match error.kind() {
        ErrorKind::Limit { knob, asked, limit } => {
            assert!(asked.is_some_and(|asked| asked > *limit), "{error}");
            knob.clone()
        }
        other => panic!("{other}"),
    }
}

#[test]
fn d9_a_million_fields_and_a_gigabyte_of_them() {
    assert_eq!(knob((1_000_000, 1, false)), "http.fields");
    assert_eq!(knob((1_000_000, 1, true)), "http.fields");
    assert_eq!(knob((1_000, 1 << 20, true)), "http.field_bytes");
    assert_eq!(plugin(&[]).fill(100, 100, false).unwrap(), 100);
}

#[test]
fn d9_a_response_without_end() {
    let server = Server::new(|wire, heard| {
        let chunked = heard.line.contains("chunked");
        let head: &[u8] = if chunked { b"Transfer-Encoding: chunked\r\n" } else { b"" };
        wire.get_mut().write_all(&[b"HTTP/1.1 200 OK\r\n", head, b"\r\n"].concat())?;
        let piece = [b'x'; 4096];
        loop {
            wire.get_mut().write_all(if chunked { b"1000\r\n" } else { b"" })?;
            wire.get_mut().write_all(&piece)?;
            wire.get_mut().write_all(if chunked { b"\r\n" } else { b"" })?;
        }
    });
    let mut limits = Limits::default();
    limits.http.response_body = 300_000;
    let mut plugin = limited(limits, &[&server.origin()]);
    for path in ["/", "/chunked"] {
        let answer = send(&mut plugin, &get(&server.url(path))).unwrap();
        assert_eq!(answer.end.unwrap_err(), "HttpResponseBodySize(Some(300000))");
        assert!(answer.body.len() <= 300_000);
    }
}

#[test]
fn d9_a_length_that_is_a_lie_costs_nothing() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n";
    let server = Server::answering(head);
    let error = send(&mut plugin(&[&server.origin()]), &get(&server.url("/"))).unwrap_err();
    assert_eq!(error, "HttpResponseBodySize(Some(18446744073709551615))");
}

#[test]
fn d9_a_flood_of_fields_in_a_response() {
    let server = Server::new(|wire, heard| {
        wire.get_mut().write_all(b"HTTP/1.1 200 OK\r\n")?;
        let line = if heard.line.contains("long") { "a".repeat(5000) } else { "A: b\r\n".repeat(1000) };
        loop {
            wire.get_mut().write_all(line.as_bytes())?;
        }
    });
    let mut plugin = plugin(&[&server.origin()]);
    for path in ["/", "/long"] {
        let error = send(&mut plugin, &get(&server.url(path))).unwrap_err();
        assert_eq!(error, "HttpResponseHeaderSectionSize(Some(65536))");
    }
    let server = Server::answering(format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(300)));
    let mut plugin = crate::guest::plugin(&[&server.origin()]);
    let error = send(&mut plugin, &get(&server.url("/"))).unwrap_err();
    assert_eq!(error, "HttpResponseHeaderSectionSize(Some(65536))");
}

/// 10 MiB of zeroes, as `gzip -9` packs them, would begin so. Nobody unpacks it.
#[test]
fn d9_a_compressed_bomb_is_handed_on_as_it_is() {
    let bomb = [
        &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3][..],
        &[0xed, 0xc1, 1, 1, 0, 0, 0, 0x80, 0x90, 0xfe],
        &[0; 1000],
    ];
    let bomb = bomb.concat();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", bomb.len());
    let server = Server::answering([head.as_bytes(), &bomb].concat());
    let answer = send(&mut plugin(&[&server.origin()]), &get(&server.url("/"))).unwrap();
    assert_eq!(answer.body, bomb);
    assert!(answer.headers.contains(&entries(&[("Content-Encoding", "gzip")])[0]));
    assert!(!server.next().fields.iter().any(|field| field.to_lowercase().starts_with("accept-encoding")));
}

#[test]
fn d9_a_body_of_a_request_without_end() {
    let server = Server::answering("HTTP/1.1 200 OK\r\n\r\n");
    let mut limits = Limits::default();
    limits.http.request_body = 100_000;
    let mut plugin = limited(limits, &[&server.origin()]);
    let piece = vec![0; 30_000];
    let error = send(&mut plugin, &crate::guest::post(&server.url("/"), &[&piece[..]; 5])).unwrap_err();
    assert_eq!(error, "HttpRequestBodySize(Some(100000))");
    assert!(!server.next().is_whole());
}
