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
/// is sealed with the user's key, and nobody else's is run. With `--emit dylib` it is a native shared library instead, for
/// applications on systems that forbid a process to make code: they load it through the library, `Artifact::from_dylib`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The component or core module.
    input: PathBuf,
    /// What to write.
    #[arg(long, value_enum, default_value = "artifact", value_name = "KIND")]
    emit: Emit,
    /// The file to write. Default: the input with the extension `plugbay`, or `so` for a library.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    cache: CacheFlags,
}

#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum Emit {
    /// Native code sealed with the user's key.
    Artifact,
    /// Native code as a shared library.
    Dylib,
}

/// Runs the command.
///
/// # Errors
/// When the input cannot be read or compiled, or the output cannot be written.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let host = Host::builder().cache(args.cache.config()).build()?;
    let source = || Source::file(&args.input);
    let artifact = match (is_only_core(&args.input), args.emit) {
        (true, emit) => core_module(&host, &args.input, emit)?,
        (false, Emit::Artifact) => host.artifact(&source())?,
        (false, Emit::Dylib) => host.dylib(&source())?,
    };
    let extension = if args.emit == Emit::Dylib { "so" } else { "plugbay" };
    let output = args.output.clone().unwrap_or_else(|| args.input.with_extension(extension));
    write(&output, &artifact)
        .map_err(|e| Failure::usage(format!("cannot write {}: {e}", output.display())))?;
    println!("{}: {} bytes", output.display(), artifact.len());
    Ok(ExitCode::SUCCESS)
}

/// Whether the file is a core module that does not become a component.
fn is_only_core(path: &Path) -> bool {
    super::is_core_module(path)
        && !std::fs::read(path).is_ok_and(|bytes| plugbay::componentize(&bytes).is_ok())
}

fn core_module(host: &Host, input: &Path, emit: Emit) -> Result<Vec<u8>, Failure> {
    let bytes = std::fs::read(input)
        .map_err(|e| Failure::usage(format!("cannot read the module {}: {e}", input.display())))?;
    let key = match emit {
        Emit::Artifact => Some(host.cache().key().map_err(Failure::usage)?),
        Emit::Dylib => None,
    };
    let compile = || {
        let mut writer = ArtifactWriter::new(host.engine(), SourceHash::of(&bytes));
        writer.add_module(&Module::new(host.engine(), &bytes)?)?;
        match key {
            Some(key) => writer.seal(key),
            None => writer.dylib(),
        }
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
