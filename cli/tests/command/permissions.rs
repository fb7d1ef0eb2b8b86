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

#[test]
fn rules_are_kept_and_an_update_that_asks_for_more_is_told() {
    let (_component, folder) = plugin("rules");
    let ask = |rules: &str| {
        let manifest = std::fs::read_to_string(folder.join("plugin.toml")).unwrap();
        let (head, _) = manifest.split_once("[[capability").unwrap();
        let text = format!(
            "{head}[[capability.optional]]\nuse = \"wasi:sockets\"\nreason = \"To ask\"\nallow = [{rules}]\n\
             [[capability.required]]\nuse = \"wasi:clocks\"\nreason = \"To wait\"\n"
        );
        std::fs::write(folder.join("plugin.toml"), text).unwrap();
    };
    ask("{ host = \"api.acme.dev\", port = 443 }");
    let file = folder.join("grants.toml");
    let grants = file.to_str().unwrap();
    let granted =
        plugbay("grant", &folder, &["wasi:sockets", "--rule", "host=api.acme.dev", "--grants", grants]);
    assert_eq!(granted.code, Some(0), "{}", granted.err);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("host = \"api.acme.dev\""), "{text}");
    let flag = plugbay("grant", &folder, &["--allow-net=127.0.0.1:80", "--grants", grants]);
    assert_eq!(flag.code, Some(0), "{}", flag.err);
    assert!(std::fs::read_to_string(&file).unwrap().contains("127.0.0.1"));
    for (wrong, part) in [
        (vec!["wasi:sockets", "--rule", "hots=x"], "hots"),
        (vec!["wasi:random", "--rule", "a=1"], "does not ask for"),
        (vec![], "say what is decided"),
    ] {
        let ended = plugbay("grant", &folder, &[wrong.as_slice(), &["--grants", grants]].concat());
        assert!(ended.code != Some(0) && ended.err.contains(part), "{wrong:?}: {}", ended.err);
    }

    ask("{ host = \"api.acme.dev\", port = 443 }, { host = \"*\" }");
    let out = decided(&folder, grants);
    for part in ["has changed", "+ `wasi:sockets`", "wasi:sockets (optional): not decided: it asks for more"]
    {
        assert!(out.contains(part), "{part}: {out}");
    }
}

#[test]
fn what_it_used_is_learned_and_suffices() {
    let component = File::component("learned", CLOCK);
    let args = ["--learn", "--allow-clocks", "--allow-random", "--invoke", "later()"];
    let ended = plugbay("run", component.path(), &args);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    for part in ["use = \"wasi:clocks/monotonic-clock\"", "capability = \"wasi:clocks/monotonic-clock\""] {
        assert!(ended.out.contains(part), "{part}: {}", ended.out);
    }
    assert!(!ended.out.contains("random"), "{}", ended.out);
    let refused = plugbay("run", component.path(), &["--learn", "--invoke", "later()"]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.out.contains("# refused: `link` of `wasi:clocks/monotonic-clock@0.2.0`: not granted"),
        "{}",
        refused.out
    );
}
