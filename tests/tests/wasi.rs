//! A sample of the WASI test suite, of both parts in both trap styles. `cargo xtask wasi` runs all of it and prints each program.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use plugbay::{Access, TrapStyle};
use plugbay_tests::wasi::{self, KNOWN_FAILURES, PROGRAMS, Part};

fn sample_passes(part: Part) {
    let Some(suite) = wasi::suite() else {
        eprintln!("SKIPPED: no wasi-testsuite in $PLUGBAY_SUITES or ../shared/suites");
        return;
    };
    for style in wasi::STYLES {
        let host = wasi::host(style).unwrap();
        let programs = part.programs(&suite).unwrap();
        assert_eq!(programs.len(), PROGRAMS, "the suite has another size than expected");
        for program in programs.into_iter().step_by(7) {
            let name = wasi::name(&program);
            let result = wasi::run(&host, &suite, &program, Access::ReadWrite);
            let known = KNOWN_FAILURES.iter().any(|(known, _)| *known == name);
            assert_eq!(result.is_err(), known, "{name} ({style:?}): {result:?}");
        }
    }
}

#[test]
fn modules_of_preview_1_pass() {
    sample_passes(Part::Preview1);
}

#[test]
fn components_pass() {
    sample_passes(Part::Components);
}

/// The suite can fail: what writes, does under a grant to read.
#[test]
fn a_program_that_writes_fails_in_a_directory_that_it_may_only_read() {
    let Some(suite) = wasi::suite() else { return };
    let host = wasi::host(TrapStyle::Explicit).unwrap();
    for part in Part::ALL {
        let programs = part.programs(&suite).unwrap();
        let program = programs.iter().find(|program| wasi::name(program) == "file_truncation").unwrap();
        assert!(wasi::run(&host, &suite, program, Access::ReadOnly).is_err(), "{}", part.title());
    }
}
