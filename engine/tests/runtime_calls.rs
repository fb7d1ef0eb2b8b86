//! Calls in both directions: values, host functions, errors and panics of theirs, recursion through them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's way of failing")]

mod common;

use common::{instance, store};
use plugbay_engine::{ErrorKind, Func, FuncType, Store, TrapKind, Val, ValType};

const NUMBERS: [ValType; 4] = [ValType::I32, ValType::I64, ValType::F32, ValType::F64];

#[test]
fn every_number_goes_in_and_comes_out() {
    let mut store = store(());
    let mut cx = store.context();
    let module = r#"(module (func (export "swap") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
        local.get 3 local.get 2 local.get 1 local.get 0))"#;
    let swap = instance(&mut cx, module, &[]).export(&cx, "swap").unwrap().into_func().unwrap();
    assert_eq!(swap.ty(&cx).params(), NUMBERS);
    let args = [Val::I32(-1), Val::I64(i64::MIN), Val::F32(0x7fa0_0001), Val::F64(1.5f64.to_bits())];
    let mut back = args.to_vec();
    back.reverse();
    assert_eq!(swap.call(&mut cx, &args).unwrap(), back);
    let mut slots = [0xffff_ffff_0000_0007, 8, 9, 10];
    swap.call_raw(&mut cx, &mut slots).unwrap();
    assert_eq!(slots, [10, 9, 8, 7]);
}

#[test]
fn wrong_use_is_refused_with_a_reason() {
    let mut store = store(());
    let mut cx = store.context();
    let module = r#"(module (func (export "f") (param i32)) (func (export "r") (param externref)))"#;
    let instance = instance(&mut cx, module, &[]);
    let f = instance.export(&cx, "f").unwrap().into_func().unwrap();
    let r = instance.export(&cx, "r").unwrap().into_func().unwrap();
    for args in [&[][..], &[Val::I64(1)], &[Val::I32(1), Val::I32(2)]] {
        assert!(matches!(f.call(&mut cx, args).unwrap_err().kind(), ErrorKind::Misuse(_)));
    }
    assert!(matches!(f.call_raw(&mut cx, &mut []).unwrap_err().kind(), ErrorKind::Misuse(_)));
    f.call_raw(&mut cx, &mut [1]).unwrap();
    assert!(matches!(f.call_raw(&mut cx, &mut []).unwrap_err().kind(), ErrorKind::Misuse(_)));
    assert!(matches!(r.call_raw(&mut cx, &mut [0]).unwrap_err().kind(), ErrorKind::Misuse(_)));
    let mut other = common::store(());
    let mut other = other.context();
    assert!(matches!(f.call_raw(&mut other, &mut [1]).unwrap_err().kind(), ErrorKind::Misuse(_)));
    assert!(matches!(f.call(&mut other, &[Val::I32(1)]).unwrap_err().kind(), ErrorKind::Misuse(_)));
    assert!(instance.export(&other, "f").is_none());
}

#[test]
fn host_functions_see_the_guests_values_and_their_own_data() {
    let mut store = store(Vec::new());
    let mut cx = store.context();
    let raw = Func::raw(&mut cx, FuncType::new([ValType::I32, ValType::I64], [ValType::I64]), |cx, slots| {
        cx.data_mut().push(slots[0]);
        slots[0] += slots[1];
        Ok(())
    })
    .unwrap();
    let typed =
        Func::new(&mut cx, FuncType::new([ValType::F64, ValType::EXTERNREF], NUMBERS), |_, args, results| {
            assert_eq!(args, [Val::F64(2.5f64.to_bits()), Val::ExternRef(Some(7))]);
            results.copy_from_slice(&[Val::I32(-5), Val::I64(-6), Val::F32(1), Val::F64(2)]);
            Ok(())
        });
    let module = r#"(module
        (import "" "raw" (func $raw (param i32 i64) (result i64)))
        (import "" "typed" (func $typed (param f64 externref) (result i32 i64 f32 f64)))
        (func (export "a") (result i64) (call $raw (i32.const -1) (i64.const 1)))
        (func (export "b") (param externref) (result i32 i64 f32 f64)
            (call $typed (f64.const 2.5) (local.get 0))))"#;
    let instance = instance(&mut cx, module, &[raw.into(), typed.into()]);
    let a = instance.export(&cx, "a").unwrap().into_func().unwrap();
    let b = instance.export(&cx, "b").unwrap().into_func().unwrap();
    assert_eq!(a.call(&mut cx, &[]).unwrap(), [Val::I64(0x1_0000_0000)]);
    let expected = [Val::I32(-5), Val::I64(-6), Val::F32(1), Val::F64(2)];
    assert_eq!(b.call(&mut cx, &[Val::ExternRef(Some(7))]).unwrap(), expected);
    // A host function can be called without a guest, too.
    let mut slots = [1, 2];
    raw.call_raw(&mut cx, &mut slots).unwrap();
    assert_eq!(slots[0], 3);
    assert_eq!(store.into_data(), [0xffff_ffff, 1]);
}

