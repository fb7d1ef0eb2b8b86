//! `plugbay audit`, `run --audit` and `run --usage`, from outside.

use crate::support::{CLOCK, File, plugbay};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

/// The audit file of a run that was allowed clocks, and of one that was not.
fn audited(name: &str) -> (File, std::path::PathBuf) {
    let component = File::component(name, CLOCK);
    let file = component.path().with_extension("jsonl");
    let audit = file.to_str().unwrap().to_owned();
    let run = |more: &[&str]| {
        let flags = [&["--audit", &audit, "--invoke", "later()"][..], more].concat();
        plugbay("run", component.path(), &flags)
    };
    let ended = run(&["--allow-clocks"]);
    assert_eq!((ended.code, ended.out.trim()), (Some(0), "true"), "{}", ended.err);
    let ended = run(&["--deny-clocks"]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    (component, file)
}

fn lines(file: &Path, flags: &[&str]) -> Vec<String> {
    let ended = plugbay("audit", file, flags);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    ended.out.lines().map(str::to_owned).collect()
}

#[test]
fn what_was_decided_is_shown_filtered_and_counted() {
    let (component, file) = audited("audited");
    let all = lines(&file, &[]);
    assert!(all.len() >= 3, "{all:?}");
    let allowed = all.iter().find(|line| line.contains(" call 1 ")).unwrap();
    for part in ["allow", "audited", "wasi:clocks/monotonic-clock", "(granted)", "µs", "Z  "] {
        assert!(allowed.contains(part) || part == "µs" && allowed.contains("ns"), "{part}: {allowed}");
    }
    let denied = lines(&file, &["--denied"]);
    assert!(denied.len() == 1 && denied[0].contains("deny") && denied[0].contains("link"), "{denied:?}");
    assert_eq!(lines(&file, &["--capability", "wasi:clocks", "--plugin", "audited"]), all);
    for nothing in [&["--plugin", "other"][..], &["--capability", "wasi:random"], &["--call", "7"]] {
        assert!(lines(&file, nothing).is_empty(), "{nothing:?}");
    }
    assert_eq!(lines(&file, &["--since", "1h"]), all);
    assert!(lines(&file, &["--since", "2099-01-01T00:00:00Z"]).is_empty());
    assert_eq!(plugbay("audit", &file, &["--since", "yesterday"]).code, Some(2));

    for line in lines(&file, &["--json"]) {
        let event: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(event["plugin"], "audited");
        assert!(["allow", "deny"].contains(&event["verdict"].as_str().unwrap()), "{line}");
    }
    let summary = lines(&file, &["--summary"]).join("\n");
    assert!(summary.contains("1 denials") && summary.contains("×  wasi:clocks/"), "{summary}");
    let json = lines(&file, &["--summary", "--json"]).join("\n");
    let rows: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(rows.as_array().unwrap().iter().any(|row| row["verdict"] == "deny" && row["count"] == 1));
    drop(component);
}

#[test]
fn a_line_that_is_no_event_is_told_and_passed_by() {
    let (_component, file) = audited("damaged");
    let before = lines(&file, &[]).len();
    let mut text = std::fs::OpenOptions::new().append(true).open(&file).unwrap();
    text.write_all(b"\x1b[2Jnonsense\n").unwrap();
    let ended = plugbay("audit", &file, &[]);
    assert_eq!((ended.code, ended.out.lines().count()), (Some(0), before));
    assert!(ended.err.contains("line ") && !ended.err.contains('\u{1b}'), "{}", ended.err);
    let ended = plugbay("audit", &file.with_extension("none"), &[]);
    assert_eq!(ended.code, Some(2), "{}", ended.err);
}

#[test]
fn what_is_written_later_is_followed() {
    let (component, file) = audited("followed");
    let before = lines(&file, &[]).len();
    let mut follower = Command::new(env!("CARGO_BIN_EXE_plugbay"))
        .args(["audit", file.to_str().unwrap(), "--follow"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(follower.stdout.take().unwrap()).lines();
    for _ in 0..before {
        out.next().unwrap().unwrap();
    }
    let flags = ["--audit", file.to_str().unwrap(), "--invoke", "later()", "--allow-clocks"];
    assert_eq!(plugbay("run", component.path(), &flags).code, Some(0));
    assert!(out.next().unwrap().unwrap().contains("wasi:clocks"));
    follower.kill().unwrap();
    follower.wait().unwrap();
}

#[test]
fn what_was_used_is_told_as_a_table_and_as_json() {
    let component = File::component("used", CLOCK);
    let run = |form: &str| {
        let ended = plugbay("run", component.path(), &["--allow-clocks", form, "--invoke", "later()"]);
        assert_eq!((ended.code, ended.out.trim()), (Some(0), "true"), "{}", ended.err);
        ended.err
    };
    let table = run("--usage");
    for part in ["at most", "calls", "longest call", "5.0s"] {
        assert!(table.contains(part), "{part}: {table}");
    }
    let json = run("--usage=json");
    let usage: serde_json::Value = serde_json::from_str(json.lines().last().unwrap()).unwrap();
    assert_eq!(usage["calls"], 1);
    assert_eq!(usage["deadline"], 5_000_000);
    assert_eq!(usage["memory"]["limit"], 256 << 20);
}
