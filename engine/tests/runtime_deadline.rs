//! Deadlines and cancelling: loops, recursion, host functions, start functions, long instructions.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's way of failing")]

mod common;

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use common::{func, instance, kind, limited_store, store, try_instance};
use plugbay_engine::{Func, FuncType, Store, StoreLimits, TrapKind, Val, ValType};

const SOON: Duration = Duration::from_millis(20);
/// Generous: the machine may be busy.
const LATE: Duration = Duration::from_secs(20);

const LOOPS: &str = r#"(module
    (func (export "spin") (loop (br 0)))
    (func (export "fine") (result i32) (i32.const 7))
    (func $burn (export "burn") (param i32)
        (loop (call $burn_once (local.get 0)) (br 0)))
    (func $burn_once (param i32)
        (if (local.get 0) (then (call $burn_once (i32.sub (local.get 0) (i32.const 1)))))))"#;

#[test]
fn a_deadline_stops_a_bare_loop_and_the_store_goes_on() {
    let mut store = store(());
    let mut cx = store.context();
    let instance = instance(&mut cx, LOOPS, &[]);
    let (spin, burn, fine) =
        (func(&cx, instance, "spin"), func(&cx, instance, "burn"), func(&cx, instance, "fine"));
    for round in 0..10 {
        let start = Instant::now();
        cx.set_deadline(Some(start + SOON));
        let (looping, args): (Func, &[Val]) =
            if round % 2 == 0 { (spin, &[]) } else { (burn, &[Val::I32(9)]) };
        let error = looping.call(&mut cx, args).unwrap_err();
        assert_eq!(kind(&error), TrapKind::Deadline);
        assert!(!error.trap().unwrap().frames().is_empty());
        assert!((SOON..LATE).contains(&start.elapsed()), "{:?}", start.elapsed());
        // The deadline still stands: the next call is refused at once.
        assert_eq!(kind(&fine.call(&mut cx, &[]).unwrap_err()), TrapKind::Deadline);
        cx.set_deadline((round % 3 == 0).then(|| Instant::now() + LATE));
        assert_eq!(fine.call(&mut cx, &[]).unwrap(), [Val::I32(7)]);
    }
}

#[test]
fn a_deadline_that_was_moved_does_not_strike() {
    let mut store = store(());
    let mut cx = store.context();
    let instance = instance(&mut cx, LOOPS, &[]);
    let fine = func(&cx, instance, "fine");
    let until = Instant::now() + Duration::from_millis(300);
    while Instant::now() < until {
        cx.set_deadline(Some(Instant::now() + Duration::from_secs(60)));
        fine.call_raw(&mut cx, &mut [0]).unwrap();
        cx.set_deadline(None);
        fine.call_raw(&mut cx, &mut [0]).unwrap();
    }
}

#[test]
fn a_deadline_in_a_host_function_strikes_when_it_returns() {
    let mut store = store(());
    let mut cx = store.context();
    let sleep = Func::raw(&mut cx, FuncType::new([], []), |_, _| {
        thread::sleep(SOON * 3);
        Ok(())
    })
    .unwrap();
    let text = r#"(module (import "" "" (func $sleep))
        (func (export "f") (result i32) (call $sleep) (i32.const 1)))"#;
    let instance = instance(&mut cx, text, &[sleep.into()]);
    let f = func(&cx, instance, "f");
    let start = Instant::now();
    cx.set_deadline(Some(start + SOON));
    assert_eq!(kind(&f.call(&mut cx, &[]).unwrap_err()), TrapKind::Deadline);
    assert!(start.elapsed() >= SOON * 3, "a host function is not cut short");
    cx.set_deadline(None);
    assert_eq!(f.call(&mut cx, &[]).unwrap(), [Val::I32(1)]);
}

#[test]
fn a_deadline_holds_for_start_functions() {
    let mut store = store(());
    let mut cx = store.context();
    cx.set_deadline(Some(Instant::now() + SOON));
    let error = try_instance(&mut cx, "(module (func $f (loop (br 0))) (start $f))", &[]).unwrap_err();
    assert_eq!(kind(&error), TrapKind::Deadline);
}

#[test]
fn long_instructions_are_stopped_in_between() {
    let limits = StoreLimits { memory_bytes: 4 << 30, ..StoreLimits::default() };
    let mut store = limited_store((), limits);
    let mut cx = store.context();
    let text = r#"(module (memory 4096)
        (func (export "fill") (loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 0x10000000)) (br 0))))"#;
    let instance = instance(&mut cx, text, &[]);
    cx.set_deadline(Some(Instant::now() + SOON));
    let start = Instant::now();
    assert_eq!(kind(&func(&cx, instance, "fill").call(&mut cx, &[]).unwrap_err()), TrapKind::Deadline);
    assert!(start.elapsed() < LATE);
}

