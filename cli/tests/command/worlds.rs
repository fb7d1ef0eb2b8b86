//! Worlds: every component at hand printed as WIT and read again; `check` and `wit diff`.

use std::path::{Path, PathBuf};
use std::process::Command;

use plugbay::{ChangeKind, WorldType, wit};

use crate::support::{Ended, File, TOOLS, plugbay};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All files under `folder` that begin as components do.
fn components(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            if !path.ends_with("target") {
                components(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "wasm") {
            found.push(path);
        }
    }
}

/// What differs although it should not. Types alone are names: WIT has no exports of them in a world.
fn differences(old: &WorldType, new: &WorldType) -> Vec<String> {
    let told = |kind: &ChangeKind| {
        !matches!(kind, ChangeKind::Added { what: "type" } | ChangeKind::Removed { what: "type", .. })
    };
    old.changes_to(new).iter().filter(|change| told(&change.kind)).map(ToString::to_string).collect()
}

/// Whether an interface is imported and exported: then WIT has one text for both.
fn is_merged(world: &WorldType) -> bool {
    world.imports().iter().any(|(name, _)| world.exports().iter().any(|(other, _)| other == name))
}

#[test]
fn what_is_printed_means_the_same() {
    let mut files = Vec::new();
    let suites =
        std::env::var_os("PLUGBAY_SUITES").map_or_else(|| root().join("../shared/suites"), PathBuf::from);
    if !suites.is_dir() {
        eprintln!("*** SUITES NOT PRINTED: no suites found in $PLUGBAY_SUITES or ../shared/suites.");
    }
    for folder in [suites, root().join("plugins-example"), root().join("host/examples")] {
        components(&folder, &mut files);
    }
    let (mut same, mut partly) = (0, 0);
    let mut wrong = Vec::new();
    for path in files {
        let Some(world) = std::fs::read(&path).ok().and_then(|bytes| WorldType::read(&bytes).ok()) else {
            continue;
        };
        let text = world.to_wit().unwrap();
        // What WIT has no words for is a comment.
        let whole = !text.contains("// ");
        match wit::world_of_text(&text, None) {
            Ok(again) => {
                let differences = [differences(&world, &again), differences(&again, &world)].concat();
                if whole && !is_merged(&world) {
                    same += 1;
                    if !differences.is_empty() {
                        wrong.push(format!("{}: {differences:#?}\n{text}", path.display()));
                    }
                } else {
                    partly += 1;
                }
            }
            Err(error) => wrong.push(format!("{}: {error}\n{text}", path.display())),
        }
    }
    println!("{same} worlds are the same, {partly} have things that WIT cannot say");
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong[..wrong.len().min(3)].join("\n"));
    assert!(same >= 10, "only {same} worlds were printed");
}

const OLD: &str = "package demo:math@0.1.0;
interface sums { plus: func(a: u32, b: u32) -> u32; }
world tools { export sums; export add: func(a: u32, b: u32) -> u32; export trap: func(); export spin: func(); }
world other { export sums; }";

const NEW: &str = "package demo:math@0.1.1;
interface sums { plus: func(a: u32, b: u64) -> u32; minus: func(a: u32) -> u32; }
world tools { import log: func(text: string); export sums; export add: func(a: u32, b: u32) -> u32; }
world other { import log: func(text: string); export sums; export more: func(); }";

fn wit_file(name: &str, text: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("plugbay-cli-{}-{name}.wit", std::process::id()));
    std::fs::write(&path, text).unwrap();
    path
}

fn diff(old: &Path, new: &Path, args: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plugbay"));
    let output = command.arg("wit").arg("diff").arg(old).arg(new).args(args).output().unwrap();
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_component_is_checked_against_a_world() {
    let tools = File::component("checked", TOOLS);
    let (old, new) = (wit_file("check-old", OLD), wit_file("check-new", NEW));
    let check = |wit: &Path, args: &[&str]| {
        let args = [&[wit.to_str().unwrap()], args].concat();
        plugbay("check", tools.path(), &args)
    };
    for world in ["tools", "other"] {
        let ended = check(&old, &["--world", world]);
        assert_eq!((ended.out.trim(), ended.code), ("fits", Some(0)), "{}", ended.err);
    }
    let ended = check(&new, &["--world", "tools"]);
    assert_eq!(ended.code, Some(1));
    assert_eq!(
        ended.out,
        "does not fit
  export demo:math/sums@0.1.1#plus: parameter `b`: the component has u32, the world u64
  export demo:math/sums@0.1.1#minus: the world expects this function, the component does not export it
    a host with `compat` bridges this: an older plugin does not have it: calling it is an error of that call
"
    );
    let ended = check(&new, &["--world", "other", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((&told["fits"], told["differences"].as_array().unwrap().len()), (&false.into(), 3));
    assert_eq!(check(&old, &[]).code, Some(2), "which world?");
    assert_eq!(check(Path::new("nowhere.wit"), &[]).code, Some(2));
    for path in [old, new] {
        let _ = std::fs::remove_file(path);
    }
}

#[test]
fn changes_of_a_world_are_judged() {
    let (old, new) = (wit_file("diff-old", OLD), wit_file("diff-new", NEW));
    let ended = diff(&old, &new, &["--world", "tools", "--json"]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    let told: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((told["old-plugins"].as_str(), told["old-hosts"].as_str()), (Some("breaks"), Some("breaks")));
    assert_eq!(told["changes"][0]["path"], "log");
    let ended = diff(&old, &old, &["--world", "tools"]);
    assert_eq!((ended.out.trim(), ended.code), ("no changes", Some(0)));
    let grown = wit_file("diff-grown", &OLD.replace("-> u32; }", "-> u32; minus: func(); }"));
    let ended = diff(&old, &grown, &["--world", "other"]);
    assert_eq!(ended.code, Some(0));
    assert!(
        ended.out.contains("adapts       fits       export demo:math/sums@0.1.0#minus: function added"),
        "{}",
        ended.out
    );
    assert_eq!(diff(&old, &grown, &["--world", "other", "--strict"]).code, Some(1));
    for path in [old, new, grown] {
        let _ = std::fs::remove_file(path);
    }
}
