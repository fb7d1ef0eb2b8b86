//! Memories, tables, globals, limits and linking: what lives in a store and how modules share it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's way of failing")]

mod common;

use common::{func, instance, kind, limited_store, module, store, try_instance};
use plugbay_engine::{
    ErrorKind, Extern, ExternType, Func, FuncType, Global, GlobalType, IndexType, Instance, Memory,
    MemoryType, RefType, StoreLimits, Table, TableType, TrapKind, Val, ValType,
};

#[test]
fn memory_grows_up_to_its_maximum_and_the_limit() {
    let limits = StoreLimits { memory_bytes: 5 << 16, ..StoreLimits::default() };
    let mut store = limited_store((), limits);
    let mut cx = store.context();
    let text = r#"(module (memory (export "m") 1 4)
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "size") (result i32) (memory.size))
        (func (export "poke") (param i32 i32) (i32.store8 (local.get 0) (local.get 1))))"#;
    let first = instance(&mut cx, text, &[]);
    let memory = first.export(&cx, "m").unwrap().into_memory().unwrap();
    let grow = func(&cx, first, "grow");
    let poke = func(&cx, first, "poke");
    assert_eq!(grow.call(&mut cx, &[Val::I32(2)]).unwrap(), [Val::I32(1)]);
    assert_eq!(grow.call(&mut cx, &[Val::I32(2)]).unwrap(), [Val::I32(-1)], "the maximum is 4");
    assert_eq!(grow.call(&mut cx, &[Val::I32(-1)]).unwrap(), [Val::I32(-1)]);
    poke.call(&mut cx, &[Val::I32(3 * 65_536 - 1), Val::I32(9)]).unwrap();
    assert_eq!(
        kind(&poke.call(&mut cx, &[Val::I32(3 * 65_536), Val::I32(9)]).unwrap_err()),
        TrapKind::MemoryOutOfBounds
    );
    assert_eq!((memory.pages(&cx), memory.data(&cx).len()), (3, 3 << 16));
    assert_eq!(memory.data(&cx)[3 * 65_536 - 1], 9);
    assert_eq!(memory.ty(&cx), MemoryType { index: IndexType::I32, minimum: 3, maximum: Some(4) });

    // All memories of a store count together: 3 + 1 + 1 pages, and no more.
    let second = instance(&mut cx, text, &[]);
    let grow = func(&cx, second, "grow");
    assert_eq!(grow.call(&mut cx, &[Val::I32(1)]).unwrap(), [Val::I32(1)]);
    assert_eq!(grow.call(&mut cx, &[Val::I32(1)]).unwrap(), [Val::I32(-1)]);
    let error = memory.grow(&mut cx, 1).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit { knob: "memory_bytes", .. }), "{error}");
    let error = try_instance(&mut cx, text, &[]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit { knob: "memory_bytes", .. }), "{error}");
}

#[test]
fn the_host_reads_and_writes_memory_beside_its_own_data() {
    let mut store = store(vec![1, 2, 3]);
    let mut cx = store.context();
    let memory =
        Memory::new(&mut cx, MemoryType { index: IndexType::I32, minimum: 1, maximum: None }).unwrap();
    let (bytes, data) = memory.data_and_host(&mut cx);
    bytes[..3].copy_from_slice(data);
    data.clear();
    assert_eq!(memory.grow(&mut cx, 1).unwrap(), 1);
    let text = r#"(module (import "" "" (memory 2))
        (func (export "sum") (result i32)
            (i32.add (i32.load8_u (i32.const 0)) (i32.load8_u (i32.const 2)))))"#;
    let instance = instance(&mut cx, text, &[memory.into()]);
    assert_eq!(func(&cx, instance, "sum").call(&mut cx, &[]).unwrap(), [Val::I32(4)]);
    assert!(cx.data().is_empty());
}

