//! Soaks: `soak [--cycles N] [--kills N]`. Prints how the process grew and what came of killed writers; fails if something
//! grew or broke.

#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use plugbay_engine::Error;
use plugbay_tests::soak::{Growth, Way, cycles, traps, writers};

const USAGE: &str = "usage: soak [--cycles N] [--kills N]   (1,000,000 and 1,000)";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (mut count, mut kills) = (1_000_000, 1_000);
    let mut rest = args.as_slice();
    while let [option, value, tail @ ..] = rest {
        let known = match *option {
            "--writer" => return written(value, tail),
            "--cycles" => value.parse().map(|value| count = value),
            "--kills" => value.parse().map(|value| kills = value),
            _ => break,
        };
        if known.is_err() {
            break;
        }
        rest = tail;
    }
    if !rest.is_empty() {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    let mut well = killed(kills);
    for way in Way::ALL {
        well &= tell(&format!("{count} instances made, called, dropped ({way})"), || cycles::run(way, count));
    }
    for way in Way::ALL {
        well &= tell(&format!("{count} traps ({way})"), || traps::run(way, count));
    }
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell(what: &str, soak: impl FnOnce() -> Result<Growth, Error>) -> bool {
    let start = Instant::now();
    match soak() {
        Ok(growth) => {
            let verdict = if growth.is_flat() { "flat" } else { "GROWS" };
            println!("soak: {what}: {verdict}: {growth}, {:.1?}", start.elapsed());
            growth.is_flat()
        }
        Err(error) => {
            println!("soak: {what}: FAILED: {error}");
            false
        }
    }
}

/// What a writer of the cache does, until it is killed.
fn written(folder: &str, tail: &[&str]) -> ExitCode {
    let from = tail.first().and_then(|number| number.parse().ok()).unwrap_or(0);
    match writers::write(Path::new(folder), from) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("writer: {error}");
            ExitCode::FAILURE
        }
    }
}

fn killed(kills: u64) -> bool {
    let start = Instant::now();
    let folder: PathBuf = std::env::temp_dir().join(format!("plugbay-soak-{}", std::process::id()));
    let program = std::env::current_exe().map_err(|e| e.to_string());
    let result = program.and_then(|program| writers::kill(&program, &folder, kills));
    std::fs::remove_dir_all(&folder).ok();
    match result {
        Ok(killed) => println!(
            "soak: {} writers of the cache killed: {} entries, all sound; {} plugins run from what they left, none wrong; {} \
             files were not complete, all removed when they were old; {:.1?}",
            killed.killed,
            killed.entries,
            killed.ran,
            killed.partial,
            start.elapsed()
        ),
        Err(ref error) => println!("soak: writers of the cache: FAILED: {error}"),
    }
    result.is_ok()
}
