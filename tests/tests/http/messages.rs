//! What goes over the wire in both directions.

use std::io::Write as _;

use crate::guest::bindings::Request;
use crate::guest::{body, entries, get, plugin, post, request, send};
use crate::server::{Server, chunk, ok, read_request};

#[test]
fn the_guest_finds_the_rules_of_fields_and_requests_kept() {
    assert_eq!(plugin(&[]).rules().unwrap(), Vec::<String>::new());
}

#[test]
fn a_request_is_sent_as_it_was_made_and_to_where_it_says() {
    let server = Server::answering(
        "HTTP/1.1 201 Created\r\nX-Two: a\r\nConnection: close\r\nx-two: b\r\nSet-Cookie: c\r\n\r\nhello",
    );
    let mut plugin = plugin(&[&server.origin()]);
    let headers = entries(&[("Accept", "*/*"), ("X-Empty", ""), ("accept", "text/html")]);
    let answer = send(&mut plugin, &Request { headers, ..get(&server.url("/a/b?c=d&e")) }).unwrap();
    assert_eq!((answer.status, body(&answer)), (201, "hello"));
    assert_eq!(answer.headers, entries(&[("X-Two", "a"), ("x-two", "b"), ("Set-Cookie", "c")]));
    let heard = server.next();
    assert_eq!(heard.line, "GET /a/b?c=d&e HTTP/1.1");
    let host = format!("Host: 127.0.0.1:{}", server.port());
    assert_eq!(heard.fields, [&host, "Accept: */*", "X-Empty: ", "accept: text/html", "Connection: close"]);
    // Nothing is remembered: no cookie, no connection.
    send(&mut plugin, &get(&server.url("?q"))).unwrap();
    let heard = server.next();
    assert_eq!((heard.line.as_str(), heard.fields.len()), ("GET /?q HTTP/1.1", 2));
}

#[test]
fn bodies_say_how_long_they_are_or_come_in_chunks() {
    let server = Server::answering(ok("done"));
    let mut plugin = plugin(&[&server.origin()]);
    let url = server.url("/");
    let headers = entries(&[("Content-Length", "10")]);
    send(&mut plugin, &Request { headers, ..post(&url, &[b"01234", b"56789"]) }).unwrap();
    let heard = server.next();
    assert_eq!((heard.body.as_slice(), heard.broken), (&b"0123456789"[..], false));
    assert!(heard.fields.contains(&"Content-Length: 10".to_owned()));

    let big = vec![b'x'; 200_000];
    let trailers = entries(&[("X-Sum", "7")]);
    send(&mut plugin, &Request { trailers, ..post(&url, &[&big, b"end"]) }).unwrap();
    let heard = server.next();
    assert_eq!((heard.body.len(), heard.trailers), (200_003, vec!["X-Sum: 7".to_owned()]));
    assert!(heard.fields.contains(&"Transfer-Encoding: chunked".to_owned()));

    send(&mut plugin, &request("POST", &url)).unwrap();
    assert!(server.next().fields.contains(&"Content-Length: 0".to_owned()));
    // A body that was asked for and left empty is none where none is usual.
    send(&mut plugin, &Request { body: Some(Vec::new()), ..get(&url) }).unwrap();
    assert_eq!(server.next().fields.len(), 2);
}

#[test]
fn a_body_that_is_not_as_long_as_it_says_is_not_sent_as_if_it_were() {
    let server = Server::answering(ok("done"));
    let mut plugin = plugin(&[&server.origin()]);
    let headers = || entries(&[("content-length", "5")]);
    let short = Request { headers: headers(), ..post(&server.url("/"), &[b"1234"]) };
    assert_eq!(send(&mut plugin, &short).unwrap_err(), "HttpRequestBodySize(Some(4))");
    assert!(!server.next().is_whole());
    let long = Request { headers: headers(), ..post(&server.url("/"), &[b"12345", b"6"]) };
    assert_eq!(send(&mut plugin, &long).unwrap_err(), "HttpRequestBodySize(Some(5))");
    let none = Request { headers: headers(), ..request("POST", &server.url("/")) };
    assert_eq!(send(&mut plugin, &none).unwrap_err(), "HttpRequestBodySize(Some(0))");
    for wrong in [&[("content-length", "5"), ("Content-Length", "5")][..], &[("content-length", "+5")]] {
        let request = Request { headers: entries(wrong), ..post(&server.url("/"), &[b"12345"]) };
        assert_eq!(send(&mut plugin, &request).unwrap_err(), "HttpProtocolError");
    }
}