#[test]
fn bulk_memory_instructions() {
    let mut store = store(());
    let mut cx = store.context();
    let text = r#"(module (memory (export "m") 1) (data $d "hello")
        (func (export "init") (param i32 i32 i32) (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
        (func (export "drop") (data.drop $d))
        (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
        (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2))))"#;
    let instance = instance(&mut cx, text, &[]);
    let memory = instance.export(&cx, "m").unwrap().into_memory().unwrap();
    let mut run = |name: &str, a: i32, b: i32, c: i32| {
        func(&cx, instance, name).call(&mut cx, &[Val::I32(a), Val::I32(b), Val::I32(c)])?;
        Ok::<_, plugbay_engine::Error>(memory.data(&cx)[..8].to_vec())
    };
    assert_eq!(run("init", 1, 0, 5).unwrap(), b"\0hello\0\0");
    assert_eq!(run("copy", 2, 1, 5).unwrap(), b"\0hhello\0");
    assert_eq!(run("copy", 0, 2, 5).unwrap(), b"hellolo\0");
    assert_eq!(run("fill", 6, 0x121, 2).unwrap(), b"hellol!!");
    for (name, a, b, c) in
        [("init", 0, 1, 5), ("init", 65_535, 0, 2), ("copy", 65_535, 0, 2), ("fill", 65_536, 0, 1)]
    {
        assert_eq!(kind(&run(name, a, b, c).unwrap_err()), TrapKind::MemoryOutOfBounds, "{name}");
    }
    assert_eq!(run("fill", 65_536, 0, 0).unwrap(), b"hellol!!");
    func(&cx, instance, "drop").call(&mut cx, &[]).unwrap();
    let init = func(&cx, instance, "init");
    init.call(&mut cx, &[Val::I32(0), Val::I32(0), Val::I32(0)]).unwrap();
    let error = init.call(&mut cx, &[Val::I32(0), Val::I32(0), Val::I32(1)]).unwrap_err();
    assert_eq!(kind(&error), TrapKind::MemoryOutOfBounds);
}

#[test]
fn tables_are_shared_across_instances_and_with_the_host() {
    let mut store = store(());
    let mut cx = store.context();
    let ty = TableType { element: RefType::FUNCREF, index: IndexType::I32, minimum: 3, maximum: Some(5) };
    let table = Table::new(&mut cx, ty, Val::FuncRef(None)).unwrap();
    let text = r#"(module (import "" "" (table 3 funcref))
        (type $f (func (result i32)))
        (global $g (mut i32) (i32.const 40))
        (func $own (type $f) (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g))
        (elem (i32.const 1) $own)
        (func (export "call") (param i32) (result i32) (call_indirect (type $f) (local.get 0)))
        (func (export "grow") (result i32) (table.grow (ref.func $own) (i32.const 1))))"#;
    let a = instance(&mut cx, text, &[table.into()]);
    let ty = FuncType::new([], [ValType::I32]);
    let host = Func::raw(&mut cx, ty, |_, slots| {
        slots[0] = 99;
        Ok(())
    })
    .unwrap();
    table.set(&mut cx, 0, Val::FuncRef(Some(host))).unwrap();
    let b = instance(
        &mut cx,
        r#"(module (import "" "" (table 3 funcref)) (type $f (func (result i32)))
        (func (export "call") (param i32) (result i32) (call_indirect (type $f) (local.get 0)))
        (func (export "copy") (table.copy (i32.const 2) (i32.const 0) (i32.const 1))))"#,
        &[table.into()],
    );
    let (call_a, call_b) = (func(&cx, a, "call"), func(&cx, b, "call"));
    // b calls a function of a through the table: it runs with a's global.
    assert_eq!(call_b.call(&mut cx, &[Val::I32(1)]).unwrap(), [Val::I32(41)]);
    assert_eq!(call_a.call(&mut cx, &[Val::I32(1)]).unwrap(), [Val::I32(42)]);
    assert_eq!(call_b.call(&mut cx, &[Val::I32(0)]).unwrap(), [Val::I32(99)]);
    func(&cx, b, "copy").call(&mut cx, &[]).unwrap();
    assert_eq!(call_a.call(&mut cx, &[Val::I32(2)]).unwrap(), [Val::I32(99)]);
    assert_eq!(table.get(&cx, 2).unwrap(), Val::FuncRef(Some(host)));
    let Val::FuncRef(Some(own)) = table.get(&cx, 1).unwrap() else { panic!("null") };
    assert_eq!(own.call(&mut cx, &[]).unwrap(), [Val::I32(43)]);

    let grow = func(&cx, a, "grow");
    assert_eq!(grow.call(&mut cx, &[]).unwrap(), [Val::I32(3)]);
    assert_eq!(table.grow(&mut cx, 1, Val::FuncRef(None)).unwrap(), 4);
    assert_eq!(grow.call(&mut cx, &[]).unwrap(), [Val::I32(-1)]);
    assert!(matches!(
        table.grow(&mut cx, 1, Val::FuncRef(None)).unwrap_err().kind(),
        ErrorKind::Limit { .. }
    ));
    assert_eq!(call_b.call(&mut cx, &[Val::I32(3)]).unwrap(), [Val::I32(44)]);
    assert_eq!(kind(&table.get(&cx, 5).unwrap_err()), TrapKind::TableOutOfBounds);
    assert!(matches!(table.set(&mut cx, 0, Val::ExternRef(None)).unwrap_err().kind(), ErrorKind::Misuse(_)));
}

