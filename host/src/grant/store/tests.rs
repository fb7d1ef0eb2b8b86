//! What stands in a file of grants, and what a plugin gets of it.

use std::time::{Duration, SystemTime};

use super::*;
use crate::grant::Access;
use crate::manifest::Manifest;
use crate::package::PublisherKey;

const CLOCKS: &str = "wasi:clocks/wall-clock@0.2.12";

fn manifest() -> Manifest {
    let text = "manifest-version = 1\n[plugin]\nid = \"acme:lint\"\nversion = \"1.0.0\"\ncomponent = \"c.wasm\"\n\
        [[capability.required]]\nuse = \"wasi:clocks\"\nreason = \"To time\"\n";
    Manifest::parse("plugin.toml", text).unwrap()
}

fn who(manifest: &Manifest, byte: u8) -> decide::Who<'_> {
    let digest = Box::leak(Box::new([byte; 32]));
    decide::Who { manifest, digest, publisher: None }
}

fn never(ask: &Ask<'_>) -> Answer {
    panic!("asked: {ask}")
}

#[test]
fn nothing_decided_is_asked_denied_or_allowed_by_the_mode() {
    let mut asked = 0;
    let mut store = GrantStore::new();
    let grants = store.grants_of(&who(&manifest(), 1), |ask| {
        asked += 1;
        assert_eq!((ask.plugin, ask.request.interface(), ask.why), ("acme:lint", "wasi:clocks", Why::New));
        assert!(ask.to_string().contains("To time"), "{ask}");
        Answer::AllowOnce
    });
    assert!(asked == 1 && grants.allows(CLOCKS) && store.entries().is_empty());
    assert!(!GrantStore::new().with_mode(Mode::Deny).grants_of(&who(&manifest(), 1), never).allows(CLOCKS));
    assert!(GrantStore::new().with_mode(Mode::Allow).grants_of(&who(&manifest(), 1), never).allows(CLOCKS));
}

#[test]
fn an_answer_that_lasts_is_not_asked_for_again_until_the_plugin_changes() {
    let mut store = GrantStore::new();
    store.grants_of(&who(&manifest(), 1), |_| Answer::Allow);
    assert!(store.grants_of(&who(&manifest(), 1), never).allows(CLOCKS));
    let grants = store.grants_of(&who(&manifest(), 2), |ask| {
        assert_eq!(ask.why, Why::Changed);
        Answer::Deny
    });
    assert!(!grants.allows(CLOCKS) && grants.denial(CLOCKS).is_some());
    // The denial stands for whatever comes under that id; it replaced the older decision.
    assert!(store.grants_of(&who(&manifest(), 3), never).denial(CLOCKS).is_some());
    assert_eq!(store.forget("acme:lint", None), 1);
}

