//! `cargo xtask guests`: builds the example plugins from source and compares them with the components checked in beside
//! the sources. Here: the command and the comparison. `recipe` has a build per language, `toolchain` what they install,
//! `command` how other programs are run.

mod command;
mod recipe;
mod toolchain;

use recipe::Guest;
use std::path::Path;
use toolchain::Toolchain;

const USAGE: &str = "\
usage: cargo xtask guests [--check] [LANGUAGE...]

Installs what the languages need (apt, pip, npm, cargo; as root for apt), builds their plugins, and puts those that differ
in the place of the components checked in. Everything made on the way is below target/guests.

  --check      replace nothing, and fail if a component differs
  LANGUAGE     rust, c, go, assemblyscript, notebook and prowler (in Rust, too); all of them by default";

/// What became of one plugin.
enum Outcome {
    Identical,
    Differs { checked_in: Option<usize>, built: usize },
    Failed(String),
}

/// Runs the task.
///
/// # Errors
/// A wrong argument; a plugin that could not be built; with `--check`, a plugin that differs.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), String> {
    let mut check = false;
    let mut guests = Vec::new();
    for arg in args {
        match arg.as_str() {
            "--check" => check = true,
            "--help" | "-h" => {
                println!("{USAGE}");
                return Ok(());
            }
            name => guests.push(Guest::named(name).ok_or(format!("no language `{name}`\n{USAGE}"))?),
        }
    }
    if guests.is_empty() {
        guests.extend(Guest::ALL);
    }
    let toolchain = Toolchain::new(root)?;
    let mut failed = Vec::new();
    for guest in guests {
        println!("{}: building", guest.language());
        let outcome = match build_and_compare(guest, &toolchain, check) {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Failed(error),
        };
        println!("{}: {}", guest.component(), describe(&outcome, check));
        if matches!(outcome, Outcome::Failed(_)) || check && matches!(outcome, Outcome::Differs { .. }) {
            failed.push(guest.language());
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("not as checked in: {}", failed.join(", "))) }
}

fn build_and_compare(guest: Guest, toolchain: &Toolchain, check: bool) -> Result<Outcome, String> {
    let built = guest.build(toolchain)?;
    let built = std::fs::read(&built).map_err(|error| format!("{}: {error}", built.display()))?;
    let place = toolchain.plugins().join(guest.component());
    let checked_in = std::fs::read(&place).ok();
    if checked_in.as_deref() == Some(&built) {
        return Ok(Outcome::Identical);
    }
    if !check {
        std::fs::write(&place, &built).map_err(|error| format!("{}: {error}", place.display()))?;
    }
    Ok(Outcome::Differs { checked_in: checked_in.map(|bytes| bytes.len()), built: built.len() })
}

fn describe(outcome: &Outcome, check: bool) -> String {
    let done = if check { "left as it is" } else { "replaced" };
    match outcome {
        Outcome::Identical => "identical".to_owned(),
        Outcome::Differs { checked_in: Some(old), built } => {
            format!("DIFFERS, {done} (checked in: {old} bytes, built: {built} bytes)")
        }
        Outcome::Differs { checked_in: None, built } => format!("NOT CHECKED IN (built: {built} bytes)"),
        Outcome::Failed(error) => format!("NOT BUILT: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_that_no_plugin_has_is_refused_by_name() {
        let error = run(Path::new("."), &["cobol".to_owned()]);
        assert!(error.is_err_and(|message| message.contains("no language `cobol`")));
    }

    #[test]
    fn every_plugin_is_checked_in_as_a_component() {
        let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins-example");
        for guest in Guest::ALL {
            let bytes = std::fs::read(plugins.join(guest.component())).unwrap_or_default();
            assert!(bytes.starts_with(b"\0asm\x0d\0\x01\0"), "{}", guest.component());
        }
    }
}
