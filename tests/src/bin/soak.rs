//! Soaks: `soak [--cycles N]`. Prints how the process grew; fails if it did.

#![forbid(unsafe_code)]

use std::process::ExitCode;
use std::time::Instant;

use plugbay_engine::Error;
use plugbay_tests::soak::{Growth, Way, cycles, traps};

const USAGE: &str = "usage: soak [--cycles N]   (1,000,000)";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let count = match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Some(1_000_000),
        ["--cycles", count] => count.parse().ok(),
        _ => None,
    };
    let Some(count) = count else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let mut well = true;
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
