//! Decisions about signed packages and their updates.

#![cfg(feature = "package")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::path::PathBuf;

use plugbay::grants::{Answer, Ask, Decision, Entry, GrantStore, Standing, Trust, Why};
use plugbay::package::SigningKey;
use plugbay::{ErrorKind, Host, Package};

/// A plugin's folder that is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plugbay-updates-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A version of the plugin, whose component returns `number`.
    fn package(&self, version: &str, number: u32, requests: &str) -> Package {
        let component = format!(
            "(component (core module $m (func (export \"f\") (result i32) (i32.const {number})))
                (core instance $i (instantiate $m))
                (func (export \"f\") (result u32) (canon lift (core func $i \"f\"))))"
        );
        std::fs::write(self.0.join("c.wasm"), wat::parse_str(component).unwrap()).unwrap();
        let manifest = format!(
            "manifest-version = 1\n[plugin]\nid = \"acme:counter\"\nversion = \"{version}\"\ncomponent = \"c.wasm\"\n\
             [[capability.optional]]\nuse = \"wasi:sockets\"\nreason = \"To ask\"\nallow = [{requests}]\n"
        );
        std::fs::write(self.0.join("plugin.toml"), manifest).unwrap();
        std::fs::remove_file(self.0.join("plugin.sig")).ok();
        Package::open(&self.0).unwrap()
    }

    fn signed(&self, version: &str, number: u32, requests: &str, key: &SigningKey) -> Package {
        self.package(version, number, requests);
        Package::sign(&self.0, key).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

const ONE: &str = "{ host = \"api.acme.dev\" }";
const TWO: &str = "{ host = \"api.acme.dev\" }, { host = \"*.example.org\", port = 443 }";

fn never(ask: &Ask<'_>) -> Answer {
    panic!("asked: {ask}")
}

#[test]
fn where_signatures_are_asked_for_only_those_of_trusted_publishers_count() {
    let folder = Folder::new("signed");
    let key = SigningKey::generate().unwrap();
    let mut store = GrantStore::new().require_signature(true);
    let unsigned = folder.package("1.0.0", 1, ONE);
    let error = store.grants(&unsigned, |_| Answer::Allow).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Signature(_)), "{error}");
    let signed = folder.signed("1.0.0", 1, ONE, &key);
    assert!(store.grants(&signed, never).is_err(), "nobody trusts the key");
    store.add_trust(Trust { publisher: key.publisher(), plugins: Some("rival".to_owned()) });
    assert!(store.grants(&signed, never).is_err(), "it is trusted for other plugins");
    store.add_trust(Trust { publisher: key.publisher(), plugins: Some("acme".to_owned()) });
    store.grants(&signed, |_| Answer::AllowOnce).unwrap();
}

#[test]
fn updates_of_a_publisher_pass_until_they_ask_for_more_or_go_back() {
    let folder = Folder::new("publisher");
    let key = SigningKey::generate().unwrap();
    let first = folder.signed("1.0.0", 1, ONE, &key);
    let request = &first.manifest().requests()[0];
    let mut store = GrantStore::new();
    assert_eq!(store.standing(&first, request), Standing::Open(Why::New));
    assert_eq!(store.difference(&first), None, "nobody decided about it yet");
    store.decide(Entry {
        digest: None,
        publisher: Some(key.publisher()),
        ..Entry::about(&first, request, Decision::Allow)
    });
    store.accept(&first);

    let second = folder.signed("1.1.0", 2, ONE, &key);
    let grants = store.grants(&second, never).unwrap();
    let host = Host::new().unwrap();
    let mut plugin = host.compile_package(&second).unwrap().link(&grants).unwrap().instantiate(()).unwrap();
    assert_eq!(plugin.call::<_, u32>("f", ()).unwrap(), 2);

    let error = store.grants(&folder.signed("1.0.5", 3, ONE, &key), never).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Rollback { .. }), "what was taken silently counts: {error}");
    let error = store.grants(&folder.package("1.2.0", 3, ONE), never).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OtherPublisher { .. }), "{error}");

    let wider = folder.signed("2.0.0", 4, TWO, &key);
    let difference = store.difference(&wider).unwrap();
    assert!(difference.is_wider(), "{difference}");
    let text = difference.to_string();
    for part in ["~ version 2.0.0, was 1.1.0", "~ other bytes: sha256:", "+ `wasi:sockets`: ", "example.org"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let mut questions = Vec::new();
    store
        .grants(&wider, |ask| {
            questions.push(ask.to_string());
            assert_eq!(ask.why, Why::Wider);
            Answer::DenyOnce
        })
        .unwrap();
    assert!(questions.len() == 1 && questions[0].starts_with("`acme:counter` has changed:"), "{questions:?}");
    store.grants(&wider, |_| Answer::Allow).unwrap();
    store.grants(&wider, never).unwrap();
    assert!(store.difference(&wider).unwrap().is_empty());
}
