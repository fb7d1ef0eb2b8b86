//! `cargo xtask soak`: the same thing many times over, done by a program of the crate `tests`.

use std::path::Path;
use std::process::Command;

/// Builds and runs it.
///
/// # Errors
/// That something grew or broke.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args([
        "run",
        "--quiet",
        "--release",
        "--package",
        "plugbay-tests",
        "--bin",
        "soak",
        "--",
    ]);
    match cargo.args(args).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("soak failed: {status}")),
        Err(error) => Err(format!("cannot run {cargo:?}: {error}")),
    }
}
