//! C: destructors that misbehave, calls that come back, and instances that are no more.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use plugbay_component::{AbiTrap, ErrorKind, Instance, Linker, ResourceAny, Val};

use crate::guests::{alone, call, call_u32, linked, trap};

/// A resource whose destructor does what `dtor` says; `$drop` drops a handle, `back` is the host's.
fn with_dtor(dtor: &str) -> Instance<u32> {
    let text = format!(
        r#"(component (import "back" (func $back))
  (core module $Table (table (export "t") 1 funcref) (type $d (func (param i32)))
    (func (export "dtor") (param i32) (call_indirect (type $d) (local.get 0) (i32.const 0))))
  (core instance $t (instantiate $Table))
  (type $r' (resource (rep i32) (dtor (core func $t "dtor")))) (export $r "r" (type $r'))
  (core func $new (canon resource.new $r')) (core func $drop (canon resource.drop $r'))
  (core func $back (canon lower (func $back)))
  (core module $m (import "" "t" (table 1 funcref)) (import "" "drop" (func $drop (param i32))) (import "" "back" (func $back))
    (func $dtor (param i32) {dtor}) (elem (i32.const 0) func $dtor)
    (func (export "f") (param i32) (call $drop (local.get 0))) (func (export "ok") (result i32) (i32.const 1)))
  (core instance $i (instantiate $m (with "" (instance (export "t" (table $t "t")) (export "drop" (func $drop))
    (export "back" (func $back))))))
  (func (export "make") (param "n" u32) (result (own $r)) (canon lift (core func $new)))
  (func (export "f") (param "r" (own $r)) (canon lift (core func $i "f")))
  (func (export "ok") (result u32) (canon lift (core func $i "ok"))))"#
    );
    let mut linker = Linker::<u32>::new();
    linker
        .root()
        .func_wrap("back", |cx, (): ()| {
            *cx.data_mut() += 1;
            Ok(())
        })
        .unwrap();
    linked(&linker, &text, 0)
}

fn made(instance: &mut Instance<u32>) -> ResourceAny {
    match call_u32(instance, "make", &[1]).unwrap() {
        Some(Val::Resource(resource)) => resource,
        other => panic!("{other:?}"),
    }
}

#[test]
fn c14_destructors_that_trap_loop_or_drop_themselves() {
    // Dropped by the guest, and by the host.
    for by_guest in [true, false] {
        let run = |dtor: &str| {
            let mut instance = with_dtor(dtor);
            let resource = made(&mut instance);
            instance.set_deadline(Some(Instant::now() + Duration::from_millis(100)));
            let result = match by_guest {
                true => call(&mut instance, "f", &[Val::Resource(resource)]).map(drop),
                false => instance.drop_resource(resource),
            };
            (instance, resource, result)
        };
        let (instance, _, result) = run("(call $back)");
        result.unwrap();
        assert_eq!(*instance.data(), 1, "a destructor may call out");
        let (mut instance, resource, result) = run("unreachable");
        assert_eq!(result.unwrap_err().to_string(), "unreachable");
        // Nothing of the instance can be used any more, and asking is an error, not a trap.
        let error = instance.drop_resource(resource).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Poisoned), "{error:?}");
        let begin = Instant::now();
        let (_, _, result) = run("(loop (br 0))");
        assert!(result.unwrap_err().to_string().contains("deadline"));
        assert!(begin.elapsed() < Duration::from_secs(10));
        // The handle is gone before its destructor runs; the representation is no handle.
        let (_, _, result) = run("(call $drop (i32.const 1))");
        assert!(matches!(trap(result), AbiTrap::UnknownHandle(1)));
    }
}

#[test]
fn c15_a_host_function_cannot_call_the_instance_that_calls_it() {
    // Not by its types, and not by a handle that it keeps aside: the call under way holds the instance.
    let cell: Arc<Mutex<Option<Instance<()>>>> = Arc::default();
    let (aside, seen) = (Arc::clone(&cell), Arc::new(Mutex::new(Vec::new())));
    let tried = Arc::clone(&seen);
    let mut linker = Linker::<()>::new();
    linker
        .root()
        .func_wrap("back", move |_, (): ()| {
            tried.lock().unwrap().push(aside.try_lock().is_err());
            Ok(())
        })
        .unwrap();
    let text = r#"(component (import "back" (func $back)) (core func $back (canon lower (func $back)))
      (core module $m (import "" "back" (func $back)) (func (export "f") (call $back)))
      (core instance $i (instantiate $m (with "" (instance (export "back" (func $back))))))
      (func (export "f") (canon lift (core func $i "f"))))"#;
    *cell.lock().unwrap() = Some(linked(&linker, text, ()));
    call(cell.lock().unwrap().as_mut().unwrap(), "f", &[]).unwrap();
    assert_eq!(*seen.lock().unwrap(), [true]);
}

