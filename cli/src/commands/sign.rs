//! `plugbay keygen`, `sign` and `verify`: who a plugin comes from. Nothing of it runs.

use crate::exit::Failure;
use plugbay::grants::GrantStore;
use plugbay::package::SigningKey;
use plugbay::{Package, PublisherKey, TrustRoots};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Make a key to sign plugins with. Its public half is printed, for those who are to trust it.
#[derive(clap::Args)]
pub(crate) struct KeygenArgs {
    /// The file to write, which only you can read. A file that is there is not replaced.
    #[arg(short, long, value_name = "FILE", default_value = "publisher.key")]
    output: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Sign a plugin, in place.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The plugin: its folder, a `.plug`, or a component with a manifest in it.
    plugin: PathBuf,
    /// The key, made by `plugbay keygen`.
    #[arg(short, long, value_name = "FILE", default_value = "publisher.key")]
    key: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Check the signature of a plugin: exit code 0 when it is signed, by one of those who are trusted; 1 when it is not.
#[derive(clap::Args)]
#[command(
    after_help = "Without `--trust` and `--grants` any publisher will do: then the key that is printed is for you to compare."
)]
pub(crate) struct VerifyArgs {
    /// The plugin: its folder, a `.plug`, or a component with a manifest in it.
    plugin: PathBuf,
    /// The public key of a publisher who is trusted.
    #[arg(long, value_name = "KEY")]
    trust: Vec<PublisherKey>,
    /// A file of decisions (`grants.toml`), whose publishers are trusted too.
    #[arg(long, value_name = "FILE")]
    grants: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs `keygen`.
///
/// # Errors
/// When the file cannot be written or is there already.
pub(crate) fn keygen(args: &KeygenArgs) -> Result<ExitCode, Failure> {
    let key = SigningKey::generate()?;
    key.write(&args.output)?;
    let publisher = key.publisher();
    if args.json {
        println!("{:#}", serde_json::json!({ "key": args.output, "publisher": publisher }));
    } else {
        println!("{publisher}\nthe secret half is in {}: keep it to yourself", args.output.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs `sign`.
///
/// # Errors
/// When the plugin or the key cannot be read, or the plugin cannot be written.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let package = Package::sign(&args.plugin, &SigningKey::read(&args.key)?)?;
    if args.json {
        println!("{:#}", describe(&package, &args.plugin));
    } else if let Some(publisher) = package.publisher() {
        println!("{} is signed by {publisher}", args.plugin.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs `verify`.
///
/// # Errors
/// When the plugin cannot be read, or is not signed by one who is trusted.
pub(crate) fn verify(args: &VerifyArgs) -> Result<ExitCode, Failure> {
    let package = Package::open(&args.plugin)?;
    let anyone = args.trust.is_empty() && args.grants.is_none();
    let mut roots = match &args.grants {
        Some(file) => GrantStore::open(file)?.trust_roots(),
        None => TrustRoots::none(),
    };
    for publisher in package.publisher().filter(|_| anyone).iter().chain(&args.trust) {
        roots = roots.trust(*publisher);
    }
    package.verify(&roots)?;
    if args.json {
        println!("{:#}", describe(&package, &args.plugin));
        return Ok(ExitCode::SUCCESS);
    }
    let (id, version) = (package.manifest().id(), package.manifest().version());
    println!("`{id}` {version}, {}", package.digest_text());
    if let Some(publisher) = package.publisher() {
        let word = if anyone { "" } else { ", who is trusted" };
        println!("signed by {publisher}{word}");
    }
    Ok(ExitCode::SUCCESS)
}

/// A package as JSON.
pub(super) fn describe(package: &Package, path: &Path) -> serde_json::Value {
    serde_json::json!({
        "path": path,
        "plugin": package.manifest().id(),
        "version": package.manifest().version().to_string(),
        "digest": package.digest_text(),
        "publisher": package.publisher(),
    })
}
