//! `plugbay compile`: makes a file of native code of a component or core module, sealed with the user's key.

use super::cache_flags::CacheFlags;
use crate::exit::Failure;
use plugbay::{Host, Source};
use plugbay_engine::{ArtifactWriter, Module, SourceHash};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Compile a component or core module ahead of time.
///
/// What comes out can be run with `plugbay run`, by this build of plugbay, on a processor like this one, by this user: it
/// is sealed with the user's key, and nobody else's is run.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The component or core module.
    input: PathBuf,
    /// The file to write. Default: the input with the extension `plugbay`.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    cache: CacheFlags,
}

/// Runs the command.
///
/// # Errors
/// When the input cannot be read or compiled, or the output cannot be written.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let host = Host::builder().cache(args.cache.config()).build()?;
    let artifact = match super::is_core_module(&args.input) {
        true => core_module(&host, &args.input)?,
        false => host.artifact(&Source::file(&args.input))?,
    };
    let output = args.output.clone().unwrap_or_else(|| args.input.with_extension("plugbay"));
    write(&output, &artifact)
        .map_err(|e| Failure::usage(format!("cannot write {}: {e}", output.display())))?;
    println!("{}: {} bytes", output.display(), artifact.len());
    Ok(ExitCode::SUCCESS)
}

fn core_module(host: &Host, input: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = std::fs::read(input)
        .map_err(|e| Failure::usage(format!("cannot read the module {}: {e}", input.display())))?;
    let key = host.cache().key().map_err(Failure::usage)?;
    let compile = || {
        let mut writer = ArtifactWriter::new(host.engine(), SourceHash::of(&bytes));
        writer.add_module(&Module::new(host.engine(), &bytes)?)?;
        writer.seal(key)
    };
    compile().map_err(|error| Failure::guest(error.to_string()))
}

/// Writes a file completely or not at all: whoever has the old one open keeps it as it was.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let partial = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = std::fs::File::create_new(&partial)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| std::fs::rename(&partial, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    written
}
