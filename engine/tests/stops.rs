//! Deadlines and cancelling stop guests wherever they are, in both trap styles, with functions compiled at first or when
//! they are called; in explicit style without any signal handler.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's way of failing")]

mod common;

use std::thread;
use std::time::{Duration, Instant};

use common::kind;
use plugbay_engine::{
    CompileStrategy, Config, Context, Engine, Error, Extern, Func, FuncType, Instance, Module, Store,
    StoreLimits, TrapKind, TrapStyle,
};

const SOON: Duration = Duration::from_millis(20);
/// Generous: the machine may be busy.
const LATE: Duration = Duration::from_secs(30);

/// Guests that do not end by themselves, or not soon. Their export is `f`, unless they never get so far.
const ENDLESS: &[(&str, &str)] = &[
    ("a loop without a body", r#"(func (export "f") (loop (br 0)))"#),
    ("a loop with a condition", r#"(func (export "f") (loop (br_if 0 (i32.const 1))))"#),
    ("a loop through a table", r#"(func (export "f") (loop (br_table 0 0 0 (i32.const 1))))"#),
    (
        "nested loops",
        r#"(func (export "f") (local i32) (loop $a (loop $b
            (br_if $b (i32.rem_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 1000)))) (br $a)))"#,
    ),
    (
        "a loop over memory",
        r#"(memory 1) (func (export "f") (local i32) (loop $l
            (i32.store8 (i32.and (local.get 0) (i32.const 0xffff)) (local.get 0))
            (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br $l)))"#,
    ),
    ("a loop of calls", r#"(func $g) (func (export "f") (loop (call $g) (br 0)))"#),
    (
        "a tree of calls",
        r#"(func $f (param i32) (if (local.get 0) (then
            (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 1))))))
        (func (export "f") (call $f (i32.const 60)))"#,
    ),
    ("tail calls", r#"(func $f (export "f") (return_call $f))"#),
    (
        "tail calls through a table",
        r#"(table 1 funcref) (elem (i32.const 0) $f) (func $f (export "f") (return_call_indirect (i32.const 0)))"#,
    ),
    (
        "tail calls through a reference",
        r#"(type $t (func)) (elem declare func $f) (func $f (export "f") (return_call_ref $t (ref.func $f)))"#,
    ),
    (
        "a loop that grows a memory",
        r#"(memory 1 2) (func (export "f") (loop (drop (memory.grow (i32.const 1))) (br 0)))"#,
    ),
    (
        "a loop that grows a table",
        r#"(table 1 2 funcref) (func (export "f") (loop (drop (table.grow (ref.null func) (i32.const 1))) (br 0)))"#,
    ),
    (
        "filling 4 GiB",
        r#"(memory 65536) (func (export "f") (loop
            (memory.fill (i32.const 0) (i32.const 1) (i32.const 0xffffffff)) (br 0)))"#,
    ),
    (
        "copying 4 GiB forwards",
        r#"(memory 65536) (func (export "f") (loop
            (memory.copy (i32.const 0) (i32.const 1) (i32.const 0xfffffffe)) (br 0)))"#,
    ),
    (
        "copying 4 GiB backwards",
        r#"(memory 65536) (func (export "f") (loop
            (memory.copy (i32.const 1) (i32.const 0) (i32.const 0xfffffffe)) (br 0)))"#,
    ),
    (
        "copying between memories",
        r#"(memory $a 32768) (memory $b 32768) (func (export "f") (loop
            (memory.copy $a $b (i32.const 0) (i32.const 0) (i32.const 0x7fffffff)) (br 0)))"#,
    ),
    (
        "writing a segment",
        r#"(memory 1) (data "0123456789") (func (export "f") (loop
            (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 10)) (br 0)))"#,
    ),
    (
        "filling a table",
        r#"(table 5000000 funcref) (func (export "f") (loop
            (table.fill (i32.const 0) (ref.null func) (i32.const 5000000)) (br 0)))"#,
    ),
    (
        "copying in a table",
        r#"(table 5000000 funcref) (func (export "f") (loop
            (table.copy (i32.const 1) (i32.const 0) (i32.const 4999999)) (br 0)))"#,
    ),
    ("a loop of host calls", r#"(import "" "" (func $host)) (func (export "f") (loop (call $host) (br 0)))"#),
    ("a start function", r#"(func $f (loop (br 0))) (start $f)"#),
    (
        "a start function that calls the host",
        r#"(import "" "" (func $host)) (func $f (loop (call $host) (br 0))) (start $f)"#,
    ),
    (
        "a start function that fills 4 GiB",
        r#"(memory 65536) (func $f (loop
            (memory.fill (i32.const 0) (i32.const 1) (i32.const 0xffffffff)) (br 0))) (start $f)"#,
    ),
];

