//! Tail calls: they take no stack, wherever they go and however many parameters the callee has.

mod common;

use common::{func, instance, kind, store};
use plugbay_engine::{Config, Engine, ErrorKind, Extern, Func, FuncType, Module, TrapKind, Val, ValType};

/// Far more calls than frames fit on the guest's stack.
const MANY: i64 = 3_000_000;

#[test]
fn a_chain_of_tail_calls_takes_no_stack() {
    let mut store = store(());
    let mut cx = store.context();
    // To a wider callee and back, directly and through a table.
    let text = r#"(module
        (type $wide (func (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)))
        (table funcref (elem $wide))
        (func $narrow (export "narrow") (param i64) (result i64)
            (if (i64.eqz (local.get 0)) (then (return (i64.const 42))))
            (return_call_indirect (type $wide)
                (local.get 0) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5)
                (i64.const 6) (i64.const 7) (i64.const 8) (i64.const 9) (i64.const 10) (i64.const 11) (i32.const 0)))
        (func $wide (type $wide)
            (return_call $narrow (i64.sub (local.get 0) (i64.sub (local.get 11) (local.get 10))))))"#;
    let instance = instance(&mut cx, text, &[]);
    let narrow = func(&cx, instance, "narrow");
    assert_eq!(narrow.call(&mut cx, &[Val::I64(MANY)]).unwrap(), [Val::I64(42)]);
}

#[test]
fn tail_calls_between_instances_take_no_stack() {
    let mut store = store(());
    let mut cx = store.context();
    let first = instance(
        &mut cx,
        r#"(module (type $t (func (param i64) (result i64)))
            (global $mine i64 (i64.const 7))
            (table (export "table") 1 funcref)
            (func (export "there") (type $t)
                (if (i64.eqz (local.get 0)) (then (return (global.get $mine))))
                (return_call_indirect (type $t) (local.get 0) (i32.const 0))))"#,
        &[],
    );
    let imports = [first.export(&cx, "there").unwrap(), first.export(&cx, "table").unwrap()];
    instance(
        &mut cx,
        r#"(module (import "" "there" (func $there (param i64) (result i64)))
            (import "" "table" (table 1 funcref))
            (elem (i32.const 0) $back)
            (func $back (param i64) (result i64)
                (return_call $there (i64.sub (local.get 0) (i64.const 1)))))"#,
        &imports,
    );
    let there = func(&cx, first, "there");
    assert_eq!(there.call(&mut cx, &[Val::I64(MANY)]).unwrap(), [Val::I64(7)]);
}

#[test]
fn host_functions_are_tail_called_and_their_errors_come_back() {
    let mut store = store(0_u64);
    let mut cx = store.context();
    let ty = FuncType::new([ValType::I32, ValType::I64], [ValType::I64, ValType::I32]);
    let host = Func::new(&mut cx, ty, |cx, params, results| {
        *cx.data_mut() += 1;
        let &[Val::I32(a), Val::I64(b)] = params else { panic!("{params:?}") };
        if a < 0 {
            return Err(TrapKind::IntegerOverflow.into());
        }
        results.copy_from_slice(&[Val::I64(b + 1), Val::I32(a + 1)]);
        Ok(())
    });
    let text = r#"(module (import "" "host" (func $host (param i32 i64) (result i64 i32)))
        (func $again (param i32 i64) (result i64 i32) (return_call $host (local.get 0) (local.get 1)))
        (func (export "run") (param i32 i64) (result i64 i32)
            (call $again (local.get 0) (local.get 1)) (drop) (drop)
            (return_call $again (local.get 0) (local.get 1))))"#;
    let instance = instance(&mut cx, text, &[Extern::Func(host)]);
    let run = func(&cx, instance, "run");
    assert_eq!(run.call(&mut cx, &[Val::I32(5), Val::I64(6)]).unwrap(), [Val::I64(7), Val::I32(6)]);
    let error = run.call(&mut cx, &[Val::I32(-1), Val::I64(6)]).unwrap_err();
    assert_eq!(kind(&error), TrapKind::IntegerOverflow);
    assert_eq!(*cx.data(), 3);
}

#[test]
fn an_endless_chain_ends_at_the_deadline() {
    let mut store = store(());
    let mut cx = store.context();
    let text = r#"(module (func $f (export "f") (param i64 i64 i64 i64 i64 i64 i64 i64) (return_call $g))
        (func $g (return_call $f (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1)
            (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1))))"#;
    let instance = instance(&mut cx, text, &[]);
    let f = func(&cx, instance, "f");
    for _ in 0..20 {
        cx.set_deadline(std::time::Instant::now().checked_add(std::time::Duration::from_millis(5)));
        let error = f.call(&mut cx, &[Val::I64(1); 8]).unwrap_err();
        assert_eq!(kind(&error), TrapKind::Deadline);
    }
}

#[test]
fn a_tail_call_of_another_type_traps() {
    let mut store = store(());
    let mut cx = store.context();
    let text = r#"(module (type $t (func)) (table 2 funcref) (elem (i32.const 0) $other)
        (func $other (param i32))
        (func (export "f") (param i32) (return_call_indirect (type $t) (local.get 0))))"#;
    let instance = instance(&mut cx, text, &[]);
    let f = func(&cx, instance, "f");
    for (index, expected) in
        [(0, TrapKind::BadSignature), (1, TrapKind::UninitializedElement), (2, TrapKind::UndefinedElement)]
    {
        assert_eq!(kind(&f.call(&mut cx, &[Val::I32(index)]).unwrap_err()), expected);
    }
}

#[test]
fn switched_off_they_are_refused_by_name() {
    let engine = Engine::new(&Config::new().with_tail_calls(false)).unwrap();
    let bytes = wat::parse_str("(module (func $f (return_call $f)))").unwrap();
    let error = Module::new(&engine, &bytes).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Unsupported { proposal, .. } if proposal == "tail call"),
        "{error}"
    );
}
