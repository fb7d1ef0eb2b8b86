//! Runs the programs of the public benchmark suites, all or those whose names contain what is asked for, and tells for each
//! whether its output is what it should be. `--explicit` does it without signals.

#![forbid(unsafe_code)]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use plugbay::{Host, Limits};
use plugbay_engine::{Config, TrapStyle};
use plugbay_tests::programs;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (options, filters): (Vec<_>, Vec<_>) = args.iter().partition(|arg| arg.starts_with("--"));
    let style = match options.as_slice() {
        [] => TrapStyle::Signals,
        [option] if *option == "--explicit" => TrapStyle::Explicit,
        _ => {
            eprintln!("usage: programs [--explicit] [PART-OF-A-NAME...]");
            return ExitCode::from(2);
        }
    };
    let Some(suites) = plugbay_tests::suites() else {
        eprintln!("*** PROGRAMS NOT RUN: no suites found in $PLUGBAY_SUITES or ../shared/suites.");
        return ExitCode::SUCCESS;
    };
    let limits = Limits::default().deadline(Duration::from_secs(600));
    let host = match Host::builder().engine(Config::new().with_trap_style(style)).limits(limits).build() {
        Ok(host) => host,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let (mut passed, mut failed, mut not_run) = (0, 0, 0);
    let start = Instant::now();
    for program in programs::all(&suites) {
        let name = &program.name;
        if !filters.is_empty() && !filters.iter().any(|filter| name.contains(filter.as_str())) {
            continue;
        }
        let listed = programs::NOT_RUN.iter().chain(programs::KNOWN);
        if let Some((_, reason)) = listed.into_iter().find(|(listed, _)| listed == name) {
            println!("{name:32} not run: {reason}");
            not_run += 1;
            continue;
        }
        let start = Instant::now();
        match programs::run(&host, &program) {
            Ok(verdict) => {
                println!("{name:32} {:6.0} ms  {verdict}", start.elapsed().as_secs_f64() * 1e3);
                passed += 1;
            }
            Err(reason) => {
                println!("{name:32} FAILED: {reason}");
                failed += 1;
            }
        }
    }
    println!(
        "programs: {passed} ok, {failed} failed, {not_run} not run, {:.1?} ({style:?})",
        start.elapsed()
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
