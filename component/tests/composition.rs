//! Components inside components: calls between them, encodings, re-entrance.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by panicking")]

mod common;

use common::{alone, call_u32};
use plugbay_component::Val;

/// A memory and a bump allocator, to be named `$libc`.
const LIBC: &str = r#"(core module $Libc
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
      (global.set $top (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $libc (instantiate $Libc))"#;

/// The outer component passes a string through two inner ones of the given encodings.
fn relay(first: &str, second: &str) -> String {
    let options = |encoding: &str| {
        format!(
            r#"(memory (core memory $libc "memory")) (realloc (core func $libc "realloc")) string-encoding={encoding}"#
        )
    };
    let (a, b) = (options(first), options(second));
    format!(
        r#"(component
  (component $echo
    {LIBC}
    (core module $m
      (import "" "memory" (memory 1))
      (func (export "echo") (param i32 i32) (result i32)
        (i32.store (i32.const 8) (local.get 0))
        (i32.store (i32.const 12) (local.get 1))
        (i32.const 8)))
    (core instance $i (instantiate $m (with "" (instance $libc))))
    (func (export "echo") (param "s" string) (result string) (canon lift (core func $i "echo") {b})))
  (component $relay
    (import "echo" (func $echo (param "s" string) (result string)))
    {LIBC}
    (core func $echo (canon lower (func $echo) {a}))
    (core module $m
      (import "" "memory" (memory 1))
      (import "host" "echo" (func $echo (param i32 i32 i32)))
      (func (export "relay") (param i32 i32) (result i32)
        (call $echo (local.get 0) (local.get 1) (i32.const 8))
        (i32.const 8)))
    (core instance $i (instantiate $m (with "" (instance $libc))
      (with "host" (instance (export "echo" (func $echo))))))
    (func (export "relay") (param "s" string) (result string) (canon lift (core func $i "relay") {a})))
  (instance $e (instantiate $echo))
  (instance $r (instantiate $relay (with "echo" (func $e "echo"))))
  (export "relay" (func $r "relay")))"#
    )
}

#[test]
fn strings_cross_between_all_pairs_of_encodings() {
    let encodings = ["utf8", "utf16", "latin1+utf16"];
    for first in encodings {
        for second in encodings {
            let mut instance = alone(&relay(first, second));
            let relay = instance.func("relay").unwrap().typed::<(&str,), String>(&instance).unwrap();
            for text in ["", "plain", "süß", "日本語 🦀", "aÿ"] {
                assert_eq!(relay.call(&mut instance, (text,)).unwrap(), text, "{first} to {second}");
            }
        }
    }
}

#[test]
fn a_child_that_is_running_cannot_be_entered() {
    // The parent calls the child, which calls back into the parent, which calls the child again.
    let mut instance = alone(
        r#"(component
  (core module $table (table (export "t") 2 funcref)
    (func (export "back") (call_indirect (i32.const 0)))
    (func (export "again") (call_indirect (i32.const 1))))
  (core instance $t (instantiate $table))
  (func $back (canon lift (core func $t "back")))
  (component $child
    (import "back" (func $back))
    (core func $back (canon lower (func $back)))
    (core module $m (import "" "back" (func $back)) (func (export "go") (call $back)))
    (core instance $i (instantiate $m (with "" (instance (export "back" (func $back))))))
    (func (export "go") (canon lift (core func $i "go"))))
  (instance $c (instantiate $child (with "back" (func $back))))
  (core func $go (canon lower (func $c "go")))
  (core module $fill
    (import "" "t" (table 2 funcref))
    (import "" "go" (func $go))
    (func $quiet)
    (func $loud (call $go))
    (elem (i32.const 0) func $quiet)
    (func (export "ok") (result i32)
      (table.set 0 (i32.const 0) (ref.func $quiet)) (call $go) (i32.const 1))
    (func (export "bad") (result i32)
      (table.set 0 (i32.const 0) (ref.func $loud)) (call $go) (i32.const 1))
    (elem declare func $loud $quiet))
  (core instance $f (instantiate $fill (with "" (instance (export "t" (table $t "t")) (export "go" (func $go))))))
  (func (export "ok") (result u32) (canon lift (core func $f "ok")))
  (func (export "bad") (result u32) (canon lift (core func $f "bad"))))"#,
    );
    assert_eq!(call_u32(&mut instance, "ok").unwrap(), 1);
    assert_eq!(call_u32(&mut instance, "bad").unwrap_err().to_string(), "cannot enter component instance");
}

