//! The powers of `plugbay:host` in the hands of a plugin that a real toolchain made: `plugins-example/notebook`.

#![cfg(all(feature = "kv", feature = "http"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use plugbay::audit::{Event, Verdict};
use plugbay::grants::HttpRule;
use plugbay::powers::{
    KvConfig, KvError, KvQuota, KvRule, LogConfig, LogLevel, LogLine, LogRule, SecretRule,
};
use plugbay::{Compiled, ErrorKind, Grants, Host, HostBuilder, Plugin, Source};

const TOKEN: &str = "t0p-s3cret";

type Heard = Arc<Mutex<Vec<String>>>;

fn component() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins-example/notebook/notebook.wasm")
}

/// Everything that it asks for, without files, variables or hosts.
fn grants() -> Grants {
    let powers = ["plugbay:host/kv", "plugbay:host/log", "plugbay:host/config", "plugbay:host/secret"];
    let others = ["wasi:cli", "wasi:clocks", "wasi:filesystem", "wasi:http"];
    powers.into_iter().chain(others).fold(Grants::none(), Grants::allow)
}

fn builder() -> HostBuilder<()> {
    Host::builder().kv(KvConfig::in_memory()).secret("api-token", TOKEN).secret("other", "unused")
}

fn notebook(builder: HostBuilder<()>) -> Compiled {
    let bytes = std::fs::read(component()).unwrap();
    builder.build().unwrap().compile(Source::bytes("demo:notebook", bytes)).unwrap()
}

fn start(compiled: &Compiled, grants: &Grants) -> Plugin {
    compiled.link(grants).unwrap().instantiate(()).unwrap()
}

fn write(plugin: &mut Plugin, title: &str, text: &str) -> Result<u64, String> {
    plugin.call("demo:notebook/notes#write", (title, text)).unwrap()
}

fn read(plugin: &mut Plugin, title: &str) -> Result<Option<String>, String> {
    plugin.call("demo:notebook/notes#read", (title,)).unwrap()
}

fn opened(plugin: &mut Plugin) -> Result<i64, String> {
    plugin.call("demo:notebook/notes#opened", ()).unwrap()
}

