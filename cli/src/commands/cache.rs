//! `plugbay cache`: shows, empties and verifies the cache of compiled plugins.

use crate::exit::Failure;
use plugbay::{Cache, CacheConfig, EntryState};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

/// Show, empty or verify the cache of compiled plugins.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
    /// The directory. Default: `PLUGBAY_CACHE_DIR`, or `plugbay` in the user's cache directory.
    #[arg(long, value_name = "DIR", global = true)]
    cache_dir: Option<PathBuf>,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// List what is in it, the entry that was used last first.
    List,
    /// Remove everything.
    Clear,
    /// Verify every entry, and remove those that are damaged or were sealed by somebody else. The exit code is 0 only when
    /// all are sound.
    Verify,
}

/// Runs the command.
///
/// # Errors
/// When the cache cannot be used.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let config = match &args.cache_dir {
        Some(directory) => {
            let directory = std::path::absolute(directory).map_err(|e| Failure::usage(e.to_string()))?;
            CacheConfig::new().with_directory(directory)
        }
        None => CacheConfig::new(),
    };
    let cache = Cache::open(&config);
    if let Some(note) = cache.note() {
        return Err(Failure::usage(format!("the cache cannot be used: {note}")));
    }
    let io = |error: std::io::Error| Failure::usage(format!("the cache cannot be read: {error}"));
    match args.verb {
        Verb::List => {
            let entries = cache.entries().map_err(io)?;
            for entry in &entries {
                println!("{}  {:>10}  {}", entry.name, size(entry.bytes), age(entry.used));
            }
            let total = entries.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.bytes));
            println!("{} entries, {}", entries.len(), size(total));
        }
        Verb::Clear => println!("{} entries removed", cache.clear().map_err(io)?),
        Verb::Verify => {
            let verified = cache.verify().map_err(io)?;
            let sound = verified.iter().filter(|(_, state)| *state == EntryState::Sound).count();
            for (entry, state) in verified.iter().filter(|(_, state)| *state != EntryState::Sound) {
                println!("{}: {state}", entry.name);
            }
            println!("{sound} of {} entries are sound", verified.len());
            if sound < verified.len() {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}

/// How long ago something was, roughly. A clock that was set makes it now.
fn age(time: SystemTime) -> String {
    let hours = SystemTime::now().duration_since(time).unwrap_or_default().as_secs() / 3600;
    match hours {
        0 => "within the hour".to_owned(),
        1..48 => format!("{hours} hours ago"),
        _ => format!("{} days ago", hours / 24),
    }
}
