//! B: recursion, small stacks, tail calls.

use plugbay_engine::{
    Error, ErrorKind, Extern, Func, FuncType, Instance, Module, Store, StoreLimits, TrapKind, TrapStyle, Val,
    ValType,
};

use crate::support::{Guest, STYLES, engine, func_of, kind};

/// Functions that call themselves for ever, each in another way.
const RECURSIONS: &str = r#"(module (memory 1) (table 1 funcref) (elem (i32.const 0) $table)
    (type $t (func))
    (func $plain (export "plain") (call $plain))
    (func $table (export "table") (call_indirect (type $t) (i32.const 0)))
    (func $grow (export "grow") (drop (memory.grow (i32.const 0))) (call $grow) (drop (memory.grow (i32.const 0))))
    (func $copy (export "copy") (memory.fill (i32.const 0) (i32.const 0) (i32.const 100)) (call $copy))
    (func $ceil (export "ceil") (param f32) (result f32)
        (f32.ceil (f32.trunc (call $ceil (f32.ceil (f32.nearest (local.get 0)))))))
    (func $even (export "even") (param i64) (result i64) (i64.add (call $odd (i64.add (local.get 0) (i64.const 1))) (i64.const 1)))
    (func $odd (param i64) (result i64) (i64.add (call $even (local.get 0)) (i64.const 1)))
    (func $locals (export "locals") (result i32) (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
        (local.set 0 (i64.extend_i32_u (call $locals)))
        (local.set 11 (i64.extend_i32_u (call $locals)))
        (i32.wrap_i64 (i64.add (local.get 0) (local.get 11)))))"#;

#[test]
fn b12_recursion_without_end_is_a_trap() {
    for style in STYLES {
        let mut guest = Guest::new(style, RECURSIONS);
        for round in 0..2 {
            for name in ["plain", "table", "grow", "copy", "locals"] {
                assert_eq!(guest.trap(name, &[]), TrapKind::StackOverflow, "{style:?}: {name}, {round}");
            }
            assert_eq!(guest.trap("ceil", &[Val::F32(0)]), TrapKind::StackOverflow);
            assert_eq!(guest.trap("even", &[Val::I64(0)]), TrapKind::StackOverflow);
        }
    }
}