#[test]
fn a_host_error_comes_back_unchanged_and_the_store_stays_usable() {
    let mut store = store(());
    let mut cx = store.context();
    let fail = Func::raw(&mut cx, FuncType::new([ValType::I32], []), |_, slots| match slots[0] {
        0 => Ok(()),
        1 => Err(plugbay_engine::Error::host(std::io::Error::other("disk on fire"))),
        2 => panic!("host {} panicked", "function"),
        _ => std::panic::panic_any(5_u8),
    })
    .unwrap();
    let module = r#"(module (import "" "fail" (func $fail (param i32)))
        (func (export "f") (param i32) (call $fail (local.get 0))))"#;
    let f = instance(&mut cx, module, &[fail.into()]).export(&cx, "f").unwrap().into_func().unwrap();
    for func in [f, fail] {
        let error = func.call_raw(&mut cx, &mut [1]).unwrap_err();
        assert_eq!(error.downcast_host::<std::io::Error>().unwrap().to_string(), "disk on fire");
        let error = func.call_raw(&mut cx, &mut [2]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Host(_)));
        assert!(error.to_string().contains("host function panicked"), "{error}");
        assert!(func.call_raw(&mut cx, &mut [3]).unwrap_err().to_string().contains("panicked"));
        func.call_raw(&mut cx, &mut [0]).unwrap();
    }
}

#[test]
fn results_of_the_wrong_type_are_refused() {
    let mut store = store(());
    let mut cx = store.context();
    let liar = Func::new(&mut cx, FuncType::new([], [ValType::I32]), |_, _, results| {
        results[0] = Val::I64(1);
        Ok(())
    });
    assert!(matches!(liar.call(&mut cx, &[]).unwrap_err().kind(), ErrorKind::Misuse(_)));
}

#[test]
fn a_context_swapped_for_another_stores_brings_no_functions_of_it() {
    let mut store = store(());
    let mut cx = store.context();
    let swap = Func::new(&mut cx, FuncType::new([], [ValType::FUNCREF]), |cx, _, results| {
        // A store that lives as long as the program, so that its context fits in the place of any other.
        let other: &'static mut Store<()> = Box::leak(Box::new(common::store(())));
        let mut other = other.context();
        let foreign = Func::raw(&mut other, FuncType::new([], []), |_, _| Ok(()))?;
        std::mem::swap(cx, &mut other);
        results[0] = Val::FuncRef(Some(foreign));
        Ok(())
    });
    let module = r#"(module (import "" "swap" (func $swap (result funcref)))
        (func (export "f") (result funcref) (call $swap)))"#;
    let instance = instance(&mut cx, module, &[swap.into()]);
    let f = common::func(&cx, instance, "f");
    for func in [swap, f] {
        assert!(matches!(func.call(&mut cx, &[]).unwrap_err().kind(), ErrorKind::Misuse(_)));
    }
}

/// Host and guest call each other, `n` levels deep.
fn ping_pong(store: &mut Store<Option<Func>>) -> Func {
    let mut cx = store.context();
    let ping = Func::raw(&mut cx, FuncType::new([ValType::I32], [ValType::I32]), |cx, slots| {
        let pong = cx.data().unwrap();
        pong.call_raw(cx, slots)
    })
    .unwrap();
    let module = r#"(module (import "" "ping" (func $ping (param i32) (result i32)))
        (func (export "pong") (param i32) (result i32)
            (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
            (if (i32.eq (local.get 0) (i32.const 1000)) (then unreachable))
            (i32.add (i32.const 1) (call $ping (i32.sub (local.get 0) (i32.const 1))))))"#;
    let pong = instance(&mut cx, module, &[ping.into()]).export(&cx, "pong").unwrap().into_func().unwrap();
    *cx.data_mut() = Some(pong);
    pong
}

