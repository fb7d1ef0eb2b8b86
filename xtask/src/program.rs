//! The programs of the crate `tests`: built and run, one at a time. `programs`: those of the public benchmark suites; `soak`: the
//! same thing many times over.

use std::path::Path;
use std::process::Command;

/// Builds the program `name`, optimised, and runs it.
///
/// # Errors
/// That it failed.
pub(crate) fn run(root: &Path, name: &str, args: &[String]) -> Result<(), String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(["run", "--quiet", "--release", "--package", "plugbay-tests"]);
    cargo.args(["--bin", name, "--"]).args(args);
    match cargo.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name} failed: {status}")),
        Err(error) => Err(format!("cannot run {cargo:?}: {error}")),
    }
}
