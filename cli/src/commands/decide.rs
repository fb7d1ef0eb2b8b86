//! `plugbay grant`, `deny` and `revoke`: what the user decides about a plugin, noted in a file of decisions.

use crate::exit::Failure;
use plugbay::grants::{Decision, Entry, GrantStore};
use plugbay::{Access, Package, Request};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

/// Note that a plugin may, or may not, have what it asks for.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The plugin's folder, with its `plugin.toml`.
    folder: PathBuf,
    /// What is decided about: a `use` of its manifest.
    capability: String,
    /// A directory that goes with `wasi:filesystem`.
    #[arg(long, value_name = "HOST::GUEST[::ro]", value_parser = super::run::directory)]
    dir: Vec<super::run::Directory>,
    /// Environment variables of ours that go with `wasi:cli/environment`.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    env: Vec<String>,
    /// After how many days it has to be decided again.
    #[arg(long, value_name = "DAYS")]
    days: Option<u32>,
    /// Whatever the component is, now and later: trust whoever changes the plugin.
    #[arg(long)]
    any_version: bool,
    /// The file of decisions.
    #[arg(long, value_name = "FILE", default_value = "grants.toml")]
    grants: PathBuf,
}

/// Forget what was decided about a plugin.
#[derive(clap::Args)]
pub(crate) struct RevokeArgs {
    /// The plugin's id, `namespace:name`.
    plugin: String,
    /// What to forget about; all of it, when it is left out.
    capability: Option<String>,
    /// The file of decisions.
    #[arg(long, value_name = "FILE", default_value = "grants.toml")]
    grants: PathBuf,
}

/// Runs `grant` and `deny`.
///
/// # Errors
/// When the plugin does not ask for it, or a file cannot be read or written.
pub(crate) fn run(args: &Args, decision: Decision) -> Result<ExitCode, Failure> {
    let package = Package::open(&args.folder)?;
    let manifest = package.manifest();
    let requests = manifest.requests();
    if !requests.iter().any(|request| request.interface() == args.capability) {
        let asked: Vec<_> = requests.iter().map(Request::interface).collect();
        return Err(Failure::usage(format!(
            "`{}` does not ask for `{}`; it asks for: {}",
            manifest.id(),
            args.capability,
            if asked.is_empty() { "nothing".to_owned() } else { asked.join(", ") },
        )));
    }
    let mut entry = Entry::new(manifest.id(), *package.digest(), args.capability.as_str(), decision);
    if args.any_version {
        entry.digest = None;
    }
    let seconds = |days: u32| Duration::from_secs(u64::from(days) * 86_400);
    entry.expires = args.days.and_then(|days| SystemTime::now().checked_add(seconds(days)));
    entry.env.clone_from(&args.env);
    for dir in &args.dir {
        let access = if dir.read_only { Access::ReadOnly } else { Access::ReadWrite };
        entry.directories.push((dir.host.clone(), dir.guest.clone(), access));
    }
    let mut store = GrantStore::open(&args.grants)?;
    store.decide(entry);
    store.save()?;
    let word = if decision == Decision::Allow { "allowed" } else { "denied" };
    println!("{word} `{}` to `{}` in {}", args.capability, manifest.id(), args.grants.display());
    Ok(ExitCode::SUCCESS)
}

/// Runs `revoke`.
///
/// # Errors
/// When nothing was decided, or the file cannot be read or written.
pub(crate) fn revoke(args: &RevokeArgs) -> Result<ExitCode, Failure> {
    let mut store = GrantStore::open(&args.grants)?;
    let forgotten = store.forget(&args.plugin, args.capability.as_deref());
    if forgotten == 0 {
        return Err(Failure::usage(format!(
            "nothing was decided about `{}` in {}",
            args.plugin,
            args.grants.display()
        )));
    }
    store.save()?;
    let plural = if forgotten == 1 { "" } else { "s" };
    println!("forgot {forgotten} decision{plural} about `{}`", args.plugin);
    Ok(ExitCode::SUCCESS)
}
