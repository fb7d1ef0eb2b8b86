//! Instances made of what dropped ones left: nothing of the last tenant is there.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's way of failing")]

mod common;

use common::{func, kind};
use plugbay_engine::{
    Config, Context, Engine, ErrorKind, Extern, Func, FuncType, Instance, Memory, Module, PoolConfig, Store,
    StoreLimits, TrapKind, TrapStyle, Val, ValType,
};

const TEXT: &str = r#"(module
    (import "host" "f" (func $host (result i32)))
    (memory (export "memory") 2 9)
    (memory (export "second") 1)
    (table $t (export "table") 6 20 funcref)
    (table $u (export "other") 3 externref)
    (global $g (export "global") (mut i32) (i32.const 7))
    (global $v (mut v128) (v128.const i64x2 1 2))
    (global $r (mut funcref) (ref.func $one))
    (data (i32.const 1000) "first segment")
    (data (i32.const 70000) "second segment")
    (data (memory 1) (i32.const 3) "third segment")
    (data $passive "passive")
    (elem (i32.const 1) $one $two $host)
    (elem $declared func $two $one)
    (func $one (result i32) (i32.const 1))
    (func $two (result i32) (i32.const 2))
    (type $int (func (result i32)))
    (func (export "call") (param i32) (result i32) (call_indirect $t (type $int) (local.get 0)))
    (func (export "through_global") (result i32) (table.set $t (i32.const 5) (global.get $r))
        (call_indirect $t (type $int) (i32.const 5)))
    (func (export "vector") (result i64) (i64x2.extract_lane 1 (global.get $v)))
    (func (export "init") (result i32)
        (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 7))
        (table.init $t $declared (i32.const 4) (i32.const 0) (i32.const 2))
        (i32.add (i32.load8_u (i32.const 0)) (call_indirect $t (type $int) (i32.const 4))))
    (func (export "ruin") (param externref)
        (drop (memory.grow (i32.const 3)))
        (drop (memory.grow 1 (i32.const 2)))
        (memory.fill (i32.const 0) (i32.const 0xa5) (i32.const 327680))
        (memory.fill 1 (i32.const 0) (i32.const 0xa5) (i32.const 196608))
        (drop (table.grow $t (ref.func $two) (i32.const 5)))
        (table.fill $t (i32.const 0) (ref.func $two) (i32.const 11))
        (table.fill $u (i32.const 0) (local.get 0) (i32.const 3))
        (global.set $g (i32.const 99))
        (global.set $v (v128.const i64x2 -1 -1))
        (global.set $r (ref.null func))
        (data.drop $passive) (elem.drop $declared))
    (func (export "scribble") (i32.store (i32.const 4) (i32.const 1)) (i32.store (i32.const 131068) (i32.const 1)))
    (func (export "trap") (i32.store (i32.const 0) (i32.const 1)) unreachable)
    (func (export "loop") (i32.store (i32.const 0) (i32.const 1)) (loop (br 0))))"#;

fn engines() -> impl Iterator<Item = Engine> {
    let pools = [
        PoolConfig::default(),
        PoolConfig { keep_resident: 0, ..PoolConfig::default() },
        PoolConfig { keep_resident: 20_000, ..PoolConfig::default() },
    ];
    let styles = [
        Config::new(),
        Config::new().with_trap_style(TrapStyle::Explicit),
        Config::new().with_memory_reservation(1 << 20).with_memory_guard(0),
    ];
    styles.into_iter().flat_map(move |config| {
        pools.into_iter().map(move |pool| Engine::new(&config.clone().with_pool(pool)).unwrap())
    })
}

fn compile(engine: &Engine, text: &str) -> Module {
    Module::new(engine, &wat::parse_str(text).unwrap()).unwrap()
}

fn tenant(module: &Module, answer: i32) -> (Store<()>, Instance) {
    let mut store = Store::new(module.engine(), (), StoreLimits::default()).unwrap();
    let mut cx = store.context();
    let ty = FuncType::new([], [ValType::I32]);
    let host = Func::new(&mut cx, ty, move |_, _, results| {
        results[0] = Val::I32(answer);
        Ok(())
    });
    let instance = Instance::new(&mut cx, module, &[host.into()]).unwrap();
    (store, instance)
}

