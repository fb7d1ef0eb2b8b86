//! `plugbay run` with plugbay's own interfaces: a store that lasts, settings, a log.

use crate::support::plugbay;
use std::path::{Path, PathBuf};

fn notebook() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins-example/notebook")
}

const ALLOWED: &str =
    "--allow=plugbay:host/kv,plugbay:host/log,plugbay:host/config,wasi:cli,wasi:clocks,wasi:filesystem";

#[test]
fn a_store_lasts_where_it_was_put_and_settings_are_read() {
    let folder = std::env::temp_dir().join(format!("plugbay-cli-powers-{}", std::process::id()));
    let store = folder.to_str().unwrap().to_owned();
    let run = |call: &str, more: &[&str]| {
        plugbay("run", &notebook(), &[&[ALLOWED, "--store", &store, "--invoke", call], more].concat())
    };
    let wrote = run("write(\"one\", \"a note\")", &[]);
    assert_eq!((wrote.code, wrote.out.trim()), (Some(0), "ok(1)"), "{}", wrote.err);
    let read = run("read(\"one\")", &[]);
    assert_eq!((read.code, read.out.trim()), (Some(0), "ok(some(\"a note\"))"), "{}", read.err);
    let short = run("write(\"two\", \"a longer note\")", &["--config", "longest-note=5"]);
    assert!(short.out.starts_with("err("), "{}{}", short.out, short.err);
    let chatter = run("chatter(1)", &[]);
    assert!(chatter.err.contains("demo:notebook: "), "{}", chatter.err);
    std::fs::remove_dir_all(&folder).unwrap();

    let forgotten = plugbay("run", &notebook(), &[ALLOWED, "--invoke", "read(\"one\")"]);
    assert_eq!(forgotten.out.trim(), "ok(none)", "{}", forgotten.err);
}

#[test]
fn a_secret_comes_from_a_variable_and_not_from_the_command_line() {
    for wrong in ["token=hunter2", "token", "=X@host", "token=@host"] {
        let ended = plugbay("run", &notebook(), &["--secret", wrong]);
        assert_eq!(ended.code, Some(2), "{wrong}");
        assert!(ended.err.contains("NAME=VARIABLE@HOST"), "{}", ended.err);
    }
    let unset = plugbay(
        "run",
        &notebook(),
        &["--secret", "token=PLUGBAY_NOT_SET@api.acme.dev", "--invoke", "titles()"],
    );
    assert_eq!(unset.code, Some(2), "{}", unset.err);
    assert!(unset.err.contains("PLUGBAY_NOT_SET"), "{}", unset.err);
}
