//! The rules of calls from component to component, both ways, compiled and through `Val`s: handles, re-entrance,
//! budgets, deadlines; and where adapters come from.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by panicking")]

mod common;

use std::time::{Duration, Instant};

use common::{component, engine, instantiate};
use plugbay_component::engine::{Artifact, ArtifactWriter, Engine, SealKey, SourceHash, StoreLimits};
use plugbay_component::{Component, Error, Instance, Limits, Linker};

/// The component with all its calls compiled, and with none.
fn both(text: &str) -> [Component; 2] {
    let compiled = component(text);
    let (made, all) = compiled.adapters();
    assert!(made == all && all > 0, "{made} of {all} calls are compiled");
    let through_vals = compiled.without_adapters();
    assert_eq!(through_vals.adapters().0, 0);
    [compiled, through_vals]
}

fn run(instance: &mut Instance<()>, n: u32) -> Result<u32, String> {
    let run = instance.func("run").unwrap().typed::<(u32,), u32>(instance).unwrap();
    run.call(instance, (n,)).map_err(|error: Error| error.to_string())
}

/// What `run(n)` gives, in a fresh instance for each `n`.
fn expect(text: &str, cases: &[(u32, Result<u32, &str>)]) {
    for component in both(text) {
        for (n, expected) in cases {
            let mut instance = instantiate(&Linker::new(), &component, ());
            let result = run(&mut instance, *n);
            assert_eq!(result, expected.map_err(str::to_owned), "run({n}), {:?}", component.adapters());
            assert_eq!(instance.is_poisoned(), expected.is_err());
        }
    }
}

/// `$definer` has a resource, `$user` does with it what the code of its function `run` says.
fn with_resource(code: &str) -> String {
    format!(
        r#"(component
  (component $definer
    (core module $dtor (global (export "dropped") (mut i32) (i32.const 0))
      (func (export "dtor") (param i32) (global.set 0 (i32.add (global.get 0) (local.get 0)))))
    (core instance $dtor (instantiate $dtor))
    (type $r (resource (rep i32) (dtor (core func $dtor "dtor"))))
    (export $r-out "r" (type $r))
    (core func $new (canon resource.new $r))
    (core func $rep (canon resource.rep $r))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "rep" (func $rep (param i32) (result i32)))
      (import "" "dropped" (global $dropped (mut i32)))
      (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
      (func (export "look") (param i32) (result i32) (local.get 0))
      (func (export "eat") (param i32) (result i32) (i32.add (i32.const 100) (call $rep (local.get 0))))
      (func (export "dropped") (result i32) (global.get $dropped)))
    (core instance $i (instantiate $m (with "" (instance
      (export "new" (func $new)) (export "rep" (func $rep)) (export "dropped" (global $dtor "dropped"))))))
    (func (export "make") (param "n" u32) (result (own $r-out)) (canon lift (core func $i "make")))
    (func (export "look") (param "r" (borrow $r-out)) (result u32) (canon lift (core func $i "look")))
    (func (export "eat") (param "r" (own $r-out)) (result u32) (canon lift (core func $i "eat")))
    (func (export "dropped") (result u32) (canon lift (core func $i "dropped"))))
  (instance $d (instantiate $definer))
  (alias export $d "r" (type $r))
  (component $keeper
    (import "r" (type $r (sub resource)))
    (core func $drop (canon resource.drop $r))
    (core module $m (import "" "drop" (func $drop (param i32)))
      (func (export "keep") (param i32) (result i32) (local.get 0))
      (func (export "give-back") (param i32) (result i32) (call $drop (local.get 0)) (local.get 0)))
    (core instance $i (instantiate $m (with "" (instance (export "drop" (func $drop))))))
    (func (export "keep") (param "r" (borrow $r)) (result u32) (canon lift (core func $i "keep")))
    (func (export "give-back") (param "r" (borrow $r)) (result u32) (canon lift (core func $i "give-back"))))
  (instance $k (instantiate $keeper (with "r" (type $r))))
  (component $user
    (import "r" (type $r (sub resource)))
    (import "make" (func $make (param "n" u32) (result (own $r))))
    (import "look" (func $look (param "r" (borrow $r)) (result u32)))
    (import "eat" (func $eat (param "r" (own $r)) (result u32)))
    (import "dropped" (func $dropped (result u32)))
    (import "keep" (func $keep (param "r" (borrow $r)) (result u32)))
    (import "give-back" (func $give-back (param "r" (borrow $r)) (result u32)))
    (core func $make (canon lower (func $make)))
    (core func $look (canon lower (func $look)))
    (core func $eat (canon lower (func $eat)))
    (core func $dropped (canon lower (func $dropped)))
    (core func $keep (canon lower (func $keep)))
    (core func $give-back (canon lower (func $give-back)))
    (core func $drop (canon resource.drop $r))
    (core module $m
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "look" (func $look (param i32) (result i32)))
      (import "" "eat" (func $eat (param i32) (result i32)))
      (import "" "dropped" (func $dropped (result i32)))
      (import "" "keep" (func $keep (param i32) (result i32)))
      (import "" "give-back" (func $give-back (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "run") (param $n i32) (result i32) (local $r i32) {code}))
    (core instance $i (instantiate $m (with "" (instance
      (export "make" (func $make)) (export "look" (func $look)) (export "eat" (func $eat))
      (export "dropped" (func $dropped)) (export "keep" (func $keep))
      (export "give-back" (func $give-back)) (export "drop" (func $drop))))))
    (func (export "run") (param "n" u32) (result u32) (canon lift (core func $i "run"))))
  (instance $u (instantiate $user (with "r" (type $r))
    (with "make" (func $d "make")) (with "look" (func $d "look")) (with "eat" (func $d "eat"))
    (with "dropped" (func $d "dropped")) (with "keep" (func $k "keep")) (with "give-back" (func $k "give-back"))))
  (export "run" (func $u "run")))"#
    )
}

