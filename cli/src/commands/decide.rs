//! `plugbay grant`, `deny` and `revoke`: what the user decides about a plugin, noted in a file of decisions.

use super::rule_flags::{RuleFlags, Rules};
use crate::exit::Failure;
use plugbay::grants::{Decision, Entry, GrantStore, RuleTable};
use plugbay::{Access, Package, Request};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

/// Note that a plugin may, or may not, have what it asks for.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  plugbay grant plugins/md-lint wasi:filesystem --dir notes::/workspace::ro --days 30\n  \
                  plugbay grant plugins/md-lint wasi:http --rule host=api.acme.dev,port=443\n  \
                  plugbay grant plugins/md-lint --allow-http=https://api.acme.dev"
)]
pub(crate) struct Args {
    /// The plugin: a folder with its `plugin.toml`, or a packed one.
    plugin: PathBuf,
    /// What is decided about: a `use` of its manifest. May be left out with flags that say it.
    capability: Option<String>,
    /// What is meant of the capability, of several where it is given several times. Without it: what the manifest asks for.
    #[arg(long, value_name = "KEY=VALUE,…", requires = "capability")]
    rule: Vec<RuleTable>,
    /// What is never meant of the capability.
    #[arg(long, value_name = "KEY=VALUE,…", requires = "capability")]
    deny_rule: Vec<RuleTable>,
    #[command(flatten)]
    rules: RuleFlags,
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
    /// Whatever the component is that the same publisher signs.
    #[arg(long, conflicts_with = "any_version")]
    by_publisher: bool,
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
    let package = Package::open(&args.plugin)?;
    let mut store = GrantStore::open(&args.grants)?;
    let difference = store.difference(&package).filter(|difference| !difference.is_empty());
    let entries = entries(args, &package, decision)?;
    if let Some(difference) = difference {
        println!("{difference}\n");
    }
    let word = if decision == Decision::Allow { "allowed" } else { "denied" };
    for entry in entries {
        entry.check()?;
        println!("{word} `{}` to `{}` in {}", entry.capability, entry.plugin, args.grants.display());
        store.decide(entry);
    }
    store.accept(&package);
    store.save()?;
    Ok(ExitCode::SUCCESS)
}

/// What is decided: one entry for each capability that is named or that flags speak of.
fn entries(args: &Args, package: &Package, decision: Decision) -> Result<Vec<Entry>, Failure> {
    let mut entries = Vec::new();
    if let Some(capability) = &args.capability {
        let mut entry = entry(args, package, capability, decision)?;
        if !args.rule.is_empty() {
            entry.allow.clone_from(&args.rule);
        }
        entry.deny.clone_from(&args.deny_rule);
        entry.env.clone_from(&args.env);
        for dir in &args.dir {
            let access = if dir.read_only { Access::ReadOnly } else { Access::ReadWrite };
            entry.directories.push((dir.host.clone(), dir.guest.clone(), access));
        }
        entries.push(entry);
    }
    for Rules { capability, allow, deny } in args.rules.rules()? {
        let known = entries.iter_mut().find(|entry| entry.capability == capability);
        let entry = match known {
            Some(entry) => entry,
            None => {
                entries.push(entry(args, package, capability, decision)?);
                let Some(entry) = entries.last_mut() else { continue };
                entry
            }
        };
        if !allow.is_empty() {
            entry.allow = allow;
        }
        entry.deny.extend(deny);
    }
    if entries.is_empty() {
        return Err(Failure::usage(format!("say what is decided about: {}", asked(package))));
    }
    if let Some(entry) = entries.iter().find(|entry| !entry.allow.is_empty() && decision == Decision::Deny) {
        return Err(Failure::usage(format!(
            "`deny` denies all of `{}`: leave the rules out, or write `plugbay grant … --deny-rule` to deny a part",
            entry.capability
        )));
    }
    Ok(entries)
}

/// A decision about one request of the manifest.
fn entry(args: &Args, package: &Package, capability: &str, decision: Decision) -> Result<Entry, Failure> {
    let requests = package.manifest().requests();
    let Some(request) = requests.iter().find(|request| request.interface() == capability) else {
        return Err(Failure::usage(format!(
            "`{}` does not ask for `{capability}`; it asks for: {}",
            package.manifest().id(),
            asked(package)
        )));
    };
    let mut entry = Entry::about(package, request, decision);
    if args.by_publisher {
        let unsigned = || Failure::usage(format!("`{}` is not signed", package.manifest().id()));
        entry.publisher = Some(package.publisher().ok_or_else(unsigned)?);
    }
    if args.any_version || args.by_publisher {
        entry.digest = None;
    }
    let seconds = |days: u32| Duration::from_secs(u64::from(days) * 86_400);
    entry.expires = args.days.and_then(|days| SystemTime::now().checked_add(seconds(days)));
    Ok(entry)
}

fn asked(package: &Package) -> String {
    let asked: Vec<_> = package.manifest().requests().iter().map(Request::interface).collect();
    if asked.is_empty() { "nothing".to_owned() } else { asked.join(", ") }
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