#[test]
fn calls_are_refused_as_soon_as_a_deadline_that_has_passed_is_set() {
    let mut store = store(());
    let mut cx = store.context();
    let instance = instance(&mut cx, LOOPS, &[]);
    let fine = func(&cx, instance, "fine");
    let passed = Instant::now();
    thread::sleep(SOON);
    for _ in 0..3 {
        cx.set_deadline(Some(passed));
        assert_eq!(kind(&fine.call(&mut cx, &[]).unwrap_err()), TrapKind::Deadline);
        cx.set_deadline(Some(Instant::now() + LATE));
        fine.call(&mut cx, &[]).unwrap();
    }
}

#[test]
fn a_token_cancels_from_another_thread_for_good() {
    let mut store: Store<()> = store(());
    let instance = instance(&mut store.context(), LOOPS, &[]);
    let token = store.cancel_token();
    assert!(!token.is_cancelled());
    let canceller = thread::spawn({
        let token = token.clone();
        move || {
            thread::sleep(SOON);
            token.cancel();
        }
    });
    let mut cx = store.context();
    assert_eq!(kind(&func(&cx, instance, "spin").call(&mut cx, &[]).unwrap_err()), TrapKind::Cancelled);
    canceller.join().unwrap();
    assert_eq!(kind(&func(&cx, instance, "fine").call(&mut cx, &[]).unwrap_err()), TrapKind::Cancelled);
    drop(store);
    token.cancel();
}

#[test]
fn a_guest_deep_in_nested_calls_is_stopped() {
    let mut store = store(None);
    let mut cx = store.context();
    let back = Func::raw(&mut cx, FuncType::new([ValType::I32], []), |cx, slots| {
        let f: Func = cx.data().unwrap();
        f.call_raw(cx, slots)
    })
    .unwrap();
    let text = r#"(module (import "" "" (func $back (param i32)))
        (func (export "f") (param i32)
            (if (i32.eqz (local.get 0)) (then (loop (br 0))))
            (call $back (i32.sub (local.get 0) (i32.const 1)))))"#;
    let instance = instance(&mut cx, text, &[back.into()]);
    let f = func(&cx, instance, "f");
    *cx.data_mut() = Some(f);
    cx.set_deadline(Some(Instant::now() + SOON));
    assert_eq!(kind(&f.call(&mut cx, &[Val::I32(5)]).unwrap_err()), TrapKind::Deadline);
}

#[test]
fn eight_stores_with_different_deadlines_each_stop_at_their_own() {
    let (done, stopped) = mpsc::channel();
    for index in 0..8_u32 {
        let done = done.clone();
        thread::spawn(move || {
            let mut store = store(());
            let mut cx = store.context();
            let instance = instance(&mut cx, LOOPS, &[]);
            let start = Instant::now();
            let deadline = SOON * (1 + index);
            cx.set_deadline(Some(start + deadline));
            let error = func(&cx, instance, "spin").call_raw(&mut cx, &mut []).unwrap_err();
            done.send((kind(&error), start.elapsed(), deadline)).unwrap();
        });
    }
    for _ in 0..8 {
        let (kind, elapsed, deadline) = stopped.recv_timeout(LATE * 2).unwrap();
        assert_eq!(kind, TrapKind::Deadline);
        assert!(elapsed >= deadline && elapsed < LATE, "{elapsed:?} for {deadline:?}");
    }
}

#[test]
fn calls_have_a_limit_without_a_deadline() {
    let mut store = store(());
    let clock = store.call_clock();
    assert_eq!(clock.deadline(), None);
    let mut cx = store.context();
    let instance = instance(&mut cx, LOOPS, &[]);
    let (spin, burn, fine) =
        (func(&cx, instance, "spin"), func(&cx, instance, "burn"), func(&cx, instance, "fine"));
    cx.set_call_limit(Some(SOON));
    for round in 0..8u32 {
        // The watchdog has seen many calls of this store, or none for a long time.
        let busy = Instant::now() + SOON * (1 + round % 3);
        while round % 2 == 0 && Instant::now() < busy {
            store.begin_call();
            assert_eq!(fine.call(&mut store.context(), &[]).unwrap(), [Val::I32(7)]);
        }
        thread::sleep(SOON * (round % 4));
        let start = Instant::now();
        store.begin_call();
        assert!(clock.deadline().is_some_and(|end| end >= start + SOON));
        let mut cx = store.context();
        // What the call did before counts, too.
        thread::sleep(SOON / 4);
        fine.call_raw(&mut cx, &mut [0]).unwrap();
        let (looping, args): (Func, &[Val]) =
            if round % 2 == 0 { (spin, &[]) } else { (burn, &[Val::I32(9)]) };
        let error = looping.call(&mut cx, args).unwrap_err();
        assert_eq!(kind(&error), TrapKind::Deadline);
        assert!((SOON..LATE).contains(&start.elapsed()), "{:?}", start.elapsed());
        // The same call gets no further; the next one does.
        assert_eq!(kind(&fine.call(&mut cx, &[]).unwrap_err()), TrapKind::Deadline);
        store.begin_call();
        assert_eq!(fine.call(&mut store.context(), &[]).unwrap(), [Val::I32(7)]);
    }
    store.context().set_call_limit(None);
    assert_eq!(clock.deadline(), None);
    thread::sleep(SOON);
    fine.call(&mut store.context(), &[]).unwrap();
}
