//! The WASI test suite: 46 commands, each with its expectations in JSON beside it. Every command is reported; the ones that
//! fail must be exactly those that are listed here, with the reason.
//!
//! The suite is looked for in `$PLUGBAY_SUITES`, then in `../shared/suites` beside the repository. Without it the test says
//! so and passes.
#![allow(clippy::unwrap_used, reason = "a test says by panicking that it failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use plugbay::{Access, Grants, Host, Source, Stdio};
use serde_json::Value;

/// Commands that are known to fail, and why.
const KNOWN_FAILURES: &[(&str, &str)] = &[];

fn suites() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/suites");
    let named = std::env::var_os("PLUGBAY_SUITES").map(PathBuf::from);
    named.into_iter().chain([beside]).map(|suites| suites.join("wasi-testsuite")).find(|suite| suite.is_dir())
}

#[test]
fn the_componentized_commands_of_the_wasi_suite() {
    let Some(suite) = suites() else {
        eprintln!(
            "SKIPPED: the WASI suite is not here; set PLUGBAY_SUITES to a folder that has wasi-testsuite/"
        );
        return;
    };
    let expectations = suite.join("rust/wasm32-wasip1");
    let mut commands: Vec<PathBuf> = fs::read_dir(suite.join("p2-componentized/rust"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
        .collect();
    commands.sort();
    let only = std::env::var("PLUGBAY_WASI_ONLY").ok();
    commands.retain(|path| {
        only.as_ref().is_none_or(|only| path.file_stem().is_some_and(|stem| stem == only.as_str()))
    });
    let host = Host::new().unwrap();
    let mut failures = BTreeMap::new();
    for command in &commands {
        let name = command.file_stem().unwrap().to_str().unwrap();
        match run(&host, command, name, &expectations, Access::ReadWrite) {
            Ok(()) => eprintln!("pass {name}"),
            Err(reason) => {
                eprintln!("FAIL {name}: {reason}");
                failures.insert(name.to_owned(), reason);
            }
        }
    }
    eprintln!(
        "{} commands, {} passed, {} failed",
        commands.len(),
        commands.len() - failures.len(),
        failures.len()
    );
    if only.is_none() {
        assert_eq!(commands.len(), 46, "the suite has another size than expected");
        let known: Vec<_> = KNOWN_FAILURES.iter().map(|(name, _)| *name).collect();
        let failed: Vec<_> = failures.keys().map(String::as_str).collect();
        assert_eq!(failed, known, "fails now, or is listed and passes");
    } else {
        assert!(failures.is_empty());
    }
}

/// The suite can fail: what writes, does under a grant to read.
#[test]
fn a_command_that_writes_fails_in_a_directory_that_it_may_only_read() {
    let Some(suite) = suites() else { return };
    let command = suite.join("p2-componentized/rust/file_truncation.wasm");
    let host = Host::new().unwrap();
    let result = run(&host, &command, "file_truncation", &suite.join("rust/wasm32-wasip1"), Access::ReadOnly);
    assert!(result.is_err());
}

fn run(
    host: &Host<()>,
    command: &Path,
    name: &str,
    expectations: &Path,
    access: Access,
) -> Result<(), String> {
    let expected: Value = match fs::read_to_string(expectations.join(name).with_extension("json")) {
        Ok(text) => serde_json::from_str(&text).unwrap(),
        Err(_) => Value::Null,
    };
    let root = std::env::temp_dir().join(format!("plugbay-wasi-{}-{name}", std::process::id()));
    fs::create_dir_all(&root).unwrap();
    if let Some(folder) = expected["root"].as_str() {
        copy(&expectations.join(folder), &root);
    }
    let result = run_in(host, command, name, &expected, (&root, access));
    fs::remove_dir_all(&root).ok();
    result
}

fn run_in(
    host: &Host<()>,
    command: &Path,
    name: &str,
    expected: &Value,
    (root, access): (&Path, Access),
) -> Result<(), String> {
    let mut grants = Grants::none()
        .allow("wasi:cli")
        .allow("wasi:filesystem")
        .allow_clocks()
        .allow_random()
        .stdio(Stdio::capture())
        .args([format!("{name}.wasm")]);
    if expected["root"].is_string() {
        grants = grants.directory(root, "/", access);
    }
    for argument in expected["args"].as_array().into_iter().flatten() {
        grants = grants.args([argument.as_str().unwrap()]);
    }
    for (key, value) in expected["env"].as_object().into_iter().flatten() {
        grants = grants.env(key, value.as_str().unwrap());
    }
    let told = |error: plugbay::Error| error.to_string();
    let compiled = host.compile(Source::file(command)).map_err(told)?;
    let mut plugin = compiled.link(&grants).map_err(told)?.instantiate(()).map_err(told)?;
    let code = plugin.run_command();
    let (stdout, stderr) = (plugin.take_stdout(), plugin.take_stderr());
    let stderr = String::from_utf8_lossy(&stderr).trim().to_owned();
    let code = code.map_err(|error| format!("{error}\n{stderr}"))?;
    let wanted = expected["exit_code"].as_u64().unwrap_or(0);
    if u64::from(code) != wanted {
        return Err(format!("exit code {code} instead of {wanted}\n{stderr}"));
    }
    match expected["stdout"].as_str() {
        Some(wanted) if wanted.as_bytes() != stdout => {
            Err(format!("wrote {:?} instead of {wanted:?}", String::from_utf8_lossy(&stdout)))
        }
        _ => Ok(()),
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
