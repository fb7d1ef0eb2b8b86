//! `cargo xtask programs`: the programs of the public benchmark suites, run by a program of the crate `tests`.

use std::path::Path;
use std::process::Command;

/// Builds and runs it.
///
/// # Errors
/// That a program failed.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args([
        "run",
        "--quiet",
        "--release",
        "--package",
        "plugbay-tests",
        "--bin",
        "programs",
        "--",
    ]);
    match cargo.args(args).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("programs failed: {status}")),
        Err(error) => Err(format!("cannot run {cargo:?}: {error}")),
    }
}
