//! C: handles that are forged, stale, lent, or of something else.

use std::collections::BTreeMap;

use plugbay_component::{AbiTrap, Error, ErrorKind, Instance, Limits, ResourceAny, Val};

use crate::guests::{alone, call, call_u32, limit, limited, misuse, refusal, trap};

/// Two resources whose built-in functions are exported as functions on numbers.
const RAW: &str = r#"(component
  (type $a (resource (rep i32))) (type $b (resource (rep i32)))
  (core func $new-a (canon resource.new $a)) (core func $rep-a (canon resource.rep $a)) (core func $drop-a (canon resource.drop $a))
  (core func $new-b (canon resource.new $b)) (core func $rep-b (canon resource.rep $b)) (core func $drop-b (canon resource.drop $b))
  (func (export "new-a") (param "x" u32) (result u32) (canon lift (core func $new-a)))
  (func (export "rep-a") (param "x" u32) (result u32) (canon lift (core func $rep-a)))
  (func (export "drop-a") (param "x" u32) (canon lift (core func $drop-a)))
  (func (export "new-b") (param "x" u32) (result u32) (canon lift (core func $new-b)))
  (func (export "rep-b") (param "x" u32) (result u32) (canon lift (core func $rep-b)))
  (func (export "drop-b") (param "x" u32) (canon lift (core func $drop-b))))"#;

fn raw(instance: &mut Instance<()>, name: &str, x: u32) -> Result<u32, Error> {
    Ok(match call_u32(instance, name, &[x])? {
        Some(Val::U32(value)) => value,
        _ => 0,
    })
}

#[test]
fn c13_handles_that_are_not_there_or_of_another_type() {
    for name in ["rep-a", "drop-a"] {
        for handle in [0, 1, 2, 1 << 27, (1 << 28) - 1, 1 << 28, u32::MAX] {
            let mut instance = alone(RAW);
            assert_eq!(trap(raw(&mut instance, name, handle)), AbiTrap::UnknownHandle(handle), "{name}");
        }
        let mut instance = alone(RAW);
        let b = raw(&mut instance, "new-b", 7).unwrap();
        assert_eq!(trap(raw(&mut instance, name, b)), AbiTrap::WrongResource(b), "{name}");
        // Dropped, and used again.
        let mut instance = alone(RAW);
        let a = raw(&mut instance, "new-a", 7).unwrap();
        raw(&mut instance, "drop-a", a).unwrap();
        assert_eq!(trap(raw(&mut instance, name, a)), AbiTrap::UnknownHandle(a), "{name}");
    }
}

#[test]
fn c19_a_table_that_is_used_again_and_again_confuses_nothing() {
    let mut instance = alone(RAW);
    let (mut live, mut seed) = (BTreeMap::new(), 0x9e37_79b9_7f4a_7c15_u64);
    for step in 0..20_000_u32 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let (pick, kind) = ((seed >> 8) as usize, if seed & 1 == 0 { "a" } else { "b" });
        if live.len() < 100 && seed & 6 != 0 {
            let handle = raw(&mut instance, &format!("new-{kind}"), step).unwrap();
            assert_ne!(handle, 0);
            assert_eq!(live.insert(handle, (kind, step)), None, "a live handle was given out again");
        } else if let Some((&handle, &(kind, rep))) = live.iter().nth(pick % live.len().max(1)) {
            assert_eq!(raw(&mut instance, &format!("rep-{kind}"), handle).unwrap(), rep);
            raw(&mut instance, &format!("drop-{kind}"), handle).unwrap();
            live.remove(&handle);
        }
    }
    for (handle, (kind, rep)) in live {
        assert_eq!(raw(&mut instance, &format!("rep-{kind}"), handle).unwrap(), rep);
    }
    // One that is used again by the other type is not the first's any more.
    let mut instance = alone(RAW);
    let a = raw(&mut instance, "new-a", 1).unwrap();
    raw(&mut instance, "drop-a", a).unwrap();
    assert_eq!(raw(&mut instance, "new-b", 2).unwrap(), a);
    assert_eq!(trap(raw(&mut instance, "rep-a", a)), AbiTrap::WrongResource(a));
}

