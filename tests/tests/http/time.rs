//! Nothing lasts longer than it may, and what nobody wants any more ends.

use std::io::{Read as _, Write as _};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use plugbay::{Bindings as _, ErrorKind, Limits};

use crate::guest::bindings::Request;
use crate::guest::{get, limited, plugin, post, send};
use crate::server::{Server, Wire, ok, read_request, until_gone};

/// Limits of time in milliseconds; calls may take long.
pub(crate) fn hurried(first_byte: u64, between_bytes: u64, total: u64) -> Limits {
    let mut limits = Limits::default().deadline(Duration::from_secs(30));
    limits.http.first_byte = Duration::from_millis(first_byte);
    limits.http.between_bytes = Duration::from_millis(between_bytes);
    limits.http.total = Duration::from_millis(total);
    limits
}

/// Sends `bytes` one by one.
fn drip(wire: &mut Wire, bytes: &[u8], pause: u64) -> std::io::Result<()> {
    for byte in bytes {
        std::thread::sleep(Duration::from_millis(pause));
        wire.get_mut().write_all(&[*byte])?;
    }
    Ok(())
}

#[test]
fn a_silent_server_is_waited_for_as_long_as_the_limits_or_the_guest_say() {
    let server = Server::new(|wire, _| {
        until_gone(wire);
        Ok(())
    });
    let mut plugin = limited(hurried(100, 30_000, 60_000), &[&server.origin()]);
    assert_eq!(send(&mut plugin, &get(&server.url("/"))).unwrap_err(), "HttpResponseTimeout");
    let mut plugin = limited(hurried(30_000, 30_000, 60_000), &[&server.origin()]);
    let hasty = Request { timeouts: (None, Some(100), None), ..get(&server.url("/")) };
    assert_eq!(send(&mut plugin, &hasty).unwrap_err(), "HttpResponseTimeout");
}

#[test]
fn d9_a_head_that_comes_drip_by_drip() {
    let server =
        Server::new(|wire, _| drip(wire, &[b"HTTP/1.1 200 OK\r\nX: ", &[b'a'; 4000][..]].concat(), 10));
    let mut plugin = limited(hurried(300, 30_000, 60_000), &[&server.origin()]);
    assert_eq!(send(&mut plugin, &get(&server.url("/"))).unwrap_err(), "HttpResponseTimeout");
}

#[test]
fn d9_a_body_that_comes_drip_by_drip() {
    let server = Server::new(|wire, _| {
        wire.get_mut().write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        drip(wire, &[b'a'; 4000], 10)
    });
    let mut plugin = limited(hurried(30_000, 30_000, 500), &[&server.origin()]);
    let answer = send(&mut plugin, &get(&server.url("/"))).unwrap();
    assert_eq!(answer.end.unwrap_err(), "ConnectionReadTimeout");
}

#[test]
fn a_pause_in_a_body_ends_it() {
    let server = Server::new(|wire, _| {
        wire.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")?;
        until_gone(wire);
        Ok(())
    });
    let mut plugin = limited(hurried(30_000, 100, 60_000), &[&server.origin()]);
    let answer = send(&mut plugin, &get(&server.url("/"))).unwrap();
    assert_eq!(
        (answer.body.as_slice(), answer.end.unwrap_err().as_str()),
        (&b"hello"[..], "ConnectionReadTimeout")
    );
}

#[test]
fn a_server_that_does_not_listen_to_the_body_is_left() {
    let server = Server::raw(|_, _| std::thread::sleep(Duration::from_secs(3)));
    let mut plugin = limited(hurried(30_000, 200, 60_000), &[&server.origin()]);
    let piece = vec![0; 1 << 20];
    let error = send(&mut plugin, &post(&server.url("/"), &[&piece[..]; 16])).unwrap_err();
    assert_eq!(error, "ConnectionWriteTimeout");
}

#[test]
fn the_deadline_and_a_cancellation_end_the_wait_and_the_connection() {
    let (gone, is_gone) = channel();
    let gone = std::sync::Mutex::new(gone);
    let server = Server::new(move |wire, _| {
        until_gone(wire);
        gone.lock().unwrap().send(()).unwrap();
        Ok(())
    });
    let mut plugin = limited(Limits::default().deadline(Duration::from_millis(200)), &[&server.origin()]);
    let start = Instant::now();
    let error = plugin.send(&get(&server.url("/"))).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Deadline { .. }), "{error}");
    assert!(start.elapsed() < Duration::from_secs(10));
    drop(plugin);
    is_gone.recv_timeout(Duration::from_secs(10)).unwrap();

    let mut plugin = limited(Limits::default().no_deadline(), &[&server.origin()]);
    let canceller = plugin.plugin().canceller();
    let other = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        canceller.cancel();
    });
    let error = plugin.send(&get(&server.url("/"))).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Cancelled { .. }), "{error}");
    other.join().unwrap();
    drop(plugin);
    is_gone.recv_timeout(Duration::from_secs(10)).unwrap();
}

#[test]
fn what_is_dropped_is_hung_up_on() {
    let (gone, is_gone) = channel();
    let gone = std::sync::Mutex::new(gone);
    let server = Server::raw(move |wire, told| {
        told.send(read_request(wire)).unwrap();
        let mut byte = [0];
        let _ = wire.get_mut().write_all(b"HTTP/1.1 200 OK\r\n\r\nsome");
        assert!(!wire.get_mut().read(&mut byte).is_ok_and(|count| count > 0));
        gone.lock().unwrap().send(()).unwrap();
    });
    let mut plugin = plugin(&[&server.origin()]);
    for kept in 1..=3 {
        assert_eq!(plugin.keep(&get(&server.url("/"))).unwrap(), Ok(kept));
        server.next();
    }
    assert!(is_gone.try_recv().is_err(), "they are kept");
    plugin.drop_kept().unwrap();
    for _ in 0..3 {
        is_gone.recv_timeout(Duration::from_secs(10)).unwrap();
    }
}

#[test]
fn requests_at_one_time_are_counted_and_given_back() {
    let server = Server::new(|wire, _| {
        until_gone(wire);
        Ok(())
    });
    let mut limits = Limits::default();
    limits.http.requests = 3;
    let mut plugin = limited(limits, &[&server.origin()]);
    for kept in 1..=3 {
        assert_eq!(plugin.keep(&get(&server.url("/"))).unwrap(), Ok(kept));
    }
    assert_eq!(plugin.keep(&get(&server.url("/"))).unwrap(), Err("ConnectionLimitReached".to_owned()));
    plugin.drop_kept().unwrap();
    let until = Instant::now() + Duration::from_secs(10);
    while plugin.keep(&get(&server.url("/"))).unwrap().is_err() {
        assert!(Instant::now() < until, "nothing was given back");
        std::thread::sleep(Duration::from_millis(10));
    }
    let quick = Server::answering(ok(""));
    assert_eq!(send(&mut plugin, &get(&quick.url("/"))).unwrap_err(), "DestinationIpProhibited");
}
