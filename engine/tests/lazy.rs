//! Functions that are compiled when they are first called.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use plugbay_engine::{
    CompileStrategy, Config, Engine, ErrorKind, Instance, Module, Store, StoreLimits, TrapKind, TrapStyle,
    Val,
};

fn config() -> Config {
    Config::new().with_compile_strategy(CompileStrategy::Lazy)
}

fn module_of(config: &Config, text: &str) -> Module {
    Module::new(&Engine::new(config).unwrap(), &wat::parse_str(text).unwrap()).unwrap()
}

/// Calls an export of a new instance of the module.
fn call(module: &Module, name: &str, args: &[Val]) -> plugbay_engine::Result<Vec<Val>> {
    let mut store = Store::new(module.engine(), (), StoreLimits::default()).unwrap();
    let mut cx = store.context();
    let instance = Instance::new(&mut cx, module, &[])?;
    let func = instance.export(&cx, name).unwrap().into_func().unwrap();
    func.call(&mut cx, args)
}

#[test]
fn only_what_is_called_is_compiled() {
    let text = r#"(module
        (func $leaf (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
        (func (export "one") (result i32) (call $leaf (i32.const 1)))
        (func (export "two") (result i32) (call $leaf (call $leaf (i32.const 5))))
        (func (export "never") (result i32) (call $leaf (i32.const 9)))
        (func (export "branch") (param i32) (result i32)
            (if (result i32) (local.get 0) (then (call $other)) (else (i32.const 3))))
        (func $other (result i32) (i32.const 4)))"#;
    let module = module_of(&config(), text);
    assert_eq!(module.compiled_functions(), 0);
    assert_eq!(call(&module, "one", &[]).unwrap(), [Val::I32(2)]);
    assert_eq!(module.compiled_functions(), 2);
    assert_eq!(call(&module, "one", &[]).unwrap(), [Val::I32(2)]);
    assert_eq!(module.compiled_functions(), 2);
    assert_eq!(call(&module, "two", &[]).unwrap(), [Val::I32(7)]);
    assert_eq!(module.compiled_functions(), 3);
    assert_eq!(call(&module, "branch", &[Val::I32(0)]).unwrap(), [Val::I32(3)]);
    assert_eq!(module.compiled_functions(), 4);
    assert_eq!(call(&module, "branch", &[Val::I32(1)]).unwrap(), [Val::I32(4)]);
    assert_eq!(module.compiled_functions(), 5);
    assert_eq!(module_of(&Config::new(), text).compiled_functions(), 6);
}

#[test]
fn every_way_to_call_comes_to_the_same_function() {
    let text = r#"(module
        (type $unary (func (param i32) (result i32)))
        (table 4 funcref)
        (elem (i32.const 1) $double $down)
        (global $started (mut i32) (i32.const 0))
        (func $start (global.set $started (call $double (i32.const 21))))
        (start $start)
        (func (export "started") (result i32) (global.get $started))
        (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
        (func $down (export "down") (type $unary)
            (if (i32.eqz (local.get 0)) (then (return (i32.const 7))))
            (return_call $down (i32.sub (local.get 0) (i32.const 1))))
        (func (export "indirect") (param i32 i32) (result i32)
            (call_indirect (type $unary) (local.get 1) (local.get 0)))
        (func (export "tail") (param i32 i32) (result i32)
            (return_call_indirect (type $unary) (local.get 1) (local.get 0)))
        (elem declare func $fib)
        (func (export "by_ref") (param i32) (result i32) (call_ref $unary (local.get 0) (ref.func $fib)))
        (func $fib (export "fib") (type $unary)
            (if (i32.lt_u (local.get 0) (i32.const 2)) (then (return (local.get 0))))
            (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                     (call $fib (i32.sub (local.get 0) (i32.const 2))))))"#;
    for style in [TrapStyle::Signals, TrapStyle::Explicit] {
        let module = module_of(&config().with_trap_style(style), text);
        let run = |name, args: &[i32]| {
            let args: Vec<Val> = args.iter().map(|arg| Val::I32(*arg)).collect();
            call(&module, name, &args).unwrap()
        };
        assert_eq!(run("started", &[]), [Val::I32(42)]);
        assert_eq!(run("indirect", &[1, 8]), [Val::I32(16)]);
        assert_eq!(run("tail", &[1, 9]), [Val::I32(18)]);
        assert_eq!(run("indirect", &[2, 100_000]), [Val::I32(7)]);
        assert_eq!(run("down", &[1_000_000]), [Val::I32(7)]);
        assert_eq!(run("fib", &[20]), [Val::I32(6765)]);
        assert_eq!(run("by_ref", &[10]), [Val::I32(55)]);
        let again = module_of(&config().with_trap_style(style), text);
        assert_eq!(call(&again, "by_ref", &[Val::I32(15)]).unwrap(), [Val::I32(610)]);
    }
}

#[test]
fn arguments_and_results_survive_the_first_call() {
    // More than fit into registers, of every kind, and more results than registers.
    let kinds = ["i32", "i64", "f32", "f64", "v128"];
    let params: Vec<&str> = kinds.iter().copied().cycle().take(40).collect();
    let gets: String = (0..40).map(|index| format!("(local.get {index})")).collect();
    let consts: String = (0..40)
        .map(|index| match params[index] {
            "v128" => format!("(v128.const i64x2 {index} -{index})"),
            kind => format!("({kind}.const {index})"),
        })
        .collect();
    let types = params.join(" ");
    let text = format!(
        r#"(module
            (func $echo (param {types}) (result {types}) {gets})
            (func (export "direct") (result {types}) (call $echo {consts}))
            (func (export "tail") (result {types}) (return_call $echo {consts})))"#
    );
    let expected = call(&module_of(&Config::new(), &text), "direct", &[]).unwrap();
    assert_eq!(expected[6], Val::I64(6));
    for name in ["direct", "tail"] {
        assert_eq!(call(&module_of(&config(), &text), name, &[]).unwrap(), expected, "{name}");
    }
}