/// A maker of resources and a user of them: `maker` and `user` are what differs. `$drop` and `$make` are of the user.
fn two(user: &str) -> String {
    format!(
        r#"(component
  (component $maker
    (type $r' (resource (rep i32))) (export $r "r" (type $r'))
    (core func $new (canon resource.new $r'))
    (core module $m (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (result i32) (call $new (i32.const 42)))
      (func (export "keep") (param i32)) (func (export "give-back") (param i32) (result i32) (local.get 0))
      (func (export "look") (param i32) (result i32) (local.get 0)))
    (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
    (func (export "make") (result (own $r)) (canon lift (core func $i "make")))
    (func (export "take") (param "r" (own $r)) (canon lift (core func $i "keep")))
    (func (export "look") (param "r" (borrow $r)) (result u32) (canon lift (core func $i "look"))))
  (instance $a (instantiate $maker)) (instance $b (instantiate $maker))
  (alias export $a "r" (type $ar)) (alias export $b "r" (type $br))
  (core func $make (canon lower (func $a "make"))) (core func $take (canon lower (func $a "take")))
  (core func $look (canon lower (func $a "look"))) (core func $drop (canon resource.drop $ar))
  (core func $take-b (canon lower (func $b "take"))) (core func $look-b (canon lower (func $b "look")))
  (core func $drop-b (canon resource.drop $br))
  (core module $m
    (import "" "make" (func $make (result i32))) (import "" "take" (func $take (param i32)))
    (import "" "look" (func $look (param i32) (result i32))) (import "" "drop" (func $drop (param i32)))
    (import "" "take-b" (func $take-b (param i32))) (import "" "look-b" (func $look-b (param i32) (result i32)))
    (import "" "drop-b" (func $drop-b (param i32)))
    (func (export "f") (result i32) (local $r i32) (local.set $r (call $make)) {user}))
  (core instance $i (instantiate $m (with "" (instance (export "make" (func $make)) (export "take" (func $take))
    (export "look" (func $look)) (export "drop" (func $drop)) (export "take-b" (func $take-b))
    (export "look-b" (func $look-b)) (export "drop-b" (func $drop-b))))))
  (func (export "f") (result u32) (canon lift (core func $i "f"))))"#
    )
}

fn run(user: &str) -> Result<Option<Val>, Error> {
    call(&mut alone(&two(user)), "f", &[])
}

#[test]
fn c13_c20_resources_between_components() {
    // Lent as often as one likes, and given once.
    let all = "(drop (call $look (local.get $r))) (call $look (local.get $r)) (call $take (local.get $r))";
    assert_eq!(run(all).unwrap(), Some(Val::U32(42)));
    for after in
        ["(call $take (local.get $r))", "(call $drop (local.get $r))", "(drop (call $look (local.get $r)))"]
    {
        for gone in ["(call $take (local.get $r))", "(call $drop (local.get $r))"] {
            let error = run(&format!("{gone} {after} (i32.const 0)"));
            assert!(matches!(trap(error), AbiTrap::UnknownHandle(1)), "{gone} {after}");
        }
    }
    // The same component instantiated twice defines two resources.
    for other in [
        "(call $take-b (local.get $r))",
        "(call $drop-b (local.get $r))",
        "(drop (call $look-b (local.get $r)))",
    ] {
        assert_eq!(trap(run(&format!("{other} (i32.const 0)"))), AbiTrap::WrongResource(1), "{other}");
    }
}

#[test]
fn c13_a_borrow_is_not_given_back_nor_kept() {
    let error = refusal(
        r#"(component (type $r (resource (rep i32))) (core module $m (func (export "f") (result i32) unreachable))
      (core instance $i (instantiate $m)) (export $e "r" (type $r))
      (func (export "f") (result (borrow $e)) (canon lift (core func $i "f"))))"#,
    );
    assert!(error.contains("borrow"), "{error}");
    // A component that did not define the resource gets a handle, which it has to drop before it returns.
    let keeper = |body: &str| {
        format!(
            r#"(component
  (component $maker (type $r' (resource (rep i32))) (export $r "r" (type $r'))
    (core func $new (canon resource.new $r'))
    (func (export "make") (param "n" u32) (result (own $r)) (canon lift (core func $new))))
  (component $keeper (import "r" (type $r (sub resource)))
    (core func $drop (canon resource.drop $r))
    (core module $m (import "" "drop" (func $drop (param i32))) (global $kept (mut i32) (i32.const 0))
      (func (export "f") (param i32) {body}))
    (core instance $i (instantiate $m (with "" (instance (export "drop" (func $drop))))))
    (func (export "f") (param "r" (borrow $r)) (canon lift (core func $i "f"))))
  (instance $m (instantiate $maker)) (alias export $m "r" (type $r))
  (instance $k (instantiate $keeper (with "r" (type $r))))
  (export $e "r" (type $r))
  (export "make" (func $m "make") (func (param "n" u32) (result (own $e))))
  (export "f" (func $k "f") (func (param "r" (borrow $e)))))"#
        )
    };
    let mut instance = alone(&keeper("(call $drop (local.get 0))"));
    let own = call_u32(&mut instance, "make", &[5]).unwrap().unwrap();
    for _ in 0..1000 {
        call(&mut instance, "f", std::slice::from_ref(&own)).unwrap();
    }
    let mut instance = alone(&keeper("(global.set $kept (local.get 0))"));
    let own = call_u32(&mut instance, "make", &[5]).unwrap().unwrap();
    assert_eq!(trap(call(&mut instance, "f", &[own])), AbiTrap::BorrowsRemain);
    let mut instance = alone(&keeper("(call $drop (local.get 0)) (call $drop (local.get 0))"));
    let own = call_u32(&mut instance, "make", &[5]).unwrap().unwrap();
    assert_eq!(trap(call(&mut instance, "f", &[own])), AbiTrap::UnknownHandle(1));
}