fn memory(cx: &Context<'_, ()>, instance: Instance, name: &str) -> Memory {
    instance.export(cx, name).unwrap().into_memory().unwrap()
}

fn address(store: &mut Store<()>, instance: Instance) -> usize {
    let cx = store.context();
    memory(&cx, instance, "memory").data(&cx).as_ptr().addr()
}

fn call(store: &mut Store<()>, instance: Instance, name: &str, args: &[Val]) -> Option<Val> {
    let mut cx = store.context();
    let result = func(&cx, instance, name).call(&mut cx, args);
    result.unwrap().first().copied()
}

/// Looks at everything that a tenant can see.
fn check_new(store: &mut Store<()>, instance: Instance, answer: i32) {
    let cx = store.context();
    let mut expected = vec![0; 2 << 16];
    expected[1000..1013].copy_from_slice(b"first segment");
    expected[70_000..70_014].copy_from_slice(b"second segment");
    assert!(memory(&cx, instance, "memory").data(&cx) == expected);
    let mut expected = vec![0; 1 << 16];
    expected[3..16].copy_from_slice(b"third segment");
    assert!(memory(&cx, instance, "second").data(&cx) == expected);
    let table = instance.export(&cx, "table").unwrap().into_table().unwrap();
    let null = |index| table.get(&cx, index).unwrap() == Val::FuncRef(None);
    assert_eq!(table.size(&cx), 6);
    assert_eq!([0, 1, 2, 3, 4, 5].map(null), [true, false, false, false, true, true]);
    let other = instance.export(&cx, "other").unwrap().into_table().unwrap();
    assert!(
        other.size(&cx) == 3 && (0..3).all(|index| other.get(&cx, index).unwrap() == Val::ExternRef(None))
    );
    let global = instance.export(&cx, "global").unwrap().into_global().unwrap();
    assert_eq!(global.get(&cx), Val::I32(7));
    for (index, expected) in [(1, 1), (2, 2), (3, answer)] {
        assert_eq!(call(store, instance, "call", &[Val::I32(index)]), Some(Val::I32(expected)));
    }
    assert_eq!(call(store, instance, "through_global", &[]), Some(Val::I32(1)));
    assert_eq!(call(store, instance, "vector", &[]), Some(Val::I64(2)));
    assert_eq!(call(store, instance, "init", &[]), Some(Val::I32(i32::from(b'p') + 2)));
    // What was grown before reads as zeros when it is grown again.
    let mut cx = store.context();
    for name in ["memory", "second"] {
        let memory = memory(&cx, instance, name);
        let old = memory.grow(&mut cx, 4).unwrap() as usize;
        assert!(memory.data(&cx)[old << 16..].iter().all(|byte| *byte == 0));
    }
    let table = instance.export(&cx, "table").unwrap().into_table().unwrap();
    assert_eq!(table.grow(&mut cx, 3, Val::FuncRef(None)).unwrap(), 6);
    assert!((6..9).all(|index| table.get(&cx, index).unwrap() == Val::FuncRef(None)));
}

#[test]
fn nothing_of_the_last_tenant_is_left() {
    for engine in engines() {
        let module = compile(&engine, TEXT);
        for answer in 10..16 {
            let (mut store, instance) = tenant(&module, answer);
            check_new(&mut store, instance, answer);
            if answer % 2 == 0 {
                call(&mut store, instance, "ruin", &[Val::ExternRef(None)]);
            }
        }
    }
}

#[test]
fn the_place_is_used_again() {
    for engine in engines() {
        let module = compile(&engine, TEXT);
        let (mut store, instance) = tenant(&module, 1);
        let first = address(&mut store, instance);
        call(&mut store, instance, "scribble", &[]);
        drop(store);
        let (mut store, instance) = tenant(&module, 2);
        assert_eq!(address(&mut store, instance), first);
        check_new(&mut store, instance, 2);
    }
}