#[test]
fn b12_arguments_on_the_stack_count() {
    // A thousand vectors: 16 KB for each call.
    let (params, arguments) = ("v128 ".repeat(1000), "(local.get 0)".repeat(1000));
    let first = "(v128.const i64x2 1 2)".repeat(1000);
    let results = "(i64.const 1)".repeat(1000);
    let text = format!(
        "(module (func $f (param {params}) (call $f {arguments}))
         (func (export \"f\") (call $f {first}))
         (func $g (result {}) (call $g))
         (func (export \"g\") (call $g) {})
         (func (export \"h\") (result {}) {results}))",
        "i64 ".repeat(1000),
        "drop ".repeat(1000),
        "i64 ".repeat(1000),
    );
    for style in STYLES {
        for stack_bytes in [48 << 10, 100_000, 512 << 10] {
            let limits = StoreLimits { stack_bytes, ..StoreLimits::default() };
            let mut guest = Guest::limited(style, &text, limits);
            assert_eq!(guest.trap("f", &[]), TrapKind::StackOverflow, "{style:?} {stack_bytes}");
            assert_eq!(guest.trap("g", &[]), TrapKind::StackOverflow, "{style:?} {stack_bytes}");
            assert_eq!(guest.call("h", &[]).unwrap().len(), 1000);
        }
    }
}

/// A store whose guest and host call each other without end.
fn through_the_host(style: TrapStyle) -> Result<Vec<Val>, Error> {
    let engine = engine(style);
    let mut store: Store<Option<Func>> = Store::new(&engine, None, StoreLimits::default()).unwrap();
    let mut cx = store.context();
    let back = Func::new(&mut cx, FuncType::new([], []), |cx, _, _| {
        let func = cx.data().expect("the function");
        func.call(cx, &[]).map(drop)
    });
    let text = r#"(module (import "" "back" (func $back)) (func (export "run") (call $back) (call $back)))"#;
    let module = Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
    let instance = Instance::new(&mut cx, &module, &[Extern::Func(back)]).unwrap();
    let run = func_of(&cx, instance, "run");
    *cx.data_mut() = Some(run);
    run.call(&mut cx, &[])
}

#[test]
fn b12_recursion_through_the_host_is_a_trap() {
    for style in STYLES {
        assert_eq!(kind(&through_the_host(style).unwrap_err()), TrapKind::StackOverflow, "{style:?}");
    }
}

#[test]
fn b13_threads_with_little_stack() {
    for style in STYLES {
        for kibibytes in [64, 96, 128, 160, 192, 256, 1024] {
            let thread = std::thread::Builder::new().stack_size(kibibytes << 10);
            let limits = StoreLimits { stack_bytes: 64 << 20, ..StoreLimits::default() };
            let engine = engine(style);
            let module = Module::new(&engine, &wat::parse_str(RECURSIONS).unwrap()).unwrap();
            let outcome = thread
                .spawn(move || {
                    let mut store = Store::new(&engine, (), limits)?;
                    let mut cx = store.context();
                    let instance = Instance::new(&mut cx, &module, &[])?;
                    ["plain", "copy", "grow"]
                        .map(|name| func_of(&cx, instance, name))
                        .into_iter()
                        .try_for_each(|func| match func.call(&mut cx, &[]) {
                            Err(error) if error.trap().is_some() => {
                                assert_eq!(kind(&error), TrapKind::StackOverflow);
                                Ok(())
                            }
                            other => other.map(drop),
                        })
                })
                .unwrap()
                .join()
                .expect("no panic");
            match outcome {
                Ok(()) => {}
                Err(error) => {
                    let knob = matches!(error.kind(), ErrorKind::Limit { .. } | ErrorKind::Os { .. });
                    assert!(
                        kibibytes < 256 && (knob || matches!(error.kind(), ErrorKind::Misuse(_))),
                        "{style:?}: {kibibytes}: {error:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn b14_tail_calls_take_no_stack() {
    let wide = "(param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 v128 v128 v128 v128 v128 v128 v128 v128 v128)";
    let sums: String =
        (0..12).map(|_| "(local.get 0)".to_owned()).collect::<String>() + &"(v128.const i64x2 3 4)".repeat(9);
    let text = format!(
        r#"(module (type $t (func (param i64) (result i64))) (type $w (func {wide} (result i64)))
        (table 2 funcref) (elem (i32.const 0) $narrow $wide)
        (func $loop (export "loop") (type $t)
            (if (i64.eqz (local.get 0)) (then (return (i64.const 9))))
            (return_call $loop (i64.sub (local.get 0) (i64.const 1))))
        (func $narrow (export "narrow") (type $t)
            (if (i64.eqz (local.get 0)) (then (return (i64.const 8))))
            (return_call_indirect (type $w) {sums} (i32.const 1)))
        (func $wide (type $w) (return_call $narrow (i64.sub (local.get 11) (i64.const 1))))
        (func $down (export "down") (type $t)
            (drop (call $narrow (i64.const 10)))
            (i64.add (call $down (local.get 0)) (i64.const 1)))
        (func $trap (type $t) unreachable)
        (func (export "trap") (type $t) (return_call $middle (local.get 0)))
        (func $middle (type $t) (return_call $trap (local.get 0))))"#
    );
    for style in STYLES {
        let limits = StoreLimits { stack_bytes: 32 << 10, ..StoreLimits::default() };
        let mut guest = Guest::limited(style, &text, limits);
        assert_eq!(guest.get("loop", &[Val::I64(100_000_000)]), Val::I64(9));
        assert_eq!(guest.get("narrow", &[Val::I64(1_000_000)]), Val::I64(8));
        // A wider callee at every depth down to the edge of the stack.
        assert_eq!(guest.trap("down", &[Val::I64(0)]), TrapKind::StackOverflow);
        let error = guest.call("trap", &[Val::I64(0)]).unwrap_err();
        assert_eq!(kind(&error), TrapKind::Unreachable);
        // Who called in tail position is gone.
        let names: Vec<_> =
            error.trap().unwrap().frames().iter().map(|frame| frame.name().unwrap()).collect();
        assert_eq!(names, ["trap"]);
    }
}

#[test]
fn b24_a_trap_at_every_call_leaves_nothing_behind() {
    let text = r#"(module (memory 1) (func (export "u") unreachable)
        (func (export "m") (param i32) (result i32) (i32.load (local.get 0)))
        (func $r (export "r") (call $r)))"#;
    let maps = || std::fs::read_to_string("/proc/self/maps").map_or(0, |maps| maps.lines().count());
    for style in STYLES {
        let mut guest = Guest::new(style, text);
        let mut before = 0;
        for round in 0..20_000 {
            assert_eq!(guest.trap("u", &[]), TrapKind::Unreachable);
            assert_eq!(guest.trap("m", &[Val::I32(-8)]), TrapKind::MemoryOutOfBounds);
            if round % 100 == 0 {
                assert_eq!(guest.trap("r", &[]), TrapKind::StackOverflow);
            }
            if round == 100 {
                before = maps();
            }
        }
        // Other tests run beside this one.
        assert!(maps() < before + 200, "{before}, now {}", maps());
        let ty = guest.func("u").ty(&guest.store.context());
        assert_eq!((ty.params().len(), ty.results().len()), (0, 0));
        assert_eq!(ValType::I32.to_string(), "i32");
    }
}

#[test]
fn b12_frames_larger_than_the_room_that_is_left_trap() {
    // Thousands of vectors that all live across a call: some 140 KB for each frame.
    let count = 9_000;
    let (sets, uses): (String, String) = (1..count)
        .map(|n| {
            let set = format!("(local.set {n} (v128.load offset={n} (i32.const 0)))");
            (set, format!("(local.set 0 (i64x2.add (local.get 0) (local.get {n})))"))
        })
        .unzip();
    let text = format!(
        "(module (memory 1) (global $g (mut v128) (v128.const i64x2 0 0))
         (func $f (export \"f\") (local {}) {sets} (call $f) {uses} (global.set $g (local.get 0)))
         (func $deep (export \"deep\") (param i32)
            (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (call $f)))))",
        "v128 ".repeat(count)
    );
    for style in STYLES {
        let engine = engine(style);
        let module = Module::new(&engine, &wat::parse_str(&text).unwrap()).unwrap();
        for kibibytes in [200, 512, 2048] {
            let (engine, module) = (engine.clone(), module.clone());
            let run = move || {
                let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
                let mut cx = store.context();
                let instance = Instance::new(&mut cx, &module, &[]).unwrap();
                let (f, deep) = (func_of(&cx, instance, "f"), func_of(&cx, instance, "deep"));
                assert_eq!(kind(&f.call(&mut cx, &[]).unwrap_err()), TrapKind::StackOverflow);
                for depth in [1, 10, 100, 1000] {
                    let error = deep.call(&mut cx, &[Val::I32(depth)]).unwrap_err();
                    assert_eq!(kind(&error), TrapKind::StackOverflow);
                }
            };
            std::thread::Builder::new().stack_size(kibibytes << 10).spawn(run).unwrap().join().unwrap();
        }
    }
}

#[test]
fn b12_host_functions_can_work_at_the_edge_of_the_guests_stack() {
    for style in STYLES {
        let engine = engine(style);
        let mut store: Store<u32> = Store::new(&engine, 0, StoreLimits::default()).unwrap();
        let mut cx = store.context();
        // Makes functions of types that nobody has seen, each of which is compiled.
        let host = Func::new(&mut cx, FuncType::new([], []), |cx, _, _| {
            *cx.data_mut() += 1;
            let count = *cx.data();
            if count.is_multiple_of(64) {
                let params = vec![ValType::I64; (count / 64) as usize];
                Func::new(cx, FuncType::new(params, []), |_, _, _| Ok(()));
            }
            Ok(())
        });
        let text =
            r#"(module (import "" "h" (func $h)) (func $f (export "f") (call $h) (call $f) (call $h)))"#;
        let module = Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
        let instance = Instance::new(&mut cx, &module, &[Extern::Func(host)]).unwrap();
        let f = func_of(&cx, instance, "f");
        assert_eq!(kind(&f.call(&mut cx, &[]).unwrap_err()), TrapKind::StackOverflow);
        assert!(*cx.data() > 500, "{}", cx.data());
    }
}
