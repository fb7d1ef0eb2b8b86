//! Fuel: what things take, that it stops guests everywhere, and that it is the same in both trap styles.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's way of failing")]

mod common;

use common::kind;
use plugbay_engine::{
    CompileStrategy, Config, Context, Engine, Error, ErrorKind, Func, FuncType, Instance, Module, OptLevel,
    Store, StoreLimits, TrapKind, TrapStyle, Val, ValType,
};

const STYLES: [TrapStyle; 2] = [TrapStyle::Signals, TrapStyle::Explicit];

fn store(style: TrapStyle) -> Store<()> {
    store_with(&Config::new().with_trap_style(style))
}

fn store_with(config: &Config) -> Store<()> {
    let engine = Engine::new(&config.clone().with_fuel(true)).unwrap();
    let limits = StoreLimits { memory_bytes: 4 << 30, table_elements: 10_000_000, ..StoreLimits::default() };
    Store::new(&engine, (), limits).unwrap()
}

/// Instantiates a module that imports at most a host function of no parameters and no results.
fn instance(cx: &mut Context<'_, ()>, text: &str) -> Result<Instance, Error> {
    let module = Module::new(cx.engine(), &wat::parse_str(text).unwrap()).unwrap();
    let host = Func::raw(cx, FuncType::new([], []), |_, _| Ok(())).unwrap();
    let imports: Vec<_> = module.imports().map(|_| host.into()).collect();
    Instance::new(cx, &module, &imports)
}

/// Calls the export `f` with this much fuel and returns what happened and what was left.
fn run(style: TrapStyle, text: &str, fuel: u64, args: &[Val]) -> (Result<Vec<Val>, TrapKind>, u64) {
    run_in(store(style), text, fuel, args)
}

fn run_in(mut store: Store<()>, text: &str, fuel: u64, args: &[Val]) -> (Result<Vec<Val>, TrapKind>, u64) {
    let mut cx = store.context();
    let instance = instance(&mut cx, text).unwrap();
    let func = instance.export(&cx, "f").unwrap().into_func().unwrap();
    cx.set_fuel(fuel).unwrap();
    let result = func.call(&mut cx, args).map_err(|error| kind(&error));
    (result, cx.fuel())
}

/// What the export `f` takes, the same in every way of compiling and running it.
fn takes(text: &str, args: &[Val]) -> u64 {
    const PLENTY: u64 = 1 << 40;
    let explicit = Config::new().with_trap_style(TrapStyle::Explicit);
    let configs = [
        Config::new(),
        Config::new().with_compile_strategy(CompileStrategy::Lazy),
        Config::new().with_opt_level(OptLevel::None),
        explicit.clone(),
        explicit.with_compile_strategy(CompileStrategy::Lazy).with_memory_reservation(0),
    ];
    let taken = configs.map(|config| {
        let (result, left) = run_in(store_with(&config), text, PLENTY, args);
        assert!(result.is_ok(), "{text}: {result:?}");
        PLENTY - left
    });
    assert!(taken.iter().all(|each| *each == taken[0]), "{text}: {taken:?}");
    taken[0]
}

