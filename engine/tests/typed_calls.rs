//! Calls whose numbers travel in registers, in both directions, and everything that can go wrong on the way.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's way of failing")]

mod common;

use std::sync::Mutex;
use std::time::{Duration, Instant};

use common::{instance, store};
use plugbay_engine::{
    Context, Error, ErrorKind, Func, Instance, Params, Returns, Store, TrapKind, TypedFunc,
};

fn typed<P: Params, R: Returns, T>(
    cx: &mut Context<'_, T>,
    instance: Instance,
    name: &str,
) -> TypedFunc<P, R> {
    instance.export(cx, name).unwrap().into_func().unwrap().typed(cx).unwrap()
}

fn trap(error: &Error) -> Option<TrapKind> {
    error.trap().map(plugbay_engine::Trap::kind)
}

#[test]
fn every_number_finds_its_register() {
    let mut store = store(());
    let mut cx = store.context();
    let module = r#"(module
        (func (export "nothing"))
        (func (export "first") (param i32 i64) (result i32) local.get 0)
        (func (export "second") (param i32 i64) (result i64) local.get 1)
        (func (export "mixed") (param f32 i32 f64 i64 f64 i32 f32 i64 f64) (result f64)
            (f64.add (f64.mul (local.get 8) (f64.convert_i64_s (local.get 7)))
                (f64.add (f64.promote_f32 (local.get 6)) (f64.convert_i32_s (local.get 5)))))
        (func (export "narrow") (param f32 f32) (result f32) (f32.sub (local.get 0) (local.get 1)))
        (func (export "no-result") (param f64))
        (func (export "many") (param i32 i32 i32 i32 i64) (result i64) local.get 4))"#;
    let instance = instance(&mut cx, module, &[]);
    let nothing: TypedFunc<(), ()> = typed(&mut cx, instance, "nothing");
    nothing.call(&mut cx, ()).unwrap();
    let first: TypedFunc<(i32, i64), i32> = typed(&mut cx, instance, "first");
    assert_eq!(first.call(&mut cx, (-7, i64::MAX)).unwrap(), -7);
    let unsigned: TypedFunc<(u32, u64), u64> = typed(&mut cx, instance, "second");
    assert_eq!(unsigned.call(&mut cx, (1, u64::MAX)).unwrap(), u64::MAX);
    type Mixed = (f32, i32, f64, i64, f64, i32, f32, i64, f64);
    let mixed: TypedFunc<Mixed, f64> = typed(&mut cx, instance, "mixed");
    assert_eq!(mixed.call(&mut cx, (0.0, 0, 0.0, 0, 0.0, 3, 0.5, -2, 10.0)).unwrap(), -16.5);
    let narrow: TypedFunc<(f32, f32), f32> = typed(&mut cx, instance, "narrow");
    assert_eq!(narrow.call(&mut cx, (1.5, 0.25)).unwrap(), 1.25);
    let no_result: TypedFunc<(f64,), ()> = typed(&mut cx, instance, "no-result");
    no_result.call(&mut cx, (1.0,)).unwrap();
    let many: TypedFunc<(i32, i32, i32, i32, i64), i64> = typed(&mut cx, instance, "many");
    assert_eq!(many.call(&mut cx, (1, 2, 3, 4, -5)).unwrap(), -5);
}

#[test]
fn results_of_integers_fill_their_slot_exactly() {
    let mut store = store(());
    let mut cx = store.context();
    let module = r#"(module (func (export "f") (param i64) (result i32) (i32.wrap_i64 (local.get 0))))"#;
    let f = instance(&mut cx, module, &[]).export(&cx, "f").unwrap().into_func().unwrap();
    let mut slots = [0xdead_beef_ffff_ffff];
    f.call_raw(&mut cx, &mut slots).unwrap();
    assert_eq!(slots, [0xffff_ffff]);
}

#[test]
fn another_type_and_another_store_are_refused() {
    let mut store = store(());
    let mut cx = store.context();
    let module = r#"(module (func (export "f") (param i32) (result i32) local.get 0))"#;
    let instance = instance(&mut cx, module, &[]);
    let f = instance.export(&cx, "f").unwrap().into_func().unwrap();
    let misuse = |error: Error| matches!(error.kind(), ErrorKind::Misuse(_));
    assert!(f.typed::<(i64,), i32, _>(&cx).is_err_and(misuse));
    assert!(f.typed::<(i32,), (), _>(&cx).is_err_and(misuse));
    assert!(f.typed::<(i32, i32), i32, _>(&cx).is_err_and(misuse));
    let f: TypedFunc<(i32,), i32> = typed(&mut cx, instance, "f");
    let mut other = common::store(());
    let mut other = other.context();
    assert!(f.call(&mut other, (1,)).is_err_and(misuse));
    assert!(f.func().typed::<(i32,), i32, _>(&other).is_err_and(misuse));
    assert_eq!(f.call(&mut cx, (1,)).unwrap(), 1);
}