#[test]
fn an_invalid_body_is_refused_when_the_module_is_loaded() {
    let functions = r#"(func (export "f") (result i32) (i32.const 1))"#;
    let text = format!(
        r#"(module {functions} {} (func (result i32) (i64.const 1)) {})"#,
        "(func)".repeat(2000),
        "(func (result i64) (i32.const 1))".repeat(2000)
    );
    let bytes = wat::parse_str(text).unwrap();
    let errors = [CompileStrategy::Eager, CompileStrategy::Lazy].map(|strategy| {
        let engine = Engine::new(&Config::new().with_compile_strategy(strategy)).unwrap();
        Module::new(&engine, &bytes).unwrap_err()
    });
    assert_eq!(errors[0].to_string(), errors[1].to_string());
    assert!(
        matches!(errors[1].kind(), ErrorKind::Invalid { offset, .. } if Some(*offset) == errors[0].offset())
    );
}

/// A module of as many functions that each do a little, and one that calls all of them.
fn many(count: usize) -> String {
    let functions: String = (0..count)
        .map(|index| {
            format!("(func $f{index} (param i32) (result i32) (i32.add (local.get 0) (i32.const {index})))")
        })
        .collect();
    let calls: String = (0..count).map(|index| format!("(call $f{index})")).collect();
    format!(r#"(module {functions} (func (export "sum") (result i32) (i32.const 0) {calls}))"#)
}

#[test]
fn sixteen_threads_share_the_work_and_the_result() {
    let module = module_of(&config(), &many(100));
    let barrier = Barrier::new(16);
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                barrier.wait();
                assert_eq!(call(&module, "sum", &[]).unwrap(), [Val::I32(4950)]);
            });
        }
    });
    assert_eq!(module.compiled_functions(), 101);
}

