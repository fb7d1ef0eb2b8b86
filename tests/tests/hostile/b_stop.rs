//! B: guests that do not end by themselves are stopped, wherever they are.

use std::time::{Duration, Instant};

use plugbay_engine::{Config, Engine, Instance, Module, Store, StoreLimits, TrapKind, TrapStyle, Val};

use crate::support::{Guest, STYLES, engine, func_of, kind};

/// Generous: on an idle machine it is some milliseconds after the deadline of 50.
const SOON: Duration = Duration::from_secs(10);

const LOOPS: &str = r#"(module (memory 1) (table 1 10 funcref) (type $t (func)) (elem (i32.const 0) $table)
    (func (export "empty") (loop (br 0)))
    (func (export "nested") (loop (loop (block (br 1)) (br 1)) (br 0)))
    (func (export "if") (loop (br_if 0 (i32.const 1)) (br 0)))
    (func (export "br_table") (loop (br_table 0 0 0 (i32.const 7))))
    (func $call (loop (call $nothing) (br 0))) (func $nothing) (export "call" (func $call))
    (func $table (loop (call_indirect (type $t) (i32.const 0)) (br 0))) (export "indirect" (func $leaf_loop))
    (func $leaf_loop (loop (drop (table.get 0 (i32.const 0))) (br 0)))
    (func $tail (export "tail") (return_call $liat)) (func $liat (return_call $tail))
    (func (export "simd") (local v128) (loop (local.set 0 (i32x4.add (local.get 0) (v128.const i32x4 1 2 3 4))) (br 0)))
    (func (export "grow") (loop (drop (memory.grow (i32.const 0))) (br 0)))
    (func (export "table_grow") (loop (drop (table.grow 0 (ref.null func) (i32.const 0))) (br 0)))
    (func (export "fill") (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (br 0)))
    (func (export "init") (loop (memory.init $data (i32.const 0) (i32.const 0) (i32.const 60000)) (br 0)))
    (func (export "nothing") (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 0)) (br 0)))
    (func (export "table_fill") (loop (table.fill (i32.const 0) (ref.null func) (i32.const 1)) (br 0)))
    (func (export "drop") (loop (data.drop $dropped) (elem.drop $e) (br 0)))
    (data $data "DATA") (data $dropped "x") (elem $e func $table)
    (tag $tag (param i32))
    (func (export "throw") (loop (block $caught (result i32) (try_table (catch $tag $caught) (throw $tag (i32.const 1))) (i32.const 0)) (drop) (br 0)))
    (func (export "trap_free") (local i64) (loop (local.set 0 (i64.add (local.get 0) (i64.const 1))) (br_if 0 (i64.ne (local.get 0) (i64.const -1))))))"#;

const NAMES: [&str; 17] = [
    "empty",
    "nested",
    "if",
    "br_table",
    "call",
    "indirect",
    "tail",
    "simd",
    "grow",
    "table_grow",
    "fill",
    "trap_free",
    "init",
    "nothing",
    "table_fill",
    "drop",
    "throw",
];

#[test]
fn b15_every_kind_of_loop_is_stopped() {
    for style in STYLES {
        let mut guest = Guest::new(style, &LOOPS.replace("DATA", &"d".repeat(60_000)));
        for name in NAMES {
            let (kind, time) = guest.stopped(name, &[]);
            assert_eq!(kind, TrapKind::Deadline, "{style:?}: {name}");
            assert!(time < SOON, "{style:?}: {name}: {time:?}");
        }
    }
}

#[test]
fn b15_a_start_function_is_stopped() {
    for style in STYLES {
        let engine = engine(style);
        let module =
            Module::new(&engine, &wat::parse_str("(module (func $s (loop (br 0))) (start $s))").unwrap())
                .unwrap();
        let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
        let mut cx = store.context();
        let begin = Instant::now();
        cx.set_deadline(Some(begin + Duration::from_millis(50)));
        let error = Instance::new(&mut cx, &module, &[]).unwrap_err();
        assert_eq!(kind(&error), TrapKind::Deadline);
        assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
    }
}

#[test]
fn b15_a_loop_is_cancelled_from_another_thread() {
    for style in STYLES {
        for name in ["empty", "tail", "fill"] {
            let mut guest = Guest::new(style, LOOPS);
            let token = guest.store.cancel_token();
            let canceller = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(20));
                token.cancel();
            });
            assert_eq!(guest.trap(name, &[]), TrapKind::Cancelled, "{style:?}: {name}");
            canceller.join().unwrap();
        }
    }
}

#[test]
fn b11_long_instructions_are_stopped_with_the_memory_intact() {
    let text = r#"(module (memory (export "m") 16384)
        (func (export "fill") (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x40000000)))
        (func (export "copy") (loop (memory.copy (i32.const 1) (i32.const 0) (i32.const 0x3fffffff)) (br 0)))
        (func (export "last") (result i32) (i32.load8_u (i32.const 0x3fffffff)))
        (func (export "size") (result i32) (memory.size)))"#;
    for style in STYLES {
        let limits = StoreLimits { memory_bytes: 2 << 30, ..StoreLimits::default() };
        let mut guest = Guest::limited(style, text, limits);
        // One that has passed already: nothing is written.
        let fill = guest.func("fill");
        let mut cx = guest.store.context();
        cx.set_deadline(Some(Instant::now()));
        assert_eq!(kind(&fill.call(&mut cx, &[]).unwrap_err()), TrapKind::Deadline);
        cx.set_deadline(None);
        let memory = guest.memory("m");
        assert_eq!(memory.data(&guest.store.context())[0], 0);
        let (kind, time) = guest.stopped("copy", &[]);
        assert_eq!(kind, TrapKind::Deadline, "{style:?}");
        assert!(time < SOON, "{time:?}");
        assert_eq!(guest.get("size", &[]), Val::I32(16384));
        assert_eq!(guest.get("last", &[]), Val::I32(0));
    }
}

