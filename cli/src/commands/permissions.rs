//! `plugbay permissions`: what a plugin's folder asks for, and what was decided about it. Nothing of it runs.

use crate::exit::Failure;
use plugbay::grants::{Decision, Entry, GrantStore};
use plugbay::{Host, Package, Request};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

/// Show what a plugin asks for, why, and what was decided about it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The plugin's folder, with its `plugin.toml`.
    folder: PathBuf,
    /// The file of decisions.
    #[arg(long, value_name = "FILE", default_value = "grants.toml")]
    grants: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// When the folder or the file of decisions cannot be read.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let package = Package::open(&args.folder)?;
    let store = GrantStore::open(&args.grants)?;
    let card = Host::<()>::builder().build()?.compile_package(&package)?.card();
    let standings: Vec<_> = package
        .manifest()
        .requests()
        .iter()
        .map(|request| (request, standing(&store, &package, request)))
        .collect();
    if args.json {
        let requests: Vec<_> = standings.iter().map(|(request, standing)| json(request, standing)).collect();
        let object = serde_json::json!({
            "plugin": package.manifest().id(),
            "version": package.manifest().version().to_string(),
            "digest": package.digest_text(),
            "card": card,
            "requests": requests,
        });
        println!("{object:#}");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{card}\n\n{}:", package.digest_text());
    for (request, standing) in standings {
        let need = if request.is_required() { "required" } else { "optional" };
        println!("  {} ({need}): {standing}", request.interface());
    }
    Ok(ExitCode::SUCCESS)
}

fn json(request: &Request, standing: &str) -> serde_json::Value {
    serde_json::json!({
        "use": request.interface(),
        "required": request.is_required(),
        "reason": request.reason(),
        "decided": standing,
    })
}

/// What stands about a request, in words.
fn standing(store: &GrantStore, package: &Package, request: &Request) -> String {
    let about =
        |entry: &&Entry| entry.plugin == package.manifest().id() && entry.capability == request.interface();
    let Some(entry) = store.entries().iter().rfind(about) else {
        return "not decided".to_owned();
    };
    let same = entry.digest.is_none_or(|digest| digest == *package.digest());
    match entry.decision {
        _ if entry.is_expired(SystemTime::now()) => "not decided: the last decision has expired".to_owned(),
        Decision::Deny => "denied".to_owned(),
        Decision::Allow if same => "allowed".to_owned(),
        Decision::Allow => "not decided: the plugin was changed since it was allowed".to_owned(),
    }
}
