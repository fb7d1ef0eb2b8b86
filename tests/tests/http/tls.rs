//! HTTPS with authorities of the application.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;

use plugbay::TlsRoots;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};

use crate::guest::bindings::Fetch;
use crate::guest::{base, body, compile, get, host, live, plugin, post, send};
use crate::server::{Heard, Server, ok, read_request};

/// A server for `count` connections with a certificate for `name`, and the authority that vouches for it.
fn serve(name: &str, count: usize) -> (u16, Vec<u8>, JoinHandle<()>) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        for _ in 0..count {
            let (mut socket, _) = listener.accept().unwrap();
            let mut conn = ServerConnection::new(config.clone()).unwrap();
            let mut stream = Stream::new(&mut conn, &mut socket);
            let heard = read_request(&mut std::io::BufReader::new(&mut stream));
            let answer = ok(&format!("{} and {} bytes", heard.line, heard.body.len()));
            let _ = stream.write_all(answer.as_bytes());
            conn.send_close_notify();
            let _ = conn.complete_io(&mut socket);
        }
    });
    (port, authority.der().to_vec(), thread)
}

fn trusting(roots: TlsRoots, origin: &str) -> Fetch<()> {
    let host = host(|builder| builder.tls_roots(roots));
    live(&compile(&host).link(&base().allow_http(origin)).unwrap())
}

#[test]
fn a_server_that_the_application_vouches_for() {
    let (port, root, thread) = serve("localhost", 2);
    let origin = format!("https://localhost:{port}");
    let mut plugin = trusting(TlsRoots::none().add_der(&root).unwrap(), &origin);
    assert_eq!(
        body(&send(&mut plugin, &get(&format!("{origin}/a"))).unwrap()),
        "GET /a HTTP/1.1 and 0 bytes"
    );
    let piece = vec![7; 100_000];
    let answer = send(&mut plugin, &post(&origin, &[&piece, &piece])).unwrap();
    assert_eq!(body(&answer), "POST / HTTP/1.1 and 200000 bytes");
    thread.join().unwrap();
}

#[test]
fn nobody_else_is_trusted() {
    let (port, root, thread) = serve("localhost", 2);
    let origin = format!("https://localhost:{port}");
    assert_eq!(
        send(&mut trusting(TlsRoots::none(), &origin), &get(&origin)).unwrap_err(),
        "TlsCertificateError"
    );
    assert_eq!(send(&mut plugin(&[&origin]), &get(&origin)).unwrap_err(), "TlsCertificateError");
    thread.join().unwrap();
    // The right authority, and the name of another host.
    let (port, other, thread) = serve("example.com", 1);
    let origin = format!("https://127.0.0.1:{port}");
    let roots = TlsRoots::none().add_der(&root).unwrap().add_der(&other).unwrap();
    assert_eq!(send(&mut trusting(roots, &origin), &get(&origin)).unwrap_err(), "TlsCertificateError");
    thread.join().unwrap();
    assert!(TlsRoots::none().add_der(b"no certificate").is_err());
}

#[test]
fn a_server_without_tls_is_not_talked_to_openly() {
    let server = Server::raw(|wire, told| {
        let _ = wire.get_mut().write_all(ok("open").as_bytes());
        let mut heard = Vec::new();
        let _ = wire.read_to_end(&mut heard);
        told.send(Heard { body: heard, ..Heard::default() }).unwrap();
    });
    let origin = server.origin().replace("http:", "https:");
    assert_eq!(send(&mut plugin(&[&origin]), &get(&origin)).unwrap_err(), "TlsProtocolError");
    let heard = server.next().body;
    assert!(!heard.windows(4).any(|part| part == b"GET " || part == b"HTTP"), "{heard:?}");
}
