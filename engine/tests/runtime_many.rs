//! Many stores: what one leaves behind would add up. Alone in its process, since it counts the process's mappings.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's way of failing")]

mod common;

use std::sync::{Mutex, PoisonError};

use common::func;
use plugbay_engine::{Config, Engine, Instance, Module, PoolConfig, Store, StoreLimits, Val};

/// Each test counts mappings, so one runs at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn mappings() -> usize {
    std::fs::read_to_string("/proc/self/maps").unwrap().lines().count()
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Resident memory in KiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Makes, calls and drops many instances, and looks at what the process has.
fn many_instances_leave_nothing(config: &Config, count: i32) {
    let engine = Engine::new(config).unwrap();
    let text = r#"(module (memory 1) (table 2 funcref) (elem (i32.const 0) $f) (data (i32.const 64) "data")
        (func $f (export "f") (param i32) (result i32)
            (i32.store (i32.const 0) (local.get 0))
            (if (i32.eqz (i32.rem_u (local.get 0) (i32.const 50)))
                (then (drop (memory.grow (i32.const 1))) (i32.store (i32.const 70000) (i32.const 1))))
            (i32.load (i32.const 0))))"#;
    let module = Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
    let run = |count: i32| {
        for round in 0..count {
            let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
            let mut cx = store.context();
            let instance = Instance::new(&mut cx, &module, &[]).unwrap();
            let result = func(&cx, instance, "f").call(&mut cx, &[Val::I32(round)]).unwrap();
            assert_eq!(result, [Val::I32(round)]);
        }
    };
    run(1000);
    let before = (mappings(), descriptors(), resident());
    run(count);
    let after = (mappings(), descriptors(), resident());
    assert!(after.0 <= before.0 + 16, "{} mappings before, {} after", before.0, after.0);
    assert!(after.1 <= before.1 + 4, "{} descriptors before, {} after", before.1, after.1);
    assert!(after.2 <= before.2 + 2048, "{} KiB before, {} after", before.2, after.2);
}

#[test]
fn a_hundred_thousand_instances_leave_nothing_behind() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    many_instances_leave_nothing(&Config::new(), 100_000);
}

#[test]
fn instances_that_are_made_anew_leave_nothing_behind_either() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    many_instances_leave_nothing(&Config::new().with_pool(PoolConfig::off()), 10_000);
}

#[test]
fn idle_instances_are_bounded() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let pool = PoolConfig { instances: 10, ..PoolConfig::default() };
    let engine = Engine::new(&Config::new().with_pool(pool)).unwrap();
    let module = Module::new(&engine, &wat::parse_str("(module (memory 1))").unwrap()).unwrap();
    let make = || {
        let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
        Instance::new(&mut store.context(), &module, &[]).unwrap();
        store
    };
    drop(make());
    let before = mappings();
    let all: Vec<_> = (0..300).map(|_| make()).collect();
    assert!(mappings() >= before + 300);
    drop(all);
    assert!(mappings() <= before + 50, "{before} mappings before, {} after", mappings());
    drop(module);
    assert!(mappings() <= before + 10, "{before} mappings before, {} after the module", mappings());
}

#[test]
fn modules_give_their_code_back() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let engine = Engine::new(&Config::new()).unwrap();
    let bytes = wat::parse_str(r#"(module (func (export "f") (result i32) (i32.const 1)))"#).unwrap();
    let run = || {
        for _ in 0..300 {
            let module = Module::new(&engine, &bytes).unwrap();
            let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
            let mut cx = store.context();
            let instance = Instance::new(&mut cx, &module, &[]).unwrap();
            drop(module);
            assert_eq!(func(&cx, instance, "f").call(&mut cx, &[]).unwrap(), [Val::I32(1)]);
        }
    };
    run();
    let before = mappings();
    run();
    assert!(mappings() <= before + 16);
}
