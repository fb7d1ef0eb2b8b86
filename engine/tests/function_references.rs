//! Typed function references: what may be null and what may not, whose types are the same, and what the host may put
//! where.

mod common;

use common::{func, instance, kind, store, try_instance};
use plugbay_engine::{
    Config, Engine, ErrorKind, Extern, ExternType, Func, FuncType, Global, GlobalType, HeapType, Module,
    Table, TrapKind, Val, ValType,
};

/// Calls what it is given, and what a table that is never null holds.
const CALLER: &str = r#"(module
    (type $unary (func (param i32) (result i32)))
    (type $apply (func (param (ref null $unary) i32) (result i32)))
    (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
    (func $square (export "square") (type $unary) (i32.mul (local.get 0) (local.get 0)))
    (table $table (export "table") 2 4 (ref $unary) (ref.func $double))
    (global (export "global") (ref $unary) (ref.func $square))
    (func (export "apply") (type $apply) (call_ref $unary (local.get 1) (local.get 0)))
    (func (export "apply_last") (type $apply) (return_call_ref $unary (local.get 1) (local.get 0)))
    (func (export "strict") (param (ref $unary) i32) (result i32)
        (call_ref $unary (local.get 1) (local.get 0)))
    (func (export "at") (param i32 i32) (result i32)
        (call_ref $unary (local.get 1) (table.get $table (local.get 0))))
    (func (export "or_double") (param (ref null $unary) i32) (result i32)
        (local $known (ref $unary))
        (local.set $known (block $null (result (ref $unary))
            (br_on_non_null $null (local.get 0))
            (ref.func $double)))
        (call_ref $unary (local.get 1) (local.get $known)))
    (func (export "is_null") (param (ref null $unary)) (result i32)
        (block $null (drop (br_on_null $null (local.get 0))) (return (i32.const 0)))
        (i32.const 1))
    (func (export "insist") (param (ref null $unary)) (result (ref $unary)) (ref.as_non_null (local.get 0))))"#;

fn square<T>(cx: &plugbay_engine::Context<'_, T>, of: plugbay_engine::Instance) -> Val {
    Val::FuncRef(Some(func(cx, of, "square")))
}

#[test]
fn functions_are_called_through_typed_references() {
    let mut store = store(());
    let mut cx = store.context();
    let caller = instance(&mut cx, CALLER, &[]);
    let square = square(&cx, caller);
    for (name, reference, expected) in [
        ("apply", square, 25),
        ("apply_last", square, 25),
        ("strict", square, 25),
        ("or_double", square, 25),
        ("or_double", Val::FuncRef(None), 10),
        ("at", Val::I32(1), 10),
    ] {
        let called = func(&cx, caller, name).call(&mut cx, &[reference, Val::I32(5)]).unwrap();
        assert_eq!(called, [Val::I32(expected)], "{name}");
    }
    let is_null = func(&cx, caller, "is_null");
    assert_eq!(is_null.call(&mut cx, &[Val::FuncRef(None)]).unwrap(), [Val::I32(1)]);
    assert_eq!(is_null.call(&mut cx, &[square]).unwrap(), [Val::I32(0)]);
}

#[test]
fn null_references_trap() {
    let mut store = store(());
    let mut cx = store.context();
    let caller = instance(&mut cx, CALLER, &[]);
    for name in ["apply", "apply_last"] {
        let error = func(&cx, caller, name).call(&mut cx, &[Val::FuncRef(None), Val::I32(5)]).unwrap_err();
        assert_eq!(kind(&error), TrapKind::NullFunctionReference, "{name}");
    }
    let error = func(&cx, caller, "insist").call(&mut cx, &[Val::FuncRef(None)]).unwrap_err();
    assert_eq!(kind(&error), TrapKind::NullReference);
}

#[test]
fn the_host_cannot_put_what_does_not_fit() {
    let mut store = store(());
    let mut cx = store.context();
    let caller = instance(&mut cx, CALLER, &[]);
    let square = square(&cx, caller);
    let other = Val::FuncRef(Some(func(&cx, caller, "is_null")));
    let misuse =
        |error: plugbay_engine::Error| assert!(matches!(error.kind(), ErrorKind::Misuse(_)), "{error}");

    let strict = func(&cx, caller, "strict");
    misuse(strict.call(&mut cx, &[Val::FuncRef(None), Val::I32(1)]).unwrap_err());
    misuse(strict.call(&mut cx, &[other, Val::I32(1)]).unwrap_err());

    let table = caller.export(&cx, "table").unwrap().into_table().unwrap();
    let ty = table.ty(&cx);
    assert!(!ty.element.nullable && matches!(ty.element.heap, HeapType::Concrete(_)));
    for wrong in [Val::FuncRef(None), other, Val::ExternRef(Some(1))] {
        misuse(table.set(&mut cx, 0, wrong).unwrap_err());
        misuse(table.grow(&mut cx, 1, wrong).unwrap_err());
        misuse(Table::new(&mut cx, ty, wrong).unwrap_err());
        let content = ValType::Ref(ty.element);
        misuse(Global::new(&mut cx, GlobalType { content, mutable: true }, wrong).unwrap_err());
    }
    table.set(&mut cx, 0, square).unwrap();
    let at = func(&cx, caller, "at");
    assert_eq!(at.call(&mut cx, &[Val::I32(0), Val::I32(3)]).unwrap(), [Val::I32(9)]);
}