#[test]
fn handles_go_from_component_to_component() {
    let made = "(local.set $r (call $make (local.get $n)))";
    // Its definer sees the representation behind a borrow, and takes an own.
    expect(&with_resource(&format!("{made} (call $look (local.get $r))")), &[(7, Ok(7))]);
    expect(&with_resource(&format!("{made} (call $eat (local.get $r))")), &[(7, Ok(107))]);
    // Indices start at one and are used again.
    let again = format!("{made} (drop (call $eat (local.get $r))) (call $make (i32.const 1))");
    expect(&with_resource(&again), &[(7, Ok(1))]);
    // Dropping runs the destructor, in the definer.
    let dropped = format!("{made} (call $drop (local.get $r)) (call $dropped)");
    expect(&with_resource(&dropped), &[(7, Ok(7))]);
    // Others get a handle, which they have to drop; then the owner may drop its own.
    let lent =
        format!("{made} (drop (call $give-back (local.get $r))) (call $drop (local.get $r)) (call $dropped)");
    expect(&with_resource(&lent), &[(7, Ok(7))]);
}

#[test]
fn handles_that_mean_nothing_trap() {
    let made = "(local.set $r (call $make (local.get $n)))";
    let remain = "borrow handles still remain at the end of the call";
    expect(&with_resource(&format!("{made} (call $keep (local.get $r))")), &[(7, Err(remain))]);
    expect(&with_resource("(call $look (local.get $n))"), &[(3, Err("unknown handle index 3"))]);
    expect(&with_resource("(call $eat (local.get $n))"), &[(0, Err("unknown handle index 0"))]);
    let twice = format!("{made} (drop (call $eat (local.get $r))) (call $eat (local.get $r))");
    expect(&with_resource(&twice), &[(7, Err("unknown handle index 1"))]);
}