#[test]
fn responses_in_chunks_without_bodies_and_until_the_end() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x\r\n!\r\n0\r\nX-Sum: 8\r\n\r\n";
    let server = Server::new(move |wire, heard| {
        let answer = match heard.line.split(' ').nth(1) {
            Some("/chunked") => chunked,
            Some("/none") => "HTTP/1.1 204 No Content\r\n\r\n",
            Some("/head") => "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
            Some("/continue") => {
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.0 200 OK\r\n\r\nold"
            }
            Some("/short") => "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
            _ => "",
        };
        wire.get_mut().write_all(answer.as_bytes())
    });
    let mut plugin = plugin(&[&server.origin()]);
    let answer = send(&mut plugin, &get(&server.url("/chunked"))).unwrap();
    assert_eq!((answer.body.as_slice(), answer.end), (&b"hello!"[..], Ok(entries(&[("X-Sum", "8")]))));
    let answer = send(&mut plugin, &get(&server.url("/none"))).unwrap();
    assert_eq!((answer.status, body(&answer)), (204, ""));
    let answer = send(&mut plugin, &request("HEAD", &server.url("/head"))).unwrap();
    assert_eq!((body(&answer), answer.headers.len()), ("", 1));
    assert_eq!(body(&send(&mut plugin, &get(&server.url("/continue"))).unwrap()), "old");
    let answer = send(&mut plugin, &get(&server.url("/short"))).unwrap();
    assert_eq!((answer.body.as_slice(), answer.end), (&b"hello"[..], Err("HttpResponseIncomplete".into())));
    assert_eq!(send(&mut plugin, &get(&server.url("/nothing"))).unwrap_err(), "ConnectionTerminated");
}

#[test]
fn both_sides_may_talk_at_once() {
    let server = Server::raw(|wire, told| {
        let heard = read_request_head(wire);
        told.send(heard).unwrap();
        let mut body = Vec::new();
        let _ = wire.get_mut().write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while let Some(size) = chunk(wire, &mut body) {
            let piece = std::mem::take(&mut body);
            let _ = write!(wire.get_mut(), "{size:x}\r\n");
            let _ = wire.get_mut().write_all(&[&piece[..], b"\r\n"].concat());
            if size == 0 {
                return;
            }
        }
    });
    let mut plugin = plugin(&[&server.origin()]);
    let heard = plugin.converse(&post(&server.url("/"), &[b"one ", b"two ", b"three"])).unwrap().unwrap();
    assert_eq!(heard, b"one two three");
}

/// Only what comes before the body.
fn read_request_head(wire: &mut crate::server::Wire) -> crate::server::Heard {
    use std::io::BufRead as _;
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && wire.read_line(&mut head).unwrap_or(0) > 0 {}
    read_request(&mut head.replace("Transfer-Encoding", "X").as_bytes())
}

#[test]
fn a_server_may_answer_before_it_heard_everything() {
    let server = Server::raw(|wire, told| {
        let heard = read_request_head(wire);
        told.send(heard).unwrap();
        let _ = wire.get_mut().write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!");
    });
    let mut plugin = plugin(&[&server.origin()]);
    let piece = vec![0; 50_000];
    let pieces = [&piece[..]; 20];
    match send(&mut plugin, &post(&server.url("/"), &pieces)) {
        Ok(answer) => assert_eq!((answer.status, answer.body.as_slice()), (413, &b"no!"[..])),
        // The system threw the answer away with what the server did not read.
        Err(error) => assert_eq!(error, "ConnectionTerminated"),
    }
}

#[test]
fn a_body_that_is_dropped_gives_the_request_up() {
    let server = Server::answering(ok("done"));
    let mut plugin = plugin(&[&server.origin()]);
    let error = plugin.abandon(&post(&server.url("/"), &[b"half"])).unwrap().unwrap_err();
    assert!(error.contains("dropped before it was finished"), "{error}");
    assert!(!server.next().is_whole());
}
