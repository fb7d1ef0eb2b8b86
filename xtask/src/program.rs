//! The programs of the crate `tests`: built and run, one at a time. `programs`: those of the public benchmark suites; `soak`: the
//! same thing many times over; `wasi`: the WASI test suite.

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
    finish(cargo, name)
}

/// Runs the WASI test suite, as the tests are built: it is quick enough.
///
/// # Errors
/// That it failed.
pub(crate) fn wasi(root: &Path, args: &[String]) -> Result<(), String> {
    let mut command = Command::new(crate::test::build(root, "wasi")?);
    command.current_dir(root).args(args);
    finish(command, "wasi")
}

fn finish(mut command: Command, name: &str) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name} failed: {status}")),
        Err(error) => Err(format!("cannot run {command:?}: {error}")),
    }
}
