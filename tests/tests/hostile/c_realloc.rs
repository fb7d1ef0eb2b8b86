//! C: `realloc` and `post-return` that do what they may not, or do not end.

use std::time::{Duration, Instant};

use plugbay_component::{AbiTrap, Error, Instance, Linker, Val};

use crate::guests::{call, linked, refusal, trap};

/// `f` takes a string; `realloc` is `realloc`. The import `out` is there to be called from it, `text` gives a string.
fn guest(encoding: &str, realloc: &str) -> Instance<()> {
    let text = format!(
        r#"(component
  (import "out" (func $out)) (import "text" (func $text (result string)))
  (core module $Libc (import "" "out" (func $out))
    (memory (export "memory") 1) (global $n (mut i32) (i32.const 0))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) {realloc}))
  (core func $out (canon lower (func $out)))
  (core instance $libc (instantiate $Libc (with "" (instance (export "out" (func $out))))))
  (core func $text (canon lower (func $text) string-encoding={encoding}
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core module $m (import "" "text" (func $text (param i32)))
    (func (export "f") (param i32 i32) (result i32) (local.get 1))
    (func (export "g") (call $text (i32.const 8))))
  (core instance $i (instantiate $m (with "" (instance (export "text" (func $text))))))
  (func (export "f") (param "s" string) (result u32) (canon lift (core func $i "f") string-encoding={encoding}
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (func (export "g") (canon lift (core func $i "g"))))"#
    );
    let mut linker = Linker::<()>::new();
    linker.root().func_wrap("out", |_, (): ()| Ok(())).unwrap();
    linker.root().func_wrap("text", |_, (): ()| Ok("text")).unwrap();
    linked(&linker, &text, ())
}

/// Gives the guest a string: as an argument, and as the result of an import.
fn both(encoding: &str, realloc: &str, text: &str) -> [Result<Option<Val>, Error>; 2] {
    let argument = call(&mut guest(encoding, realloc), "f", &[text.into()]);
    [argument, call(&mut guest(encoding, realloc), "g", &[])]
}

#[test]
fn c04_realloc_gives_places_that_are_none() {
    // 4 bytes are asked for.
    for result in both("utf8", "(i32.const 65532)", "text") {
        result.unwrap();
    }
    for at in ["65533", "65536", "-1", "-4", "0x7fffffff"] {
        for result in both("utf8", &format!("(i32.const {at})"), "text") {
            assert_eq!(trap(result), AbiTrap::ReallocOutOfBounds, "{at}");
        }
    }
    for encoding in ["utf16", "latin1+utf16"] {
        for result in both(encoding, "(i32.const 4097)", "text") {
            assert_eq!(trap(result), AbiTrap::ReallocUnaligned, "{encoding}");
        }
    }
    // Nothing at 0 is special to the host.
    for result in both("utf8", "(i32.const 0)", "text") {
        result.unwrap();
    }
}

#[test]
fn c04_realloc_is_asked_for_what_is_needed() {
    // It traps on any other alignment, or if the first request is not for something new.
    for (encoding, align, size) in [("utf8", 1, 4), ("utf16", 2, 8), ("latin1+utf16", 2, 4)] {
        let picky = format!(
            "(if (i32.ne (local.get 2) (i32.const {align})) (then unreachable))
             (if (i32.ne (local.get 3) (i32.const {size})) (then unreachable))
             (if (i32.or (local.get 0) (local.get 1)) (then unreachable)) (i32.const 4096)"
        );
        for result in both(encoding, &picky, "text") {
            result.unwrap_or_else(|error| panic!("{encoding}: {error}"));
        }
    }
}

#[test]
fn c04_realloc_may_grow_the_memory_and_give_another_place_each_time() {
    let grows =
        "(drop (memory.grow (i32.const 100))) (global.set $n (i32.add (global.get $n) (i32.const 70000)))
                 (memory.copy (global.get $n) (local.get 0) (local.get 1)) (global.get $n)";
    for encoding in ["utf8", "utf16", "latin1+utf16"] {
        for text in ["text", "grün", "☃🍰"] {
            for result in both(encoding, grows, text) {
                result.unwrap();
            }
        }
    }
}

#[test]
fn c04_realloc_that_traps_loops_or_recurses() {
    for result in both("utf8", "unreachable", "text") {
        assert_eq!(result.unwrap_err().to_string(), "unreachable");
    }
    for name in ["f", "g"] {
        let mut instance = guest("utf8", "(loop (br 0)) unreachable");
        let begin = Instant::now();
        instance.set_deadline(Some(begin + Duration::from_millis(50)));
        let args: &[Val] = if name == "f" { &["text".into()] } else { &[] };
        let error = call(&mut instance, name, args).unwrap_err();
        assert!(error.to_string().contains("deadline"), "{error}");
        assert!(begin.elapsed() < Duration::from_secs(10) && instance.is_poisoned());
    }
}