/// `$b` echoes lists of strings; `$a` calls it; the `realloc` of `$a` runs `realloc`, the `post-return` of `$b` runs `post`.
fn strings(realloc: &str, post: &str) -> String {
    format!(
        r#"(component
  (component $other (core module $m (func (export "f"))) (core instance $i (instantiate $m))
    (func (export "f") (canon lift (core func $i "f"))))
  (instance $o (instantiate $other))
  (component $b
    (import "f" (func $f))
    (core func $f (canon lower (func $f)))
    (core module $m
      (import "" "f" (func $f))
      (memory (export "memory") 20)
      (global $top (mut i32) (i32.const 1024))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.set $top (i32.and (i32.add (i32.add (global.get $top) (local.get 3)) (i32.const 7)) (i32.const -8)))
        (i32.sub (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8))
                 (i32.and (i32.add (local.get 3) (i32.const 7)) (i32.const -8))))
      (func (export "echo") (param i32 i32) (result i32)
        (i32.store (i32.const 8) (local.get 0)) (i32.store (i32.const 12) (local.get 1)) (i32.const 8))
      (func (export "post") (param i32) {post}))
    (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
    (func (export "echo") (param "s" (list string)) (result (list string))
      (canon lift (core func $i "echo") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))
        (post-return (core func $i "post")))))
  (instance $b (instantiate $b (with "f" (func $o "f"))))
  (component $a
    (import "echo" (func $echo (param "s" (list string)) (result (list string))))
    (import "f" (func $f))
    (core func $f (canon lower (func $f)))
    (core module $libc
      (import "" "f" (func $f))
      (memory (export "memory") 20)
      (global $top (mut i32) (i32.const 100000))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        {realloc}
        (global.set $top (i32.and (i32.add (i32.add (global.get $top) (local.get 3)) (i32.const 7)) (i32.const -8)))
        (i32.sub (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8))
                 (i32.and (i32.add (local.get 3) (i32.const 7)) (i32.const -8)))))
    (core instance $libc (instantiate $libc (with "" (instance (export "f" (func $f))))))
    (core func $echo (canon lower (func $echo)
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core module $m
      (import "" "memory" (memory 20))
      (import "" "echo" (func $echo (param i32 i32 i32)))
      (data (i32.const 512) "some text")
      (func (export "run") (param $n i32) (result i32)
        (local $i i32)
        (loop $next
          (i32.store (i32.add (i32.const 1024) (i32.mul (local.get $i) (i32.const 8))) (i32.const 512))
          (i32.store (i32.add (i32.const 1028) (i32.mul (local.get $i) (i32.const 8))) (i32.const 9))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
        (call $echo (i32.const 1024) (local.get $n) (i32.const 16))
        ;; The last character of the last string that came back, and their number.
        (local.set $i (i32.add (i32.load (i32.const 16)) (i32.mul (i32.sub (local.get $n) (i32.const 1)) (i32.const 8))))
        (i32.add
          (i32.load8_u (i32.add (i32.load (local.get $i)) (i32.sub (i32.load offset=4 (local.get $i)) (i32.const 1))))
          (i32.mul (i32.const 1000) (i32.load (i32.const 20))))))
    (core instance $i (instantiate $m (with "" (instance
      (export "memory" (memory $libc "memory")) (export "echo" (func $echo))))))
    (func (export "run") (param "n" u32) (result u32) (canon lift (core func $i "run"))))
  (instance $a (instantiate $a (with "echo" (func $b "echo")) (with "f" (func $o "f"))))
  (export "run" (func $a "run")))"#
    )
}

#[test]
fn who_runs_realloc_or_post_return_may_not_leave() {
    let t = u32::from(b't');
    expect(&strings("", ""), &[(1, Ok(1000 + t)), (500, Ok(500_000 + t))]);
    expect(&strings("(call $f)", ""), &[(1, Err("cannot leave component instance"))]);
    expect(&strings("", "(call $f)"), &[(1, Err("cannot leave component instance"))]);
    expect(&strings("unreachable", ""), &[(1, Err("unreachable"))]);
}

#[test]
fn what_crosses_is_counted() {
    for component in both(&strings("", "")) {
        let limits = Limits { value_bytes: 10_000, ..Limits::default() };
        let pre = Linker::new().pre(&component).unwrap();
        let mut instance = pre.instantiate((), StoreLimits::default(), limits).unwrap();
        assert!(run(&mut instance, 10).is_ok());
        let error = run(&mut instance, 5_000).unwrap_err();
        assert!(error.contains("value_bytes") && error.contains("10000"), "{error}");
    }
}

#[test]
fn copying_ends_at_the_deadline() {
    let text = strings("(loop $forever (br $forever))", "");
    for component in both(&text) {
        let mut instance = instantiate(&Linker::new(), &component, ());
        instance.set_deadline(Instant::now().checked_add(Duration::from_millis(50)));
        let error = run(&mut instance, 1).unwrap_err();
        assert!(error.contains("deadline") || error.contains("interrupt"), "{error}");
    }
}

#[test]
fn adapters_are_part_of_what_is_compiled() {
    let bytes = wat::parse_str(strings("", "")).unwrap();
    let engine = engine();
    let compiled = Component::new(&engine, &bytes).unwrap();
    let key = SealKey::new([7; 32]);
    let sealed = |modules: usize| {
        let mut writer = ArtifactWriter::new(&engine, SourceHash::of(&bytes));
        compiled.modules().iter().take(modules).for_each(|module| writer.add_module(module).unwrap());
        Artifact::from_bytes(&engine, writer.seal(&key).unwrap(), &key).unwrap()
    };
    let load = |modules: usize| {
        let artifact = sealed(modules);
        Component::with_modules(&engine, &bytes, |index, _| artifact.module(index)).unwrap()
    };
    let all = compiled.modules().len();
    let own = compiled.without_adapters().modules().len();
    assert!(own < all);
    let expected = Ok(3_000 + u32::from(b't'));
    for (modules, adapters) in [(all, compiled.adapters().1), (own, 0)] {
        let component = load(modules);
        assert_eq!(component.adapters().0, adapters);
        assert_eq!(run(&mut instantiate(&Linker::new(), &component, ()), 3), expected);
    }
}

