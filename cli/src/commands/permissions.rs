//! `plugbay permissions`: what a plugin's folder asks for, and what was decided about it. Nothing of it runs.

use crate::exit::Failure;
use plugbay::grants::{GrantStore, RuleTable};
use plugbay::{Host, Package, Request};
use std::path::PathBuf;
use std::process::ExitCode;

/// Show what a plugin asks for, why, and what was decided about it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The plugin: a folder with its `plugin.toml`, or a packed one.
    plugin: PathBuf,
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
    let package = Package::open(&args.plugin)?;
    let store = GrantStore::open(&args.grants)?;
    let card = Host::<()>::builder().build()?.compile_package(&package)?.card();
    let standings: Vec<_> = package
        .manifest()
        .requests()
        .iter()
        .map(|request| (request, store.standing(&package, request).to_string()))
        .collect();
    let difference = store.difference(&package).filter(|difference| !difference.is_empty());
    if args.json {
        let requests: Vec<_> = standings.iter().map(|(request, standing)| json(request, standing)).collect();
        let object = serde_json::json!({
            "plugin": package.manifest().id(),
            "version": package.manifest().version().to_string(),
            "digest": package.digest_text(),
            "card": card,
            "publisher": package.publisher(),
            "requests": requests,
            "difference": difference,
        });
        println!("{object:#}");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{card}\n");
    if let Some(difference) = difference {
        println!("{difference}\n");
    }
    println!("{}:", package.digest_text());
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
        "allow": request.allow().iter().map(RuleTable::table).collect::<Vec<_>>(),
        "deny": request.deny().iter().map(RuleTable::table).collect::<Vec<_>>(),
        "names": request.names(),
        "decided": standing,
    })
}