#[test]
fn external_references_pass_through_tables_and_globals() {
    let mut store = store(());
    let mut cx = store.context();
    let text = r#"(module (table (export "t") 2 externref) (global (export "g") (mut externref) (ref.null extern))
        (func (export "put") (param externref)
            (table.set (i32.const 1) (local.get 0)) (global.set 0 (local.get 0)))
        (func (export "fill") (param externref) (table.fill (i32.const 0) (local.get 0) (i32.const 2)))
        (func (export "get") (param i32) (result externref) (table.get (local.get 0))))"#;
    let instance = instance(&mut cx, text, &[]);
    func(&cx, instance, "put").call(&mut cx, &[Val::ExternRef(Some(u32::MAX))]).unwrap();
    let get = func(&cx, instance, "get");
    assert_eq!(get.call(&mut cx, &[Val::I32(1)]).unwrap(), [Val::ExternRef(Some(u32::MAX))]);
    assert_eq!(get.call(&mut cx, &[Val::I32(0)]).unwrap(), [Val::ExternRef(None)]);
    let global = instance.export(&cx, "g").unwrap().into_global().unwrap();
    assert_eq!(global.get(&cx), Val::ExternRef(Some(u32::MAX)));
    func(&cx, instance, "fill").call(&mut cx, &[Val::ExternRef(Some(0))]).unwrap();
    assert_eq!(get.call(&mut cx, &[Val::I32(0)]).unwrap(), [Val::ExternRef(Some(0))]);
}

#[test]
fn globals_are_shared_and_guarded() {
    let mut store = store(());
    let mut cx = store.context();
    let ty = |content, mutable| GlobalType { content, mutable };
    let counter = Global::new(&mut cx, ty(ValType::I64, true), Val::I64(5)).unwrap();
    let fixed = Global::new(&mut cx, ty(ValType::I32, false), Val::I32(-3)).unwrap();
    let text = r#"(module (import "" "c" (global $c (mut i64))) (import "" "f" (global $f i32))
        (global (export "copy") i32 (global.get $f))
        (global (export "f32") (mut f32) (f32.const 1.5))
        (export "again" (global $c))
        (func (export "bump") (global.set $c (i64.add (global.get $c) (i64.const 1)))))"#;
    let instance = instance(&mut cx, text, &[counter.into(), fixed.into()]);
    func(&cx, instance, "bump").call(&mut cx, &[]).unwrap();
    assert_eq!(counter.get(&cx), Val::I64(6));
    assert_eq!(instance.export(&cx, "again"), Some(Extern::Global(counter)));
    let global = |cx: &plugbay_engine::Context<'_, ()>, name| {
        instance.export(cx, name).unwrap().into_global().unwrap()
    };
    assert_eq!(global(&cx, "copy").get(&cx), Val::I32(-3));
    assert!(matches!(
        global(&cx, "copy").set(&mut cx, Val::I32(0)).unwrap_err().kind(),
        ErrorKind::Misuse(_)
    ));
    let f32_ = global(&cx, "f32");
    assert_eq!(f32_.get(&cx), Val::F32(1.5f32.to_bits()));
    f32_.set(&mut cx, Val::F32(7)).unwrap();
    assert_eq!(f32_.get(&cx), Val::F32(7));
    assert!(matches!(f32_.set(&mut cx, Val::I32(7)).unwrap_err().kind(), ErrorKind::Misuse(_)));
    assert_eq!(counter.ty(&cx), ty(ValType::I64, true));
}

#[test]
fn imports_are_matched_by_type_and_the_error_says_how_they_differ() {
    let mut store = store(());
    let mut cx = store.context();
    let text = r#"(module (import "env" "f" (func (param i32))))"#;
    let f = Func::raw(&mut cx, FuncType::new([ValType::I64], []), |_, _| Ok(())).unwrap();
    let error = try_instance(&mut cx, text, &[f.into()]).unwrap_err();
    let message = error.to_string();
    assert!(matches!(error.kind(), ErrorKind::Link { .. }));
    assert!(
        message.contains("`env` `f`") && message.contains("(i32)") && message.contains("(i64)"),
        "{message}"
    );
    assert!(matches!(try_instance(&mut cx, text, &[]).unwrap_err().kind(), ErrorKind::Misuse(_)));

    let memory =
        Memory::new(&mut cx, MemoryType { index: IndexType::I32, minimum: 1, maximum: None }).unwrap();
    let wants = r#"(module (import "" "" (memory 2)))"#;
    assert!(matches!(
        try_instance(&mut cx, wants, &[memory.into()]).unwrap_err().kind(),
        ErrorKind::Link { .. }
    ));
    // The size that counts is the present one.
    memory.grow(&mut cx, 1).unwrap();
    try_instance(&mut cx, wants, &[memory.into()]).unwrap();

    let mut other = common::store(());
    let mut other = other.context();
    assert!(matches!(
        try_instance(&mut other, wants, &[memory.into()]).unwrap_err().kind(),
        ErrorKind::Misuse(_)
    ));
    let foreign = module(&other, "(module)");
    assert!(matches!(Instance::new(&mut cx, &foreign, &[]).unwrap_err().kind(), ErrorKind::Misuse(_)));
    assert!(memory.data(&other).is_empty());
}