/// A guest with an engine that counts fuel.
fn fueled(style: TrapStyle, text: &str) -> Guest {
    let config = Config::new().with_ir_verifier(false).with_trap_style(style).with_fuel(true);
    let engine = Engine::new(&config).unwrap();
    let module = Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
    let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
    store.context().set_fuel(1 << 40).unwrap();
    let instance = Instance::new(&mut store.context(), &module, &[]).unwrap();
    Guest { store, instance }
}

#[test]
fn b11_instructions_that_fuel_does_not_pay_for_change_nothing() {
    let text = r#"(module (memory (export "m") 100) (table 1000 funcref)
        (func (export "fill") (memory.fill (i32.const 0) (i32.const 1) (i32.const 6553600)))
        (func (export "copy") (memory.copy (i32.const 8) (i32.const 0) (i32.const 6553592)))
        (func (export "table") (table.fill (i32.const 0) (ref.null func) (i32.const 1000)))
        (func (export "grow") (result i32) (memory.grow (i32.const 10))))"#;
    for style in STYLES {
        let mut guest = fueled(style, text);
        let memory = guest.memory("m");
        for name in ["fill", "copy", "table"] {
            guest.store.context().set_fuel(20).unwrap();
            assert_eq!(guest.trap(name, &[]), TrapKind::OutOfFuel, "{style:?}: {name}");
            let cx = guest.store.context();
            assert_eq!(memory.pages(&cx), 100);
            assert!(memory.data(&cx).iter().all(|byte| *byte == 0), "{style:?}: {name}");
        }
        // Growing is paid afterwards, when it is known how far it went.
        guest.store.context().set_fuel(20).unwrap();
        guest.call("grow", &[]).unwrap();
        assert_eq!(guest.store.context().fuel(), 0);
        assert_eq!(guest.trap("fill", &[]), TrapKind::OutOfFuel);
        guest.store.context().set_fuel(10_000_000).unwrap();
        guest.call("fill", &[]).unwrap();
        assert!(memory.data(&guest.store.context())[..100 << 16].iter().all(|byte| *byte == 1));
    }
}

#[test]
fn b27_fuel_does_not_come_back() {
    let text = r#"(module (memory 1) (table 1 funcref) (elem (i32.const 0) $leaf) (type $t (func))
        (func $leaf (type $t))
        (func (export "loop") (loop (br 0)))
        (func (export "trap") unreachable)
        (func (export "bounds") (drop (i32.load (i32.const -1))))
        (func (export "ref") (call_ref $t (ref.func $leaf)))
        (func $r (export "recurse") (call $r))
        (func (export "indirect") (call_indirect (type $t) (i32.const 0)))
        (func (export "tail") (return_call $leaf)))"#;
    for style in STYLES {
        let mut guest = fueled(style, text);
        let mut left = 1 << 30;
        guest.store.context().set_fuel(left).unwrap();
        for _ in 0..100 {
            for name in ["trap", "bounds", "ref", "indirect", "tail", "recurse"] {
                let _ = guest.call(name, &[]);
                let now = guest.store.context().fuel();
                // A trap may keep the operators before it in the same straight run from being counted.
                assert!(
                    now < left || now == left && name == "bounds",
                    "{style:?}: {name}: {left}, then {now}"
                );
                left = now;
            }
        }
        assert_eq!(guest.trap("loop", &[]), TrapKind::OutOfFuel);
        for name in ["loop", "ref", "recurse"] {
            assert_eq!(guest.store.context().fuel(), 0);
            assert_eq!(guest.trap(name, &[]), TrapKind::OutOfFuel, "{style:?}: {name}");
        }
    }
}

#[test]
fn b27_fuel_is_the_same_in_both_trap_styles() {
    let text = r#"(module (memory 1)
        (func $fib (export "f") (param i32) (result i32)
            (if (i32.lt_u (local.get 0) (i32.const 2)) (then (return (local.get 0))))
            (i32.store (i32.const 8) (local.get 0))
            (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2))))))"#;
    let used = STYLES.map(|style| {
        let mut guest = fueled(style, text);
        guest.store.context().set_fuel(1 << 30).unwrap();
        assert_eq!(guest.get("f", &[Val::I32(15)]), Val::I32(610));
        (1 << 30) - guest.store.context().fuel()
    });
    assert_eq!(used[0], used[1]);
    assert!(used[0] > 10_000, "{used:?}");
}

#[test]
fn b15_a_guest_called_through_the_host_is_stopped() {
    use plugbay_engine::{Extern, Func, FuncType};
    for style in STYLES {
        let engine = engine(style);
        let mut store: Store<Option<Func>> = Store::new(&engine, None, StoreLimits::default()).unwrap();
        let mut cx = store.context();
        let again = Func::new(&mut cx, FuncType::new([], []), |cx, _, _| {
            let func = cx.data().unwrap();
            func.call(cx, &[]).map(drop)
        });
        let text = r#"(module (import "" "again" (func $again)) (func (export "outer") (call $again))
            (func (export "inner") (loop (br 0))))"#;
        let module = Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
        let instance = Instance::new(&mut cx, &module, &[Extern::Func(again)]).unwrap();
        let (outer, inner) = (func_of(&cx, instance, "outer"), func_of(&cx, instance, "inner"));
        *cx.data_mut() = Some(inner);
        let begin = Instant::now();
        cx.set_deadline(Some(begin + Duration::from_millis(50)));
        assert_eq!(kind(&outer.call(&mut cx, &[]).unwrap_err()), TrapKind::Deadline);
        assert!(begin.elapsed() < SOON);
    }
}