/// Every way in which guests are run here.
fn configs() -> Vec<Config> {
    let explicit = Config::new().with_trap_style(TrapStyle::Explicit);
    vec![
        Config::new(),
        explicit.clone(),
        explicit.with_compile_strategy(CompileStrategy::Lazy).with_fuel(true),
        Config::new().with_compile_strategy(CompileStrategy::Lazy).with_fuel(true),
    ]
}

fn store(engine: &Engine) -> Store<()> {
    let limits = StoreLimits { memory_bytes: 4 << 30, table_elements: 10_000_000, ..StoreLimits::default() };
    Store::new(engine, (), limits).unwrap()
}

/// Instantiates the guest and calls its export.
fn run<T>(cx: &mut Context<'_, T>, text: &str, host: Extern) -> Result<(), Error> {
    let module = Module::new(cx.engine(), &wat::parse_str(format!("(module {text})")).unwrap()).unwrap();
    let imports: Vec<_> = module.imports().map(|_| host).collect();
    let instance = Instance::new(cx, &module, &imports)?;
    instance.export(cx, "f").unwrap().into_func().unwrap().call(cx, &[]).map(drop)
}

/// A host function that takes its time now and then.
fn host(cx: &mut Context<'_, ()>) -> Extern {
    let call = |_: &mut Context<'_, ()>, _: &mut [u64]| {
        thread::sleep(Duration::from_micros(100));
        Ok(())
    };
    Func::raw(cx, FuncType::new([], []), call).unwrap().into()
}

#[test]
fn a_deadline_stops_everything() {
    for config in configs() {
        let engine = Engine::new(&config).unwrap();
        for (what, text) in ENDLESS {
            let mut store = store(&engine);
            let mut cx = store.context();
            let host = host(&mut cx);
            let start = Instant::now();
            cx.set_deadline(Some(start + SOON));
            let error = run(&mut cx, text, host).unwrap_err();
            assert_eq!(kind(&error), TrapKind::Deadline, "{what}: {config:?}");
            assert!((SOON..LATE).contains(&start.elapsed()), "{what}: {:?} {config:?}", start.elapsed());
            // The store is whole and goes on.
            cx.set_deadline(None);
            let fine =
                r#"(memory 1) (func (export "f") (memory.fill (i32.const 0) (i32.const 1) (i32.const 9)))"#;
            if !text.contains("65536") && !text.contains("32768") {
                run(&mut cx, fine, host).unwrap();
            }
        }
    }
}

#[test]
fn cancelling_stops_everything() {
    for config in configs() {
        let engine = Engine::new(&config).unwrap();
        for (what, text) in ENDLESS {
            let mut store = store(&engine);
            let token = store.cancel_token();
            let mut cx = store.context();
            let host = host(&mut cx);
            let canceller = thread::spawn(move || {
                thread::sleep(SOON);
                token.cancel();
            });
            let start = Instant::now();
            let error = run(&mut cx, text, host).unwrap_err();
            assert_eq!(kind(&error), TrapKind::Cancelled, "{what}: {config:?}");
            assert!(start.elapsed() < LATE, "{what}: {:?} {config:?}", start.elapsed());
            canceller.join().unwrap();
        }
    }
}

