//! Many stores: what one leaves behind would add up. Alone in its process, since it counts the process's mappings.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's way of failing")]

mod common;

use std::sync::{Mutex, PoisonError};

use common::func;
use plugbay_engine::{Config, Engine, Instance, Module, Store, StoreLimits, Val};

/// Each test counts mappings, so one runs at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn mappings() -> usize {
    std::fs::read_to_string("/proc/self/maps").unwrap().lines().count()
}

#[test]
fn a_hundred_thousand_instances_leave_nothing_behind() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let engine = Engine::new(&Config::new()).unwrap();
    let text = r#"(module (memory 1) (table 2 funcref) (elem (i32.const 0) $f)
        (func $f (export "f") (param i32) (result i32) (i32.store (i32.const 0) (local.get 0)) (i32.load (i32.const 0))))"#;
    let module = Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
    let run = |count: i32| {
        for round in 0..count {
            let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
            let mut cx = store.context();
            let instance = Instance::new(&mut cx, &module, &[]).unwrap();
            if round % 100 == 0 {
                let result = func(&cx, instance, "f").call(&mut cx, &[Val::I32(round)]).unwrap();
                assert_eq!(result, [Val::I32(round)]);
            }
        }
    };
    run(1000);
    let before = mappings();
    run(100_000);
    let after = mappings();
    assert!(after <= before + 16, "{before} mappings before, {after} after");
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
