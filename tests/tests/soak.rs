//! Short soaks; `cargo xtask soak` has long ones. They share one process, so they take turns: each counts what the process
//! has.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use plugbay_tests::soak::{Way, cycles, traps};

#[test]
fn instances_come_and_traps_go_and_nothing_grows() {
    for way in Way::ALL {
        let growth = cycles::run(way, 5_000).unwrap();
        assert!(growth.is_flat(), "instances ({way}): {growth}");
        let growth = traps::run(way, 5_000).unwrap();
        assert!(growth.is_flat(), "traps ({way}): {growth}");
    }
}
