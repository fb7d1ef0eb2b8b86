//! F: applications that panic, go out of order, or configure what makes no sense.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use plugbay_component::{Component, Instance, Limits, Linker, Val};
use plugbay_engine::{Config, Engine, StoreLimits, TrapStyle};

use crate::guests::{call, call_u32, component, linked};
use crate::support::STYLES;

/// `f` calls the host as often as it is asked to, itself below the last time.
const CALLER: &str = r#"(component (import "host" (func $host (param "n" u32) (result u32)))
  (core func $host (canon lower (func $host)))
  (core module $m (import "" "host" (func $host (param i32) (result i32)))
    (func $f (export "f") (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.add (call $f (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
        (else (call $host (i32.const 7))))))
  (core instance $i (instantiate $m (with "" (instance (export "host" (func $host))))))
  (func (export "f") (param "n" u32) (result u32) (canon lift (core func $i "f"))))"#;

fn adding(linker: &mut Linker<u32>, add: u32) {
    linker
        .root()
        .func_wrap("host", move |cx, (n,): (u32,)| {
            *cx.data_mut() += 1;
            Ok(n + add)
        })
        .unwrap();
}

#[test]
fn f02_a_linker_that_was_cloned_and_changed() {
    let mut linker = Linker::<u32>::new();
    adding(&mut linker, 1);
    let mut other = linker.clone();
    adding(&mut other, 100);
    let component = component(CALLER);
    let pre = linker.pre(&component).unwrap();
    // What was matched stays; the clone is its own.
    adding(&mut linker, 1000);
    let pre_other = other.clone().pre(&component).unwrap();
    drop((linker, other, component));
    for (pre, value) in [(pre, 8), (pre_other, 107)] {
        let copy = pre.clone();
        drop(pre);
        let mut instance = copy.instantiate(0, StoreLimits::default(), Limits::default()).unwrap();
        drop(copy);
        assert_eq!(call_u32(&mut instance, "f", &[0]).unwrap(), Some(Val::U32(value)));
    }
}

#[test]
fn f03_an_instance_that_is_dropped_while_another_calls() {
    // The host function drops another instance, and calls a third.
    let mut inner = Linker::<u32>::new();
    adding(&mut inner, 1);
    let doomed = Arc::new(Mutex::new(Some(linked(&inner, CALLER, 0))));
    let third = Arc::new(Mutex::new(linked(&inner, CALLER, 0)));
    let mut linker = Linker::<u32>::new();
    let (cell, callee) = (Arc::clone(&doomed), Arc::clone(&third));
    linker
        .root()
        .func_wrap("host", move |_, (n,): (u32,)| {
            drop(cell.lock().unwrap().take());
            let result = call_u32(&mut callee.lock().unwrap(), "f", &[n])?;
            Ok(u32::from(matches!(result, Some(Val::U32(15)))))
        })
        .unwrap();
    let mut instance = linked(&linker, CALLER, 0);
    assert_eq!(call_u32(&mut instance, "f", &[3]).unwrap(), Some(Val::U32(4)));
    assert!(doomed.lock().unwrap().is_none());
    assert_eq!(*third.lock().unwrap().data(), 1);
    // What is left of an instance that is gone is a number: it is of no other.
    let func = third.lock().unwrap().func("f").unwrap();
    drop(linker);
    assert!(instance.call(func, &[Val::U32(0)]).is_err());
    assert!(!instance.is_poisoned());
}

/// Holds for types that may go to another thread, or be used by several.
trait Sent {
    const YES: bool;
}
impl<T: Send> Sent for T {
    const YES: bool = true;
}

/// Is ambiguous for a type that several threads may use at once.
trait Unshared<Marker> {
    const HOLDS: bool = true;
}
impl<T: ?Sized> Unshared<()> for T {}
impl<T: ?Sized + Sync> Unshared<u8> for T {}

#[test]
fn f04_an_instance_is_used_by_one_thread_at_a_time() {
    // That it may be sent, and that it may not be shared: this would not compile otherwise.
    const { assert!(<Instance<u32> as Sent>::YES && <Instance<u32> as Unshared<_>>::HOLDS) };
    const { assert!(<plugbay::Plugin<u32> as Sent>::YES && <plugbay::Plugin<u32> as Unshared<_>>::HOLDS) };
    let mut linker = Linker::<u32>::new();
    adding(&mut linker, 1);
    let mut instance = linked(&linker, CALLER, 0);
    for round in 1..5 {
        let thread = std::thread::spawn(move || {
            assert_eq!(call_u32(&mut instance, "f", &[10]).unwrap(), Some(Val::U32(18)));
            instance
        });
        instance = thread.join().unwrap();
        assert_eq!(*instance.data(), round);
    }
}

#[test]
fn f05_host_functions_that_panic_at_any_depth() {
    for style in STYLES {
        let engine = Engine::new(&Config::new().with_trap_style(style)).unwrap();
        let component = Component::new(&engine, &wat::parse_str(CALLER).unwrap()).unwrap();
        let mut linker = Linker::<u32>::new();
        linker
            .root()
            .func_wrap("host", |_, (n,): (u32,)| -> plugbay_component::Result<u32> {
                panic!("host panic {n}")
            })
            .unwrap();
        let pre = linker.pre(&component).unwrap();
        for depth in [0, 1, 10, 1000] {
            let mut instance = pre.instantiate(0, StoreLimits::default(), Limits::default()).unwrap();
            let error = call_u32(&mut instance, "f", &[depth]).unwrap_err();
            assert!(error.to_string().contains("host panic 7"), "{error}");
            assert!(instance.is_poisoned());
            assert_eq!(error.fault(), plugbay_component::Fault::Host, "{error:?}");
        }
    }
}

#[test]
fn f06_a_host_function_calls_another_instance_of_the_same_component() {
    // To any depth that the stack has room for; each has its own data and is lost alone.
    let component = component(CALLER);
    fn nested(component: Component, depth: u32, failing: bool) -> Instance<u32> {
        let mut linker = Linker::<u32>::new();
        let inner = component.clone();
        linker
            .root()
            .func_wrap("host", move |_, (n,): (u32,)| match depth {
                0 if failing => Err(plugbay_component::Error::host("innermost")),
                0 => Ok(n),
                _ => {
                    let mut next = nested(inner.clone(), depth - 1, failing);
                    let result = call_u32(&mut next, "f", &[1]);
                    assert_eq!(next.is_poisoned(), failing);
                    Ok(if let Some(Val::U32(value)) = result? { value } else { 0 })
                }
            })
            .unwrap();
        let pre = linker.pre(&component).unwrap();
        pre.instantiate(0, StoreLimits::default(), Limits::default()).unwrap()
    }
    assert_eq!(call_u32(&mut nested(component.clone(), 5, false), "f", &[1]).unwrap(), Some(Val::U32(13)));
    let error = call_u32(&mut nested(component, 5, true), "f", &[1]).unwrap_err();
    assert!(error.to_string().contains("innermost"), "{error}");
}

#[test]
fn f08_limits_of_nothing_and_of_everything() {
    let text = r#"(component (core module $m (memory (export "m") 1) (table 1 funcref) (global i32 (i32.const 1))
        (func (export "grow") (result i32) (memory.grow (i32.const -1))) (func (export "f") (result i32) (i32.const 1)))
      (core instance $i (instantiate $m)) (type $r' (resource (rep i32))) (export $r "r" (type $r'))
      (core func $new (canon resource.new $r'))
      (func (export "make") (param "n" u32) (result (own $r)) (canon lift (core func $new)))
      (func (export "grow") (result s32) (canon lift (core func $i "grow")))
      (func (export "f") (result u32) (canon lift (core func $i "f"))))"#;
    let pre = Linker::<()>::new().pre(&component(text)).unwrap();
    let most = StoreLimits {
        memory_bytes: u64::MAX,
        table_elements: u64::MAX,
        instances: u32::MAX,
        memories: u32::MAX,
        tables: u32::MAX,
        instance_bytes: u64::MAX,
        exception_bytes: u64::MAX,
        stack_bytes: 512 << 10,
        ..StoreLimits::default()
    };
    let everything = Limits { handles: u32::MAX, value_bytes: u64::MAX, ..Limits::default() };
    let mut instance = pre.instantiate((), most, everything).unwrap();
    assert_eq!(
        call(&mut instance, "grow", &[]).unwrap(),
        Some(Val::S32(-1)),
        "past what any memory may have"
    );
    call_u32(&mut instance, "make", &[1]).unwrap();
    let default = StoreLimits::default();
    let none = [
        StoreLimits { memory_bytes: 0, ..default },
        StoreLimits { table_elements: 0, ..default },
        StoreLimits { instances: 0, ..default },
        StoreLimits { memories: 0, ..default },
        StoreLimits { tables: 0, ..default },
        StoreLimits { instance_bytes: 0, ..default },
    ];
    for limits in none {
        let error = pre.instantiate((), limits, Limits::default()).expect_err("a limit");
        assert!(error.to_string().contains("at most 0 is allowed"), "{error}");
    }
    let nothing = Limits { handles: 0, value_bytes: 0, ..Limits::default() };
    let mut instance = pre.instantiate((), default, nothing).unwrap();
    assert_eq!(call(&mut instance, "f", &[]).unwrap(), Some(Val::U32(1)), "numbers take nothing");
    assert!(call_u32(&mut instance, "make", &[1]).unwrap_err().to_string().contains("handles"));
    for stack_bytes in [0, 1, 4096, usize::MAX] {
        let limits = StoreLimits { stack_bytes, ..default };
        if let Ok(mut instance) = pre.instantiate((), limits, Limits::default()) {
            let _ = call(&mut instance, "f", &[]);
        }
    }
}

