//! `cargo xtask size`: builds the smallest useful hosts, one that only runs artifacts and one with the compiler, and prints
//! how large they are, stripped.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What is built: what it is called, its options, and the bytes that it may have.
const HOSTS: &[(&str, &[&str], u64)] =
    &[("run-only", &[], 600_000), ("with compiler", &["--features", "compile"], 5_000_000)];

/// Builds and measures.
///
/// # Errors
/// When one does not build, or is larger than it may be.
pub(crate) fn run(root: &Path, _args: &[String]) -> Result<(), String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let mut too_large = Vec::new();
    for (name, options, most) in HOSTS {
        let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        build.current_dir(root).args(["build", "--quiet", "-p", "plugbay-size", "--profile", "size"]);
        let status = build.args(*options).status().map_err(|e| format!("cannot run {build:?}: {e}"))?;
        if !status.success() {
            return Err(format!("the host {name} does not build"));
        }
        let file = target.join("size").join("plugbay-size");
        let bytes = std::fs::metadata(&file).map_err(|e| format!("{}: {e}", file.display()))?.len();
        println!("{name}: {bytes} bytes, {most} at most");
        if bytes > *most {
            too_large.push(*name);
        }
    }
    if too_large.is_empty() { Ok(()) } else { Err(format!("too large: {}", too_large.join(", "))) }
}
