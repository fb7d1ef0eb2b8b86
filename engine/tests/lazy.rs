//! Functions that are compiled when they are first called.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use plugbay_engine::{
    CompileStrategy, Config, Engine, ErrorKind, Func, Instance, Module, Stage, Store, StoreLimits, TrapKind,
    TrapStyle, Val,
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
    for name in ["direct", "tail"] {
        assert_eq!(call(&module_of(&config(), &text), name, &[]).unwrap(), expected, "{name}");
    }
}