#[test]
fn f09_configurations_at_the_edge() {
    let bytes = wat::parse_str(CALLER).unwrap();
    for style in STYLES {
        let base = || Config::new().with_trap_style(style);
        for config in [
            base().with_memory_reservation(0),
            base().with_memory_guard(0),
            base().with_memory_reservation(0).with_memory_guard(0),
            base().with_memory_reservation(u64::MAX),
            base().with_memory_guard(u64::MAX),
            base().with_memory_reservation(1).with_memory_guard(1),
        ] {
            // Refused, or it works.
            let Ok(engine) = Engine::new(&config) else { continue };
            let Ok(component) = Component::new(&engine, &bytes) else { continue };
            let mut linker = Linker::<u32>::new();
            adding(&mut linker, 0);
            let pre = linker.pre(&component).unwrap();
            let mut instance = pre.instantiate(0, StoreLimits::default(), Limits::default()).unwrap();
            assert_eq!(call_u32(&mut instance, "f", &[2]).unwrap(), Some(Val::U32(9)));
        }
    }
}

#[test]
fn f11_shared_memories_are_refused() {
    // So that nobody has one whose bytes change while the host looks at them.
    for style in STYLES {
        let engine = Engine::new(&Config::new().with_trap_style(style)).unwrap();
        let bytes = wat::parse_str("(module (memory (export \"m\") 1 1 shared))").unwrap();
        let error = plugbay_engine::Module::new(&engine, &bytes).unwrap_err();
        assert!(error.to_string().contains("threads"), "{error}");
    }
}

