//! Traps: every kind, where they happened, on several threads at once, and that the store goes on after each.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's way of failing")]

mod common;

use common::{func, instance, kind, limited_store, module, store, try_instance};
use plugbay_engine::{
    Config, Engine, Error, Func, FuncType, Instance, Module, Store, StoreLimits, TrapKind, Val,
};

const TRAPS: &str = r#"(module
    (memory 1)
    (table 4 funcref)
    (type $none (func))
    (func $nothing)
    (func $other (param i32))
    (elem (i32.const 1) $nothing $other)
    (func (export "fine") (result i32) (i32.const 7))
    (func (export "unreachable") unreachable)
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "load_far") (param i32) (result i32) (i32.load offset=4294967295 (local.get 0)))
    (func (export "store") (param i32) (i64.store (local.get 0) (i64.const 1)))
    (func (export "table") (param i32) (drop (table.get (local.get 0))))
    (func (export "indirect") (param i32) (call_indirect (type $none) (local.get 0)))
    (func (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func (export "div64") (param i64 i64) (result i64) (i64.div_s (local.get 0) (local.get 1)))
    (func (export "rem") (param i32 i32) (result i32) (i32.rem_u (local.get 0) (local.get 1)))
    (func (export "trunc") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
    (func $deep (export "deep") (param i64) (result i64)
        (i64.add (i64.const 1) (call $deep (i64.add (local.get 0) (i64.const 1)))))
    (func (export "fill") (param i32 i32) (memory.fill (local.get 0) (i32.const 1) (local.get 1)))
    (func (export "copy_table") (param i32) (table.copy (i32.const 0) (i32.const 1) (local.get 0))))"#;

fn call(store: &mut Store<()>, instance: Instance, name: &str, args: &[Val]) -> Result<Vec<Val>, Error> {
    let mut cx = store.context();
    func(&cx, instance, name).call(&mut cx, args)
}

#[test]
fn every_kind_of_trap_is_told_apart_and_leaves_the_store_usable() {
    use TrapKind::*;
    use Val::{F64, I32, I64};
    let cases: &[(&str, &[Val], TrapKind)] = &[
        ("unreachable", &[], Unreachable),
        ("load", &[I32(65_533)], MemoryOutOfBounds),
        ("load", &[I32(-1)], MemoryOutOfBounds),
        ("load_far", &[I32(0)], MemoryOutOfBounds),
        ("load_far", &[I32(-1)], MemoryOutOfBounds),
        ("store", &[I32(65_529)], MemoryOutOfBounds),
        ("table", &[I32(4)], TableOutOfBounds),
        ("indirect", &[I32(4)], UndefinedElement),
        ("indirect", &[I32(0)], UninitializedElement),
        ("indirect", &[I32(2)], BadSignature),
        ("div", &[I32(1), I32(0)], IntegerDivisionByZero),
        ("div", &[I32(i32::MIN), I32(-1)], IntegerOverflow),
        ("div64", &[I64(1), I64(0)], IntegerDivisionByZero),
        ("div64", &[I64(i64::MIN), I64(-1)], IntegerOverflow),
        ("rem", &[I32(1), I32(0)], IntegerDivisionByZero),
        ("trunc", &[F64(f64::NAN.to_bits())], BadConversionToInteger),
        ("trunc", &[F64(1e300f64.to_bits())], IntegerOverflow),
        ("deep", &[I64(0)], StackOverflow),
        ("fill", &[I32(1), I32(65_536)], MemoryOutOfBounds),
        ("copy_table", &[I32(4)], TableOutOfBounds),
    ];
    let mut store = store(());
    let instance = instance(&mut store.context(), TRAPS, &[]);
    for (name, args, expected) in cases {
        let error = call(&mut store, instance, name, args).unwrap_err();
        assert_eq!(kind(&error), *expected, "{name} {args:?}");
        assert_eq!(call(&mut store, instance, "fine", &[]).unwrap(), [I32(7)]);
    }
    assert_eq!(call(&mut store, instance, "load", &[I32(65_532)]).unwrap(), [I32(0)]);
    assert!(call(&mut store, instance, "indirect", &[I32(1)]).is_ok());
}

#[test]
fn a_backtrace_names_functions_and_places() {
    let mut store = store(());
    let mut cx = store.context();
    let text = r#"(module (memory 1)
        (func $outer (export "outer") (call $middle) (nop))
        (func $middle (drop (call $inner (i32.const 100000))))
        (func $inner (param i32) (result i32) (i32.add (i32.load (local.get 0)) (i32.const 1))))"#;
    let instance = instance(&mut cx, text, &[]);
    let error = func(&cx, instance, "outer").call(&mut cx, &[]).unwrap_err();
    let trap = error.trap().unwrap();
    let names: Vec<_> = trap.frames().iter().map(|frame| frame.name().unwrap()).collect();
    assert_eq!(names, ["inner", "middle", "outer"]);
    let bytes = wat::parse_str(text).unwrap();
    let offsets: Vec<_> = trap.frames().iter().map(|frame| frame.offset().unwrap()).collect();
    assert_eq!(bytes[offsets[0]], 0x28, "the load itself, at {:#x}", offsets[0]);
    assert_eq!(bytes[offsets[1]], 0x10, "the call, at {:#x}", offsets[1]);
    assert_eq!(bytes[offsets[2]], 0x10, "the call, at {:#x}", offsets[2]);
    assert_eq!(error.offset(), Some(offsets[0]));
}