#[test]
fn operators_take_what_the_documentation_says() {
    let cases: &[(&str, &[Val], u64)] = &[
        ("(func (export \"f\"))", &[], 0),
        ("(func (export \"f\") (nop) (block (nop)) (drop (i32.const 1)))", &[], 1),
        ("(func (export \"f\") (drop (i32.add (i32.const 1) (i32.const 2))))", &[], 3),
        ("(func $g) (func (export \"f\") (call $g) (call $g))", &[], 2),
        // The other way is not counted.
        (
            "(func (export \"f\") (param i32) (if (local.get 0) (then (drop (i32.const 1)) (drop (i32.const 1)))
                (else (drop (i32.const 1)))) (drop (i32.const 1)))",
            &[Val::I32(1)],
            5,
        ),
        (
            "(func (export \"f\") (param i32) (if (local.get 0) (then (drop (i32.const 1)) (drop (i32.const 1)))
                (else (drop (i32.const 1)))) (drop (i32.const 1)))",
            &[Val::I32(0)],
            4,
        ),
        ("(func (export \"f\") (param i32) (if (local.get 0) (then (return))) (drop (i32.const 1)))", &[Val::I32(0)], 3),
        ("(func (export \"f\") (param i32) (if (local.get 0) (then (return))) (drop (i32.const 1)))", &[Val::I32(1)], 3),
        // Ten rounds of five, the last branch is not taken.
        (
            "(func (export \"f\") (param i32) (loop $l
                (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))",
            &[Val::I32(10)],
            50,
        ),
        (
            "(func (export \"f\") (param i32) (block $b (br_if $b (local.get 0)) (drop (i32.const 1))) (nop))",
            &[Val::I32(1)],
            2,
        ),
        (
            "(func (export \"f\") (param i32) (block $b (br_if $b (local.get 0)) (drop (i32.const 1))) (nop))",
            &[Val::I32(0)],
            3,
        ),
        (
            "(func (export \"f\") (param i32) (block $a (block $b (br_table $a $b (local.get 0))) (drop (i32.const 1))))",
            &[Val::I32(1)],
            3,
        ),
        ("(import \"\" \"\" (func $host)) (func (export \"f\") (call $host))", &[], 51),
        ("(memory 1) (func (export \"f\") (memory.fill (i32.const 0) (i32.const 0) (i32.const 8000)))", &[], 1004),
        ("(memory 1) (func (export \"f\") (memory.copy (i32.const 0) (i32.const 9) (i32.const 8000)))", &[], 1004),
        ("(memory 1) (data \"0123456789abcdef\") (func (export \"f\") (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 16)))", &[], 6),
        ("(memory 1 3) (func (export \"f\") (drop (memory.grow (i32.const 1))))", &[], 8194),
        ("(memory 1 3) (func (export \"f\") (drop (memory.grow (i32.const 9))))", &[], 2),
        ("(table 9 funcref) (func (export \"f\") (table.fill (i32.const 1) (ref.null func) (i32.const 7)))", &[], 11),
        ("(table 9 funcref) (func (export \"f\") (table.copy (i32.const 1) (i32.const 0) (i32.const 7)))", &[], 11),
        ("(table 9 99 funcref) (func (export \"f\") (drop (table.grow (ref.null func) (i32.const 7))))", &[], 10),
        ("(table 9 99 funcref) (func (export \"f\") (drop (table.grow (ref.null func) (i32.const 700))))", &[], 3),
    ];
    for (text, args, expected) in cases {
        assert_eq!(takes(&format!("(module {text})"), args), *expected, "{text}");
    }
}

/// Guests that never end by themselves.
const ENDLESS: &[&str] = &[
    r#"(module (func (export "f") (loop (br 0))))"#,
    r#"(module (func (export "f") (loop (br_if 0 (i32.const 1)))))"#,
    r#"(module (func (export "f") (loop (br_table 0 0 (i32.const 0)))))"#,
    r#"(module (func $g) (func (export "f") (loop (call $g) (br 0))))"#,
    r#"(module (func $f (export "f") (return_call $f)))"#,
    r#"(module (func $f (export "f") (param i64) (return_call $f (i64.const 1))) )"#,
    r#"(module (func $f (param i32) (if (local.get 0) (then
            (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 1))))))
        (func (export "f") (call $f (i32.const 60))))"#,
    r#"(module (import "" "" (func $h)) (func (export "f") (loop (call $h) (br 0))))"#,
    r#"(module (memory 1 2) (func (export "f") (loop (drop (memory.grow (i32.const 1))) (br 0))))"#,
    r#"(module (memory 1) (func (export "f") (loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) (br 0))))"#,
    r#"(module (memory 1) (func (export "f") (loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)) (br 0))))"#,
    r#"(module (table 10 funcref) (func (export "f") (loop (table.fill (i32.const 0) (ref.null func) (i32.const 10)) (br 0))))"#,
    r#"(module (table 1 funcref) (elem (i32.const 0) $f) (func $f (export "f") (return_call_indirect (i32.const 0))))"#,
    // Exceptions go back to the head of the loop without a branch.
    r#"(module (tag $e) (func (export "f") (loop $l (try_table (catch $e $l) (throw $e)))))"#,
    r#"(module (tag $e) (func $g (throw $e)) (func (export "f") (loop $l (try_table (catch_all $l) (call $g)))))"#,
    r#"(module (type $t (func)) (tag $e) (elem declare func $g) (func $g (throw $e))
        (func (export "f") (loop $l (try_table (catch $e $l) (call_ref $t (ref.func $g))))))"#,
];

