//! `plugbay compile` from outside.

use crate::support::{File, TOOLS, plugbay};

#[test]
fn a_library_is_written_beside_its_component() {
    let tools = File::component("library", TOOLS);
    let ended = plugbay("compile", tools.path(), &["--emit", "dylib"]);
    let library = tools.path().with_extension("so");
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.out.starts_with(&library.display().to_string()), "{}", ended.out);
    assert_eq!(std::fs::read(&library).unwrap().get(..4), Some(b"\x7fELF".as_slice()));
    // The command line runs no code that proves nothing of who made it.
    let ended = plugbay("run", &library, &["--invoke", "add(1, 2)"]);
    assert!(ended.code != Some(0) && !ended.out.contains('3'), "{} {}", ended.out, ended.err);
}

#[test]
fn a_core_module_becomes_a_library_too() {
    let module =
        File::component("core-library", r#"(module (func (export "f") (result i32) (i32.const 5)))"#);
    let ended = plugbay("compile", module.path(), &["--emit", "dylib"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(module.path().with_extension("so").is_file());
}
