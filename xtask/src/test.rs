//! `cargo xtask test`: the one command that runs every test of the repository that needs neither Python nor a guest
//! toolchain, and then the public WebAssembly suites by data. Guests and Python have their own steps in `.ci/run`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Packages that `cargo test` leaves out, and why: the Python package links against an interpreter; benches are run by
/// `cargo bench`.
const LEFT_OUT: &[&str] = &["plugbay-python", "plugbay-benches"];

/// Suites to run by data: (name, folder under the suites, files or folders in it; empty = the whole folder).
const SUITES: &[Suite] = &[];

struct Suite {
    name: &'static str,
    folder: &'static str,
    paths: &'static [&'static str],
}

/// Runs the tests; `args` go to `cargo test` (a filter skips the suites).
///
/// # Errors
/// Which steps failed.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), String> {
    let mut failed = Vec::new();
    let mut tests = cargo(root);
    tests.args(["test", "--workspace", "--no-fail-fast"]);
    for package in LEFT_OUT {
        tests.args(["--exclude", package]);
    }
    tests.args(args);
    if !succeeded(&mut tests)? {
        failed.push("cargo test".to_owned());
    }
    if args.is_empty() {
        suites(root, &mut failed)?;
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

fn suites(root: &Path, failed: &mut Vec<String>) -> Result<(), String> {
    let Some(folder) = suites_folder(root) else {
        eprintln!("\n*** SUITES NOT RUN: no suites found in $PLUGBAY_SUITES or ../shared/suites.");
        eprintln!(
            "*** The public WebAssembly suites prove the engine; get them before trusting a change to it.\n"
        );
        return Ok(());
    };
    for suite in SUITES {
        let base = folder.join(suite.folder);
        let paths: Vec<PathBuf> = match suite.paths {
            [] => vec![base],
            some => some.iter().map(|path| base.join(path)).collect(),
        };
        if let Some(gone) = paths.iter().find(|path| !path.exists()) {
            eprintln!("*** SUITE {} NOT RUN: {} is missing", suite.name, gone.display());
            failed.push(format!("suite {} (missing)", suite.name));
            continue;
        }
        println!("suite {}", suite.name);
        let mut wast = cargo(root);
        wast.args(["run", "--quiet", "--package", "plugbay-cli", "--", "wast"]).args(&paths);
        if !succeeded(&mut wast)? {
            failed.push(format!("suite {}", suite.name));
        }
    }
    Ok(())
}

fn suites_folder(root: &Path) -> Option<PathBuf> {
    let named = std::env::var_os("PLUGBAY_SUITES").map(PathBuf::from);
    named.into_iter().chain([root.join("../shared/suites")]).find(|folder| folder.is_dir())
}

fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

fn succeeded(command: &mut Command) -> Result<bool, String> {
    command.status().map(|status| status.success()).map_err(|e| format!("cannot run {command:?}: {e}"))
}