#[test]
fn f13_everything_is_dropped_while_a_guest_runs() {
    // What the running call needs it holds itself.
    let engine = Engine::new(&Config::new()).unwrap();
    let component = Component::new(&engine, &wat::parse_str(CALLER).unwrap()).unwrap();
    let held = Arc::new(Mutex::new(None));
    let dropped = Arc::new(AtomicU32::new(0));
    let mut linker = Linker::<u32>::new();
    let (cell, count) = (Arc::clone(&held), Arc::clone(&dropped));
    linker
        .root()
        .func_wrap("host", move |_, (n,): (u32,)| {
            drop(cell.lock().unwrap().take());
            count.fetch_add(1, Ordering::Relaxed);
            Ok(n)
        })
        .unwrap();
    let pre = linker.pre(&component).unwrap();
    let mut instance = pre.instantiate(0, StoreLimits::default(), Limits::default()).unwrap();
    *held.lock().unwrap() = Some((engine, component, linker, pre));
    for _ in 0..3 {
        assert_eq!(call_u32(&mut instance, "f", &[5]).unwrap(), Some(Val::U32(12)));
    }
    assert_eq!(dropped.load(Ordering::Relaxed), 3);
}

#[test]
fn f14_engines_of_both_trap_styles_in_one_process() {
    // A guest of one calls, through the host, one of the other, and both trap, in both orders.
    let trapping = r#"(component (core module $m (memory 1)
        (func (export "f") (result i32) (i32.load (i32.const 0x10000000)))) (core instance $i (instantiate $m))
      (func (export "f") (result u32) (canon lift (core func $i "f"))))"#;
    let bytes = wat::parse_str(trapping).unwrap();
    for (outer, inner) in
        [(TrapStyle::Signals, TrapStyle::Explicit), (TrapStyle::Explicit, TrapStyle::Signals)]
    {
        let [outer, inner] =
            [outer, inner].map(|style| Engine::new(&Config::new().with_trap_style(style)).unwrap());
        let component = Component::new(&inner, &bytes).unwrap();
        let pre = Linker::<()>::new().pre(&component).unwrap();
        let mut linker = Linker::<u32>::new();
        linker
            .root()
            .func_wrap("host", move |_, (_,): (u32,)| {
                let mut instance = pre.instantiate((), StoreLimits::default(), Limits::default())?;
                let error = call(&mut instance, "f", &[]).unwrap_err();
                assert_eq!(error.to_string(), "out of bounds memory access");
                Ok(1u32)
            })
            .unwrap();
        let caller = Component::new(&outer, &wat::parse_str(CALLER).unwrap()).unwrap();
        let caller = linker.pre(&caller).unwrap();
        let trapping = Component::new(&outer, &bytes).unwrap();
        let trapping = Linker::<()>::new().pre(&trapping).unwrap();
        for _ in 0..20 {
            let mut instance = caller.instantiate(0, StoreLimits::default(), Limits::default()).unwrap();
            assert_eq!(call_u32(&mut instance, "f", &[3]).unwrap(), Some(Val::U32(4)));
            let mut instance = trapping.instantiate((), StoreLimits::default(), Limits::default()).unwrap();
            assert_eq!(call(&mut instance, "f", &[]).unwrap_err().to_string(), "out of bounds memory access");
        }
    }
}
