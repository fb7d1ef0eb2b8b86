//! `plugbay wast` from outside: what it prints, what it counts and how it exits.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn wast(args: &[&str], script: &Path) -> (Output, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_plugbay")).arg("wast").args(args).arg(script).output().unwrap();
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    (output, text)
}

#[test]
fn a_core_script_that_holds() {
    let (output, text) = wast(&[], &data("arithmetic.wast"));
    assert_eq!(
        text,
        "1 files, 15 of 15 directives executed, 12 of 12 assertions passed, 0 failed, 0 skipped\n"
    );
    assert!(output.status.success());
}

#[test]
fn a_component_script_that_holds() {
    let (output, text) = wast(&[], &data("component.wast"));
    assert_eq!(text, "1 files, 8 of 8 directives executed, 5 of 5 assertions passed, 0 failed, 0 skipped\n");
    assert!(output.status.success());
}

#[test]
fn every_failure_is_named_by_line_and_reason() {
    let script = data("wrong.wast");
    let (output, text) = wast(&[], &script);
    let lines: Vec<&str> =
        text.lines().map(|line| line.trim_start_matches(&*script.to_string_lossy())).collect();
    let begins = [
        ":3: FAILED: expected",
        ":4: FAILED: expected the trap `unreachable`, got",
        ":5: FAILED: expected the trap `integer overflow`, got `unreachable`",
        ":6: FAILED: trapped: unreachable",
        ":7: FAILED: there is no export `absent`",
        ":8: FAILED: was accepted",
        ":9: FAILED: does not link: unknown import `nobody` `nothing`",
        ":10: FAILED: needs what line 9 did not make",
        "1 files, 10 of 10 directives executed, 1 of 8 assertions passed, 8 failed, 0 skipped",
    ];
    assert_eq!(lines.len(), begins.len(), "{text}");
    for (line, begin) in lines.iter().zip(begins) {
        assert!(line.starts_with(begin), "{line}\n{begin}");
    }
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn totals_as_json() {
    let (output, text) = wast(&["--json"], &data("wrong.wast"));
    let mut totals: serde_json::Value = serde_json::from_str(&text).unwrap();
    let scripts = totals.as_object_mut().unwrap().remove("scripts").unwrap();
    let expected = serde_json::json!({
        "files": 1, "directives": 10, "executed": 10, "assertions": 8, "passed": 1, "failed": 8, "skipped": 0
    });
    assert_eq!(totals, expected);
    // The same for each script, with where it is and what its skipped directives need.
    assert_eq!(scripts.as_array().unwrap().len(), 1);
    assert!(scripts[0]["path"].as_str().unwrap().ends_with("wrong.wast"), "{scripts}");
    assert_eq!((&scripts[0]["failed"], &scripts[0]["needs"]), (&totals["failed"], &serde_json::json!({})));
    assert!(String::from_utf8_lossy(&output.stderr).contains("wrong.wast:3: FAILED"));
}

#[test]
fn a_folder_is_searched_for_text_and_for_json() {
    let folder = std::env::temp_dir().join(format!("plugbay-wast-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("encoded")).unwrap();
    std::fs::copy(data("arithmetic.wast"), folder.join("text.wast")).unwrap();
    std::fs::write(folder.join("notes.json"), "{\"not\": \"a script\"}").unwrap();
    std::fs::write(folder.join("encoded/bad.wasm"), b"\0asm\x02\0\0\0").unwrap();
    let json = r#"{"source_filename":"x.wast","commands":[
        {"type":"assert_malformed","line":1,"filename":"bad.wasm","module_type":"binary","text":"version"},
        {"type":"assert_malformed","line":2,"filename":"gone.wasm","module_type":"binary","text":"version"}]}"#;
    std::fs::write(folder.join("encoded/test.json"), json).unwrap();
    let (output, text) = wast(&[], &folder);
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(text.contains("test.json:2: FAILED: cannot read `gone.wasm`"), "{text}");
    assert!(text.ends_with(
        "2 files, 17 of 17 directives executed, 13 of 14 assertions passed, 1 failed, 0 skipped\n"
    ));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn what_is_no_script_is_an_error() {
    let (output, _) = wast(&[], Path::new("no-such-file.wast"));
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-file.wast"));
    let (output, _) = wast(&[], &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no .wast file"));
    let (output, text) = wast(&[], &Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    assert!(text.contains("Cargo.toml:1: FAILED: cannot parse the script"), "{text}");
    assert_eq!(output.status.code(), Some(1));
}
