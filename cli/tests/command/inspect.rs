//! `plugbay inspect` from outside.

use crate::support::{CLOCK, File, TOOLS, plugbay};
use std::path::Path;

#[test]
fn imports_exports_and_the_card_are_shown() {
    let clock = File::component("seen", CLOCK);
    let ended = plugbay("inspect", clock.path(), &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let parts =
        ["import wasi:clocks/monotonic-clock@0.2.0", "export later: func() -> bool", "--allow-clocks"];
    for part in parts {
        assert!(ended.out.contains(part), "{part}: {}", ended.out);
    }
    assert!(plugbay("inspect", clock.path(), &["--full"]).out.contains("now: func() -> u64"));
    let tools = File::component("quiet", TOOLS);
    assert!(plugbay("inspect", tools.path(), &[]).out.contains("asks for nothing"));
}

#[test]
fn the_same_as_json() {
    let clock = File::component("json", CLOCK);
    let ended = plugbay("inspect", clock.path(), &["--json"]);
    let value: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(value["imports"][0]["name"], "wasi:clocks/monotonic-clock@0.2.0");
    assert_eq!(value["exports"][0]["name"], "later");
    assert_eq!(value["card"]["entries"][0]["capability"], "clocks");
    assert_eq!(value["bytes"].as_u64(), std::fs::metadata(clock.path()).ok().map(|file| file.len()));
}

#[test]
fn what_cannot_be_read_is_an_error() {
    assert_eq!(plugbay("inspect", Path::new("nowhere.wasm"), &[]).code, Some(2));
    let garbage = File::new("garbage", b"\0asm\x0d\0\x01\0garbage");
    assert_eq!(plugbay("inspect", garbage.path(), &[]).code, Some(1));
}
