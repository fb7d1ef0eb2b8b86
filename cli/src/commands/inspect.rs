//! `plugbay inspect`: what a component imports and exports, how large it is, and what it could ask for. Nothing of it runs.

use super::cache_flags::CacheFlags;
use crate::exit::Failure;
use plugbay::{Compiled, Host, Item, ItemKind, World};
use std::path::PathBuf;
use std::process::ExitCode;

/// Show what a component imports, exports and could ask for, without running it.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  plugbay inspect word-count.wasm --json\n  plugbay inspect word-count.wasm --schema count-words"
)]
pub(crate) struct Args {
    /// The component.
    component: PathBuf,
    /// Print one JSON object: everything, with types.
    #[arg(long)]
    json: bool,
    /// Print its world as WIT.
    #[arg(long, conflicts_with = "json")]
    wit: bool,
    /// Print JSON Schema (2020-12) of the parameters and the result of an exported function.
    #[arg(long, value_name = "FUNCTION", conflicts_with_all = ["json", "wit"])]
    schema: Option<String>,
    /// Print the functions of imports and all types, too.
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    cache: CacheFlags,
}

/// Runs the command.
///
/// # Errors
/// When the component cannot be read or compiled.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let compiled = super::compile(&Host::builder().cache(args.cache.config()).build()?, &args.component)?;
    let (world, card) = (compiled.world(), compiled.card());
    if args.wit {
        print!("{}", compiled.world_type().to_wit().map_err(|error| Failure::guest(error.to_string()))?);
    } else if let Some(function) = &args.schema {
        println!("{:#}", schema(&compiled, function)?);
    } else if args.json {
        let object = serde_json::json!({
            "name": compiled.name(),
            "bytes": compiled.size(),
            "imports": world.imports,
            "exports": world.exports,
            "card": card,
        });
        println!("{object:#}");
    } else {
        println!("{}: component, {} bytes", compiled.name(), compiled.size());
        let text = if args.full { world.to_string() } else { summary(&world) };
        println!("\nworld {{");
        for line in text.lines() {
            println!("  {line}");
        }
        println!("}}\n\n{card}");
    }
    Ok(ExitCode::SUCCESS)
}

/// JSON Schema of a function's parameters and result.
fn schema(compiled: &Compiled<()>, function: &str) -> Result<serde_json::Value, Failure> {
    let path = super::export::resolve(compiled, function)?;
    let world = compiled.world_type();
    let (Some(params), Some(result)) = (world.params_schema(&path), world.result_schema(&path)) else {
        return Err(Failure::usage(super::export::unknown(compiled, function)));
    };
    let refused = |error: plugbay::ComponentError| Failure::usage(format!("`{path}`: {error}"));
    Ok(serde_json::json!({
        "function": path,
        "params": params.map_err(refused)?,
        "result": result.map_err(refused)?,
    }))
}

/// Imports by name, exports with the types of their functions.
fn summary(world: &World) -> String {
    let mut lines = Vec::new();
    for import in &world.imports {
        match &import.kind {
            ItemKind::Interface { items } => {
                let functions =
                    items.iter().filter(|item| matches!(item.kind, ItemKind::Function(_))).count();
                // An interface of types alone gives no power and needs no line.
                if functions > 0 {
                    let plural = if functions == 1 { "" } else { "s" };
                    lines.push(format!("import {};  // {functions} function{plural}", import.name));
                }
            }
            // A type of the world itself, which is written without a verb.
            ItemKind::Type { .. } => lines.push(format!("{};", declaration(import))),
            _ => lines.push(format!("import {};", declaration(import))),
        }
    }
    for export in &world.exports {
        match &export.kind {
            ItemKind::Interface { items } => {
                lines.push(format!("export {} {{", export.name));
                lines.extend(items.iter().map(|item| format!("  {};", declaration(item))));
                lines.push("}".to_owned());
            }
            _ => lines.push(format!("export {};", declaration(export))),
        }
    }
    lines.join("\n")
}

fn declaration(item: &Item) -> String {
    match &item.kind {
        ItemKind::Function(signature) => format!("{}: {signature}", item.name),
        ItemKind::Resource => format!("resource {}", item.name),
        ItemKind::Type { definition } => format!("type {} = {definition}", item.name),
        _ => item.name.clone(),
    }
}