#[test]
fn c15_calls_that_come_back_by_way_of_another_component() {
    // `outer` calls the first child, whose import is a function of `outer`, which calls the child's other function.
    let text = |again: &str| {
        format!(
            r#"(component
  (core module $Table (table (export "t") 1 funcref) (func (export "back") (call_indirect (i32.const 0))))
  (core instance $t (instantiate $Table))
  (func $back (canon lift (core func $t "back")))
  (component $child (import "back" (func $back)) (core func $back (canon lower (func $back)))
    (core module $m (import "" "back" (func $back))
      (func (export "go") (call $back)) (func (export "other") (result i32) (i32.const 9))
      (func (export "text") (result i32) (i32.const 0)) (memory (export "memory") 1)
      (func (export "after") (param i32) (call $back)))
    (core instance $i (instantiate $m (with "" (instance (export "back" (func $back))))))
    (func (export "go") (canon lift (core func $i "go")))
    (func (export "other") (result u32) (canon lift (core func $i "other")))
    (func (export "text") (result string) (canon lift (core func $i "text") (memory (core memory $i "memory"))
      (post-return (core func $i "after")))))
  (instance $c (instantiate $child (with "back" (func $back))))
  (core module $Memory (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
  (core instance $memory (instantiate $Memory))
  (core func $go (canon lower (func $c "go"))) (core func $other (canon lower (func $c "other")))
  (core func $text (canon lower (func $c "text") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (core module $m (import "" "t" (table 1 funcref)) (import "" "go" (func $go))
    (import "" "other" (func $other (result i32))) (import "" "text" (func $text (param i32)))
    (func $again {again}) (elem (i32.const 0) func $again)
    (func (export "go") (result i32) (call $go) (call $other))
    (func (export "text") (result i32) (call $text (i32.const 8)) (i32.const 1)))
  (core instance $i (instantiate $m (with "" (instance (export "t" (table $t "t")) (export "go" (func $go))
    (export "other" (func $other)) (export "text" (func $text))))))
  (func (export "go") (result u32) (canon lift (core func $i "go")))
  (func (export "text") (result u32) (canon lift (core func $i "text"))))"#
        )
    };
    assert_eq!(call(&mut alone(&text("")), "go", &[]).unwrap(), Some(Val::U32(9)));
    for again in ["(call $go)", "(drop (call $other))"] {
        assert_eq!(trap(call(&mut alone(&text(again)), "go", &[])), AbiTrap::CannotEnter, "{again}");
    }
    assert_eq!(trap(call(&mut alone(&text("")), "text", &[])), AbiTrap::CannotLeave, "from `post-return`");
}

#[test]
fn c17_a_poisoned_instance_answers_every_question_with_an_error() {
    let mut instance = with_dtor("unreachable");
    let (first, second) = (made(&mut instance), made(&mut instance));
    instance.drop_resource(first).unwrap_err();
    assert!(instance.is_poisoned());
    let results = [
        call(&mut instance, "ok", &[]).map(drop),
        call_u32(&mut instance, "make", &[1]).map(drop),
        call(&mut instance, "f", &[Val::Resource(second)]).map(drop),
        instance.drop_resource(second),
        // A call that would be refused anyway.
        call(&mut instance, "ok", &[Val::U8(1)]).map(drop),
    ];
    for result in results {
        let error = result.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Poisoned | ErrorKind::Misuse(_)), "{error:?}");
    }
    // What needs no guest still works, and so do others of the same component.
    assert!(instance.func("ok").is_some() && instance.memory_bytes() == 0);
    assert_eq!(*instance.data(), 0);
    assert_eq!(call(&mut with_dtor(""), "ok", &[]).unwrap(), Some(Val::U32(1)));
}
