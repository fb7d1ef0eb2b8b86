//! `plugbay permissions`, `grant`, `deny`, `revoke`, and `run` with a file of decisions, from outside.

use crate::support::{CLOCK, File, plugbay};
use std::path::{Path, PathBuf};

/// A plugin's folder that asks for clocks.
fn plugin(name: &str) -> (File, PathBuf) {
    let component = File::component(name, CLOCK);
    let folder = component.path().parent().unwrap().to_owned();
    let manifest = format!(
        "manifest-version = 1\n[plugin]\nid = \"demo:clock\"\nversion = \"1.0.0\"\ncomponent = \"{name}.wasm\"\n\
         [[capability.required]]\nuse = \"wasi:clocks\"\nreason = \"To tell how long it took\"\n"
    );
    std::fs::write(folder.join("plugin.toml"), manifest).unwrap();
    (component, folder)
}

fn decided(folder: &Path, grants: &str) -> String {
    let ended = plugbay("permissions", folder, &["--grants", grants]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    ended.out
}

#[test]
fn what_is_decided_is_kept_shown_used_and_forgotten() {
    let (component, folder) = plugin("decided");
    let file = folder.join("grants.toml");
    let grants = file.to_str().unwrap();
    let run = || plugbay("run", &folder, &["--grants-file", grants, "--no-prompt", "--invoke", "later()"]);

    let out = decided(&folder, grants);
    for part in ["clocks", "To tell how long it took", "wasi:clocks (required): not decided", "sha256:"] {
        assert!(out.contains(part), "{part}: {out}");
    }
    let ended = run();
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.err.contains("not granted"), "{}", ended.err);

    let granted = plugbay("grant", &folder, &["wasi:clocks", "--days", "30", "--grants", grants]);
    assert_eq!(granted.code, Some(0), "{}", granted.err);
    assert!(decided(&folder, grants).contains("wasi:clocks (required): allowed"));
    let ended = run();
    assert_eq!((ended.code, ended.out.trim()), (Some(0), "true"), "{}", ended.err);

    // Another component under the same id is another question.
    let changed = CLOCK.replace("\"later\"", "\"again\"");
    std::fs::write(component.path(), wat::parse_str(changed).unwrap()).unwrap();
    assert!(decided(&folder, grants).contains("changed since it was allowed"));
    let ended = plugbay("run", &folder, &["--grants-file", grants, "--no-prompt", "--invoke", "again()"]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);

    assert_eq!(plugbay("deny", &folder, &["wasi:clocks", "--grants", grants]).code, Some(0));
    assert!(decided(&folder, grants).contains("wasi:clocks (required): denied"));
    assert_eq!(plugbay("revoke", Path::new("demo:clock"), &["--grants", grants]).code, Some(0));
    assert!(decided(&folder, grants).contains("not decided"));
    assert_eq!(plugbay("revoke", Path::new("demo:clock"), &["--grants", grants]).code, Some(2));
}

#[test]
fn what_was_not_asked_for_cannot_be_granted() {
    let (_component, folder) = plugin("unasked");
    let file = folder.join("grants.toml");
    let ended = plugbay("grant", &folder, &["wasi:random", "--grants", file.to_str().unwrap()]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("it asks for: wasi:clocks"), "{}", ended.err);
    assert!(!file.exists());
}

#[test]
fn the_same_as_json() {
    let (_component, folder) = plugin("told");
    let file = folder.join("grants.toml");
    let ended = plugbay("permissions", &folder, &["--json", "--grants", file.to_str().unwrap()]);
    let value: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(value["plugin"], "demo:clock");
    assert_eq!(value["requests"][0]["decided"], "not decided");
    assert_eq!(value["card"]["entries"][0]["reasons"][0], "To tell how long it took");
}
