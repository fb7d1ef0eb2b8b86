//! `plugbay pack` and `unpack`: a plugin's folder becomes one file, and a folder again. Nothing of it runs.

use crate::exit::Failure;
use plugbay::Package;
use plugbay::package::Form;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Make one file of a plugin, to give away.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  plugbay pack plugins/md-lint                      # md-lint-0.3.1.plug\n  plugbay pack plugins/md-lint --embed -o lint.wasm"
)]
pub(crate) struct Args {
    /// The plugin: its folder, or a file that it was packed into before.
    plugin: PathBuf,
    /// The file to write. Default: its name and version, in this folder.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Put manifest and signature into the component, in custom sections, instead of all into a `.plug`.
    #[arg(long)]
    embed: bool,
    /// Replace the file that is there.
    #[arg(long)]
    force: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Make a folder of a packed plugin.
#[derive(clap::Args)]
pub(crate) struct UnpackArgs {
    /// The packed plugin: a `.plug`, or a component with a manifest in it.
    plugin: PathBuf,
    /// The folder to write to. Default: its name and version, in this folder.
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Replace the plugin's files that are there. Others stay.
    #[arg(long)]
    force: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs `pack`.
///
/// # Errors
/// When the plugin cannot be read, or the file cannot be written or is there already.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let package = Package::open(&args.plugin)?;
    let form = if args.embed { Form::Component } else { Form::Plug };
    let extension = if args.embed { ".wasm" } else { ".plug" };
    let path = args.output.clone().unwrap_or_else(|| format!("{}{extension}", name(&package)).into());
    write(&package, &path, form, args.force)?;
    report(&package, &path, "packed", args.json);
    Ok(ExitCode::SUCCESS)
}

/// Runs `unpack`.
///
/// # Errors
/// When the plugin cannot be read, or the folder cannot be written to or has one of its files already.
pub(crate) fn unpack(args: &UnpackArgs) -> Result<ExitCode, Failure> {
    let package = Package::open(&args.plugin)?;
    let path = args.output.clone().unwrap_or_else(|| name(&package).into());
    write(&package, &path, Form::Folder, args.force)?;
    report(&package, &path, "unpacked", args.json);
    Ok(ExitCode::SUCCESS)
}

/// What a plugin's file is called when nobody says otherwise.
fn name(package: &Package) -> String {
    let manifest = package.manifest();
    let name = manifest.id().split_once(':').map_or(manifest.id(), |(_, name)| name);
    format!("{name}-{}", manifest.version())
}

fn write(package: &Package, path: &Path, form: Form, force: bool) -> Result<(), Failure> {
    package.write(path, form, force).map_err(|error| match error.kind() {
        plugbay::ErrorKind::Io { source, .. } if source.kind() == std::io::ErrorKind::AlreadyExists => {
            Failure::usage(format!("{error}\nreplace it with `--force`, or write elsewhere with `--output`"))
        }
        _ => error.into(),
    })
}

fn report(package: &Package, path: &Path, word: &str, json: bool) {
    if json {
        println!("{:#}", super::sign::describe(package, path));
        return;
    }
    let (id, version) = (package.manifest().id(), package.manifest().version());
    println!("{word} `{id}` {version} to {}", path.display());
    println!("{}", package.digest_text());
    match package.publisher() {
        Some(publisher) => println!("signed by {publisher}"),
        None => println!("not signed"),
    }
}
