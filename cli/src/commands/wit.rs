//! `plugbay wit`: work on WIT alone. `diff` says what changed between two worlds and who minds.

use crate::exit::Failure;
use plugbay::{Change, Verdict};
use std::path::PathBuf;
use std::process::ExitCode;

/// Work on WIT files.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    Diff(Diff),
}

/// Say what changed between two worlds, and what each change means to plugins and hosts that were built against the older
/// one.
///
/// Each change is judged twice. "old plugins": a plugin of the older world in a host of the newer. "old hosts": a plugin of
/// the newer world in a host of the older. `fits` works as it is, `adapts` works when the host opts in to `compat`, `breaks`
/// does not work. The exit code is 0 when no older plugin breaks, 1 when one could, 2 when the command line is wrong.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  plugbay wit diff v1.0/editor.wit v1.1/editor.wit --world plugin")]
struct Diff {
    /// The older WIT: a file, or a folder with its dependencies in `deps`.
    old: PathBuf,
    /// The newer one.
    new: PathBuf,
    /// The world, when the WIT has several.
    #[arg(long)]
    world: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Count changes that need `compat` as breaking, too.
    #[arg(long)]
    strict: bool,
}

/// Runs the command.
///
/// # Errors
/// When a WIT cannot be read.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    match &args.verb {
        Verb::Diff(args) => diff(args),
    }
}

fn diff(args: &Diff) -> Result<ExitCode, Failure> {
    let old = plugbay::wit::world(&args.old, args.world.as_deref())?;
    let new = plugbay::wit::world(&args.new, args.world.as_deref())?;
    let changes = old.changes_to(&new);
    let plugins = worst(&changes, Change::old_plugins);
    let hosts = worst(&changes, Change::old_hosts);
    if args.json {
        let object = serde_json::json!({
            "old-plugins": plugins.to_string(),
            "old-hosts": hosts.to_string(),
            "changes": changes.iter().map(|change| serde_json::json!({
                "side": change.side.to_string(),
                "path": change.path,
                "change": change.kind.to_string(),
                "old-plugins": change.old_plugins().to_string(),
                "old-hosts": change.old_hosts().to_string(),
                "why": change.why(),
            })).collect::<Vec<_>>(),
        });
        println!("{object:#}");
    } else if changes.is_empty() {
        println!("no changes");
    } else {
        println!("old plugins  old hosts  change");
        for change in &changes {
            println!("{:<11}  {:<9}  {change}", change.old_plugins(), change.old_hosts());
            println!("{:24}{}", "", change.why());
        }
    }
    let accepted = if args.strict { Verdict::Fits } else { Verdict::Adapts };
    Ok(if plugins <= accepted { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn worst(changes: &[Change], verdict: impl Fn(&Change) -> Verdict) -> Verdict {
    changes.iter().map(verdict).max().unwrap_or(Verdict::Fits)
}
