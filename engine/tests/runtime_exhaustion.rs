//! What happens when the system has nothing left. In a file, hence a process, of its own: other tests would fail with it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's way of failing")]

mod common;

use std::sync::{Mutex, PoisonError};

use common::{func, instance, limited_store, try_instance};
use plugbay_engine::{
    Config, Engine, ErrorKind, IndexType, Instance, Memory, MemoryType, Module, Store, StoreLimits,
    TrapStyle, Val,
};

/// Each test uses up what the process has, so one runs at a time.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn address_space_that_runs_out_is_an_error_and_nothing_worse() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let limits = StoreLimits { memories: u32::MAX, instances: u32::MAX, ..StoreLimits::default() };
    let mut store = limited_store((), limits);
    let mut cx = store.context();
    let text = r#"(module (memory 1) (func (export "f") (result i32) (i32.load (i32.const 0))))"#;
    let before = instance(&mut cx, text, &[]);
    let empty = MemoryType { index: IndexType::I32, minimum: 0, maximum: None };
    // Six gibibytes each: 2^47 bytes hold some twenty thousand of them.
    let error = (0..100_000).find_map(|_| Memory::new(&mut cx, empty).err()).unwrap();
    assert!(matches!(error.kind(), ErrorKind::Os { .. }), "{error}");
    assert!(matches!(try_instance(&mut cx, text, &[]).unwrap_err().kind(), ErrorKind::Os { .. }));
    let f = func(&cx, before, "f");
    assert_eq!(f.call(&mut cx, &[]).unwrap(), [Val::I32(0)]);
    drop(store);
    let mut store = limited_store((), limits);
    let mut cx = store.context();
    let after = instance(&mut cx, text, &[]);
    assert_eq!(func(&cx, after, "f").call(&mut cx, &[]).unwrap(), [Val::I32(0)]);
}

/// A hundred thousand instances, each in a store of its own, live at a time: with the default settings the address space
/// runs out on the way, which is an error; where memories are dense, all of them fit.
#[test]
fn instances_without_number_are_all_right_or_an_error() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let dense = Config::new().with_trap_style(TrapStyle::Explicit).with_memory_reservation(1 << 16);
    for (config, fit) in [(Config::new(), false), (dense, true)] {
        let engine = Engine::new(&config).unwrap();
        let text = r#"(module (memory 1) (data (i32.const 8) "data")
            (func (export "f") (result i32) (i32.load (i32.const 8))))"#;
        let module = Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
        let mut live = Vec::new();
        let mut failed = None;
        for _ in 0..100_000 {
            let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
            match Instance::new(&mut store.context(), &module, &[]) {
                Ok(instance) => live.push((store, instance)),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        assert_eq!(failed.is_none(), fit, "{failed:?} after {}", live.len());
        if let Some(error) = failed {
            assert!(matches!(error.kind(), ErrorKind::Os { .. }), "{error}");
        }
        for (store, instance) in live.iter_mut().rev().step_by(997) {
            let mut cx = store.context();
            let result = func(&cx, *instance, "f").call(&mut cx, &[]).unwrap();
            assert_eq!(result, [Val::I32(i32::from_le_bytes(*b"data"))]);
        }
    }
}
