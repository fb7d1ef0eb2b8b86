//! Guests that break the rules, and embedders that err: each test is named after its entry of the list of hostile inputs.
//! A guest that misbehaves loses its instance; an embedder that errs does not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by panicking")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use common::{alone, call_u32, component, engine, instantiate};
use plugbay_component::{
    AbiTrap, Borrow, BorrowAny, Component, Error, ErrorKind, Instance, Limits, Linker, Resource, ResourceAny,
    Val,
};
use plugbay_engine::StoreLimits;

fn trap(error: &Error) -> AbiTrap {
    match error.kind() {
        ErrorKind::Abi(trap) => *trap,
        _ => panic!("{error:?}"),
    }
}

/// A host resource, and functions that take it in all ways. `core` are more functions of the module.
fn holder(core: &str, exports: &str) -> String {
    format!(
        r#"(component
  (import "test:host/things@0.1.0" (instance $things
    (export "thing" (type $thing (sub resource)))
    (export "look" (func (param "t" (borrow $thing)) (result u32)))
    (export "all" (func (param "t" (list (borrow $thing)))))
    (export "swap" (func (param "a" (borrow $thing)) (param "b" (own $thing))))))
  (alias export $things "thing" (type $thing))
  (core module $libc (memory (export "memory") 64)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
  (core instance $libc (instantiate $libc))
  (core func $look (canon lower (func $things "look")))
  (core func $all (canon lower (func $things "all") (memory (core memory $libc "memory"))))
  (core func $swap (canon lower (func $things "swap")))
  (core func $drop (canon resource.drop $thing))
  (core module $m
    (import "" "look" (func $look (param i32) (result i32)))
    (import "" "all" (func $all (param i32 i32)))
    (import "" "swap" (func $swap (param i32 i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "libc" "memory" (memory 1))
    {core})
  (core instance $i (instantiate $m (with "libc" (instance $libc)) (with "" (instance
    (export "look" (func $look)) (export "all" (func $all)) (export "swap" (func $swap))
    (export "drop" (func $drop))))))
  {exports})"#
    )
}

/// The host's half of [`holder`]; its data counts destructors.
fn things() -> Linker<Arc<AtomicU32>> {
    let mut linker = Linker::<Arc<AtomicU32>>::new();
    linker
        .instance("test:host/things@0.1.0")
        .resource::<Thing>("thing", |cx, _| {
            cx.data().fetch_add(1, Ordering::Relaxed);
            Ok(())
        })
        .unwrap()
        .func_wrap("look", |_, (thing,): (Borrow<Thing>,)| Ok(thing.rep()))
        .unwrap()
        .func_wrap("all", |_, (_,): (Vec<Borrow<Thing>>,)| Ok(()))
        .unwrap()
        .func_wrap("swap", |_, (_, _): (Borrow<Thing>, Resource<Thing>)| Ok(()))
        .unwrap();
    linker
}

struct Thing;

fn held(core: &str, exports: &str) -> Instance<Arc<AtomicU32>> {
    instantiate(&things(), &component(&holder(core, exports)), Arc::default())
}

#[test]
fn c13_forged_handles_are_unknown() {
    for handle in [0, 1, 7, (1 << 28) - 1, 1 << 28, u32::MAX] {
        for call in ["(drop (call $look (local.get 0)))", "(call $drop (local.get 0))"] {
            let core = format!(r#"(func (export "f") (param i32) {call})"#);
            let mut instance =
                held(&core, r#"(func (export "f") (param "h" u32) (canon lift (core func $i "f")))"#);
            let func = instance.func("f").unwrap();
            let error = instance.call(func, &[Val::U32(handle)]).unwrap_err();
            assert_eq!(trap(&error), AbiTrap::UnknownHandle(handle));
            assert!(instance.is_poisoned());
        }
    }
}

#[test]
fn c13_an_own_cannot_be_given_while_it_is_lent_to_the_same_call() {
    let mut instance = held(
        r#"(func (export "f") (param i32) (call $swap (local.get 0) (local.get 0)))"#,
        r#"(func (export "f") (param "t" (own $thing)) (canon lift (core func $i "f")))"#,
    );
    let f = instance.func("f").unwrap().typed::<(Resource<Thing>,), ()>(&instance).unwrap();
    let error = f.call(&mut instance, (Resource::own(5),)).unwrap_err();
    assert_eq!(trap(&error), AbiTrap::Lent(1));
}

#[test]
fn c13_a_borrow_cannot_be_given_as_an_own() {
    let mut instance = held(
        r#"(func (export "f") (param i32 i32) (call $swap (local.get 0) (local.get 1)))"#,
        r#"(func (export "f") (param "a" (borrow $thing)) (param "b" (borrow $thing))
             (canon lift (core func $i "f")))"#,
    );
    let f = instance.func("f").unwrap().typed::<(Borrow<Thing>, Borrow<Thing>), ()>(&instance).unwrap();
    let error = f.call(&mut instance, (Borrow::new(5), Borrow::new(6))).unwrap_err();
    assert_eq!(trap(&error), AbiTrap::NotOwned(2));
}

/// Takes a borrow of a host resource and an own of one, and keeps nothing of either; `again` tries handle 1.
const REFUSES: (&str, &str) = (
    r#"(func (export "f") (param i32 i32) (call $drop (local.get 0)) (call $drop (local.get 1)))
       (func (export "again") (result i32) (call $look (i32.const 1)))"#,
    r#"(func (export "f") (param "a" (borrow $thing)) (param "b" (own $thing)) (canon lift (core func $i "f")))
       (func (export "again") (result u32) (canon lift (core func $i "again")))"#,
);

#[test]
fn c13_arguments_that_were_refused_leave_no_handles_behind() {
    let mut instance = held(REFUSES.0, REFUSES.1);
    let f = instance.func("f").unwrap();
    let ty = instance.func_type(f).unwrap();
    let thing = match &ty.params()[0].1 {
        plugbay_component::types::ValType::Borrow(ty) => ty.clone(),
        ty => panic!("{ty}"),
    };
    let a = instance.resource_new(&thing, 10).unwrap();
    let b = instance.resource_new(&thing, 11).unwrap();
    let gone = instance.resource_new(&thing, 12).unwrap();
    instance.resource_take(gone).unwrap();
    // The second argument is stale, lent, or the first one's own.
    for wrong in [[a, gone], [a, a]] {
        let error = instance.call(f, &wrong.map(Val::Resource)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Misuse(_)), "{error:?}");
        assert!(!instance.is_poisoned(), "{error}");
    }
    // What was lent and given is the host's again, and works.
    assert_eq!(instance.resource_rep(a).unwrap(), 10);
    instance.call(f, &[a, b].map(Val::Resource)).unwrap();
    assert_eq!(instance.data().load(Ordering::Relaxed), 1);
    assert!(instance.resource_rep(b).is_err(), "it was given away");
    // The guest has no handle that the refused calls forgot.
    let again = instance.func("again").unwrap();
    assert_eq!(trap(&instance.call(again, &[]).unwrap_err()), AbiTrap::UnknownHandle(1));
}

#[test]
fn c13_owns_that_were_given_before_a_refusal_come_back() {
    let mut instance = alone(COUNTERS);
    let make = instance.func("make").unwrap().typed::<(u32,), ResourceAny>(&instance).unwrap();
    let (a, b) = (make.call(&mut instance, (1,)).unwrap(), make.call(&mut instance, (2,)).unwrap());
    let take =
        instance.func("take-two").unwrap().typed::<(ResourceAny, ResourceAny), u32>(&instance).unwrap();
    for (first, second) in [(a, a), (b, b)] {
        let error = take.call(&mut instance, (first, second)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Misuse(_)), "{error:?}");
    }
    assert_eq!(take.call(&mut instance, (a, b)).unwrap(), 3);
    let value = instance.func("value").unwrap().typed::<(BorrowAny,), u32>(&instance).unwrap();
    assert!(value.call(&mut instance, (a.borrow(),)).is_err());
    assert!(!instance.is_poisoned());
}

/// Resources of a guest; their destructor does what the marked function says.
const COUNTERS: &str = r#"(component
  (core module $d (func (export "dtor") (param i32) (if (i32.eq (local.get 0) (i32.const 13)) (then unreachable))))
  (core instance $d (instantiate $d))
  (type $c' (resource (rep i32) (dtor (core func $d "dtor"))))
  (export $c "counter" (type $c'))
  (core func $new (canon resource.new $c'))
  (core func $rep (canon resource.rep $c'))
  (core func $drop (canon resource.drop $c'))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "rep" (func $rep (param i32) (result i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "value") (param i32) (result i32) (local.get 0))
    (func (export "take-two") (param i32 i32) (result i32)
      (i32.add (call $rep (local.get 0)) (call $rep (local.get 1)))))
  (core instance $i (instantiate $m (with "" (instance (export "new" (func $new)) (export "rep" (func $rep))))))
  (func (export "make") (param "n" u32) (result (own $c)) (canon lift (core func $i "make")))
  (func (export "value") (param "c" (borrow $c)) (result u32) (canon lift (core func $i "value")))
  (func (export "take-two") (param "a" (own $c)) (param "b" (own $c)) (result u32)
    (canon lift (core func $i "take-two")))
  (func (export "rep-of") (param "c" (own $c)) (result u32) (canon lift (core func $rep)))
  (func (export "drop-it") (param "c" (own $c)) (canon lift (core func $drop))))"#;

#[test]
fn c14_a_destructor_that_traps_ends_the_instance_and_frees_nothing_twice() {
    let mut instance = alone(COUNTERS);
    let make = instance.func("make").unwrap().typed::<(u32,), ResourceAny>(&instance).unwrap();
    let (good, bad) = (make.call(&mut instance, (1,)).unwrap(), make.call(&mut instance, (13,)).unwrap());
    instance.drop_resource(good).unwrap();
    assert!(matches!(instance.drop_resource(good).unwrap_err().kind(), ErrorKind::Misuse(_)));
    assert_eq!(instance.drop_resource(bad).unwrap_err().to_string(), "unreachable");
    // C17
    assert!(instance.is_poisoned());
    assert!(matches!(instance.drop_resource(bad).unwrap_err().kind(), ErrorKind::Poisoned));
    assert!(matches!(make.call(&mut instance, (1,)).unwrap_err().kind(), ErrorKind::Poisoned));
}

#[test]
fn c18_built_ins_can_be_lifted_directly() {
    let mut instance = alone(COUNTERS);
    let make = instance.func("make").unwrap().typed::<(u32,), ResourceAny>(&instance).unwrap();
    let rep = instance.func("rep-of").unwrap().typed::<(ResourceAny,), u32>(&instance).unwrap();
    let a = make.call(&mut instance, (77,)).unwrap();
    assert_eq!(rep.call(&mut instance, (a,)).unwrap(), 77);
    let drop = instance.func("drop-it").unwrap().typed::<(ResourceAny,), ()>(&instance).unwrap();
    let a = make.call(&mut instance, (78,)).unwrap();
    drop.call(&mut instance, (a,)).unwrap();
    let bad = make.call(&mut instance, (13,)).unwrap();
    assert_eq!(drop.call(&mut instance, (bad,)).unwrap_err().to_string(), "unreachable");
}

#[test]
fn c24_lends_are_capped() {
    let core = r#"(func (export "f") (param i32 i32) (local $at i32)
      (local.set $at (i32.const 65536))
      (loop $next
        (i32.store (local.get $at) (local.get 0))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br_if $next (i32.lt_u (local.get $at) (i32.add (i32.const 65536) (i32.shl (local.get 1) (i32.const 2))))))
      (call $all (i32.const 65536) (local.get 1))
      (call $drop (local.get 0)))"#;
    let exports =
        r#"(func (export "f") (param "t" (borrow $thing)) (param "n" u32) (canon lift (core func $i "f")))"#;
    let mut instance = held(core, exports);
    let f = instance.func("f").unwrap().typed::<(Borrow<Thing>, u32), ()>(&instance).unwrap();
    f.call(&mut instance, (Borrow::new(1), 100_000)).unwrap();
    f.call(&mut instance, (Borrow::new(1), 200_000)).unwrap();
    let error = f.call(&mut instance, (Borrow::new(1), 200_001)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit { limit: 200_000, .. }), "{error:?}");
}

/// `f` takes and gives a string; `realloc` is `realloc`.
fn with_realloc(realloc: &str) -> String {
    format!(
        r#"(component
  (import "out" (func $out))
  (core func $out (canon lower (func $out)))
  (core module $m
    (import "" "out" (func $out))
    (memory (export "memory") 1)
    (func $again (export "realloc") (param i32 i32 i32 i32) (result i32) {realloc})
    (func (export "f") (param i32 i32) (result i32)
      (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1)) (i32.const 0)))
  (core instance $i (instantiate $m (with "" (instance (export "out" (func $out))))))
  (func (export "f") (param "s" string) (result string) (canon lift (core func $i "f")
    (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"#
    )
}

fn call_with_realloc(realloc: &str) -> Result<String, Error> {
    let mut linker = Linker::<()>::new();
    linker.root().func_wrap("out", |_, (): ()| Ok(())).unwrap();
    let mut instance = instantiate(&linker, &component(&with_realloc(realloc)), ());
    let f = instance.func("f").unwrap().typed::<(&str,), String>(&instance).unwrap();
    let result = f.call(&mut instance, ("text",));
    assert_eq!(result.is_err(), instance.is_poisoned());
    result
}

#[test]
fn c4_realloc_may_return_anything() {
    assert_eq!(call_with_realloc("(i32.const 65532)").unwrap(), "text");
    for at in ["65533", "65536", "-1", "-4", "0x80000000"] {
        let error = call_with_realloc(&format!("(i32.const {at})")).unwrap_err();
        assert_eq!(trap(&error), AbiTrap::ReallocOutOfBounds, "{at}");
    }
}

#[test]
fn c4_realloc_may_move_the_memory() {
    let grows = "(drop (memory.grow (i32.const 100))) (i32.const 3000000)";
    assert_eq!(call_with_realloc(grows).unwrap(), "text");
}

#[test]
fn c4_realloc_that_traps_or_recurses_ends_the_instance() {
    assert_eq!(call_with_realloc("unreachable").unwrap_err().to_string(), "unreachable");
    let recursion = "(call $again (local.get 0) (local.get 1) (local.get 2) (local.get 3))";
    assert_eq!(call_with_realloc(recursion).unwrap_err().to_string(), "call stack exhausted");
}

#[test]
fn c26_realloc_may_not_leave() {
    let error = call_with_realloc("(call $out) (i32.const 64)").unwrap_err();
    assert_eq!(trap(&error), AbiTrap::CannotLeave);
}

#[test]
fn c12_pointers_of_two_gibibytes_and_more() {
    // The memory is large enough, so that the sign bit of the pointer is all that could be wrong.
    let text = r#"(component
  (core module $m
    (memory (export "memory") 40000)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0x90000000))
    (func (export "f") (param i32 i32) (result i32)
      (i32.store (i32.const 0x88000000) (local.get 0)) (i32.store (i32.const 0x88000004) (local.get 1))
      (i32.const 0x88000000)))
  (core instance $i (instantiate $m))
  (func (export "f") (param "s" (list u16)) (result (list u16)) (canon lift (core func $i "f")
    (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"#;
    let pre = Linker::<()>::new().pre(&component(text)).unwrap();
    let core = StoreLimits { memory_bytes: 4 << 30, ..StoreLimits::default() };
    let mut instance = pre.instantiate((), core, Limits::default()).unwrap();
    let f = instance.func("f").unwrap().typed::<(&[u16],), Vec<u16>>(&instance).unwrap();
    assert_eq!(f.call(&mut instance, (&[1, 2, 3],)).unwrap(), [1, 2, 3]);
}

/// `f` gives a value of type `ty` that lies at `ptr`, with `data` at 0.
fn giving(ty: &str, data: &str, ptr: u32) -> Instance<()> {
    let text = format!(
        r#"(component
  (type $f (flags "a" "b"))
  (export $flags "my-flags" (type $f))
  (core module $m (memory (export "memory") 1) (data (i32.const 0) "{data}")
    (func (export "f") (result i32) (i32.const {ptr})))
  (core instance $i (instantiate $m))
  (func (export "f") (result {ty}) (canon lift (core func $i "f") (memory (core memory $i "memory")))))"#
    );
    let pre = Linker::<()>::new().pre(&component(&text)).unwrap();
    let limits = Limits { value_bytes: 1 << 20, ..Limits::default() };
    pre.instantiate((), StoreLimits::default(), limits).unwrap()
}

fn given(ty: &str, data: &str, ptr: u32) -> Result<Val, Error> {
    let mut instance = giving(ty, data, ptr);
    let f = instance.func("f").unwrap();
    instance.call(f, &[]).map(Option::unwrap)
}

#[test]
fn c6_c7_c8_bits_that_mean_nothing() {
    assert_eq!(
        given("(tuple bool bool)", "\\02\\ff", 0).unwrap(),
        Val::Tuple(vec![true.into(), true.into()])
    );
    for (ty, data) in [
        ("(tuple (option u8) u8)", "\\02"),
        ("(tuple (result) u8)", "\\02"),
        ("(tuple (option u8) u8)", "\\ff"),
    ] {
        assert_eq!(trap(&given(ty, data, 0).unwrap_err()), AbiTrap::InvalidDiscriminant, "{ty}");
    }
    // C8: bits behind the last flag are no flags, in memory and in a register.
    let both = Val::Flags(vec!["a".into(), "b".into()]);
    assert_eq!(
        given("(tuple $flags u8)", "\\ff\\01", 0).unwrap(),
        Val::Tuple(vec![both.clone(), Val::U8(1)])
    );
    assert_eq!(given("$flags", "", u32::MAX).unwrap(), both);
}

#[test]
fn c8_more_than_32_flags_are_refused() {
    let labels: String = (0..33).map(|n| format!(r#" "f{n}""#)).collect();
    let text = format!(r#"(component (type $f (flags {labels})) (export "f" (type $f)))"#);
    let error = Component::new(&engine(), &wat::parse_str(&text).unwrap()).unwrap_err();
    assert!(error.to_string().contains("32"), "{error}");
}

#[test]
fn c9_lists_that_expand_on_the_host_are_charged() {
    // 2,000 lists that all are the same 60,000 bytes.
    let data: String = "\\00\\10\\00\\00\\60\\ea\\00\\00".repeat(2000).replace("\\00\\10", "\\00\\00");
    let header = "\\08\\00\\00\\00\\d0\\07\\00\\00";
    let error = given("(list (list u8))", &format!("{header}{data}"), 0).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit { .. }), "{error:?}");
    let mut instance = giving("(list (list u8))", &format!("{header}{data}"), 0);
    let f = instance.func("f").unwrap().typed::<(), Vec<Vec<u8>>>(&instance).unwrap();
    let error = f.call(&mut instance, ()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit { .. }), "{error:?}");
}

#[test]
fn c10_the_place_of_a_result_is_checked() {
    for ptr in [65_535, 65_536, 0x8000_0000, u32::MAX] {
        assert_eq!(trap(&given("(tuple u8 u8)", "", ptr).unwrap_err()), AbiTrap::PointerOutOfBounds, "{ptr}");
    }
    assert_eq!(trap(&given("(tuple u16 u16)", "", 65_535).unwrap_err()), AbiTrap::UnalignedPointer);
}

#[test]
fn c15_a_destructor_cannot_reenter_a_running_instance() {
    // `outer` holds a resource of `inner` and drops it while `inner` is running below it.
    let text = r#"(component
  (core module $table (table (export "t") 1 funcref) (func (export "back") (call_indirect (i32.const 0))))
  (core instance $t (instantiate $table))
  (func $back (canon lift (core func $t "back")))
  (component $inner
    (import "back" (func $back))
    (core func $back (canon lower (func $back)))
    (type $r' (resource (rep i32)))
    (export $r "r" (type $r'))
    (core func $new (canon resource.new $r'))
    (core module $m
      (import "" "back" (func $back)) (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (result i32) (call $new (i32.const 1)))
      (func (export "go") (call $back)))
    (core instance $i (instantiate $m (with "" (instance
      (export "back" (func $back)) (export "new" (func $new))))))
    (func (export "make") (result (own $r)) (canon lift (core func $i "make")))
    (func (export "go") (canon lift (core func $i "go"))))
  (instance $c (instantiate $inner (with "back" (func $back))))
  (alias export $c "r" (type $r))
  (core func $make (canon lower (func $c "make")))
  (core func $go (canon lower (func $c "go")))
  (core func $drop (canon resource.drop $r))
  (core module $fill
    (import "" "t" (table 1 funcref)) (import "" "go" (func $go))
    (import "" "make" (func $make (result i32))) (import "" "drop" (func $drop (param i32)))
    (global $held (mut i32) (i32.const 0))
    (func $let-go (call $drop (global.get $held)))
    (elem declare func $let-go)
    (func (export "ok") (result i32) (call $drop (call $make)) (i32.const 1))
    (func (export "bad") (result i32)
      (global.set $held (call $make)) (table.set 0 (i32.const 0) (ref.func $let-go)) (call $go) (i32.const 1)))
  (core instance $f (instantiate $fill (with "" (instance (export "t" (table $t "t")) (export "go" (func $go))
    (export "make" (func $make)) (export "drop" (func $drop))))))
  (func (export "ok") (result u32) (canon lift (core func $f "ok")))
  (func (export "bad") (result u32) (canon lift (core func $f "bad"))))"#;
    let mut instance = alone(text);
    assert_eq!(call_u32(&mut instance, "ok").unwrap(), 1);
    assert_eq!(trap(&call_u32(&mut instance, "bad").unwrap_err()), AbiTrap::CannotEnter);
}

#[test]
fn c14_destructors_that_drop_each_other_end_at_the_stack() {
    // Each destructor drops the next resource: as deep as there are handles.
    let text = r#"(component
  (core module $table (table (export "t") 1 funcref)
    (type $dtor (func (param i32)))
    (func (export "dtor") (param i32) (call_indirect (type $dtor) (local.get 0) (i32.const 0))))
  (core instance $t (instantiate $table))
  (type $r (resource (rep i32) (dtor (core func $t "dtor"))))
  (core func $new (canon resource.new $r))
  (core func $drop (canon resource.drop $r))
  (core module $m
    (import "" "t" (table 1 funcref)) (import "" "new" (func $new (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func $next (param i32) (if (local.get 0) (then (call $drop (local.get 0)))))
    (elem (i32.const 0) func $next)
    (func (export "f") (param i32) (result i32) (local $last i32)
      (loop $more
        (local.set $last (call $new (local.get $last)))
        (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (call $drop (local.get $last)) (i32.const 1)))
  (core instance $i (instantiate $m (with "" (instance (export "t" (table $t "t")) (export "new" (func $new))
    (export "drop" (func $drop))))))
  (func (export "f") (param "n" u32) (result u32) (canon lift (core func $i "f"))))"#;
    let mut instance = alone(text);
    let f = instance.func("f").unwrap().typed::<(u32,), u32>(&instance).unwrap();
    assert_eq!(f.call(&mut instance, (10,)).unwrap(), 1);
    assert_eq!(f.call(&mut instance, (90_000,)).unwrap_err().to_string(), "call stack exhausted");
}

/// `f` recurses until the stack is nearly full, and there calls the host with values of a deep type, both ways.
fn deep_call(depth: usize) -> String {
    let ty = format!("{}string{}", "(option ".repeat(depth), ")".repeat(depth));
    format!(
        r#"(component
  (import "deep" (func $deep (param "d" (list {ty})) (result {ty})))
  (core module $libc (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096)))
  (core instance $libc (instantiate $libc))
  (core func $deep (canon lower (func $deep)
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core module $m
    (import "" "deep" (func $deep (param i32 i32 i32)))
    (import "libc" "memory" (memory 1))
    (func $down (param i32)
      (memory.fill (i32.const 0) (i32.const 1) (i32.const {filled}))
      (memory.fill (i32.const {filled}) (i32.const 0) (i32.const 100))
      (call $deep (i32.const 0) (i32.const 1) (i32.const 2048))
      (call $down (i32.add (local.get 0) (i32.const 1))))
    (func (export "f") (call $down (i32.const 0))))
  (core instance $i (instantiate $m (with "" (instance (export "deep" (func $deep)))) (with "libc" (instance $libc))))
  (func (export "f") (canon lift (core func $i "f"))))"#,
        filled = depth * 4
    )
}

#[test]
fn c11_deep_types_at_the_end_of_the_stack() {
    let deepest = component(&deep_call(30));
    // On a thread with little stack: what a guest leaves to the host must do.
    let small = std::thread::Builder::new().stack_size(512 << 10).spawn(move || {
        let mut linker = Linker::<u32>::new();
        linker
            .root()
            .func_dynamic("deep", |cx, _, args| {
                *cx.data_mut() += 1;
                let [Val::List(list)] = args else { return Err(Error::misuse("a list")) };
                Ok(list.first().cloned())
            })
            .unwrap();
        let mut instance = instantiate(&linker, &deepest, 0);
        let f = instance.func("f").unwrap();
        let error = instance.call(f, &[]).unwrap_err();
        assert_eq!(error.to_string(), "call stack exhausted");
        assert!(*instance.data() > 10);
    });
    small.unwrap().join().unwrap();
    let bytes = wat::parse_str(deep_call(40)).unwrap();
    let error = Component::check(&bytes).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit { limit: 32, .. }), "{error:?}");
}

#[test]
fn a12_a_chain_of_many_components_ends_at_the_stack() {
    // Each component calls the one before it.
    let chain = |length: usize| {
        let mut text = String::from(
            r#"(component
  (component $first (core module $m (func (export "f") (result i32) (i32.const 7))) (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  (component $next
    (import "f" (func $f (result u32)))
    (core func $f (canon lower (func $f)))
    (core module $m (import "" "f" (func $f (result i32))) (func (export "f") (result i32) (call $f)))
    (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  (instance $c0 (instantiate $first))"#,
        );
        for n in 1..length {
            text += &format!(r#"(instance $c{n} (instantiate $next (with "f" (func $c{} "f"))))"#, n - 1);
        }
        text + &format!(r#"(export "f" (func $c{} "f")))"#, length - 1)
    };
    let mut instance = alone(&chain(20));
    assert_eq!(call_u32(&mut instance, "f").unwrap(), 7);
    let component = component(&chain(2000));
    let pre = Linker::<()>::new().pre(&component).unwrap();
    let core = StoreLimits { instances: 10_000, stack_bytes: 64 << 10, ..StoreLimits::default() };
    let mut instance = pre.instantiate((), core, Limits::default()).unwrap();
    let error = call_u32(&mut instance, "f").unwrap_err();
    assert_eq!(error.to_string(), "call stack exhausted");
}

#[test]
fn c17_c21_what_the_embedder_gets_wrong_does_not_hurt() {
    let mut instance = alone(COUNTERS);
    let make = instance.func("make").unwrap();
    let wrong = [
        vec![],
        vec![Val::U32(1), Val::U32(2)],
        vec![Val::U64(1)],
        vec![Val::Record(plugbay_component::Record::default())],
    ];
    for args in wrong {
        let error = instance.call(make, &args).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Misuse(_) | ErrorKind::Value { .. }), "{error:?}");
    }
    let mut other = alone(COUNTERS);
    let typed = make.typed::<(u32,), ResourceAny>(&instance).unwrap();
    assert!(matches!(typed.call(&mut other, (1,)).unwrap_err().kind(), ErrorKind::Misuse(_)));
    assert!(matches!(other.call(make, &[Val::U32(1)]).unwrap_err().kind(), ErrorKind::Misuse(_)));
    assert!(matches!(make.typed::<(u32,), ResourceAny>(&other).unwrap_err().kind(), ErrorKind::Misuse(_)));
    let here = typed.call(&mut instance, (5,)).unwrap();
    assert!(matches!(other.drop_resource(here).unwrap_err().kind(), ErrorKind::Misuse(_)));
    let value = other.func("value").unwrap().typed::<(BorrowAny,), u32>(&other).unwrap();
    assert!(matches!(value.call(&mut other, (here.borrow(),)).unwrap_err().kind(), ErrorKind::Misuse(_)));
    assert!(!instance.is_poisoned() && !other.is_poisoned());
    instance.drop_resource(here).unwrap();
}

#[test]
fn a1_a2_broken_files_are_refused() {
    let bytes = wat::parse_str(COUNTERS).unwrap();
    Component::check(&bytes).unwrap();
    // Where a section ends, what is left may be a component; anywhere else it is none.
    let refused = (0..bytes.len()).filter(|end| Component::check(&bytes[..*end]).is_err()).count();
    assert!(refused > bytes.len() * 9 / 10, "{refused} of {}", bytes.len());
    // Whatever a flipped bit makes of it: no panic.
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1 << bit;
            let _ = Component::check(&bytes);
        }
    }
}

#[test]
fn a1_what_is_no_component_is_called_by_its_name() {
    let refusal = |bytes: &[u8]| {
        let error = Component::check(bytes).unwrap_err();
        assert_eq!(error.stage(), plugbay_component::Stage::Decode);
        error.to_string()
    };
    assert_eq!(refusal(b""), "this is not a WebAssembly file: it is empty");
    assert_eq!(
        refusal(b"PK\x03\x04 a zip archive"),
        r"this is not a WebAssembly file: it starts with `PK\x03\x04 a z`"
    );
    assert_eq!(refusal(b"\xff"), r"this is not a WebAssembly file: it starts with `\xff`");
    assert_eq!(
        refusal(b"\0asm\x01\0\0\0"),
        "this is a core module, not a component; make a component of it with `wasm-tools component new`"
    );
    let bytes = wat::parse_str("(component)").unwrap();
    for end in 1..8 {
        assert!(!refusal(&bytes[..end]).contains('\n'));
    }
    for version in [b"\0asm\x0d\0\x02\0", b"\0asm\xff\xff\xff\xff", b"\0asm\x0c\0\x01\0"] {
        assert!(!refusal(version).contains('\n'), "{}", refusal(version));
    }
}

#[test]
fn c16_post_return_that_traps_ends_the_instance() {
    let mut instance = alone(
        r#"(component
  (core module $m (func (export "f") (result i32) (i32.const 1)) (func (export "after") (param i32) unreachable))
  (core instance $i (instantiate $m))
  (func (export "f") (result u32) (canon lift (core func $i "f") (post-return (core func $i "after")))))"#,
    );
    assert_eq!(call_u32(&mut instance, "f").unwrap_err().to_string(), "unreachable");
    assert!(matches!(call_u32(&mut instance, "f").unwrap_err().kind(), ErrorKind::Poisoned));
}

#[test]
fn c14_destructors_of_the_host_that_fail_or_panic_end_the_call() {
    for panics in [false, true] {
        let mut linker = things();
        linker
            .instance("test:host/things@0.1.0")
            .resource::<Thing>("thing", move |_, rep| {
                assert!(!panics, "in the destructor of {rep}");
                Err(Error::host(format!("no more of {rep}")))
            })
            .unwrap();
        let text = holder(
            r#"(func (export "f") (param i32) (call $drop (local.get 0)))"#,
            r#"(func (export "f") (param "t" (own $thing)) (canon lift (core func $i "f")))"#,
        );
        let mut instance = instantiate(&linker, &component(&text), Arc::default());
        let f = instance.func("f").unwrap().typed::<(Resource<Thing>,), ()>(&instance).unwrap();
        let error = f.call(&mut instance, (Resource::own(7),)).unwrap_err().to_string();
        assert!(error.contains(if panics { "in the destructor of 7" } else { "no more of 7" }), "{error}");
        assert!(instance.is_poisoned());
    }
}

#[test]
fn b23_an_instance_that_fails_half_way_gives_everything_back() {
    let text = r#"(component
  (core module $good (memory (export "memory") 1))
  (core module $bad (func $start unreachable) (start $start))
  (core instance (instantiate $good))
  (core instance (instantiate $bad)))"#;
    let pre = Linker::<Arc<()>>::new().pre(&component(text)).unwrap();
    let data = Arc::new(());
    for _ in 0..100 {
        let made = pre.instantiate(Arc::clone(&data), StoreLimits::default(), Limits::default());
        assert_eq!(made.unwrap_err().to_string(), "unreachable");
    }
    assert_eq!(Arc::strong_count(&data), 1);
}

#[test]
fn c22_c23_names_and_options_that_are_not_allowed() {
    for (text, why) in [
        (r#"(component (import "a-b" (func)) (import "A-B" (func)))"#, "conflicts"),
        (r#"(component (import "a_b" (func)))"#, "kebab"),
        (
            r#"(component (core module $m (memory (export "m") i64 1)
                 (func (export "r") (param i64 i64 i64 i64) (result i64) (i64.const 0)) (func (export "f") (param i64 i64)))
               (core instance $i (instantiate $m))
               (func (export "f") (param "s" string)
                 (canon lift (core func $i "f") (memory (core memory $i "m")) (realloc (core func $i "r")))))"#,
            "64",
        ),
        // A24: `realloc` of another type.
        (
            r#"(component (core module $m (memory (export "m") 1)
                 (func (export "r") (param i32 i32 i32 i32)) (func (export "f") (param i32 i32)))
               (core instance $i (instantiate $m))
               (func (export "f") (param "s" string)
                 (canon lift (core func $i "f") (memory (core memory $i "m")) (realloc (core func $i "r")))))"#,
            "realloc",
        ),
    ] {
        let error = Component::check(&wat::parse_str(text).unwrap()).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}
