//! Other programs: run to their end, with an error that says which one failed and what it wrote.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A command line, for messages.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Runs `command` and returns what it wrote to its standard output.
///
/// # Errors
/// It could not be started, or it failed: the message has its command line and everything it wrote.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let line = shown(command);
    let output = command.output().map_err(|error| format!("cannot run `{line}`: {error}"))?;
    let written = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(written);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("`{line}` failed ({}):\n{written}{complaint}", output.status))
}

/// Runs `command` for what it does.
///
/// # Errors
/// As `output`.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    output(command).map(drop)
}

/// A command with arguments.
pub(crate) fn command<S: AsRef<OsStr>>(program: impl AsRef<OsStr>, args: &[S]) -> Command {
    let mut command = Command::new(program);
    command.args(args);
    command
}

/// A `cargo` that is not influenced by flags meant for the build of this repository.
pub(crate) fn cargo<S: AsRef<OsStr>>(args: &[S]) -> Command {
    let mut cargo = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), args);
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS").env_remove("CARGO_BUILD_TARGET");
    cargo
}

/// Makes an empty folder, in the place of whatever was there.
///
/// # Errors
/// Which folder could not be made.
pub(crate) fn fresh_folder(path: &Path) -> Result<(), String> {
    let made = match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => std::fs::create_dir_all(path),
    };
    made.map_err(|error| format!("{}: {error}", path.display()))
}

/// What is in a folder, sorted.
///
/// # Errors
/// The folder could not be read.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let read =
        || std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>();
    let mut found = read().map_err(|error| format!("{}: {error}", folder.display()))?;
    found.sort();
    Ok(found)
}

/// Writes a file.
///
/// # Errors
/// Which file could not be written.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Copies a file, or a folder with all that is in it.
///
/// # Errors
/// Which file could not be copied.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("cannot copy {}: {error}", from.display());
    if !from.is_dir() {
        // Not `fs::copy`, which would take a read-only mode along.
        return std::fs::read(from).and_then(|bytes| std::fs::write(to, bytes)).map_err(failed);
    }
    std::fs::create_dir_all(to).map_err(failed)?;
    for entry in entries(from)? {
        copy(&entry, &to.join(entry.file_name().unwrap_or_default()))?;
    }
    Ok(())
}
