//! What stands in a file of grants, and what a plugin gets of it.

use std::time::{Duration, SystemTime};

use super::*;
use crate::grant::Access;
use crate::manifest::Manifest;

const CLOCKS: &str = "wasi:clocks/wall-clock@0.2.12";

fn manifest() -> Manifest {
    let text = "manifest-version = 1\n[plugin]\nid = \"acme:lint\"\nversion = \"1.0.0\"\ncomponent = \"c.wasm\"\n\
        [[capability.required]]\nuse = \"wasi:clocks\"\nreason = \"To time\"\n";
    Manifest::parse("plugin.toml", text).unwrap()
}

fn never(ask: &Ask<'_>) -> Answer {
    panic!("asked: {ask}")
}

#[test]
fn nothing_decided_is_asked_denied_or_allowed_by_the_mode() {
    let mut asked = 0;
    let mut store = GrantStore::new();
    let grants = store.grants(&manifest(), &[1; 32], |ask| {
        asked += 1;
        assert_eq!((ask.plugin, ask.request.interface(), ask.why), ("acme:lint", "wasi:clocks", Why::New));
        assert!(ask.to_string().contains("To time"), "{ask}");
        Answer::AllowOnce
    });
    assert!(asked == 1 && grants.allows(CLOCKS) && store.entries().is_empty());
    assert!(!GrantStore::new().with_mode(Mode::Deny).grants(&manifest(), &[1; 32], never).allows(CLOCKS));
    assert!(GrantStore::new().with_mode(Mode::Allow).grants(&manifest(), &[1; 32], never).allows(CLOCKS));
}

#[test]
fn an_answer_that_lasts_is_not_asked_for_again_until_the_plugin_changes() {
    let mut store = GrantStore::new();
    store.grants(&manifest(), &[1; 32], |_| Answer::Allow);
    assert!(store.grants(&manifest(), &[1; 32], never).allows(CLOCKS));
    let grants = store.grants(&manifest(), &[2; 32], |ask| {
        assert_eq!(ask.why, Why::Changed);
        Answer::Deny
    });
    assert!(!grants.allows(CLOCKS) && grants.denial(CLOCKS).is_some());
    // The denial stands for whatever comes under that id; it replaced the older decision.
    assert!(store.grants(&manifest(), &[3; 32], never).denial(CLOCKS).is_some());
    assert_eq!(store.forget("acme:lint", None), 1);
}

#[test]
fn a_decision_ends_when_it_expires() {
    let mut entry = Entry::new("acme:lint", [1; 32], "wasi:clocks", Decision::Allow);
    entry.expires = Some(SystemTime::now() + Duration::from_secs(3600));
    let mut store = GrantStore::new();
    store.decide(entry.clone());
    assert!(store.grants(&manifest(), &[1; 32], never).allows(CLOCKS));
    entry.expires = Some(SystemTime::now() - Duration::from_secs(1));
    store.decide(entry);
    let grants = store.grants(&manifest(), &[1; 32], |ask| {
        assert_eq!(ask.why, Why::Expired);
        Answer::DenyOnce
    });
    assert!(!grants.allows(CLOCKS));
}

#[test]
fn the_file_says_what_the_store_has() {
    let mut entry = Entry::new("acme:lint", [0xab; 32], "wasi:filesystem", Decision::Allow);
    entry.directories = vec![("notes".into(), "/notes".to_owned(), Access::ReadOnly)];
    entry.env = vec!["LANG".to_owned()];
    entry.expires = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_798_761_600));
    let mut store = GrantStore::new().with_mode(Mode::Deny);
    store.decide(entry);
    store.decide(Entry { digest: None, ..Entry::new("acme:lint", [0; 32], "wasi:clocks", Decision::Deny) });
    let text = store.to_toml().unwrap();
    assert_eq!(GrantStore::parse("grants.toml", &text).unwrap(), store, "{text}");
    let path = std::env::temp_dir().join(format!("plugbay-grants-{}.toml", std::process::id()));
    assert_eq!(GrantStore::open(&path).unwrap().entries(), []);
    store.save_to(&path).unwrap();
    let mut opened = GrantStore::open(&path).unwrap();
    assert_eq!(opened.entries(), store.entries());
    opened.forget("acme:lint", Some("wasi:clocks"));
    opened.save().unwrap();
    assert_eq!(GrantStore::open(&path).unwrap().entries().len(), 1);
    std::fs::remove_file(&path).unwrap();
    assert!(store.save().is_err());
}

#[test]
fn mistakes_have_a_place() {
    let grant = "[[grant]]\nplugin = \"a:b\"\ncapability = \"wasi:clocks\"\ndecision = \"allow\"\n";
    for (line, part) in [
        ("colour = 1", "unknown field"),
        ("digest = \"sha256:12\"", "64 hexadecimal"),
        ("expires = 2027-01-01", "zone"),
        ("directories = [{ host = \"a\", guest = \"/a\", access = \"all\" }]", "read"),
        ("decision = \"deny\"", "duplicate"),
    ] {
        let error = GrantStore::parse("grants.toml", &format!("{grant}{line}\n")).unwrap_err().to_string();
        assert!(error.contains(part) && error.contains("grants.toml:5:"), "{line}: {error}");
    }
    let error = GrantStore::parse("grants.toml", "[default]\nmode = \"perhaps\"\n").unwrap_err().to_string();
    assert!(error.contains("grants.toml:2:") && error.contains("ask"), "{error}");
}
