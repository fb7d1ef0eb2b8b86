//! The guest, which sends what it is told to: its bindings, and plugins of it.

use std::path::Path;
use std::sync::OnceLock;

use bindings::{Answer, Fetch, Request};
use plugbay::{Bindings as _, Compiled, Grants, Host, HostBuilder, Limits, Linked, Plugin, Source, Stdio};

pub(crate) mod bindings {
    plugbay::bindgen!({ path: "guests/fetch/wit", world: "fetch" });
}

/// The component; its machine code is made once for all hosts.
pub(crate) fn compile(host: &Host<()>) -> Compiled<()> {
    static ARTIFACT: OnceLock<Vec<u8>> = OnceLock::new();
    let artifact = ARTIFACT.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/fetch/fetch.wasm");
        Host::new().unwrap().artifact(&Source::file(path)).unwrap()
    });
    host.compile(Source::bytes("fetch", artifact.clone())).unwrap()
}

/// What its toolchain links in, empty.
pub(crate) fn base() -> Grants {
    Grants::none().stdio(Stdio::capture()).allow("wasi:cli").allow("wasi:clocks").allow("wasi:filesystem")
}

/// A host with these settings.
pub(crate) fn host(set: impl FnOnce(HostBuilder<()>) -> HostBuilder<()>) -> Host<()> {
    set(Host::<()>::builder()).build().unwrap()
}

/// A plugin that may send any request to these origins.
pub(crate) fn plugin(origins: &[&str]) -> Fetch<()> {
    limited(Limits::default(), origins)
}

/// The same within these limits.
pub(crate) fn limited(limits: Limits, origins: &[&str]) -> Fetch<()> {
    let host = host(|builder| builder.limits(limits));
    let grants = origins.iter().fold(base().allow("wasi:http"), |grants, origin| grants.allow_http(origin));
    live(&compile(&host).link(&grants).unwrap())
}

pub(crate) fn live(linked: &Linked<()>) -> Fetch<()> {
    let plugin: Plugin<()> = linked.instantiate(()).unwrap();
    Fetch::bind(plugin).unwrap()
}

/// `GET` of a whole address, which is taken apart without looking at it.
pub(crate) fn get(url: &str) -> Request {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (authority, path) = match rest.find(['/', '?']) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    Request {
        method: "GET".into(),
        scheme: Some(scheme.into()),
        authority: Some(authority.into()),
        path: Some(path.into()),
        headers: Vec::new(),
        body: None,
        trailers: Vec::new(),
        timeouts: (None, None, None),
    }
}

/// The same by another method.
pub(crate) fn request(method: &str, url: &str) -> Request {
    Request { method: method.into(), ..get(url) }
}

/// With a body in these pieces.
pub(crate) fn post(url: &str, pieces: &[&[u8]]) -> Request {
    let body = pieces.iter().map(|piece| piece.to_vec()).collect();
    Request { body: Some(body), ..request("POST", url) }
}

pub(crate) fn entries(fields: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect()
}

/// What the guest was answered.
pub(crate) fn send(plugin: &mut Fetch<()>, request: &Request) -> Result<Answer, String> {
    plugin.send(request).unwrap()
}

/// The body of an answer that came whole.
pub(crate) fn body(answer: &Answer) -> &str {
    assert!(answer.end.is_ok(), "{:?}", answer.end);
    std::str::from_utf8(&answer.body).unwrap()
}