#[test]
fn functions_pass_from_instance_to_instance() {
    let mut store = store(());
    let mut cx = store.context();
    let a = instance(
        &mut cx,
        r#"(module (memory (export "m") 1)
        (func (export "peek") (param i32) (result i32) (i32.load (local.get 0))))"#,
        &[],
    );
    let memory = a.export(&cx, "m").unwrap().into_memory().unwrap();
    memory.data_mut(&mut cx)[8] = 77;
    let peek = a.export(&cx, "peek").unwrap();
    let b = instance(
        &mut cx,
        r#"(module (import "a" "peek" (func $peek (param i32) (result i32)))
        (export "again" (func $peek))
        (func (export "twice") (result i32)
            (i32.add (call $peek (i32.const 8)) (call $peek (i32.const 8)))))"#,
        &[peek],
    );
    assert_eq!(func(&cx, b, "twice").call(&mut cx, &[]).unwrap(), [Val::I32(154)]);
    assert_eq!(b.export(&cx, "again"), Some(peek));
    let names: Vec<_> = b.exports(&cx).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["again", "twice"]);
    let ExternType::Func(ty) = peek.ty(&cx).unwrap() else { panic!("not a function") };
    assert_eq!(ty.results(), [ValType::I32]);
}

#[test]
fn counts_are_limited() {
    let limits =
        StoreLimits { instances: 3, memories: 1, tables: 1, table_elements: 10, ..StoreLimits::default() };
    let mut store = limited_store((), limits);
    let mut cx = store.context();
    let knob = |error: plugbay_engine::Error| match error.kind() {
        ErrorKind::Limit { knob, .. } => *knob,
        _ => panic!("{error}"),
    };
    assert_eq!(
        knob(try_instance(&mut cx, "(module (table 11 funcref))", &[]).unwrap_err()),
        "table_elements"
    );
    assert_eq!(
        knob(try_instance(&mut cx, "(module (memory 1) (table 1 funcref))", &[]).unwrap_err()),
        "tables"
    );
    try_instance(&mut cx, "(module)", &[]).unwrap();
    assert_eq!(knob(try_instance(&mut cx, "(module)", &[]).unwrap_err()), "instances");
}

#[test]
fn instances_of_many_globals_are_counted() {
    let mut store = store(());
    let mut cx = store.context();
    let globals = "(global i32 (i32.const 0))".repeat(100_000);
    let module = common::module(&cx, &format!("(module {globals} (func (export \"f\")))"));
    let made: Vec<_> = (0..50).map(|_| plugbay_engine::Instance::new(&mut cx, &module, &[])).collect();
    let failed = made.iter().filter_map(|instance| instance.as_ref().err());
    let limits: Vec<_> =
        failed.map(|error| matches!(error.kind(), ErrorKind::Limit { limit: 67_108_864, .. })).collect();
    assert_eq!(limits, [true; 9]);
    // What was made before works on, and small instances still fit.
    let small = instance(&mut cx, "(module (func (export \"f\")))", &[]);
    for instance in [*made[0].as_ref().unwrap(), small] {
        common::func(&cx, instance, "f").call(&mut cx, &[]).unwrap();
    }
}

#[test]
fn exports_are_found_by_name_whatever_their_order() {
    let mut store = store(());
    let mut cx = store.context();
    let names = ["m", "", "z", "a", "mm", "é"];
    let exports: String = (0..)
        .zip(names)
        .map(|(n, name)| format!("(func (export \"{name}\") (result i32) (i32.const {n}))"))
        .collect();
    let made = instance(&mut cx, &format!("(module {exports})"), &[]);
    for (n, name) in (0..).zip(names) {
        assert_eq!(func(&cx, made, name).call(&mut cx, &[]).unwrap(), [Val::I32(n)]);
    }
    for name in ["b", "zz", "A"] {
        assert_eq!(made.export(&cx, name), None);
    }
    assert_eq!(instance(&mut cx, "(module)", &[]).export(&cx, "a"), None);
}