#[test]
fn wrapped_functions_get_and_give_numbers() {
    let mut store = store(0u64);
    let mut cx = store.context();
    let integers = Func::wrap(&mut cx, |cx, (a, b): (i32, i64)| {
        *cx.data_mut() += 1;
        Ok(i64::from(a) - b)
    });
    let floats = Func::wrap(&mut cx, |_, (a, n, b): (f32, u32, f64)| Ok(f64::from(a) * f64::from(n) + b));
    let narrow = Func::wrap(&mut cx, |_, (a,): (f32,)| Ok(-a));
    let many = Func::wrap(&mut cx, |_, (a, b, c, d, e): (i32, i32, i32, i32, i32)| {
        Ok(a + 10 * (b + 10 * (c + 10 * (d + 10 * e))))
    });
    let nothing = Func::wrap(&mut cx, |cx, ()| {
        *cx.data_mut() += 10;
        Ok(())
    });
    let module = r#"(module
        (import "" "integers" (func $integers (param i32 i64) (result i64)))
        (import "" "floats" (func $floats (param f32 i32 f64) (result f64)))
        (import "" "narrow" (func $narrow (param f32) (result f32)))
        (import "" "many" (func $many (param i32 i32 i32 i32 i32) (result i32)))
        (import "" "nothing" (func $nothing))
        (func (export "integers") (result i64) (call $nothing) (call $integers (i32.const -3) (i64.const -50)))
        (func (export "floats") (result f64) (call $floats (f32.const 1.5) (i32.const -1) (f64.const 0.25)))
        (func (export "narrow") (result f32) (call $narrow (f32.const 2.5)))
        (func (export "many") (result i32)
            (call $many (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5))))"#;
    let imports = [integers, floats, narrow, many, nothing].map(Into::into);
    let instance = instance(&mut cx, module, &imports);
    let f: TypedFunc<(), i64> = typed(&mut cx, instance, "integers");
    assert_eq!(f.call(&mut cx, ()).unwrap(), 47);
    let f: TypedFunc<(), f64> = typed(&mut cx, instance, "floats");
    assert_eq!(f.call(&mut cx, ()).unwrap(), 1.5 * 4_294_967_295.0 + 0.25);
    let f: TypedFunc<(), f32> = typed(&mut cx, instance, "narrow");
    assert_eq!(f.call(&mut cx, ()).unwrap(), -2.5);
    let f: TypedFunc<(), i32> = typed(&mut cx, instance, "many");
    assert_eq!(f.call(&mut cx, ()).unwrap(), 54321);
    assert_eq!(*cx.data(), 11);
    // Without a guest in between.
    let direct = integers.typed::<(i32, i64), i64, _>(&cx).unwrap();
    assert_eq!(direct.call(&mut cx, (1, 2)).unwrap(), -1);
}

#[test]
fn errors_and_panics_of_wrapped_functions_end_the_call() {
    let mut store = store(());
    let mut cx = store.context();
    let fail = |what: i32| match what {
        0 => Ok(()),
        1 => Err(Error::host("no")),
        _ => panic!("never"),
    };
    let integer = Func::wrap(&mut cx, move |_, (what,): (i32,)| fail(what).map(|()| what));
    let float = Func::wrap(&mut cx, move |_, (what,): (i32,)| fail(what).map(|()| 1.0f64));
    let module = r#"(module
        (import "" "integer" (func $integer (param i32) (result i32)))
        (import "" "float" (func $float (param i32) (result f64)))
        (func (export "integer") (param i32) (result i32) (i32.add (i32.const 1) (call $integer (local.get 0))))
        (func (export "float") (param i32) (result f64) (f64.add (f64.const 1) (call $float (local.get 0)))))"#;
    let instance = instance(&mut cx, module, &[integer.into(), float.into()]);
    let integer: TypedFunc<(i32,), i32> = typed(&mut cx, instance, "integer");
    let float: TypedFunc<(i32,), f64> = typed(&mut cx, instance, "float");
    for _ in 0..3 {
        assert_eq!(integer.call(&mut cx, (0,)).unwrap(), 1);
        assert_eq!(float.call(&mut cx, (0,)).unwrap(), 2.0);
        assert!(integer.call(&mut cx, (1,)).unwrap_err().to_string().contains("no"));
        assert!(float.call(&mut cx, (1,)).unwrap_err().to_string().contains("no"));
        assert!(integer.call(&mut cx, (2,)).unwrap_err().to_string().contains("never"));
        assert!(float.call(&mut cx, (2,)).unwrap_err().to_string().contains("never"));
    }
}