#[test]
fn what_a_stopped_fill_wrote_is_a_beginning() {
    for style in [TrapStyle::Signals, TrapStyle::Explicit] {
        let engine = Engine::new(&Config::new().with_trap_style(style)).unwrap();
        let mut store = store(&engine);
        let mut cx = store.context();
        let text = r#"(module (memory (export "m") 65536)
            (func (export "f") (memory.fill (i32.const 0) (i32.const 1) (i32.const 0xffffffff))))"#;
        let module = Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
        let instance = Instance::new(&mut cx, &module, &[]).unwrap();
        let func = instance.export(&cx, "f").unwrap().into_func().unwrap();
        let memory = instance.export(&cx, "m").unwrap().into_memory().unwrap();
        cx.set_deadline(Some(Instant::now() + SOON));
        assert_eq!(kind(&func.call(&mut cx, &[]).unwrap_err()), TrapKind::Deadline);
        let bytes = memory.data(&cx);
        let written = bytes.partition_point(|byte| *byte == 1);
        assert!(written > 0 && written < bytes.len());
        // No more than what is written between two looks is in doubt.
        assert!(bytes[written..].iter().take(64 << 20).all(|byte| *byte == 0));
    }
}

#[test]
fn explicit_style_polls_keep_the_values_of_the_code_around_them() {
    // The host moves the deadline, so that the poll after it takes the slow way while everything is in registers.
    let text = r#"(import "" "" (func $host)) (func $g (param i64 f64 v128) (result i64)
            (i64.add (local.get 0) (i64.add (i64.trunc_sat_f64_s (local.get 1)) (i64x2.extract_lane 1 (local.get 2)))))
        (func (export "f") (local $i i64) (local $a i64) (local $b i64) (local $c f64) (local $d v128) (local $e f64)
            (local $x i64)
            (local.set $d (v128.const i64x2 3 4))
            (call $host)
            (loop $l
                (if (i64.eqz (i64.and (local.get $i) (i64.const 15))) (then (call $host)))
                (local.set $i (i64.add (local.get $i) (i64.const 1)))
                (local.set $a (i64.add (local.get $a) (i64.const 3)))
                (local.set $b (i64.xor (local.get $b) (local.get $i)))
                (local.set $c (f64.add (local.get $c) (f64.const 0.5)))
                (local.set $e (f64.sub (local.get $e) (f64.const 0.25)))
                (local.set $d (i64x2.add (local.get $d) (v128.const i64x2 1 2)))
                (local.set $x (call $g (local.get $a) (local.get $c) (local.get $d)))
                (if (i64.ne (local.get $a) (i64.mul (local.get $i) (i64.const 3))) (then unreachable))
                (if (f64.ne (f64.add (local.get $c) (local.get $e)) (f64.mul (f64.convert_i64_s (local.get $i)) (f64.const 0.25)))
                    (then unreachable))
                (if (i64.ne (i64x2.extract_lane 1 (local.get $d)) (i64.add (i64.const 4) (i64.mul (local.get $i) (i64.const 2))))
                    (then unreachable))
                (if (i64.ne (local.get $x) (i64.add (i64.mul (local.get $i) (i64.const 5))
                        (i64.add (i64.const 4) (i64.div_u (local.get $i) (i64.const 2))))) (then unreachable))
                (br $l)))"#;
    let engine = Engine::new(&Config::new().with_trap_style(TrapStyle::Explicit)).unwrap();
    let end = Instant::now() + Duration::from_secs(3600);
    let mut store = Store::new(&engine, end, StoreLimits::default()).unwrap();
    let mut cx = store.context();
    let host = Func::raw(&mut cx, FuncType::new([], []), |cx, _| {
        *cx.data_mut() -= Duration::from_secs(2);
        let end = *cx.data();
        cx.set_deadline(Some(end));
        Ok(())
    })
    .unwrap();
    let error = run(&mut cx, text, host.into()).unwrap_err();
    assert_eq!(kind(&error), TrapKind::Deadline);
    assert!(end.duration_since(*cx.data()) >= Duration::from_secs(3590));
}