#[test]
fn post_return_runs_and_may_not_call_out() {
    let text = |post_return: &str| {
        format!(
            r#"(component
  (component $other (core module $m (func (export "f"))) (core instance $i (instantiate $m))
    (func (export "f") (canon lift (core func $i "f"))))
  (instance $o (instantiate $other))
  (core func $out (canon lower (func $o "f")))
  (core module $m
    (import "" "out" (func $out))
    (global $n (mut i32) (i32.const 0))
    (func (export "f") (result i32) (global.get $n))
    (func (export "count") (param i32) (global.set $n (i32.add (global.get $n) (i32.const 1))))
    (func (export "leave") (param i32) (call $out)))
  (core instance $i (instantiate $m (with "" (instance (export "out" (func $out))))))
  (func (export "f") (result u32) (canon lift (core func $i "f") (post-return (core func $i "{post_return}")))))"#
        )
    };
    let mut instance = alone(&text("count"));
    assert_eq!((0..3).map(|_| call_u32(&mut instance, "f").unwrap()).collect::<Vec<_>>(), [0, 1, 2]);
    let mut instance = alone(&text("leave"));
    assert_eq!(call_u32(&mut instance, "f").unwrap_err().to_string(), "cannot leave component instance");
}

#[test]
fn many_parameters_travel_in_memory() {
    let params: String = (0..20).map(|n| format!(r#"(param "p{n}" u64)"#)).collect();
    let mut instance = alone(&format!(
        r#"(component
  {LIBC}
  (core module $m
    (import "" "memory" (memory 1))
    (func (export "sum") (param $at i32) (result i64)
      (local $n i32) (local $sum i64)
      (loop $next
        (local.set $sum (i64.add (local.get $sum)
          (i64.load (i32.add (local.get $at) (i32.shl (local.get $n) (i32.const 3))))))
        (br_if $next (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 20))))
      (local.get $sum)))
  (core instance $i (instantiate $m (with "" (instance $libc))))
  (func (export "sum") {params} (result u64) (canon lift (core func $i "sum")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))"#
    ));
    let sum = instance.func("sum").unwrap();
    let args: Vec<Val> = (0..20).map(Val::U64).collect();
    assert_eq!(instance.call(sum, &args).unwrap(), Some(Val::U64(190)));
}

#[test]
fn of_several_versions_the_named_one_is_meant() {
    let version = |version: &str, value: u32| {
        format!(
            r#"(core module $m{value} (func (export "f") (result i32) (i32.const {value})))
  (core instance $i{value} (instantiate $m{value}))
  (func $f{value} (result u32) (canon lift (core func $i{value} "f")))
  (instance $a{value} (export "f" (func $f{value})))
  (export "test:demo/api@{version}" (instance $a{value}))"#
        )
    };
    let text = format!("(component {} {} {})", version("0.2.0", 1), version("0.2.5", 2), version("0.2.3", 3));
    let mut instance = alone(&text);
    for (name, value) in [("@0.2.0", 1), ("@0.2.3", 3), ("@0.2.5", 2), ("@0.2.9", 2), ("", 2)] {
        assert_eq!(call_u32(&mut instance, &format!("test:demo/api{name}#f")).unwrap(), value, "{name}");
    }
    assert!(instance.func("test:demo/api@0.3.0#f").is_none());
}