/// `$b` takes a tuple whose parts double at each level, and gives the sum of the first and the last byte.
fn doubled(levels: u32) -> String {
    let types: String =
        (1..=levels).map(|i| format!("(type $t{i} (tuple $t{} $t{}))\n", i - 1, i - 1)).collect();
    let last = (1_u32 << levels) - 1;
    let types = format!("(type $t0 (tuple u8))\n{types}");
    let memory = r#"(memory (export "memory") 1) (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (i32.const 1024))"#;
    format!(
        r#"(component
  (component $b
    {types}
    (core module $m {memory}
      (func (export "f") (param i32) (result i32)
        (i32.add (i32.load8_u (local.get 0)) (i32.load8_u offset={last} (local.get 0)))))
    (core instance $i (instantiate $m))
    (func (export "f") (param "x" $t{levels}) (result u32)
      (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
  (instance $b (instantiate $b))
  (component $a
    {types}
    (import "f" (func $f (param "x" $t{levels}) (result u32)))
    (core module $libc {memory})
    (core instance $libc (instantiate $libc))
    (core func $f (canon lower (func $f) (memory (core memory $libc "memory"))))
    (core module $m (import "" "memory" (memory 1)) (import "" "f" (func $f (param i32) (result i32)))
      (func (export "run") (param i32) (result i32)
        (i32.store8 (i32.const 16) (local.get 0))
        (i32.store8 offset={last} (i32.const 16) (local.get 0))
        (call $f (i32.const 16))))
    (core instance $i (instantiate $m (with "" (instance
      (export "memory" (memory $libc "memory")) (export "f" (func $f))))))
    (func (export "run") (param "n" u32) (result u32) (canon lift (core func $i "run"))))
  (instance $a (instantiate $a (with "f" (func $b "f"))))
  (export "run" (func $a "run")))"#
    )
}

#[test]
fn types_with_too_many_parts_go_without() {
    for (levels, adapters) in [(7, 1), (12, 0)] {
        let component = component(&doubled(levels));
        assert_eq!(component.adapters(), (adapters, 1), "{levels} levels");
        assert_eq!(run(&mut instantiate(&Linker::new(), &component, ()), 21), Ok(42));
    }
}

#[test]
fn a_component_that_calls_itself_goes_without() {
    let component = component(
        r#"(component
  (core module $m (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
  (core instance $i (instantiate $m))
  (func $f (param "n" u32) (result u32) (canon lift (core func $i "f")))
  (core func $g (canon lower (func $f)))
  (core module $n (import "" "g" (func $g (param i32) (result i32)))
    (func (export "run") (param i32) (result i32) (call $g (local.get 0))))
  (core instance $j (instantiate $n (with "" (instance (export "g" (func $g))))))
  (func (export "run") (param "n" u32) (result u32) (canon lift (core func $j "run"))))"#,
    );
    assert_eq!(component.adapters(), (0, 1));
    assert_eq!(run(&mut instantiate(&Linker::new(), &component, ()), 21), Ok(22));
}

#[test]
fn an_engine_that_refuses_what_adapters_use_goes_without() {
    let bytes = wat::parse_str(strings("", "")).unwrap();
    let config = plugbay_component::engine::Config::new().with_multi_memory(false);
    let component = Component::new(&Engine::new(&config).unwrap(), &bytes).unwrap();
    assert_eq!(component.adapters().0, 0);
    assert_eq!(run(&mut instantiate(&Linker::new(), &component, ()), 3), Ok(3_000 + u32::from(b't')));
    let config = plugbay_component::engine::Config::new()
        .with_simd(false)
        .with_relaxed_simd(false)
        .with_exceptions(false);
    let component = Component::new(&Engine::new(&config).unwrap(), &bytes).unwrap();
    assert_eq!(component.adapters().0, component.adapters().1);
    assert_eq!(run(&mut instantiate(&Linker::new(), &component, ()), 3), Ok(3_000 + u32::from(b't')));
}

#[test]
fn exceptions_end_at_the_border_both_ways() {
    let text = r#"(component
  (component $inner
    (core module $m (tag (export "oops")) (func (export "f") (param i32) (result i32) (throw 0)))
    (core instance $i (instantiate $m))
    (func (export "f") (param "n" u32) (result u32) (canon lift (core func $i "f"))))
  (instance $inner (instantiate $inner))
  (core func $f (canon lower (func $inner "f")))
  (core module $m
    (import "" "f" (func $f (param i32) (result i32)))
    (func (export "run") (param i32) (result i32)
      (block (try_table (catch_all 0) (return (call $f (local.get 0))))) (i32.const 1)))
  (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
  (func (export "run") (param "n" u32) (result u32) (canon lift (core func $i "run"))))"#;
    let thrown = "the plugin threw an exception that nobody caught: tag `oops` []";
    for component in both(text) {
        let error = run(&mut instantiate(&Linker::new(), &component, ()), 1).unwrap_err();
        assert!(error.starts_with(thrown.trim_end_matches(" []")), "{error}");
    }
}