#[test]
fn a_hundred_thousand_functions_cost_little_until_they_are_called() {
    let text =
        format!(r#"(module {} (func (export "last") (result i32) (i32.const 5)))"#, "(func)".repeat(100_000));
    let module = module_of(&config(), &text);
    assert_eq!(call(&module, "last", &[]).unwrap(), [Val::I32(5)]);
    assert_eq!(module.compiled_functions(), 1);
}

#[test]
fn code_outgrows_the_room_that_was_taken_at_first() {
    // Calls with many results become much code for few bytes.
    let results = "i64 ".repeat(100);
    let body = format!("(call $many {})", "(i64.const 1)".repeat(100));
    let drops = "(drop)".repeat(100);
    let function = |name: &str| format!(r#"(func {name} {})"#, format!("{body}{drops}").repeat(20));
    let text = format!(
        r#"(module (func $many (param {results}) (result {results}) {})
            {} (func (export "all") {}))"#,
        (0..100).map(|index| format!("(local.get {index})")).collect::<String>(),
        (0..60).map(|index| function(&format!("$g{index}"))).collect::<String>(),
        (0..60).map(|index| format!("(call $g{index})")).collect::<String>()
    );
    let module = module_of(&config(), &text);
    for _ in 0..2 {
        assert_eq!(call(&module, "all", &[]).unwrap(), []);
    }
    assert_eq!(module.compiled_functions(), 62);
}

#[test]
fn a_thread_with_a_small_stack_can_compile() {
    for strategy in [CompileStrategy::Eager, CompileStrategy::Lazy] {
        let run = move || {
            let nested = format!("{}{}", "(block ".repeat(2000), ")".repeat(2000));
            let text = format!(r#"(module (func (export "f") (result i32) {nested} (i32.const 3)))"#);
            let bytes = wat::parse_str(text).unwrap();
            thread::Builder::new()
                .stack_size(256 << 10)
                .spawn(move || {
                    let engine = Engine::new(&Config::new().with_compile_strategy(strategy)).unwrap();
                    let module = Module::new(&engine, &bytes).unwrap();
                    call(&module, "f", &[]).unwrap()
                })
                .unwrap()
                .join()
                .unwrap()
        };
        let text_thread = thread::Builder::new().stack_size(64 << 20).spawn(run).unwrap();
        assert_eq!(text_thread.join().unwrap(), [Val::I32(3)]);
    }
}

#[test]
fn a_call_at_the_end_of_the_stack_still_compiles() {
    // Each level of the recursion calls a function that was not called before.
    let text = r#"(module
        (func $deep (export "deep") (param i32) (result i32)
            (if (result i32) (i32.eqz (local.get 0))
                (then (call $first))
                (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))))
        (func $first (result i32) (call $second))
        (func $second (result i32) (i32.const 0))
        (func $endless (export "endless") (call $endless)))"#;
    let module = module_of(&config(), text);
    let trap = call(&module, "endless", &[]).unwrap_err();
    assert_eq!(trap.trap().unwrap().kind(), TrapKind::StackOverflow);
    let mut overflows = 0;
    for depth in (2000..60_000).step_by(500) {
        let module = module_of(&config(), text);
        match call(&module, "deep", &[Val::I32(depth)]) {
            Ok(results) => assert_eq!(results, [Val::I32(depth)]),
            Err(error) => {
                assert_eq!(error.trap().unwrap().kind(), TrapKind::StackOverflow);
                overflows += 1;
            }
        }
    }
    assert!(overflows > 0);
}

#[test]
fn traps_in_functions_compiled_late_have_their_frames() {
    let text = r#"(module (memory 1)
        (func $load (param i32) (result i32) (i32.load (local.get 0)))
        (func $middle (param i32) (result i32) (i32.add (i32.const 1) (call $load (local.get 0))))
        (func (export "run") (param i32) (result i32) (i32.add (i32.const 1) (call $middle (local.get 0)))))"#;
    for style in [TrapStyle::Signals, TrapStyle::Explicit] {
        let frames = [CompileStrategy::Eager, CompileStrategy::Lazy].map(|strategy| {
            let module =
                module_of(&Config::new().with_trap_style(style).with_compile_strategy(strategy), text);
            let error = call(&module, "run", &[Val::I32(65_536)]).unwrap_err();
            let trap = error.trap().unwrap();
            assert_eq!(trap.kind(), TrapKind::MemoryOutOfBounds);
            trap.frames().iter().map(|frame| (frame.function(), frame.offset())).collect::<Vec<_>>()
        });
        assert_eq!(frames[0].len(), 3);
        assert_eq!(frames[0], frames[1]);
        assert_eq!(frames[1][0].0, 0);
    }
}