#[test]
fn calls_nest_through_host_functions() {
    let mut store = store(None);
    let pong = ping_pong(&mut store);
    let mut cx = store.context();
    assert_eq!(pong.call(&mut cx, &[Val::I32(50)]).unwrap(), [Val::I32(50)]);
    // A trap deep inside passes through all levels, and leaves nothing behind.
    let error = pong.call(&mut cx, &[Val::I32(1010)]).unwrap_err();
    assert_eq!(error.trap().unwrap().kind(), TrapKind::Unreachable);
    assert_eq!(pong.call(&mut cx, &[Val::I32(50)]).unwrap(), [Val::I32(50)]);
}

#[test]
fn endless_recursion_through_host_functions_is_a_stack_overflow() {
    let mut store = store(None);
    let pong = ping_pong(&mut store);
    let error = pong.call(&mut store.context(), &[Val::I32(-1)]).unwrap_err();
    assert_eq!(error.trap().unwrap().kind(), TrapKind::StackOverflow);
    assert_eq!(pong.call(&mut store.context(), &[Val::I32(5)]).unwrap(), [Val::I32(5)]);
}

#[test]
fn stores_call_each_other() {
    let mut inner = store(());
    let module =
        r#"(module (func (export "f") (param i32) (result i32) (i32.div_u (i32.const 100) (local.get 0))))"#;
    let f = instance(&mut inner.context(), module, &[]).export(&inner.context(), "f").unwrap();
    let f = f.into_func().unwrap();
    let mut outer = store(inner);
    let mut cx = outer.context();
    let ty = FuncType::new([ValType::I32], [ValType::I32]);
    let call = Func::raw(&mut cx, ty, move |cx: &mut plugbay_engine::Context<'_, Store<()>>, slots| {
        match f.call_raw(&mut cx.data_mut().context(), slots) {
            Err(error) if error.trap().is_some() => slots[0] = 7,
            result => result?,
        }
        Ok(())
    })
    .unwrap();
    let module = r#"(module (import "" "call" (func $call (param i32) (result i32)))
        (memory 1)
        (func (export "g") (param i32) (result i32) (call $call (local.get 0)))
        (func (export "oob") (result i32) (drop (call $call (i32.const 0))) (i32.load (i32.const 65536))))"#;
    let instance = instance(&mut cx, module, &[call.into()]);
    let g = instance.export(&cx, "g").unwrap().into_func().unwrap();
    let oob = instance.export(&cx, "oob").unwrap().into_func().unwrap();
    assert_eq!(g.call(&mut cx, &[Val::I32(5)]).unwrap(), [Val::I32(20)]);
    assert_eq!(g.call(&mut cx, &[Val::I32(0)]).unwrap(), [Val::I32(7)]);
    assert_eq!(oob.call(&mut cx, &[]).unwrap_err().trap().unwrap().kind(), TrapKind::MemoryOutOfBounds);
}

#[test]
fn the_start_function_runs_and_its_trap_is_reported() {
    let mut store = store(0);
    let mut cx = store.context();
    let count = Func::raw(&mut cx, FuncType::new([], []), |cx, _| {
        *cx.data_mut() += 1;
        Ok(())
    })
    .unwrap();
    let module = r#"(module (import "" "count" (func $count)) (start $count))"#;
    instance(&mut cx, module, &[count.into()]);
    let module = common::module(&cx, "(module (func $f unreachable) (start $f))");
    let error = plugbay_engine::Instance::new(&mut cx, &module, &[]).unwrap_err();
    assert_eq!(error.trap().unwrap().kind(), TrapKind::Unreachable);
    assert_eq!(error.stage(), plugbay_engine::Stage::Instantiate);
    assert_eq!(*store.data(), 1);
}
