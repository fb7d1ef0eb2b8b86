//! `cargo xtask test`: the one command that runs every test of the repository that needs neither Python nor a guest
//! toolchain, and then the public WebAssembly suites by data (`--suite NAME`: that suite alone). Guests and Python have
//! their own steps in `.ci/run`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Packages that `cargo test` leaves out, and why: the Python package links against an interpreter; benches are run by
/// `cargo bench`.
const LEFT_OUT: &[&str] = &["plugbay-python", "plugbay-benches"];

/// The public suites, with what is expected of them. When more passes, raise the number: it keeps what was reached.
const SUITES: &[Suite] = &[
    Suite {
        name: "core",
        folder: "spec-core",
        at_least: 61_965,
        whole: (0, 0),
        modes: &[
            "",
            "--trap-style explicit",
            // Memories that move.
            "--trap-style explicit --memory-reservation 65536",
            "--fuel 1000000000",
            "--via artifact",
            "--via cache",
            "--via dylib",
            "--strategy lazy",
            "--strategy lazy --opt-level none",
            "--strategy lazy --trap-style explicit --fuel 1000000000",
        ],
        known: &[],
    },
    Suite {
        name: "wide arithmetic",
        folder: "testsuite-proposals/proposals/wide-arithmetic",
        at_least: 107,
        whole: (1, 107),
        modes: &["", "--trap-style explicit --strategy lazy"],
        known: &[],
    },
    Suite {
        name: "component",
        folder: "component-model-json",
        at_least: 775,
        whole: (26, 671),
        modes: &["", "--trap-style explicit", "--no-adapters"],
        known: &[
            (
                "validation/kebab/test.json:4",
                "the suite is older than the rule that `a-1` and `a1` conflict, which the validator already has",
            ),
            (
                "async/trap-on-reenter/test.json:86",
                "a parent may call its child, as the specification says; the suite refuses it for now (decision 16)",
            ),
            (
                "async/trap-on-reenter/test.json:110",
                "a child may call its parent, as the specification says; the suite refuses it for now (decision 16)",
            ),
        ],
    },
];

/// A suite that is run by data.
struct Suite {
    /// What it is called here.
    name: &'static str,
    /// Its folder among the suites.
    folder: &'static str,
    /// How many assertions pass at least.
    at_least: u64,
    /// How many scripts have every directive executed and every assertion passed at least, and how many assertions they
    /// have: nothing of these may come to be skipped.
    whole: (u64, u64),
    /// The ways of the engine in which it is run, as the runner's options: each must give the same.
    modes: &'static [&'static str],
    /// Directives that are known to fail, by the end of their file's path and line, and why.
    known: &'static [(&'static str, &'static str)],
}

