//! `plugbay check`: whether a component fits a world written in WIT, and every difference if not. Nothing of it runs.

use crate::exit::Failure;
use plugbay::{Change, Host, Side, Verdict};
use std::path::PathBuf;
use std::process::ExitCode;

/// Say whether a component fits a world, and if not, exactly what differs.
///
/// The component fits when the world offers every import that it has, it has every export that the world asks for, and
/// their types are the same. Interfaces of WASI that plugbay has itself need not be in the world. The exit code is 0 when
/// it fits, 1 when it does not, 2 when the command line is wrong.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  plugbay check word-count.wasm wit/ --world editor-plugin")]
pub(crate) struct Args {
    /// The component.
    component: PathBuf,
    /// The WIT: a file, or a folder with its dependencies in `deps`.
    wit: PathBuf,
    /// The world, when the WIT has several.
    #[arg(long)]
    world: Option<String>,
    /// Do not count differences that a host can bridge (see the chapter on evolution of WIT), and say how.
    #[arg(long)]
    compat: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// When the component or the WIT cannot be read.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let component = super::world(&args.component)?;
    // Only asked for what it has itself.
    let host = Host::new()?;
    let world = plugbay::wit::world(&args.wit, args.world.as_deref())?;
    let mut differences = Vec::new();
    let mut builtin = Vec::new();
    for change in component.changes_to(&world) {
        if change.old_plugins() == Verdict::Fits {
            continue;
        }
        if change.side == Side::Import && change.path.starts_with("wasi:") && host.offers(&change.path) {
            builtin.push(change.path);
        } else {
            differences.push(change);
        }
    }
    let counts = |change: &&Change| !args.compat || change.old_plugins() == Verdict::Breaks;
    let fits = !differences.iter().any(|change| counts(&change));
    if args.json {
        let object = serde_json::json!({
            "component": args.component.display().to_string(),
            "fits": fits,
            "differences": differences.iter().map(|change| serde_json::json!({
                "side": change.side.to_string(),
                "path": change.path,
                "difference": change.difference(),
                "compat": change.old_plugins() == Verdict::Adapts,
                "why": change.why(),
            })).collect::<Vec<_>>(),
            "wasi": builtin,
        });
        println!("{object:#}");
    } else {
        println!("{}", if fits { "fits" } else { "does not fit" });
        for change in &differences {
            println!("  {}", change.difference());
            if change.old_plugins() == Verdict::Adapts {
                println!("    a host with `compat` bridges this: {}", change.why());
            }
        }
        for import in builtin {
            println!("  {import} is not in the world; plugbay has it itself");
        }
    }
    Ok(if fits { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
