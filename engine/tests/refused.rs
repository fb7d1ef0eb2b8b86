//! What the engine does not run says so by name: one module for each proposal that is known and refused whatever the
//! configuration says.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's way of failing")]

use plugbay_engine::{Config, Engine, ErrorKind, Fault, Module, TrapStyle};

/// A module that needs a proposal, and the words that it is refused with.
const REFUSED: &[(&str, &str)] = &[
    ("garbage collection", "(module (type (struct)))"),
    ("garbage collection", "(module (type (array i8)))"),
    ("garbage collection", "(module (rec (type (func)) (type (func))))"),
    ("garbage collection", "(module (func (param i31ref)))"),
    ("garbage collection", "(module (func (param anyref)))"),
    ("threads", "(module (memory 1 1 shared))"),
    ("threads", "(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))"),
    ("shared-everything threads", "(module (global (shared mut i32) (i32.const 0)))"),
    ("shared-everything threads", "(module (table shared 1 (ref null (shared func))))"),
    ("stack switching", "(module (type $f (func)) (type (cont $f)))"),
    ("stack switching", "(module (tag (result i32)))"),
    (
        "custom descriptors and garbage collection",
        "(module (rec (type $a (descriptor $b) (struct)) (type $b (describes $a) (struct))))",
    ),
    ("legacy exception handling", "(module (func try catch_all end))"),
    ("legacy exception handling", "(module (tag) (func try catch 0 rethrow 0 end))"),
    ("legacy exception handling", "(module (func try try delegate 0 catch_all end))"),
    ("memory control", "(module (memory 1) (func (memory.discard (i32.const 0) (i32.const 0))))"),
    ("custom page sizes", "(module (memory 1 (pagesize 1)))"),
];

#[test]
fn every_proposal_that_is_not_supported_is_refused_by_name() {
    let engine = Engine::new(&Config::new()).unwrap();
    for (name, text) in REFUSED {
        let bytes = wat::parse_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let error = Module::new(&engine, &bytes).unwrap_err();
        match error.kind() {
            ErrorKind::Unsupported { proposal, .. } => assert_eq!(proposal, name, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
        assert_eq!(error.fault(), Fault::Plugin);
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn a_component_where_a_module_is_expected_is_called_one() {
    for style in [TrapStyle::Signals, TrapStyle::Explicit] {
        let engine = Engine::new(&Config::new().with_trap_style(style)).unwrap();
        let error = Module::new(&engine, &wat::parse_str("(component)").unwrap()).unwrap_err();
        assert!(error.to_string().contains("a component, a core module is expected"), "{error}");
    }
}