#[test]
fn nothing_runs_on_without_fuel() {
    for text in ENDLESS {
        for fuel in [0, 1, 1_000, 100_000] {
            let results = STYLES.map(|style| {
                let args: &[Val] = if text.contains("param i64") { &[Val::I64(0)] } else { &[] };
                run(style, text, fuel, args)
            });
            for (result, left) in &results {
                assert_eq!((result, *left), (&Err(TrapKind::OutOfFuel), 0), "{text} with {fuel}");
            }
        }
    }
}

#[test]
fn exceptions_and_calls_through_references_give_nothing_back() {
    let cases = [
        // What `$work` took stays taken when it throws; a try_table, catching and the end of a block take nothing.
        (
            r#"(tag $e) (func $work (param i32) (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
                (throw $e))
            (func (export "f") (block $b (try_table (catch $e $b) (call $work (i32.const 100)))))"#,
            500 + 1 + 2,
        ),
        (
            r#"(type $t (func (param i32))) (elem declare func $work)
            (func $work (param i32) (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
            (func (export "f") (call_ref $t (i32.const 100) (ref.func $work)))"#,
            500 + 3,
        ),
        // Through the host, and back with what the host threw on.
        (
            r#"(import "" "" (func $host)) (tag $e) (func (export "f") (block $b (try_table (catch $e $b)
                (call $host) (throw $e))))"#,
            51 + 1,
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(takes(&format!("(module {text})"), &[]), expected, "{text}");
    }
}

#[test]
fn a_start_function_needs_fuel_too() {
    for style in STYLES {
        let mut store = store(style);
        let mut cx = store.context();
        cx.set_fuel(10_000).unwrap();
        let error = instance(&mut cx, "(module (func $f (loop (br 0))) (start $f))").unwrap_err();
        assert_eq!((kind(&error), cx.fuel()), (TrapKind::OutOfFuel, 0));
    }
}

#[test]
fn what_cannot_be_paid_is_not_begun() {
    let text = r#"(module (memory (export "m") 16)
        (func (export "f") (memory.fill (i32.const 0) (i32.const 7) (i32.const 0x100000))))"#;
    for style in STYLES {
        let mut store = store(style);
        let mut cx = store.context();
        let instance = instance(&mut cx, text).unwrap();
        let func = instance.export(&cx, "f").unwrap().into_func().unwrap();
        let memory = instance.export(&cx, "m").unwrap().into_memory().unwrap();
        cx.set_fuel(100_000).unwrap();
        assert_eq!(kind(&func.call(&mut cx, &[]).unwrap_err()), TrapKind::OutOfFuel);
        assert!(memory.data(&cx).iter().all(|byte| *byte == 0));
        cx.set_fuel(200_000).unwrap();
        func.call(&mut cx, &[]).unwrap();
        assert_eq!((memory.data(&cx)[0], cx.fuel()), (7, 200_000 - 131_072 - 4));
    }
}

#[test]
fn huge_lengths_do_not_give_fuel_back() {
    for text in [
        r#"(module (memory i64 1) (func (export "f") (param i64) (memory.fill (i64.const 0) (i32.const 0) (local.get 0))))"#,
        r#"(module (table i64 1 funcref) (func (export "f") (param i64)
            (table.fill (i64.const 0) (ref.null func) (local.get 0))))"#,
        r#"(module (table i64 1 funcref) (func (export "f") (param i64) (drop (table.grow (ref.null func) (local.get 0)))))"#,
        r#"(module (memory i64 1) (func (export "f") (param i64) (drop (memory.grow (local.get 0)))))"#,
    ] {
        for len in [-1, i64::MIN, i64::MAX, 1 << 61, 1 << 50] {
            let results = STYLES.map(|style| run(style, text, 1000, &[Val::I64(len)]));
            assert!(results[0].1 < 1000, "{text} {len}: {results:?}");
            assert_eq!(results[0], results[1], "{text} {len}");
        }
    }
}

