//! `plugbay bindgen` from outside.

use crate::support::plugbay;
use std::path::{Path, PathBuf};

/// The folder of the macro's tests.
fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../bindgen-macro/tests")
}

#[test]
fn it_prints_what_the_macro_expands_to() {
    for (wit, options, golden) in [
        ("types", &[][..], "types"),
        ("uses", &["--world", "main"], "uses"),
        ("functions", &["--name", "Calculator", "--trappable"], "functions_trappable"),
        ("stability", &["--lang", "rust", "--feature", "zones"], "stability_zones"),
    ] {
        let ended = plugbay("bindgen", &tests().join("wit").join(wit).with_extension("wit"), options);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        let golden =
            std::fs::read_to_string(tests().join("expand/bindgen").join(golden).with_extension("rs"))
                .unwrap();
        assert_eq!(ended.out, golden, "{wit}");
    }
}

#[test]
fn mistakes_name_their_place_in_the_wit() {
    let ended = plugbay("bindgen", &tests().join("wit/broken"), &[]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("b.wit:4:16"), "{}", ended.err);
    let ended = plugbay("bindgen", &tests().join("wit/types.wit"), &["--world", "nosuch"]);
    assert!(ended.err.contains("there is no world `nosuch`: the WIT has `drawing`"), "{}", ended.err);
}
