//! Memories and tables with 64-bit indices: no index, offset or length reaches anything but the memory or table.

mod common;

use common::{func, instance, kind, store, try_instance};
use plugbay_engine::{Config, Engine, ErrorKind, IndexType, Memory, MemoryType, Module, TrapKind, Val};

const MEMORY: &str = r#"(module (memory (export "memory") i64 1 0x1000000000000) (data $d "abcd")
    (func (export "load") (param i64) (result i64) (i64.load (local.get 0)))
    (func (export "load8") (param i64) (result i32) (i32.load8_u (local.get 0)))
    (func (export "far") (param i64) (result i64) (i64.load offset=0xffff_ffff_ffff_fff8 (local.get 0)))
    (func (export "farthest") (param i64) (result i64) (i64.load offset=0xffff_ffff_ffff_ffff (local.get 0)))
    (func (export "middle") (param i64) (result i64) (i64.load offset=0x1_0000_0000 (local.get 0)))
    (func (export "store") (param i64) (i64.store (local.get 0) (i64.const -1)))
    (func (export "fill") (param i64 i64) (memory.fill (local.get 0) (i32.const 1) (local.get 1)))
    (func (export "copy") (param i64 i64 i64) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
    (func (export "init") (param i64) (memory.init $d (local.get 0) (i32.const 0) (i32.const 4)))
    (func (export "size") (result i64) (memory.size))
    (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0))))"#;

/// Indices around everything that could wrap.
const OUTSIDE: &[i64] =
    &[65_529, 65_536, 1 << 31, 1 << 32, (1 << 32) + 8, 6 << 30, i64::MAX, i64::MIN, -65_536, -8, -1];

#[test]
fn nothing_outside_a_memory_is_reached() {
    let mut store = store(());
    let mut cx = store.context();
    let instance = instance(&mut cx, MEMORY, &[]);
    let mut call = |name: &str, args: &[Val]| func(&cx, instance, name).call(&mut cx, args);
    assert_eq!(call("load", &[Val::I64(65_528)]).unwrap(), [Val::I64(0)]);
    assert_eq!(call("load8", &[Val::I64(65_535)]).unwrap(), [Val::I32(0)]);
    call("init", &[Val::I64(65_532)]).unwrap();
    assert_eq!(call("load8", &[Val::I64(65_535)]).unwrap(), [Val::I32(i32::from(b'd'))]);
    for index in OUTSIDE {
        for name in ["load", "store", "far", "farthest", "middle", "init"] {
            // -8 + 2^64-8 and the like do not come round to the beginning either.
            let index = if name == "init" && *index == 65_529 { 65_533 } else { *index };
            let error = call(name, &[Val::I64(index)]).unwrap_err();
            assert_eq!(kind(&error), TrapKind::MemoryOutOfBounds, "{name} {index}");
        }
        let index = Val::I64(*index);
        for (name, args) in [
            ("fill", vec![index, Val::I64(8)]),
            ("fill", vec![Val::I64(8), index]),
            ("copy", vec![index, Val::I64(0), Val::I64(8)]),
            ("copy", vec![Val::I64(0), index, Val::I64(8)]),
            ("copy", vec![Val::I64(8), Val::I64(8), index]),
        ] {
            assert_eq!(kind(&call(name, &args).unwrap_err()), TrapKind::MemoryOutOfBounds, "{name} {args:?}");
        }
    }
    for index in [0, 8, 16, 65_528] {
        for name in ["far", "farthest", "middle"] {
            let error = call(name, &[Val::I64(index)]).unwrap_err();
            assert_eq!(kind(&error), TrapKind::MemoryOutOfBounds, "{name} {index}");
        }
    }
}

#[test]
fn growth_stops_at_what_we_can_address() {
    let mut store = store(());
    let mut cx = store.context();
    let made = instance(&mut cx, MEMORY, &[]);
    let mut call = |name: &str, args: &[Val]| func(&cx, made, name).call(&mut cx, args).unwrap();
    for delta in [65_536, 1 << 32, 1 << 48, i64::MAX, -1, i64::MIN] {
        assert_eq!(call("grow", &[Val::I64(delta)]), [Val::I64(-1)], "{delta}");
    }
    assert_eq!(call("grow", &[Val::I64(2)]), [Val::I64(1)]);
    assert_eq!(call("size", &[]), [Val::I64(3)]);
    let ty = made.export(&cx, "memory").unwrap().into_memory().unwrap().ty(&cx);
    assert_eq!(ty, MemoryType { index: IndexType::I64, minimum: 3, maximum: Some(1 << 48) });
    let error = try_instance(&mut cx, "(module (memory i64 65537))", &[]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit { .. }), "{error}");
    let ty = MemoryType { index: IndexType::I64, minimum: 1 << 40, maximum: None };
    assert!(matches!(Memory::new(&mut cx, ty).unwrap_err().kind(), ErrorKind::Limit { .. }));
}

#[test]
fn nothing_outside_a_table_is_reached() {
    let mut store = store(());
    let mut cx = store.context();
    let text = r#"(module (type $t (func (result i32))) (table $t i64 2 funcref) (table $small 2 funcref)
        (elem (table $t) (i64.const 0) func $f $f) (func $f (result i32) (i32.const 9))
        (func (export "get") (param i64) (drop (table.get $t (local.get 0))))
        (func (export "set") (param i64) (table.set $t (local.get 0) (ref.null func)))
        (func (export "fill") (param i64) (table.fill $t (local.get 0) (ref.null func) (i64.const 1)))
        (func (export "in") (param i64) (table.copy $t $small (local.get 0) (i32.const 0) (i32.const 1)))
        (func (export "out") (param i64) (table.copy $small $t (i32.const 0) (local.get 0) (i32.const 1)))
        (func (export "grow") (param i64) (result i64) (table.grow $t (ref.null func) (local.get 0)))
        (func (export "call") (param i64) (result i32) (call_indirect $t (type $t) (local.get 0))))"#;
    let instance = instance(&mut cx, text, &[]);
    let mut call = |name: &str, index: i64| func(&cx, instance, name).call(&mut cx, &[Val::I64(index)]);
    assert_eq!(call("call", 1).unwrap(), [Val::I32(9)]);
    for index in [2, 1 << 29, 1 << 32, (1 << 32) + 1, 1 << 61, i64::MAX, i64::MIN, -1] {
        for name in ["get", "set", "fill", "in", "out"] {
            assert_eq!(kind(&call(name, index).unwrap_err()), TrapKind::TableOutOfBounds, "{name} {index}");
        }
        assert_eq!(kind(&call("call", index).unwrap_err()), TrapKind::UndefinedElement, "{index}");
    }
    for delta in [1 << 32, i64::MAX, -1] {
        assert_eq!(call("grow", delta).unwrap(), [Val::I64(-1)], "{delta}");
    }
}

#[test]
fn switched_off_it_is_refused_by_name() {
    let engine = Engine::new(&Config::new().with_memory64(false)).unwrap();
    for text in ["(module (memory i64 1))", "(module (table i64 1 funcref))"] {
        let error = Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap_err();
        let named = matches!(error.kind(), ErrorKind::Unsupported { proposal, .. } if proposal == "memory64");
        assert!(named, "{text}: {error}");
    }
}
