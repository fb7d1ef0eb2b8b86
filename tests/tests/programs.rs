//! Programs of the public benchmark suites that end soon, in both trap styles. `cargo xtask programs` runs all of them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use plugbay::{Host, Limits};
use plugbay_engine::{Config, TrapStyle};
use plugbay_tests::programs::{self, KNOWN, NOT_RUN, Verdict};

/// The programs that take less than half a second each.
const QUICK: &[&str] = &[
    "sightglass/bz2",
    "sightglass/noop",
    "sightglass/shootout/shootout-ackermann",
    "sightglass/shootout/shootout-gimli",
    "sightglass/shootout/shootout-keccak",
    "sightglass/shootout/shootout-matrix",
    "sightglass/shootout/shootout-memmove",
    "sightglass/shootout/shootout-nestedloop",
    "sightglass/shootout/shootout-ratelimit",
    "sightglass/shootout/shootout-xchacha20",
    "wasmi-benchmarks/coremark",
];

fn host(style: TrapStyle) -> Host<()> {
    let limits = Limits::default().deadline(Duration::from_secs(600));
    Host::builder().engine(Config::new().with_trap_style(style)).limits(limits).build().unwrap()
}

#[test]
fn the_quick_programs_print_what_they_should_in_both_trap_styles() {
    let Some(suites) = plugbay_tests::suites() else {
        eprintln!("SKIPPED: no suites in $PLUGBAY_SUITES or ../shared/suites");
        return;
    };
    let mut programs = programs::all(&suites);
    programs.retain(|program| QUICK.contains(&program.name.as_str()));
    assert_eq!(programs.len(), QUICK.len());
    for style in [TrapStyle::Signals, TrapStyle::Explicit] {
        let host = host(style);
        let mut golden = 0;
        for program in &programs {
            let verdict = programs::run(&host, program);
            assert!(verdict.is_ok(), "{} ({style:?}): {verdict:?}", program.name);
            golden += usize::from(verdict == Ok(Verdict::Golden));
        }
        assert_eq!(golden, QUICK.len() - 1);
    }
}

/// The lists of exceptions tell of programs that are there, and the known failures still fail.
#[test]
fn what_is_listed_as_not_running_is_there_and_does_not_run() {
    let Some(suites) = plugbay_tests::suites() else { return };
    let programs = programs::all(&suites);
    let find = |name: &str| programs.iter().find(|program| program.name == name).unwrap();
    for (name, _) in NOT_RUN {
        find(name);
    }
    let host = host(TrapStyle::Signals);
    for (name, _) in KNOWN {
        assert!(programs::run(&host, find(name)).is_err(), "{name} runs; take it off the list");
    }
}