#[test]
fn c13_handles_of_another_instance_are_refused_and_nothing_is_lost() {
    let text = r#"(component (type $r' (resource (rep i32))) (export $r "r" (type $r'))
      (core func $new (canon resource.new $r')) (core func $rep (canon resource.rep $r'))
      (func (export "make") (param "n" u32) (result (own $r)) (canon lift (core func $new)))
      (func (export "take") (param "r" (own $r)) (result u32) (canon lift (core func $rep))))"#;
    let (mut here, mut there) = (alone(text), alone(text));
    let own = call_u32(&mut here, "make", &[5]).unwrap().unwrap();
    let result = call(&mut there, "take", std::slice::from_ref(&own));
    misuse(&there, result);
    assert_eq!(call(&mut here, "take", std::slice::from_ref(&own)).unwrap(), Some(Val::U32(5)));
    let again = call(&mut here, "take", &[own]);
    misuse(&here, again);
}

#[test]
fn c24_many_instances_share_one_limit_of_handles() {
    // Each of the children holds handles in a table of its own.
    let children: String = (0..20)
        .map(|n| format!(r#"(instance $c{n} (instantiate $child)) (export "make{n}" (func $c{n} "make"))"#))
        .collect();
    let text = format!(
        r#"(component (component $child (type $r (resource (rep i32))) (core func $new (canon resource.new $r))
      (func (export "make") (param "n" u32) (result u32) (canon lift (core func $new)))) {children})"#
    );
    let mut instance = limited(&text, Limits { handles: 50, ..Limits::default() });
    for n in 0..50 {
        call_u32(&mut instance, &format!("make{}", n % 20), &[n]).unwrap();
    }
    assert_eq!(limit(call_u32(&mut instance, "make3", &[0])), ("handles", 50));
    // What the host holds counts too.
    let text = r#"(component (type $r' (resource (rep i32))) (export $r "r" (type $r')) (core func $new (canon resource.new $r'))
      (func (export "make") (param "n" u32) (result (own $r)) (canon lift (core func $new))))"#;
    let mut instance = limited(text, Limits { handles: 3, ..Limits::default() });
    let make = instance.func("make").unwrap().typed::<(u32,), ResourceAny>(&instance).unwrap();
    let held: Vec<ResourceAny> = (0..3).map(|n| make.call(&mut instance, (n,)).unwrap()).collect();
    instance.drop_resource(held[0]).unwrap();
    make.call(&mut instance, (3,)).unwrap();
    let error = make.call(&mut instance, (4,)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit { knob: "handles", asked: 4, limit: 3 }), "{error:?}");
    assert!(error.to_string().contains("handles"), "{error}");
}