#[test]
fn traps_give_no_fuel_back_and_leave_the_same_in_both_styles() {
    let text = r#"(module (memory 1) (table 1 funcref)
        (func $work (param i32) (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
        (func (export "f") (param $how i32) (local $x i32)
            (call $work (i32.const 100))
            (block $c (block $b (block $a (br_table $a $b $c (local.get $how))) unreachable)
                (drop (i32.load (i32.const 0x10000))) )
            (local.set $x (i32.const 3))
            (drop (i32.div_s (local.get $x) (i32.sub (local.get $how) (i32.const 2))))
            (call_indirect (i32.const 0))))"#;
    for (how, expected) in [
        (0, TrapKind::Unreachable),
        (1, TrapKind::MemoryOutOfBounds),
        (2, TrapKind::IntegerDivisionByZero),
        (3, TrapKind::UninitializedElement),
    ] {
        let results = STYLES.map(|style| run(style, text, 1_000_000, &[Val::I32(how)]));
        for (result, left) in &results {
            assert_eq!(result, &Err(expected));
            // 500 for the loop, its call, the branch; less what the straight run that trapped would have taken.
            assert!((999_450..=999_500).contains(left), "{expected}: {left}");
        }
        assert_eq!(results[0].1, results[1].1, "{expected}");
    }
}

#[test]
fn host_functions_see_and_set_fuel_and_calls_back_take_from_the_same() {
    for style in STYLES {
        let engine = Engine::new(&Config::new().with_trap_style(style).with_fuel(true)).unwrap();
        let mut store = Store::new(&engine, (0_u64, None::<Func>), StoreLimits::default()).unwrap();
        let mut cx = store.context();
        let host = Func::raw(&mut cx, FuncType::new([ValType::I32], []), |cx, slots| {
            cx.data_mut().0 = cx.fuel();
            match slots[0] {
                0 => cx.set_fuel(5_000),
                // Fails in the guest below, and comes back as an error: what that took stays taken.
                1 => {
                    let inner = cx.data().1.unwrap();
                    let _ = inner.call(cx, &[Val::I32(200)]).unwrap_err();
                    Ok(())
                }
                _ => Err(Error::host("no")),
            }
        })
        .unwrap();
        let text = r#"(module (import "" "" (func $host (param i32)))
            (func (export "f") (param i32) (call $host (local.get 0)) (call $host (i32.const 9)))
            (func (export "inner") (param i32)
                (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) unreachable))"#;
        let module = Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
        let instance = Instance::new(&mut cx, &module, &[host.into()]).unwrap();
        let func = instance.export(&cx, "f").unwrap().into_func().unwrap();
        cx.data_mut().1 = instance.export(&cx, "inner").unwrap().into_func();
        cx.set_fuel(10_000).unwrap();
        assert!(matches!(func.call(&mut cx, &[Val::I32(0)]).unwrap_err().kind(), ErrorKind::Host(_)));
        // The last thing that the host saw: 5000, less a call and its argument.
        assert_eq!((cx.data().0, cx.fuel()), (4_948, 4_948));
        cx.set_fuel(10_000).unwrap();
        func.call(&mut cx, &[Val::I32(1)]).unwrap_err();
        // 52 to get there, 1000 for the rounds in `inner` and 1 for its end, 52 for the second call.
        assert_eq!(cx.fuel(), 10_000 - 52 - 1_001 - 52);
    }
}

#[test]
fn typed_functions_take_the_same_in_both_directions() {
    for style in STYLES {
        let mut store = store(style);
        let mut cx = store.context();
        let add = Func::wrap(&mut cx, |cx, (a, b): (i32, i32)| {
            assert_eq!(cx.fuel(), 10_000 - 53);
            Ok(a + b)
        });
        let text = r#"(module (import "" "" (func $add (param i32 i32) (result i32)))
            (func (export "f") (param i32 i32) (result i32) (call $add (local.get 0) (local.get 1))))"#;
        let module = Module::new(cx.engine(), &wat::parse_str(text).unwrap()).unwrap();
        let instance = Instance::new(&mut cx, &module, &[add.into()]).unwrap();
        let func = instance.export(&cx, "f").unwrap().into_func().unwrap();
        let func = func.typed::<(i32, i32), i32, _>(&cx).unwrap();
        for _ in 0..3 {
            cx.set_fuel(10_000).unwrap();
            assert_eq!(func.call(&mut cx, (40, 2)).unwrap(), 42);
            assert_eq!(cx.fuel(), 10_000 - 53);
        }
        cx.set_fuel(52).unwrap();
        assert_eq!(kind(&func.call(&mut cx, (40, 2)).unwrap_err()), TrapKind::OutOfFuel);
    }
}

#[test]
fn fuel_that_is_not_counted_is_refused() {
    let engine = Engine::new(&Config::new()).unwrap();
    let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
    let error = store.context().set_fuel(1).unwrap_err();
    assert!(error.to_string().contains("with_fuel"), "{error}");
    assert_eq!(store.context().fuel(), 0);
}
