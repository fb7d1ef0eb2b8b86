//! Arguments of host functions that are borrowed from the guest's memory, in every encoding.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by panicking")]

mod common;

use common::{component, instantiate};
use plugbay_component::{Instance, Linker, ListView};

/// A guest that calls `look` with what it has at addresses of its own: a number, and two pairs of pointer and length.
fn guest(encoding: &str, data: &str, call: &str) -> String {
    format!(
        r#"(component
  (import "look" (func $look (param "level" u32) (param "text" string) (param "bytes" (list u8))
    (param "names" (list string)) (result u32)))
  (core module $libc (memory (export "memory") 1) {data})
  (core instance $libc (instantiate $libc))
  (core func $look' (canon lower (func $look) (memory (core memory $libc "memory")) string-encoding={encoding}))
  (core module $m
    (import "" "look" (func $look (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (func (export "run") (result i32) (call $look {call})))
  (core instance $i (instantiate $m (with "" (instance (export "look" (func $look'))))))
  (func (export "run") (result u32) (canon lift (core func $i "run"))))"#
    )
}

type Look = (u32, &'static str, &'static [u8], ListView<'static, str>);

fn instance(text: &str) -> Instance<Vec<String>> {
    let mut linker: Linker<Vec<String>> = Linker::new();
    let mut root = linker.root();
    let defined = root.func_view::<Look, u32, _>("look", |cx, (level, text, bytes, names)| {
        // The data of the host is changed while the arguments are looked at.
        let seen = cx.data_mut();
        seen.push(format!("{level} {text} {bytes:?}"));
        seen.extend(names.iter().map(str::to_owned));
        assert_eq!(names.get(names.len()), None);
        assert_eq!(names.to_vec(), names.into_iter().collect::<Vec<_>>());
        Ok(names.iter().len() as u32)
    });
    defined.unwrap();
    instantiate(&linker, &component(text), Vec::new())
}

fn run(instance: &mut Instance<Vec<String>>) -> plugbay_component::Result<u32> {
    let run = instance.func("run").unwrap().typed::<(), u32>(instance).unwrap();
    run.call(instance, ())
}

fn calling(range: [u32; 6]) -> String {
    let consts: Vec<String> = range.iter().map(|n| format!("(i32.const {n})")).collect();
    format!("(i32.const 7) {}", consts.join(" "))
}

#[test]
fn arguments_lie_in_the_guest() {
    let data = r#"(data (i32.const 16) "gr\c3\bcn") (data (i32.const 32) "onetwo\e2\98\83three")
        (data (i32.const 64) "\20\00\00\00\03\00\00\00" "\23\00\00\00\03\00\00\00" "\00\00\00\00\00\00\00\00"
            "\26\00\00\00\08\00\00\00" "\20\00\00\00\0e\00\00\00")"#;
    let mut instance = instance(&guest("utf8", data, &calling([16, 5, 16, 2, 64, 5])));
    assert_eq!(run(&mut instance).unwrap(), 5);
    assert_eq!(instance.data()[..], ["7 grün [103, 114]", "one", "two", "", "☃three", "onetwo☃three"]);
}

#[test]
fn other_encodings_are_decoded() {
    let data = r#"(data (i32.const 16) "g\00r\00\fc\00n\00") (data (i32.const 64) "\10\00\00\00\04\00\00\00" "\14\00\00\00\02\00\00\00")"#;
    let mut utf16 = instance(&guest("utf16", data, &calling([16, 4, 16, 1, 64, 2])));
    assert_eq!(run(&mut utf16).unwrap(), 2);
    assert_eq!(utf16.data()[..], ["7 grün [103]", "grün", "ün"]);

    let data = r#"(data (i32.const 16) "gr\fcn") (data (i32.const 64) "\12\00\00\00\02\00\00\00")"#;
    let mut latin1 = instance(&guest("latin1+utf16", data, &calling([16, 4, 16, 0, 64, 1])));
    assert_eq!(run(&mut latin1).unwrap(), 1);
    assert_eq!(latin1.data()[..], ["7 grün []", "ün"]);
}

#[test]
fn what_the_function_would_see_is_checked_first() {
    let data = r#"(data (i32.const 16) "gr\c3\bcn")
        (data (i32.const 64) "\10\00\00\00\05\00\00\00" "\10\00\00\00\03\00\00\00" "\00\00\01\00\01\00\00\00")"#;
    let cases = [
        ([16, 3, 0, 0, 0, 0], "incomplete utf-8"),
        ([19, 2, 0, 0, 0, 0], "invalid utf-8"),
        ([65535, 2, 0, 0, 0, 0], "string"),
        ([16, 5, 65535, 2, 0, 0], "list"),
        ([16, 5, 0, 0, 64, 2], "incomplete utf-8"),
        ([16, 5, 0, 0, 80, 1], "string"),
        ([16, 5, 0, 0, 66, 1], "unaligned pointer"),
        ([16, 5, 0, 0, 65536, 1], "list"),
        ([16, 5, 0, 0, 64, u32::MAX], "list"),
    ];
    for (range, expected) in cases {
        let mut instance = instance(&guest("utf8", data, &calling(range)));
        let error = run(&mut instance).unwrap_err().to_string();
        assert!(error.to_lowercase().contains(expected), "{range:?}: {error}");
        assert!(instance.data().is_empty() && instance.is_poisoned());
    }
}

#[test]
fn types_are_compared_when_linking() {
    let mut linker: Linker<()> = Linker::new();
    linker.root().func_view::<(u32, &str, &[u8], ListView<'_, u32>), u32, _>("look", |_, _| Ok(0)).unwrap();
    let missing = linker.missing(&component(&guest("utf8", "", &calling([0; 6]))));
    assert!(missing[0].reason.contains("names"), "{}", missing[0].reason);
}