/// Runs the tests; `args` go to `cargo test` (a filter skips the suites).
///
/// # Errors
/// Which steps failed.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), String> {
    let mut failed = Vec::new();
    if let [option, name] = args
        && option == "--suite"
    {
        suites(root, Some(name), &mut failed)?;
        return if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) };
    }
    let mut tests = workspace(root, "test");
    tests.arg("--no-fail-fast").args(args);
    if !succeeded(&mut tests)? {
        failed.push("cargo test".to_owned());
    }
    if args.is_empty() {
        suites(root, None, &mut failed)?;
        println!("\nbindings of the public WIT packages");
        if let Err(reason) = crate::bindings::run(root) {
            println!("bindings FAILED: {reason}");
            failed.push("bindings".to_owned());
        }
        println!("\nprograms of the WASI test suite");
        if let Err(reason) = crate::program::wasi(root, &[]) {
            println!("wasi FAILED: {reason}");
            failed.push("wasi".to_owned());
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

fn suites(root: &Path, only: Option<&str>, failed: &mut Vec<String>) -> Result<(), String> {
    let chosen: Vec<&Suite> =
        SUITES.iter().filter(|suite| only.is_none_or(|name| suite.name == name)).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = SUITES.iter().map(|suite| suite.name).collect();
        return Err(format!("there is no such suite; there are: {}", names.join(", ")));
    }
    let Some(folder) = suites_folder(root) else {
        eprintln!("\n*** SUITES NOT RUN: no suites found in $PLUGBAY_SUITES or ../shared/suites.");
        eprintln!(
            "*** The public WebAssembly suites prove the engine; get them before trusting a change to it.\n"
        );
        return Ok(());
    };
    let plugbay = build(root, "plugbay")?;
    for suite in chosen {
        for mode in suite.modes {
            let name = format!("{} {mode}", suite.name);
            println!("\nsuite {name}");
            if let Err(reason) = run_suite(&plugbay, &folder.join(suite.folder), suite, mode)? {
                println!("suite {name} FAILED: {reason}");
                failed.push(format!("suite {name}"));
            }
        }
    }
    Ok(())
}

/// Runs one suite and compares what came with what is expected of it.
fn run_suite(plugbay: &Path, folder: &Path, suite: &Suite, mode: &str) -> Result<Result<(), String>, String> {
    if !folder.is_dir() {
        return Ok(Err(format!("{} is missing", folder.display())));
    }
    let mut wast = Command::new(plugbay);
    wast.args(["wast", "--json"]);
    wast.args(mode.split_whitespace()).arg(folder);
    let output = wast.output().map_err(|e| format!("cannot run {wast:?}: {e}"))?;
    let findings = String::from_utf8_lossy(&output.stderr);
    let Ok(totals) = serde_json::from_slice::<serde_json::Value>(&output.stdout) else {
        return Ok(Err(format!("the runner ended without totals: {}\n{findings}", output.status)));
    };
    let count = |name: &str| totals[name].as_u64().unwrap_or(0);
    let (mut unexpected, mut met) = (0_u64, Vec::new());
    for line in findings.lines().filter(|line| line.contains(": FAILED: ")) {
        let place = line.split(": FAILED: ").next().unwrap_or_default();
        match suite.known.iter().find(|(known, _)| place.ends_with(known)) {
            Some((known, reason)) => {
                println!("known: {known}: {reason}");
                met.push(*known);
            }
            None => {
                println!("{line}");
                unexpected = unexpected.saturating_add(1);
            }
        }
    }
    let (passed, assertions, skipped) = (count("passed"), count("assertions"), count("skipped"));
    println!(
        "{passed} of {assertions} assertions passed, {unexpected} failed, {} known, {skipped} skipped",
        met.len()
    );
    let whole = whole(&totals["scripts"]);
    println!("{} scripts executed whole, with {} assertions", whole.0, whole.1);
    // The other ways skip the same.
    if mode.is_empty() {
        print_gated(&totals["scripts"], folder);
    }
    Ok(if unexpected > 0 {
        Err(format!("{unexpected} directives failed"))
    } else if passed < suite.at_least {
        Err(format!("{passed} assertions passed, {} did before", suite.at_least))
    } else if whole.0 < suite.whole.0 || whole.1 < suite.whole.1 {
        Err(format!("{} scripts were whole before, with {} assertions", suite.whole.0, suite.whole.1))
    } else if let Some((known, _)) = suite.known.iter().find(|(known, _)| !met.contains(known)) {
        Err(format!("{known} is known to fail, but passes; take it off the list"))
    } else {
        Ok(())
    })
}

/// How many scripts had everything executed and every assertion passed, and how many assertions are in them.
fn whole(scripts: &serde_json::Value) -> (u64, u64) {
    let count = |script: &serde_json::Value, name: &str| script[name].as_u64().unwrap_or(0);
    let scripts = scripts.as_array().into_iter().flatten();
    let whole = scripts.filter(|script| {
        count(script, "executed") == count(script, "directives")
            && count(script, "passed") == count(script, "assertions")
    });
    whole.fold((0, 0), |(files, assertions), script| {
        (files.saturating_add(1), assertions.saturating_add(count(script, "assertions")))
    })
}

/// Lists the scripts of which something is skipped, with the proposals that it needs.
fn print_gated(scripts: &serde_json::Value, folder: &Path) {
    for script in scripts.as_array().into_iter().flatten() {
        let Some(needs) = script["needs"].as_object().filter(|needs| !needs.is_empty()) else { continue };
        let path = Path::new(script["path"].as_str().unwrap_or_default());
        let path = path.strip_prefix(folder).unwrap_or(path);
        let path = if path.ends_with("test.json") { path.parent().unwrap_or(path) } else { path };
        let needs: Vec<String> = needs.iter().map(|(need, count)| format!("{count} need {need}")).collect();
        println!(
            "  {}: {} of {} executed; {}",
            path.display(),
            script["executed"],
            script["directives"],
            needs.join(", ")
        );
    }
}

pub(crate) fn suites_folder(root: &Path) -> Option<PathBuf> {
    let named = std::env::var_os("PLUGBAY_SUITES").map(PathBuf::from);
    named.into_iter().chain([root.join("../shared/suites")]).find(|folder| folder.is_dir())
}

/// Builds a program and says where it is: with the packages that the tests were built with, so that what they depend on is not
/// built a second time with other features.
pub(crate) fn build(root: &Path, program: &str) -> Result<PathBuf, String> {
    let mut build = workspace(root, "build");
    if !succeeded(build.args(["--quiet", "--bin", program]))? {
        return Err(format!("the program `{program}` does not build"));
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("debug").join(program))
}

/// A command of cargo on all packages that are tested.
fn workspace(root: &Path, command: &str) -> Command {
    let mut cargo = cargo(root);
    cargo.args([command, "--workspace"]);
    for package in LEFT_OUT {
        cargo.args(["--exclude", package]);
    }
    cargo
}

fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

fn succeeded(command: &mut Command) -> Result<bool, String> {
    command.status().map(|status| status.success()).map_err(|e| format!("cannot run {command:?}: {e}"))
}