#[test]
fn a_raised_trap_has_frames_too() {
    let mut store = store(());
    let mut cx = store.context();
    let text = r#"(module (memory 1) (func $f (export "f") (call $g))
        (func $g (memory.fill (i32.const 1) (i32.const 0) (i32.const 65536))))"#;
    let instance = instance(&mut cx, text, &[]);
    let error = func(&cx, instance, "f").call(&mut cx, &[]).unwrap_err();
    let names: Vec<_> = error.trap().unwrap().frames().iter().map(|frame| frame.name().unwrap()).collect();
    assert_eq!(names, ["g", "f"]);
}

#[test]
fn the_stack_limit_is_the_stores() {
    let depth = |stack_bytes| {
        let mut store = limited_store(0_u64, StoreLimits { stack_bytes, ..StoreLimits::default() });
        let mut cx = store.context();
        let count = Func::raw(&mut cx, FuncType::new([], []), |cx, _| {
            *cx.data_mut() += 1;
            Ok(())
        })
        .unwrap();
        let text = r#"(module (import "" "" (func $count)) (func $f (export "f") (call $count) (call $f) (call $count)))"#;
        let instance = instance(&mut cx, text, &[count.into()]);
        let error = func(&cx, instance, "f").call_raw(&mut cx, &mut []).unwrap_err();
        assert_eq!(kind(&error), TrapKind::StackOverflow);
        store.into_data()
    };
    let (small, large) = (depth(64 << 10), depth(640 << 10));
    assert!(small > 100 && large > 8 * small && large < 12 * small, "{small} {large}");
}

#[test]
fn a_thread_with_too_little_stack_gets_an_error_not_a_crash() {
    let thread = std::thread::Builder::new().stack_size(128 << 10).spawn(|| {
        let mut store = store(());
        let mut cx = store.context();
        // Compiling needs more stack than this thread has.
        let engine = cx.engine().clone();
        let text = r#"(module (func (export "f")))"#;
        let compile = move || Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
        let module = std::thread::spawn(compile).join().unwrap();
        let ty = Func::raw(&mut cx, FuncType::new([], []), |_, _| Ok(())).unwrap();
        ty.call_raw(&mut cx, &mut []).unwrap();
        let instance = Instance::new(&mut cx, &module, &[]).unwrap();
        let f = func(&cx, instance, "f");
        f.call_raw(&mut cx, &mut []).unwrap_err().to_string()
    });
    let message = thread.unwrap().join().unwrap();
    assert!(message.contains("larger stack"), "{message}");
}

#[test]
fn four_threads_trap_at_once() {
    let engine = Engine::new(&Config::new()).unwrap();
    let module = Module::new(&engine, &wat::parse_str(TRAPS).unwrap()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (engine, module) = (&engine, &module);
            scope.spawn(move || {
                let mut store = Store::new(engine, (), StoreLimits::default()).unwrap();
                let instance = Instance::new(&mut store.context(), module, &[]).unwrap();
                for round in 0..250 {
                    let (name, args, expected): (_, &[Val], _) = match (thread + round) % 4 {
                        0 => ("unreachable", &[], TrapKind::Unreachable),
                        1 => ("load", &[Val::I32(65_536)], TrapKind::MemoryOutOfBounds),
                        2 => ("div", &[Val::I32(1), Val::I32(0)], TrapKind::IntegerDivisionByZero),
                        _ => ("deep", &[Val::I64(0)], TrapKind::StackOverflow),
                    };
                    let error = call(&mut store, instance, name, args).unwrap_err();
                    assert_eq!(kind(&error), expected);
                }
            });
        }
    });
}

#[test]
fn a_store_moves_between_threads() {
    let mut store = store(());
    let instance = instance(&mut store.context(), TRAPS, &[]);
    for _ in 0..3 {
        store = std::thread::spawn(move || {
            let error = call(&mut store, instance, "load", &[Val::I32(-1)]).unwrap_err();
            assert_eq!(kind(&error), TrapKind::MemoryOutOfBounds);
            store
        })
        .join()
        .unwrap();
    }
}

#[test]
fn a_segment_that_does_not_fit_traps_and_what_came_before_stays() {
    let mut store = store(());
    let mut cx = store.context();
    let owner = instance(&mut cx, r#"(module (memory (export "m") 1) (table (export "t") 2 funcref))"#, &[]);
    let imports = [owner.export(&cx, "m").unwrap(), owner.export(&cx, "t").unwrap()];
    let text = r#"(module (import "" "m" (memory 1)) (import "" "t" (table 2 funcref))
        (func $f) (elem (i32.const 0) $f)
        (data (i32.const 0) "abc") (data (i32.const 65534) "defg"))"#;
    let error = try_instance(&mut cx, text, &imports).unwrap_err();
    assert_eq!(kind(&error), TrapKind::MemoryOutOfBounds);
    assert_eq!(&imports[0].into_memory().unwrap().data(&cx)[..4], b"abc\0");
    let Val::FuncRef(Some(f)) = imports[1].into_table().unwrap().get(&cx, 0).unwrap() else { panic!("null") };
    f.call(&mut cx, &[]).unwrap();
    let _ = module(&cx, "(module)");
}
