//! Exceptions in components: core modules of one component share tags, and none crosses between components.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by panicking")]

mod common;

use common::{alone, call_u32};
use plugbay_component::ErrorKind;

#[test]
fn core_modules_of_a_component_share_tags() {
    let mut instance = alone(
        r#"(component
  (core module $thrower (tag (export "t") (param i32))
    (func (export "throw") (param i32) (throw 0 (local.get 0))))
  (core instance $thrower (instantiate $thrower))
  (alias core export $thrower "t" (core tag $t))
  (core module $catcher
    (import "by instance" "t" (tag $t (param i32)))
    (import "by alias" "u" (tag $u (param i32)))
    (import "by instance" "throw" (func $throw (param i32)))
    (func (export "run") (result i32)
      (block $caught (result i32)
        (try_table (catch $u $caught) (call $throw (i32.const 7)))
        (i32.const 0))))
  (core instance $catcher (instantiate $catcher
    (with "by instance" (instance $thrower))
    (with "by alias" (instance (export "u" (tag $t))))))
  (func (export "run") (result u32) (canon lift (core func $catcher "run"))))"#,
    );
    assert_eq!(call_u32(&mut instance, "run").unwrap(), 7);
}

#[test]
fn an_exception_does_not_cross_between_components() {
    let mut instance = alone(
        r#"(component
  (component $inner
    (core module $m (tag (export "oops")) (func (export "f") (throw 0)))
    (core instance $i (instantiate $m))
    (func (export "f") (canon lift (core func $i "f"))))
  (instance $inner (instantiate $inner))
  (core func $f (canon lower (func $inner "f")))
  (core module $m
    (import "" "f" (func $f))
    (func (export "run") (result i32) (block (try_table (catch_all 0) (call $f))) (i32.const 1)))
  (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
  (func (export "run") (result u32) (canon lift (core func $i "run"))))"#,
    );
    let error = call_u32(&mut instance, "run").unwrap_err();
    let ErrorKind::Engine(inner) = error.kind() else { panic!("{error:?}") };
    assert_eq!(inner.exception().and_then(|exception| exception.tag_name()), Some("oops"));
    assert!(instance.is_poisoned());
}