#[test]
fn notes_outlive_plugins_and_hosts() {
    let folder = std::env::temp_dir().join(format!("plugbay-notebook-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    for round in 1..=3_i64 {
        let compiled = notebook(builder().kv(KvConfig::directory(&folder)));
        let (mut first, mut second) = (start(&compiled, &grants()), start(&compiled, &grants()));
        assert_eq!(opened(&mut first), Ok(2 * round - 1));
        assert_eq!(opened(&mut second), Ok(2 * round), "two instances share one store");
        let title = format!("note {round}");
        assert_eq!(write(&mut first, &title, "text"), Ok(round.unsigned_abs()));
        assert_eq!(read(&mut second, "note 1"), Ok(Some("text".into())));
        let titles: Result<Vec<String>, String> = first.call("demo:notebook/notes#titles", ()).unwrap();
        assert_eq!(titles.unwrap().len() as i64, round);
        let other = notebook(builder().kv(KvConfig::directory(&folder)));
        let error = other.link(&grants()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Kv(KvError::InUse { .. })), "{error}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn plugins_of_other_names_have_other_stores() {
    let host = builder().build().unwrap();
    let bytes = std::fs::read(component()).unwrap();
    let start = |name| {
        let compiled = host.compile(Source::bytes(name, bytes.clone())).unwrap();
        compiled.link(&grants()).unwrap().instantiate(()).unwrap()
    };
    let (mut one, mut two) = (start("one"), start("two"));
    write(&mut one, "mine", "text").unwrap();
    assert_eq!(read(&mut two, "mine"), Ok(None));
    assert_eq!(read(&mut start("one"), "mine"), Ok(Some("text".into())));
}

#[test]
fn a_store_needs_a_place_and_holds_to_its_quota_and_rules() {
    let error = notebook(Host::builder()).link(&grants()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Kv(KvError::NotConfigured)), "{error}");
    assert!(error.to_string().contains("HostBuilder::kv"), "{error}");

    let small = KvConfig::in_memory().quota(KvQuota::default().bytes(200));
    let mut plugin = start(&notebook(builder().kv(small)), &grants());
    assert_eq!(write(&mut plugin, "one", &"x".repeat(100)), Ok(1));
    assert_eq!(
        write(&mut plugin, "two", &"x".repeat(100)),
        Err("the notebook is full: it holds 200 bytes".into())
    );
    assert_eq!(read(&mut plugin, "two"), Ok(None));

    let heard: Arc<Mutex<Vec<Event>>> = Arc::default();
    let tell = heard.clone();
    let compiled = notebook(builder().audit(move |event: &Event| tell.lock().unwrap().push(event.clone())));
    let read_only = grants().allow_with("plugbay:host/kv", &KvRule::new("note/*").read_only());
    let mut plugin = start(&compiled, &read_only);
    assert_eq!(read(&mut plugin, "one"), Ok(None));
    assert_eq!(opened(&mut plugin), Err("I may not".into()));
    let events = heard.lock().unwrap();
    let denied =
        events.iter().find(|event| event.operation == "increment" && event.verdict == Verdict::Denied);
    assert_eq!(denied.unwrap().target.as_deref(), Some("opened"), "{events:?}");
}

#[test]
fn lines_reach_the_application_by_level() {
    let heard = Heard::default();
    let tell = heard.clone();
    let log = LogConfig::new().rate(0, 5).sink(move |line: &LogLine<'_>| {
        let fields: Vec<_> = line.fields.iter().map(|(name, value)| format!(" {name}={value}")).collect();
        tell.lock().unwrap().push(format!(
            "{} {}: {}{}",
            line.plugin,
            line.level,
            line.message,
            fields.concat()
        ));
    });
    let compiled = notebook(builder().log(log));
    let mut plugin = start(&compiled, &grants());
    write(&mut plugin, "a\x1b[2J", "text").unwrap();
    plugin.call::<_, ()>("demo:notebook/notes#chatter", (10_u32,)).unwrap();
    drop(plugin);
    let lines = std::mem::take(&mut *heard.lock().unwrap());
    assert_eq!(lines[0], r"demo:notebook info: a note was written title=a\u{1b}[2J");
    assert_eq!(lines[4], "demo:notebook debug: line 3 of 10");
    assert_eq!(lines[5..], ["demo:notebook warn: 6 lines dropped: the plugin wrote more than it may"]);

    let quiet = grants().allow_with("plugbay:host/log", &LogRule::from(LogLevel::Info));
    start(&compiled, &quiet).call::<_, ()>("demo:notebook/notes#chatter", (10_u32,)).unwrap();
    assert!(heard.lock().unwrap().is_empty());
}

#[test]
fn settings_are_read() {
    let compiled = notebook(builder());
    let mut plugin = start(&compiled, &grants().config("longest-note", 10_i64));
    assert_eq!(write(&mut plugin, "t", "0123456789"), Ok(1));
    assert_eq!(
        write(&mut plugin, "t", "01234567890"),
        Err("a note may have 10 bytes, and this one has 11".into())
    );
    let mut plugin = start(&compiled, &grants().config("longest-note", 10_i64).config("longest-note", 3_i64));
    assert!(write(&mut plugin, "t", "0123").is_err());
}

#[test]
fn the_manifest_asks_for_it_and_the_card_says_so() {
    let folder = component().parent().unwrap().to_owned();
    let compiled = builder().build().unwrap().open(&folder).unwrap();
    let card = compiled.card().to_string();
    for words in ["keeps values of its own", "passwords and tokens", "api.acme.dev", "Keep your notes"] {
        assert!(card.contains(words), "{words}: {card}");
    }
    // What it can do without is left out, and it loads.
    let fewer = grants().deny("plugbay:host/secret").deny("wasi:http");
    assert_eq!(write(&mut start(&compiled, &fewer), "t", "x"), Ok(1));
    // A key that the manifest does not name is not the plugin's, whatever was granted.
    let named = grants().allow_with("plugbay:host/kv", &KvRule::new("else"));
    assert_eq!(write(&mut start(&compiled, &named), "t", "x"), Err("I may not".into()));
}