const TRAPS: &str = r#"(module
    (import "" "host" (func $host (param i32) (result i32)))
    (memory 1)
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "host-then-load") (param i32) (result i32)
        (drop (call $host (local.get 0)))
        (i32.load (i32.const -1)))
    (func (export "host-then-loop") (param i32) (result i32)
        (drop (call $host (local.get 0)))
        (loop (br 0)) (unreachable)))"#;

type Calls = TypedFunc<(i32,), i32>;

/// A store with a guest of `TRAPS`, whose host function ends by a trap of the guest of yet another store.
fn nested() -> (Store<()>, Calls, Calls) {
    let inner = {
        let mut store = store(());
        let mut cx = store.context();
        let nobody = Func::wrap(&mut cx, |_, (a,): (i32,)| Ok(a));
        let instance = instance(&mut cx, TRAPS, &[nobody.into()]);
        let load: Calls = typed(&mut cx, instance, "load");
        Mutex::new((store, load))
    };
    let mut store = store(());
    let mut cx = store.context();
    let host = Func::wrap(&mut cx, move |_, (at,): (i32,)| {
        let (store, load) = &mut *inner.lock().unwrap();
        let result = load.call(&mut store.context(), (at,));
        Ok(i32::from(result.is_err_and(|error| trap(&error) == Some(TrapKind::MemoryOutOfBounds))))
    });
    let instance = instance(&mut cx, TRAPS, &[host.into()]);
    let (load, forever) =
        (typed(&mut cx, instance, "host-then-load"), typed(&mut cx, instance, "host-then-loop"));
    (store, load, forever)
}

#[test]
fn a_guest_is_still_guarded_after_a_guest_of_another_store_ran_within_its_call() {
    let (mut store, load, forever) = nested();
    let mut cx = store.context();
    // The guest within returns, then it traps.
    for at in [0, -1, 0, -1] {
        assert_eq!(trap(&load.call(&mut cx, (at,)).unwrap_err()), Some(TrapKind::MemoryOutOfBounds));
        cx.set_deadline(Some(Instant::now() + Duration::from_millis(20)));
        assert_eq!(trap(&forever.call(&mut cx, (at,)).unwrap_err()), Some(TrapKind::Deadline));
        cx.set_deadline(None);
    }
}

#[test]
fn a_store_that_goes_to_another_thread_and_back_is_guarded_on_both() {
    let (mut store, load, forever) = nested();
    let mut check = move || {
        let mut cx = store.context();
        assert_eq!(trap(&load.call(&mut cx, (0,)).unwrap_err()), Some(TrapKind::MemoryOutOfBounds));
        cx.set_deadline(Some(Instant::now() + Duration::from_millis(10)));
        assert_eq!(trap(&forever.call(&mut cx, (0,)).unwrap_err()), Some(TrapKind::Deadline));
        cx.set_deadline(None);
    };
    check();
    std::thread::scope(|scope| scope.spawn(&mut check).join().unwrap());
    check();
    for _ in 0..3 {
        // Threads may get the number, the stack and the state of one that has ended.
        std::thread::scope(|scope| scope.spawn(&mut check).join().unwrap());
    }
    check();
}

#[test]
fn calls_from_other_depths_of_the_stack_have_their_stack() {
    let mut store = store(());
    let mut cx = store.context();
    let module = r#"(module (func $f (export "f") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
            (else (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1))))))))"#;
    let instance = instance(&mut cx, module, &[]);
    let f: TypedFunc<(i32,), i32> = typed(&mut cx, instance, "f");
    fn deeper(cx: &mut Context<'_, ()>, f: Calls, depth: u32) {
        let ballast = std::hint::black_box([depth; 1024]);
        assert_eq!(f.call(cx, (5_000,)).unwrap(), 5_000);
        assert_eq!(trap(&f.call(cx, (10_000_000,)).unwrap_err()), Some(TrapKind::StackOverflow));
        if depth > 0 {
            deeper(cx, f, depth - 1);
        }
        std::hint::black_box(ballast);
    }
    deeper(&mut cx, f, 20);
    assert_eq!(f.call(&mut cx, (5_000,)).unwrap(), 5_000);
}
