//! What the specification keeps behind a gate is refused with an error that names the gate, the place and the remedy; what
//! is wrong whatever the gates is called wrong.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by panicking")]

use plugbay_component::{Component, Error, ErrorKind, Fault};

/// A component for each closed gate: its sign, and a text that is valid only when it is open.
const GATED: &[(&str, &str)] = &[
    ("🔀", r#"(component (type (future u8)))"#),
    ("🔀", r#"(component (type (stream u8)))"#),
    ("🔀", r#"(component (type (func async)))"#),
    ("🔀", r#"(component (core func (canon task.return)))"#),
    ("🔀", r#"(component (core func (canon waitable-set.new)))"#),
    ("🔀", r#"(component (core func (canon backpressure.inc)))"#),
    ("🔀", r#"(component (core func (canon context.get i32 0)))"#),
    ("🔀", r#"(component (core func (canon subtask.drop)))"#),
    ("🔀", r#"(component (core func (canon thread.yield)))"#),
    ("🧵", r#"(component (core func (canon thread.index)))"#),
    ("📝", r#"(component (type error-context))"#),
    ("📝", r#"(component (core func (canon error-context.drop)))"#),
    ("🔧", r#"(component (type (list u8 4)))"#),
    ("🪙", r#"(component (import "a" (value u32)) (export "b" (value 0)))"#),
    ("🪺", r#"(component (import "a:b:c/d" (func)))"#),
    ("🪺", r#"(component (import "a:b/c/d" (func)))"#),
    ("🔗", r#"(component (import "a:b/c@1" (version-suffix ".2.3") (instance)))"#),
    (
        "🐘",
        r#"(component (core module $m (memory (export "m") i64 1) (func (export "f") (result i64) unreachable))
            (core instance $i (instantiate $m))
            (func (result string) (canon lift (core func $i "f") (memory (core memory $i "m")))))"#,
    ),
    (
        "🛸",
        r#"(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
            (func (canon lift (core func $i "f") gc)))"#,
    ),
];

fn refusal(text: &str) -> Error {
    let bytes = wat::parse_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    Component::check(&bytes).map_or_else(|error| error, |()| panic!("{text}: accepted"))
}

#[test]
fn a_closed_gate_is_named() {
    for (sign, text) in GATED {
        let error = refusal(text);
        let ErrorKind::Unsupported { gate: Some(gate), offset: Some(offset), .. } = error.kind() else {
            panic!("{text}: {error}");
        };
        assert!(gate.starts_with(&format!("{sign} ")), "{text}: {error}");
        assert!(*offset >= 8, "{text}: {error}");
        assert_eq!(error.fault(), Fault::Plugin);
        let message = error.to_string();
        assert!(message.contains(gate) && message.ends_with("build the component without it"), "{message}");
    }
}

#[test]
fn the_message_says_what_needs_the_gate() {
    let message = refusal("(component (core func (canon stream.new 0)) (type (stream u8)))").to_string();
    assert!(message.starts_with("not a valid component"), "{message}");
    let message = refusal("(component (type (stream u8)) (core func (canon stream.new 0)))").to_string();
    assert!(message.starts_with("`stream` is not supported at byte "), "{message}");
    assert!(message.contains("(it needs the gate 🔀 async, which is closed)"), "{message}");
}

#[test]
fn a_gate_does_not_hide_that_a_component_is_wrong() {
    for text in [
        "(component (type (stream u8)) (type (list 7)))",
        "(component (type (stream char)))",
        "(component (type (list u8 0)))",
        // The largest value is smaller than 2^28 bytes.
        "(component (type (list u8 268435456)))",
        "(component (type (tuple (list u8 268435455) u8)))",
    ] {
        let error = refusal(text);
        assert!(matches!(error.kind(), ErrorKind::Malformed { .. }), "{text}: {error:?}");
    }
    for text in [
        "(component (type (list u8 268435455)))",
        // After a stream, the built-in `thread.yield` in its form with `cancellable`, which the gate has no more.
        r#"(component binary "\00asm\0d\00\01\00" "\07\04\01\66\01\7d" "\08\03\01\0c\01")"#,
    ] {
        let error = refusal(text);
        assert!(matches!(error.kind(), ErrorKind::Unsupported { .. }), "{text}: {error:?}");
    }
}

#[test]
fn shipped_since_and_ungated_here() {
    for text in [
        "(component (type (map string u32)))",
        r#"(component (import "a" (implements "x:y/z") (instance)))"#,
        r#"(component (import "a" (external-id "any text") (func)))"#,
        r#"(component (import "a" (implements "x:y/z") (external-id "any text") (instance)))"#,
    ] {
        let bytes = wat::parse_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        Component::check(&bytes).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
}

#[test]
fn what_the_text_of_the_specification_forbids_is_refused() {
    for (text, reason) in [
        // Names that differ only in case, or by a hyphen before a digit, are one name.
        (r#"(component (import "a" (func)) (import "A" (func)))"#, "conflicts"),
        (r#"(component (import "a-1" (func)) (import "a1" (func)))"#, "conflicts"),
        (r#"(component (type (record (field "x" u8) (field "X" u8))))"#, "conflicts"),
        // A method and a function of the resource's own name.
        (
            r#"(component (import "a" (type $a (sub resource))) (import "[method]a.b" (func (param "self" (borrow $a))))
                (import "[static]a.b" (func)))"#,
            "conflicts",
        ),
        (r#"(component (import "f" (implements "x:y/z") (func)))"#, "implements"),
        (r#"(component (import "x:y/z" (implements "x:y/z") (instance)))"#, "implements"),
        // 33 flags.
        (&flags(33), "flags"),
        ("(component (type (record)))", "record"),
        ("(component (type (flags)))", "flags"),
        // Only a component's own types, and those of its instance arguments, cross its boundary.
        (
            "(component (type $r (resource (rep i32))) (component (alias outer 1 $r (type $s)) (export \"f\" (type $s))))",
            "outer",
        ),
    ] {
        let error = refusal(text);
        assert!(matches!(error.kind(), ErrorKind::Malformed { .. }), "{text}: {error:?}");
        assert!(error.to_string().contains(reason), "{text}: {error}");
    }
    let bytes = wat::parse_str(flags(32)).unwrap();
    Component::check(&bytes).unwrap();
}

fn flags(count: usize) -> String {
    let labels: String = (0..count).map(|i| format!(" \"f{i}\"")).collect();
    format!("(component (type (flags{labels})))")
}