#[test]
fn traps_and_cancelled_calls_leave_nothing_either() {
    for engine in engines() {
        let module = compile(&engine, TEXT);
        let (mut store, instance) = tenant(&module, 1);
        let first = address(&mut store, instance);
        let mut cx = store.context();
        let error = func(&cx, instance, "trap").call(&mut cx, &[]).unwrap_err();
        assert_eq!(kind(&error), TrapKind::Unreachable);
        drop(store);
        let (mut store, instance) = tenant(&module, 2);
        assert_eq!(address(&mut store, instance), first);
        let token = store.cancel_token();
        let canceller = std::thread::spawn({
            let token = token.clone();
            move || {
                std::thread::sleep(std::time::Duration::from_millis(5));
                token.cancel();
            }
        });
        let mut cx = store.context();
        let error = func(&cx, instance, "loop").call(&mut cx, &[]).unwrap_err();
        assert_eq!(kind(&error), TrapKind::Cancelled);
        canceller.join().unwrap();
        drop(store);
        let (mut store, instance) = tenant(&module, 3);
        assert_eq!(address(&mut store, instance), first);
        // A token of the last tenant does nothing to this one.
        token.cancel();
        check_new(&mut store, instance, 3);
    }
}

#[test]
fn what_the_host_wrote_is_gone_too() {
    for engine in engines() {
        let module = compile(&engine, TEXT);
        let (mut store, instance) = tenant(&module, 1);
        let mut cx = store.context();
        memory(&cx, instance, "memory").data_mut(&mut cx)[4096..8192].fill(0xff);
        memory(&cx, instance, "second").grow(&mut cx, 1).unwrap();
        let table = instance.export(&cx, "table").unwrap().into_table().unwrap();
        let one = table.get(&cx, 1).unwrap();
        table.set(&mut cx, 0, one).unwrap();
        table.grow(&mut cx, 2, one).unwrap();
        let global = instance.export(&cx, "global").unwrap().into_global().unwrap();
        global.set(&mut cx, Val::I32(-1)).unwrap();
        drop(store);
        let (mut store, instance) = tenant(&module, 2);
        check_new(&mut store, instance, 2);
    }
}

#[test]
fn what_another_instance_wrote_when_it_was_made_is_gone_too() {
    let writer = r#"(module (import "a" "memory" (memory 2)) (import "a" "table" (table 6 funcref)) (func $f)
        (data (i32.const 1000) "overwritten") (elem (i32.const 0) $f $f $f $f))"#;
    for engine in engines() {
        let (module, writer) = (compile(&engine, TEXT), compile(&engine, writer));
        let (mut store, instance) = tenant(&module, 1);
        let mut cx = store.context();
        let imports = ["memory", "table"].map(|name| instance.export(&cx, name).unwrap());
        Instance::new(&mut cx, &writer, &imports).unwrap();
        drop(store);
        let (mut store, instance) = tenant(&module, 2);
        check_new(&mut store, instance, 2);
    }
}

#[test]
fn instantiations_that_fail_leave_nothing() {
    let text = r#"(module (import "host" "f" (func)) (memory (export "memory") 1) (data (i32.const 8) "data")
        (func $start (i32.store (i32.const 0) (i32.const 1)) (call 0)) (start $start)
        (func (export "read") (result i64) (i64.load (i32.const 4))))"#;
    for engine in engines() {
        let module = compile(&engine, text);
        for round in 0..4 {
            let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
            let mut cx = store.context();
            let host = Func::new(&mut cx, FuncType::new([], []), move |_, _, _| match round % 2 {
                0 => Err(TrapKind::Unreachable.into()),
                _ => Ok(()),
            });
            let made = Instance::new(&mut cx, &module, &[host.into()]);
            assert_eq!(made.is_ok(), round % 2 == 1);
            if let Ok(instance) = made {
                let memory = memory(&cx, instance, "memory");
                assert_eq!(&memory.data(&cx)[..16], b"\x01\0\0\0\0\0\0\0data\0\0\0\0");
            }
        }
    }
}

/// Element segments are written before data segments (Core spec, "Instantiation"): a function that one of them put into a
/// table of somebody else finds the memory empty when a later one trapped.
#[test]
fn data_is_not_there_when_an_element_segment_traps() {
    let text = r#"(module (import "a" "t" (table 2 funcref)) (import "a" "at" (global $at i32))
        (memory 1) (data (i32.const 0) "x")
        (func $read (result i32) (i32.load8_u (i32.const 0)))
        (elem (i32.const 0) $read) (elem (global.get $at) $read))"#;
    let owner = r#"(module (table (export "t") 2 funcref) (type $int (func (result i32)))
        (func (export "call") (result i32) (call_indirect (type $int) (i32.const 0))))"#;
    for engine in engines() {
        let (owner, module) = (compile(&engine, owner), compile(&engine, text));
        for (at, byte) in [(1, 120), (2, 0), (1, 120), (2, 0), (2, 0)] {
            let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
            let mut cx = store.context();
            let owner = Instance::new(&mut cx, &owner, &[]).unwrap();
            let ty = plugbay_engine::GlobalType { content: ValType::I32, mutable: false };
            let global = plugbay_engine::Global::new(&mut cx, ty, Val::I32(at)).unwrap();
            let imports = [owner.export(&cx, "t").unwrap(), Extern::Global(global)];
            let made = Instance::new(&mut cx, &module, &imports);
            assert_eq!(made.is_ok(), at == 1);
            assert_eq!(call(&mut store, owner, "call", &[]), Some(Val::I32(byte)));
        }
    }
}