#[test]
fn a_decision_ends_when_it_expires() {
    let mut entry = Entry::new("acme:lint", [1; 32], "wasi:clocks", Decision::Allow);
    entry.expires = Some(SystemTime::now() + Duration::from_secs(3600));
    let mut store = GrantStore::new();
    store.decide(entry.clone());
    assert!(store.grants_of(&who(&manifest(), 1), never).allows(CLOCKS));
    entry.expires = Some(SystemTime::now() - Duration::from_secs(1));
    store.decide(entry);
    let grants = store.grants_of(&who(&manifest(), 1), |ask| {
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

/// A manifest with this version, these requests and these limits.
fn asking(version: &str, requests: &str) -> Manifest {
    let text = format!(
        "manifest-version = 1\n[plugin]\nid = \"acme:lint\"\nversion = \"{version}\"\ncomponent = \"c.wasm\"\n{requests}"
    );
    Manifest::parse("plugin.toml", &text).unwrap()
}

const READS: &str =
    "[[capability.required]]\nuse = \"demo:app/numbers\"\nreason = \"r\"\nallow = [{ from = 1 }]\n";

#[test]
fn an_update_that_asks_for_more_is_held_and_the_difference_is_told() {
    let mut store = GrantStore::new();
    let before =
        asking("1.0.0", &format!("{READS}deny = [{{ from = 7 }}]\n[limits]\nmemory = 65536\nfuel = 9"));
    store.grants_of(&who(&before, 1), |_| Answer::Allow);
    // It stays allowed to whom signed it, whatever the bytes are.
    let publisher = PublisherKey::from_bytes([5; 32]);
    for entry in &mut store.entries {
        (entry.digest, entry.publisher) = (None, Some(publisher));
    }
    let signed = |manifest| decide::Who { publisher: Some(publisher), ..who(manifest, 2) };
    assert!(store.grants_of(&signed(&before), never).allows("demo:app/numbers"));
    assert!(
        store.difference_of(&signed(&before)).unwrap().is_empty(),
        "what is taken silently is the newest seen"
    );

    let after = asking(
        "1.1.0",
        "[[capability.required]]\nuse = \"demo:app/numbers\"\nreason = \"r\"\nallow = [{ from = 1 }, { from = 2 }]\n\
         [[capability.optional]]\nuse = \"wasi:random\"\nreason = \"r\"\n[limits]\nmemory = 131072\n",
    );
    let difference = store.difference_of(&signed(&after)).unwrap();
    assert!(difference.is_wider());
    let told = difference.to_string();
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(
        lines,
        [
            "`acme:lint` has changed:",
            "  ~ version 1.1.0, was 1.0.0",
            "  + limit `fuel`: the host's, was 9",
            "  + limit `memory`: 131072, was 65536",
            "  + `demo:app/numbers`: { from = 2 }",
            "  + `demo:app/numbers`: no longer without { from = 7 }",
            "  + can use `wasi:random`",
        ]
    );
    let mut asked = Vec::new();
    let mut held = store.clone();
    let grants = held.grants_of(&signed(&after), |ask| {
        asked.push((ask.request.interface().to_owned(), ask.why, ask.difference.is_some()));
        Answer::DenyOnce
    });
    assert_eq!(
        asked,
        [("demo:app/numbers".to_owned(), Why::Wider, true), ("wasi:random".to_owned(), Why::New, false)]
    );
    assert!(!grants.allows("demo:app/numbers") && grants.denial("demo:app/numbers").is_some());
    assert_eq!(held, store, "what was not accepted is asked about again");
    store.grants_of(&signed(&after), |_| Answer::Allow);
    assert!(store.difference_of(&signed(&after)).unwrap().is_empty());
    // A plugin that asks for less is not asked about.
    store.grants_of(&signed(&asking("1.2.0", READS)), never);
}

#[test]
fn an_allowance_of_a_publisher_is_for_what_that_one_signed() {
    let publisher = PublisherKey::from_bytes([5; 32]);
    let entry = Entry {
        digest: None,
        publisher: Some(publisher),
        ..Entry::new("acme:lint", [0; 32], "wasi:clocks", Decision::Allow)
    };
    let mut store = GrantStore::new();
    store.decide(entry);
    for (by, may) in
        [(None, false), (Some(PublisherKey::from_bytes([6; 32])), false), (Some(publisher), true)]
    {
        let manifest = manifest();
        let who = decide::Who { publisher: by, ..who(&manifest, 3) };
        assert_eq!(store.grants_of(&who, |_| Answer::DenyOnce).allows(CLOCKS), may, "{by:?}");
    }
}

#[test]
fn trust_and_what_was_accepted_are_kept_in_the_file() {
    let key = PublisherKey::from_bytes([5; 32]);
    let mut store = GrantStore::new().require_signature(true);
    store.add_trust(Trust { publisher: key, plugins: Some("acme".to_owned()) });
    store
        .grants_of(&who(&asking("1.0.0", &format!("{READS}[limits]\nmemory = 65536")), 1), |_| Answer::Allow);
    let text = store.to_toml().unwrap();
    let read = GrantStore::parse("grants.toml", &text).unwrap();
    assert_eq!(read, store, "{text}");
    assert!(read.requires_signature() && read.trust_roots().trusts(&key, "acme:lint"));
    assert!(!read.trust_roots().trusts(&key, "rival:lint"));
    assert!(store.remove_trust(&key) && store.trust_roots().is_empty());
}

#[test]
fn rules_are_kept_and_checked_where_they_stand() {
    let grant = "[[grant]]\nplugin = \"a:b\"\ndecision = \"allow\"\ncapability = ";
    let store = GrantStore::parse(
        "grants.toml",
        &format!(
            "{grant}\"wasi:filesystem\"\nallow = [{{ host = \"notes\", path = \"/n\", access = \"read\" }}]\n"
        ),
    )
    .unwrap();
    assert_eq!(store.entries()[0].directories, [("notes".into(), "/n".to_owned(), Access::ReadOnly)]);
    for (rules, place, part) in [
        ("\"wasi:filesystem\"\nallow = [{ path = \"/n\", access = \"read\" }]", ":5:10: ", "host"),
        (
            "\"wasi:filesystem\"\nallow = [{ host = \"n\", path = \"/n\", access = \"all\" }]",
            ":5:46: ",
            "`read`",
        ),
        ("\"wasi:filesystem\"\ndeny = [{ pth = \"/n\" }]", ":5:11: ", "`pth`"),
        ("\"wasi:random\"\nallow = [{ fast = true }]", ":5:10: ", "has no rules"),
        ("\"wasi:cli\"\ndeny = [\n  {}]", ":6:3: ", "has no rules"),
        ("\"demo:app/n\"\nallow = [3]", ":5:10: ", "integer"),
        ("\"demo:app/n\"\npublisher = \"ed25519:12\"", ":5:13: ", "64 hexadecimal"),
    ] {
        let error = GrantStore::parse("grants.toml", &format!("{grant}{rules}\n")).unwrap_err().to_string();
        let here = format!("grants.toml{place}");
        assert!(error.contains(&here) && error.contains(part), "{rules}: {error}");
    }
}