#[test]
fn c26_realloc_may_not_leave_on_any_way() {
    for encoding in ["utf8", "utf16", "latin1+utf16"] {
        for result in both(encoding, "(call $out) (i32.const 4096)", "text") {
            assert_eq!(trap(result), AbiTrap::CannotLeave, "{encoding}");
        }
    }
    // From component to component.
    let text = r#"(component
  (import "out" (func $out))
  (component $taker (import "out" (func $out))
    (core func $out (canon lower (func $out)))
    (core module $m (import "" "out" (func $out)) (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (call $out) (i32.const 64))
      (func (export "take") (param i32 i32)))
    (core instance $i (instantiate $m (with "" (instance (export "out" (func $out))))))
    (func (export "take") (param "s" string) (canon lift (core func $i "take")
      (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
  (instance $t (instantiate $taker (with "out" (func $out))))
  (core module $Memory (memory (export "memory") 1))
  (core instance $memory (instantiate $Memory))
  (core func $take (canon lower (func $t "take") (memory (core memory $memory "memory"))))
  (core module $m (import "" "take" (func $take (param i32 i32)))
    (func (export "give") (call $take (i32.const 0) (i32.const 3))))
  (core instance $i (instantiate $m (with "" (instance (export "take" (func $take))))))
  (func (export "give") (canon lift (core func $i "give"))))"#;
    let mut linker = Linker::<()>::new();
    linker.root().func_wrap("out", |_, (): ()| Ok(())).unwrap();
    assert_eq!(trap(call(&mut linked(&linker, text, ()), "give", &[])), AbiTrap::CannotLeave);
}

#[test]
fn c16_post_return_may_not_leave_nor_run_for_ever() {
    let text = |body: &str| {
        format!(
            r#"(component (import "out" (func $out)) (core func $out (canon lower (func $out)))
  (core module $m (import "" "out" (func $out)) (global $n (mut i32) (i32.const 0))
    (func (export "f") (result i32) (global.get $n))
    (func (export "after") (param i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) {body}))
  (core instance $i (instantiate $m (with "" (instance (export "out" (func $out))))))
  (func (export "f") (result u32) (canon lift (core func $i "f") (post-return (core func $i "after")))))"#
        )
    };
    let mut linker = Linker::<()>::new();
    linker.root().func_wrap("out", |_, (): ()| Ok(())).unwrap();
    let mut instance = linked(&linker, &text(""), ());
    for n in 0..3 {
        assert_eq!(call(&mut instance, "f", &[]).unwrap(), Some(Val::U32(n)), "it runs once a call");
    }
    assert_eq!(trap(call(&mut linked(&linker, &text("(call $out)"), ()), "f", &[])), AbiTrap::CannotLeave);
    let mut instance = linked(&linker, &text("unreachable"), ());
    assert_eq!(call(&mut instance, "f", &[]).unwrap_err().to_string(), "unreachable");
    assert!(instance.is_poisoned());
    let mut instance = linked(&linker, &text("(loop (br 0))"), ());
    instance.set_deadline(Some(Instant::now() + Duration::from_millis(50)));
    let error = call(&mut instance, "f", &[]).unwrap_err();
    assert!(error.to_string().contains("deadline"), "{error}");
}

#[test]
fn a24_canonical_options_of_the_wrong_type() {
    let text = |ty: &str, option: &str| {
        format!(
            r#"(component (core module $m (memory (export "m") 1) (func (export "x") {ty} unreachable)
      (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable)
      (func (export "f") (param i32 i32) (result i32) unreachable))
    (core instance $i (instantiate $m))
    (func (export "f") (param "s" string) (result string) (canon lift (core func $i "f")
      (memory (core memory $i "m")) {option})))"#
        )
    };
    for ty in [
        "(param i32 i32 i32 i32)",
        "(param i32 i32 i32) (result i32)",
        "(param i32 i32 i32 i64) (result i32)",
    ] {
        let error = refusal(&text(ty, r#"(realloc (core func $i "x"))"#));
        assert!(error.contains("realloc"), "{error}");
    }
    for ty in ["(param i64)", "(param i32) (result i32)", ""] {
        let error = refusal(&text(ty, r#"(realloc (core func $i "r")) (post-return (core func $i "x"))"#));
        assert!(error.contains("post-return"), "{error}");
    }
}
