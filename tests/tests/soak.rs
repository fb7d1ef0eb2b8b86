//! Short soaks; `cargo xtask soak` has long ones. One test, since each part counts what the process has.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use plugbay_tests::soak::{Way, cycles, traps, writers};

#[test]
fn instances_traps_and_writers_come_and_go_and_nothing_grows_or_breaks() {
    for way in Way::ALL {
        let growth = cycles::run(way, 5_000).unwrap();
        assert!(growth.is_flat(), "instances ({way}): {growth}");
        let growth = traps::run(way, 5_000).unwrap();
        assert!(growth.is_flat(), "traps ({way}): {growth}");
    }
    let folder = std::env::temp_dir().join(format!("plugbay-soak-test-{}", std::process::id()));
    let killed = writers::kill(Path::new(env!("CARGO_BIN_EXE_soak")), &folder, 20);
    std::fs::remove_dir_all(&folder).ok();
    let killed = killed.unwrap();
    assert_eq!(killed.killed, 20);
    assert!(killed.ran > 0);
}