#[test]
fn limits_hold_for_places_used_again() {
    for engine in engines() {
        let module = compile(&engine, r#"(module (memory (export "memory") 2) (table 10 funcref))"#);
        let try_with = |limits: StoreLimits| {
            let mut store = Store::new(&engine, (), limits).unwrap();
            let result = Instance::new(&mut store.context(), &module, &[]);
            result.map(|_| store.memory_bytes())
        };
        let ample = StoreLimits::default();
        for _ in 0..3 {
            assert_eq!(try_with(ample).unwrap(), 2 << 16);
            for limits in [
                StoreLimits { memory_bytes: (2 << 16) - 1, ..ample },
                StoreLimits { memories: 0, ..ample },
                StoreLimits { tables: 0, ..ample },
                StoreLimits { table_elements: 9, ..ample },
                StoreLimits { instances: 0, ..ample },
            ] {
                let error = try_with(limits).unwrap_err();
                assert!(matches!(error.kind(), ErrorKind::Limit { .. }), "{error}");
            }
        }
    }
}

#[test]
fn idle_instances_of_other_modules_give_way() {
    let pool = PoolConfig { instances: 2, ..PoolConfig::default() };
    let engine = Engine::new(&Config::new().with_pool(pool)).unwrap();
    let (first, second) = (compile(&engine, TEXT), compile(&engine, TEXT));
    let live: Vec<_> = (0..4).map(|answer| tenant(&first, answer)).collect();
    let mut live: Vec<_> =
        live.into_iter().map(|(mut store, instance)| (address(&mut store, instance), store)).collect();
    // The last two find no room.
    let kept: Vec<_> = live.iter().take(2).map(|(address, _)| *address).collect();
    live.drain(..).for_each(|(_, store)| drop(store));
    let (mut store, instance) = tenant(&first, 1);
    assert!(kept.contains(&address(&mut store, instance)));
    drop(store);
    for round in 0..3 {
        let (mut store, instance) = tenant(&second, round);
        check_new(&mut store, instance, round);
    }
}

#[test]
fn without_a_pool_every_instance_is_new() {
    let engine = Engine::new(&Config::new().with_pool(PoolConfig::off())).unwrap();
    let module = compile(&engine, TEXT);
    for answer in 0..3 {
        let (mut store, instance) = tenant(&module, answer);
        check_new(&mut store, instance, answer);
        call(&mut store, instance, "ruin", &[Val::ExternRef(None)]);
    }
}

#[test]
fn tenants_on_many_threads_do_not_see_each_other() {
    let engine = Engine::new(&Config::new()).unwrap();
    let module = compile(&engine, TEXT);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let module = &module;
            scope.spawn(move || {
                for round in 0..20 {
                    let (mut store, instance) = tenant(module, thread);
                    check_new(&mut store, instance, thread);
                    if round % 2 == 0 {
                        call(&mut store, instance, "ruin", &[Val::ExternRef(None)]);
                    }
                }
            });
        }
    });
}

#[test]
fn modules_on_many_threads_share_what_room_there_is() {
    let pool = PoolConfig { instances: 3, ..PoolConfig::default() };
    let engine = Engine::new(&Config::new().with_pool(pool)).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let engine = &engine;
            scope.spawn(move || {
                for _ in 0..10 {
                    let module = compile(engine, TEXT);
                    for _ in 0..5 {
                        let live: Vec<_> = (0..3).map(|_| tenant(&module, thread)).collect();
                        for (mut store, instance) in live {
                            check_new(&mut store, instance, thread);
                        }
                    }
                }
            });
        }
    });
}