#[test]
fn a_host_function_must_return_what_it_declares() {
    let mut store = store(());
    let mut cx = store.context();
    let text = r#"(module (type $t (func (result i32)))
        (import "" "get" (func $get (param i32) (result (ref $t))))
        (func (export "good") (result i32) (i32.const 7))
        (func (export "run") (param i32) (result i32) (call_ref $t (call $get (local.get 0)))))"#;
    let module = common::module(&cx, text);
    let (_, _, ExternType::Func(ty)) = module.imports().next().unwrap() else { panic!("not a function") };
    let good = instance(&mut cx, r#"(module (func (export "good") (result i32) (i32.const 7)))"#, &[]);
    let (good, bad) = (func(&cx, good, "good"), Func::new(&mut cx, FuncType::new([], []), |_, _, _| Ok(())));
    let get = Func::new(&mut cx, ty, move |_, params, results| {
        match params {
            [Val::I32(0)] => results[0] = Val::FuncRef(Some(good)),
            [Val::I32(1)] => results[0] = Val::FuncRef(Some(bad)),
            _ => {}
        }
        Ok(())
    });
    let made = plugbay_engine::Instance::new(&mut cx, &module, &[Extern::Func(get)]).unwrap();
    let run = func(&cx, made, "run");
    assert_eq!(run.call(&mut cx, &[Val::I32(0)]).unwrap(), [Val::I32(7)]);
    for wrong in [1, 2] {
        let error = run.call(&mut cx, &[Val::I32(wrong)]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Misuse(_)), "{error}");
    }
}

#[test]
fn types_of_equal_structure_are_the_same_in_every_module() {
    let mut store = store(());
    let mut cx = store.context();
    let caller = instance(&mut cx, CALLER, &[]);
    let imports = ["apply", "table", "global"].map(|name| caller.export(&cx, name).unwrap());
    let importer = |param: &str, element: &str, global: &str| {
        format!(
            r#"(module (type $padding (func (param f64)))
                (type $t (func (param {param}) (result i32)))
                (import "" "apply" (func $apply (param (ref null $t) i32) (result i32)))
                (import "" "table" (table 1 4 {element}))
                (import "" "global" (global {global}))
                (func $triple (type $t) (i32.const 3))
                (elem declare func $triple)
                (func (export "run") (result i32) (call $apply (ref.func $triple) (i32.const 1))))"#
        )
    };
    let good = instance(&mut cx, &importer("i32", "(ref $t)", "funcref"), &imports);
    assert_eq!(func(&cx, good, "run").call(&mut cx, &[]).unwrap(), [Val::I32(3)]);
    for (param, element, global) in [
        ("i64", "(ref $t)", "funcref"),
        ("i32", "(ref null $t)", "funcref"),
        ("i32", "(ref func)", "funcref"),
        ("i32", "(ref $t)", "(ref $padding)"),
        ("i32", "(ref $t)", "(mut (ref $t))"),
    ] {
        let error = try_instance(&mut cx, &importer(param, element, global), &imports).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Link { .. }), "{param} {element} {global}: {error}");
    }
}

#[test]
fn a_type_whose_module_is_gone_is_no_other_type() {
    let mut store = store(());
    let mut cx = store.context();
    let ty = {
        let text = "(module (type $t (func (param i64 f32))) (import \"\" \"f\" (func (param (ref $t)))))";
        let module = common::module(&cx, text);
        let (_, _, ExternType::Func(ty)) = module.imports().next().unwrap() else { panic!("not a function") };
        ty
    };
    // Takes the place that the type had in the engine.
    let text = r#"(module (func (export "f") (param i32)))"#;
    let module = instance(&mut cx, text, &[]);
    let other = Val::FuncRef(Some(func(&cx, module, "f")));
    let host = Func::new(&mut cx, ty, |_, _, _| Ok(()));
    assert!(matches!(host.call(&mut cx, &[other]).unwrap_err().kind(), ErrorKind::Misuse(_)));
}

#[test]
fn switched_off_they_are_refused_by_name() {
    let engine = Engine::new(&Config::new().with_function_references(false)).unwrap();
    for text in [
        "(module (type $t (func)) (func (param (ref $t))))",
        "(module (func (param (ref extern))))",
        "(module (func $f) (table 1 funcref (ref.func $f)))",
        "(module (type $t (func)) (func $f (call_ref $t (unreachable))))",
    ] {
        let error = Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap_err();
        let named = matches!(error.kind(), ErrorKind::Unsupported { proposal, .. } if proposal == "typed function references");
        assert!(named, "{text}: {error}");
    }
    Module::new(&engine, &wat::parse_str("(module (func (param funcref externref)))").unwrap()).unwrap();
}

#[test]
fn without_multi_memory_a_second_memory_is_refused_by_name() {
    let engine = Engine::new(&Config::new().with_multi_memory(false)).unwrap();
    let error = Module::new(&engine, &wat::parse_str("(module (memory 1) (memory 1))").unwrap()).unwrap_err();
    let named = matches!(error.kind(), ErrorKind::Unsupported { proposal, .. } if proposal == "multi-memory");
    assert!(named, "{error}");
}