/// Answers one request, and returns its head and body.
fn serve(listener: &TcpListener) -> (Vec<String>, String) {
    let (stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(stream);
    let (mut head, mut length, mut chunked) = (Vec::new(), 0, false);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        let low = line.to_ascii_lowercase();
        chunked |= low == "transfer-encoding: chunked";
        if let Some(value) = low.strip_prefix("content-length: ") {
            length = value.parse().unwrap();
        }
        head.push(line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    while chunked {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let size = usize::from_str_radix(line.trim(), 16).unwrap();
        let mut chunk = vec![0; size + 2];
        reader.read_exact(&mut chunk).unwrap();
        body.extend_from_slice(&chunk[..size]);
        chunked = size > 0;
    }
    let mut stream: TcpStream = reader.into_inner();
    stream.write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    (head, String::from_utf8(body).unwrap())
}

#[test]
fn a_secret_is_sent_where_it_may_go_and_never_read() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let tell = heard.clone();
    let compiled =
        notebook(builder().audit(move |event: &Event| tell.lock().unwrap().push(format!("{event:?}"))));
    let http = HttpRule::to(&format!("http://127.0.0.1:{port}")).unwrap();
    let base = grants().allow_with("wasi:http", &http);
    let publish = |plugin: &mut Plugin| -> Result<u16, String> {
        let host = format!("127.0.0.1:{port}");
        plugin.call("demo:notebook/notes#publish", ("t", host.as_str(), false)).unwrap()
    };
    let seen = |plugin: &mut Plugin, name: &str| -> Option<(String, String)> {
        plugin.call("demo:notebook/notes#secret", (name,)).unwrap()
    };

    let rule = SecretRule::bearer("api-token", "127.0.0.1").in_the_clear();
    let mut plugin = start(&compiled, &base.clone().allow_with("plugbay:host/secret", &rule));
    write(&mut plugin, "t", "the text").unwrap();
    let (name, stand_in) = seen(&mut plugin, "api-token").unwrap();
    assert!(name == "api-token" && !stand_in.contains(TOKEN), "{stand_in}");
    assert_eq!(seen(&mut plugin, "other"), None, "the host has it, and no rule names it");
    let server = std::thread::spawn(move || {
        let request = serve(&listener);
        (listener, request)
    });
    assert_eq!(publish(&mut plugin), Ok(201));
    let (listener, (head, body)) = server.join().unwrap();
    let sent = head.iter().find(|line| line.to_ascii_lowercase().starts_with("authorization:")).unwrap();
    assert_eq!(sent.split_once(": ").unwrap().1, format!("Bearer {TOKEN}"));
    assert_eq!(body, "the text");

    // Nowhere else: by plain http only if the rule says so, to no other host, in no other header; and not without a grant.
    let https = SecretRule::bearer("api-token", "127.0.0.1");
    let elsewhere = SecretRule::bearer("api-token", "api.acme.dev").in_the_clear();
    let header = SecretRule::header("api-token", "127.0.0.1", "x-api-key").in_the_clear();
    listener.set_nonblocking(true).unwrap();
    for rule in [https, elsewhere, header] {
        let mut plugin = start(&compiled, &base.clone().allow_with("plugbay:host/secret", &rule));
        write(&mut plugin, "t", "the text").unwrap();
        let error = publish(&mut plugin).unwrap_err();
        assert!(error.contains("RequestDenied") || error.contains("IpProhibited"), "{rule:?}: {error}");
    }
    // Nor when it was taken back, though the plugin has the stand-in.
    let rule = SecretRule::bearer("api-token", "127.0.0.1").in_the_clear();
    let mut plugin = start(&compiled, &base.clone().allow_with("plugbay:host/secret", &rule));
    write(&mut plugin, "t", "the text").unwrap();
    seen(&mut plugin, "api-token").unwrap();
    plugin.revoker().revoke("plugbay:host/secret").unwrap();
    let error = plugin
        .call::<_, Result<u16, String>>("demo:notebook/notes#publish", ("t", "127.0.0.1:1", false))
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Denied { .. }), "{error}");
    let mut plugin = start(&compiled, &base);
    write(&mut plugin, "t", "the text").unwrap();
    assert!(publish(&mut plugin).unwrap_err().contains("not given the secret"));
    assert!(listener.accept().is_err(), "nothing was sent");
    let told = heard.lock().unwrap().concat();
    assert!(told.contains("api-token") && !told.contains(TOKEN), "{told}");
}

#[test]
fn secrets_that_no_header_can_hold_are_refused() {
    for (name, secret) in [("a", "line\n"), ("a", ""), ("b", "first")] {
        let builder = Host::<()>::builder().secret("b", "x").secret(name, secret);
        let error = builder.build().unwrap_err().to_string();
        assert!(error.contains(&format!("{name:?}")) && !error.contains("first"), "{error}");
    }
}
