//! Runs the programs of the WASI test suite, all or those whose names contain what is asked for, in both trap styles, and tells
//! of each whether it passes.

#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;

use plugbay::{Access, Host, TrapStyle};
use plugbay_tests::wasi::{self, KNOWN_FAILURES, PROGRAMS, Part};

fn main() -> ExitCode {
    let filters: Vec<String> = std::env::args().skip(1).collect();
    let Some(suite) = wasi::suite() else {
        eprintln!("*** WASI PROGRAMS NOT RUN: no wasi-testsuite in $PLUGBAY_SUITES or ../shared/suites.");
        return ExitCode::SUCCESS;
    };
    let mut fine = true;
    for style in wasi::STYLES {
        match wasi::host(style) {
            Ok(host) => {
                for part in Part::ALL {
                    fine &= run(&host, style, &suite, part, &filters).unwrap_or_else(|reason| {
                        eprintln!("{reason}");
                        false
                    });
                }
            }
            Err(reason) => {
                eprintln!("{style:?}: {reason}");
                fine = false;
            }
        }
    }
    if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs one part of the suite; whether it did as it should.
fn run(
    host: &Host<()>,
    style: TrapStyle,
    suite: &Path,
    part: Part,
    filters: &[String],
) -> Result<bool, String> {
    println!("\n{} ({style:?})", part.title());
    let programs = part.programs(suite)?;
    let all = programs.len() == PROGRAMS;
    if !all {
        println!("the suite has {} programs here instead of {PROGRAMS}", programs.len());
    }
    let (mut passed, mut failed, mut expected) = (0, 0, true);
    for program in programs {
        let name = wasi::name(&program);
        if !filters.is_empty() && !filters.iter().any(|filter| name.contains(filter.as_str())) {
            continue;
        }
        let known = KNOWN_FAILURES.iter().find(|(known, _)| *known == name);
        let result = wasi::run(host, suite, &program, Access::ReadWrite);
        let pass = result.is_ok();
        expected &= pass != known.is_some();
        match (result, known) {
            (Ok(()), None) => println!("pass {name}"),
            (Ok(()), Some(_)) => println!("pass {name}, which is listed as failing; take it off the list"),
            (Err(_), Some((_, why))) => println!("FAIL {name}: known: {why}"),
            (Err(reason), None) => println!("FAIL {name}: {reason}"),
        }
        if pass { passed += 1 } else { failed += 1 }
    }
    println!("{passed} passed, {failed} failed: {} ({style:?})", part.title());
    Ok(all && expected)
}
