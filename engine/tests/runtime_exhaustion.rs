//! What happens when the system has nothing left. In a file, hence a process, of its own: other tests would fail with it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's way of failing")]

mod common;

use common::{func, instance, limited_store, try_instance};
use plugbay_engine::{ErrorKind, IndexType, Memory, MemoryType, StoreLimits, Val};

#[test]
fn address_space_that_runs_out_is_an_error_and_nothing_worse() {
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
