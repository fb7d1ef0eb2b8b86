//! H: many threads, and threads that come and go. What needs handlers of its own is tested in `engine/src/vm`, where
//! `unsafe` may stand.

use plugbay_engine::{Instance, Module, Store, StoreLimits, TrapKind, Val};

use crate::support::{STYLES, engine, func_of, kind};

const TEXT: &str = r#"(module (memory 1)
    (func (export "u") unreachable)
    (func (export "m") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "d") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
    (func $r (export "r") (call $r)))"#;

/// Traps in each way, so many times, in a store of its own.
fn storm(engine: &plugbay_engine::Engine, module: &Module, times: usize) {
    let mut store = Store::new(engine, (), StoreLimits::default()).unwrap();
    let mut cx = store.context();
    let instance = Instance::new(&mut cx, module, &[]).unwrap();
    let [u, m, d, r] = ["u", "m", "d", "r"].map(|name| func_of(&cx, instance, name));
    for round in 0..times {
        assert_eq!(kind(&u.call(&mut cx, &[]).unwrap_err()), TrapKind::Unreachable);
        assert_eq!(kind(&m.call(&mut cx, &[Val::I32(-1)]).unwrap_err()), TrapKind::MemoryOutOfBounds);
        assert_eq!(kind(&d.call(&mut cx, &[Val::I32(0)]).unwrap_err()), TrapKind::IntegerDivisionByZero);
        assert_eq!(d.call(&mut cx, &[Val::I32(1)]).unwrap(), [Val::I32(1)]);
        if round % 50 == 0 {
            assert_eq!(kind(&r.call(&mut cx, &[]).unwrap_err()), TrapKind::StackOverflow);
        }
    }
}

#[test]
fn h04_sixty_four_threads_trap_at_once() {
    for style in STYLES {
        let engine = engine(style);
        let module = Module::new(&engine, &wat::parse_str(TEXT).unwrap()).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..64 {
                scope.spawn(|| storm(&engine, &module, 500));
            }
        });
    }
}

#[test]
fn h06_guests_overflow_on_threads_of_every_size() {
    for style in STYLES {
        let engine = engine(style);
        let module = Module::new(&engine, &wat::parse_str(TEXT).unwrap()).unwrap();
        for kibibytes in [256, 300, 512, 1024, 8192] {
            let (engine, module) = (engine.clone(), module.clone());
            let thread = std::thread::Builder::new().stack_size(kibibytes << 10);
            thread.spawn(move || storm(&engine, &module, 2)).unwrap().join().expect("no crash, no panic");
        }
    }
}

#[test]
fn h05_threads_that_come_and_go_leave_no_stacks_behind() {
    let maps = || std::fs::read_to_string("/proc/self/maps").map_or(0, |maps| maps.lines().count());
    for style in STYLES {
        let engine = engine(style);
        let module = Module::new(&engine, &wat::parse_str(TEXT).unwrap()).unwrap();
        let mut before = 0;
        for round in 0..300 {
            std::thread::scope(|scope| {
                scope.spawn(|| storm(&engine, &module, 1));
            });
            if round == 20 {
                before = maps();
            }
        }
        // Other tests run beside this one.
        assert!(maps() < before + 200, "{before}, now {}", maps());
    }
}