#[test]
fn a_deadline_that_passes_while_compiling_stops_the_call_then() {
    // One large function, which takes longer to compile than the deadline allows, and would return at once.
    let text = format!(
        r#"(module
            (func $large (param i32) (result i32) {} (local.get 0))
            (func (export "run") (param i32) (result i32)
                (if (result i32) (local.get 0) (then (call $large (local.get 0))) (else (i32.const 0)))))"#,
        "(local.set 0 (i32.rotl (i32.mul (local.get 0) (i32.const 3)) (i32.add (local.get 0) (i32.const 1))))"
            .repeat(20_000)
    );
    // How long that is depends on the machine: measured, by compiling the same eagerly.
    let compiling = Instant::now();
    module_of(&Config::new(), &text);
    let deadline = compiling.elapsed() / 4;
    for style in [TrapStyle::Signals, TrapStyle::Explicit] {
        let module = module_of(&config().with_trap_style(style), &text);
        let mut store = Store::new(module.engine(), (), StoreLimits::default()).unwrap();
        let mut cx = store.context();
        let instance = Instance::new(&mut cx, &module, &[]).unwrap();
        let func = instance.export(&cx, "run").unwrap().into_func().unwrap();
        func.call(&mut cx, &[Val::I32(0)]).unwrap();
        cx.set_deadline(Some(Instant::now() + deadline));
        let trap = func.call(&mut cx, &[Val::I32(1)]).unwrap_err();
        assert_eq!(trap.trap().unwrap().kind(), TrapKind::Deadline);
        assert_eq!(trap.trap().unwrap().frames()[0].function(), 1);
        // What was compiled is kept.
        assert_eq!(module.compiled_functions(), 2);
        cx.set_deadline(None);
        assert!(func.call(&mut cx, &[Val::I32(1)]).is_ok());
    }
}

#[test]
fn what_the_compiler_refuses_is_an_error_of_the_call() {
    // More work than one function may be: valid, but a limit of ours.
    let operands = 1000;
    let text = format!(
        r#"(module
            (type $wide (func (param {0}) (result {0})))
            (func $huge (type $wide) {1} {2})
            (func (export "run") (if (i32.const 1) (then (call $inner))))
            (func $inner {3} (call $huge) {4}))"#,
        "i32 ".repeat(operands),
        (0..operands).map(|index| format!("(local.get {index})")).collect::<String>(),
        "(call $huge)".repeat(2000),
        "(i32.const 0)".repeat(operands),
        "(drop)".repeat(operands)
    );
    let module = module_of(&config(), &text);
    for _ in 0..2 {
        let error = call(&module, "run", &[]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit { .. }), "{error}");
        assert_eq!(module.compiled_functions(), 2);
    }
}

#[test]
fn fuel_is_the_same_whenever_functions_are_compiled() {
    let text = r#"(module
        (func $burn (param i32)
            (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
        (func (export "run") (param i32) (call $burn (local.get 0)) (call $burn (local.get 0))))"#;
    for style in [TrapStyle::Signals, TrapStyle::Explicit] {
        let left = [CompileStrategy::Eager, CompileStrategy::Lazy].map(|strategy| {
            let config = Config::new().with_trap_style(style).with_fuel(true).with_compile_strategy(strategy);
            let module = module_of(&config, text);
            [10_000, 3_000, 10_000].map(|fuel| {
                let mut store = Store::new(module.engine(), (), StoreLimits::default()).unwrap();
                let mut cx = store.context();
                let instance = Instance::new(&mut cx, &module, &[]).unwrap();
                let func = instance.export(&cx, "run").unwrap().into_func().unwrap();
                cx.set_fuel(fuel).unwrap();
                (func.call(&mut cx, &[Val::I32(500)]).is_ok(), cx.fuel())
            })
        });
        assert_eq!(left[0], left[1]);
        assert!(left[0][0].0 && !left[0][1].0 && left[0][0] == left[0][2]);
    }
}

#[test]
fn dropped_modules_give_their_room_back() {
    let maps = || std::fs::read_to_string("/proc/self/maps").unwrap().lines().count();
    let engine = Engine::new(&config()).unwrap();
    let bytes = wat::parse_str(many(3)).unwrap();
    let before = maps();
    for _ in 0..1500 {
        let module = Module::new(&engine, &bytes).unwrap();
        assert_eq!(call(&module, "sum", &[]).unwrap(), [Val::I32(3)]);
        assert_eq!(module.compiled_functions(), 4);
    }
    // Other tests run beside this one.
    assert!(maps() < before + 500, "{before} mappings, then {}", maps());
}
