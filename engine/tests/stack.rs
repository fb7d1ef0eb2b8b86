//! Stacks: large frames, many parameters, recursion through the host, threads with little stack. In both trap styles.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's way of failing")]

mod common;

use std::fmt::Write as _;
use std::thread;

use common::{func, instance, kind};
use plugbay_engine::{
    Config, Engine, ErrorKind, Func, FuncType, Instance, OptLevel, Store, StoreLimits, TrapKind, TrapStyle,
    Val, ValType,
};

const STYLES: [TrapStyle; 2] = [TrapStyle::Signals, TrapStyle::Explicit];

fn store<T>(style: TrapStyle, data: T, stack_bytes: usize) -> Store<T> {
    let engine = Engine::new(
        &Config::new().with_trap_style(style).with_ir_verifier(false).with_opt_level(OptLevel::None),
    )
    .unwrap();
    Store::new(&engine, data, StoreLimits { stack_bytes, ..StoreLimits::default() }).unwrap()
}

/// A function of an index and `params` numbers that calls itself with `count` more numbers waiting to be added up: its
/// frame has a slot for each of all these.
fn large_frame(count: usize, vectors: bool, params: usize) -> String {
    let (ty, load, add) =
        if vectors { ("v128", "v128.load", "i64x2.add") } else { ("i64", "i64.load", "i64.add") };
    let mut text = "(module (memory 16) (func $f (export \"f\") (param i32) (param".to_owned();
    text.push_str(&" i64".repeat(params));
    write!(text, ") (result {ty}) (local").unwrap();
    text.push_str(&format!(" {ty}").repeat(count));
    text.push(')');
    let locals = params + 1..=params + count;
    for index in locals.clone() {
        write!(text, "(local.set {index} ({load} offset={} (local.get 0)))", index * 16).unwrap();
    }
    text.push_str("(if (local.get 0) (then (drop (call $f (i32.sub (local.get 0) (i32.const 1))");
    (1..=params).for_each(|index| write!(text, "(local.get {index})").unwrap());
    write!(text, ")))) (local.get {})", locals.start()).unwrap();
    locals.skip(1).for_each(|index| write!(text, "(local.get {index}) ({add})").unwrap());
    text.push_str("(i32.const 0) (i64.const 0)");
    (1..=params).for_each(|index| write!(text, "(local.get {index}) (i64.add)").unwrap());
    text.push_str("(i64.store)))");
    text
}

#[test]
fn frames_of_any_size_are_checked_before_they_are_used() {
    for (count, vectors) in [(100, false), (1_000, false), (3_000, true)] {
        let text = large_frame(count, vectors, 0);
        for style in STYLES {
            let mut store = store(style, (), 1 << 20);
            let mut cx = store.context();
            let instance = instance(&mut cx, &text, &[]);
            let f = func(&cx, instance, "f");
            f.call(&mut cx, &[Val::I32(0)]).unwrap();
            let error = f.call(&mut cx, &[Val::I32(100_000)]).unwrap_err();
            assert_eq!(kind(&error), TrapKind::StackOverflow, "{count} {style:?}");
            let frames = error.trap().unwrap().frames();
            assert!(
                !frames.is_empty()
                    && frames.iter().all(|frame| frame.function() == 0 && frame.offset().is_some())
            );
            f.call(&mut cx, &[Val::I32(1)]).unwrap();
        }
    }
}

#[test]
fn a_frame_that_can_never_fit_is_a_trap() {
    // Parameters that are needed at the end may be written to the frame at the beginning; below it the thread's stack ends.
    const PARAMS: usize = 30;
    let text = large_frame(5_000, true, PARAMS);
    let mut args = vec![Val::I64(1); PARAMS + 1];
    args[0] = Val::I32(0);
    for style in STYLES {
        let mut store = store(style, (), 256 << 10);
        let instance = instance(&mut store.context(), &text, &[]);
        let f = func(&store.context(), instance, "f");
        let (store, args) = (&mut store, &args);
        let error = on_stack(192 << 10, move || f.call(&mut store.context(), args).unwrap_err());
        assert_eq!(kind(&error), TrapKind::StackOverflow, "{style:?}");
    }
}

/// A function of a thousand vectors that calls itself (as `call` says) with them, and one that calls it.
fn many_params(call: &str) -> String {
    let mut text = "(module (func $f (export \"wide\") (param i32)".to_owned();
    text.push_str(&"(param v128)".repeat(999));
    text.push_str("(if (local.get 0) (then (i32.sub (local.get 0) (i32.const 1))");
    for index in 1..1000 {
        write!(text, "(local.get {index})").unwrap();
    }
    write!(text, "({call} $f))))").unwrap();
    text.push_str("(func (export \"f\") (param i32) (call $f (local.get 0)");
    text.push_str(&"(v128.const i64x2 1 2)".repeat(999));
    text.push_str(")))");
    text
}

#[test]
fn a_thousand_vectors_as_parameters_overflow_like_anything_else() {
    for style in STYLES {
        let mut store = store(style, (), 200 << 10);
        let mut cx = store.context();
        let instance = instance(&mut cx, &many_params("call"), &[]);
        let f = func(&cx, instance, "f");
        f.call(&mut cx, &[Val::I32(2)]).unwrap();
        assert_eq!(kind(&f.call(&mut cx, &[Val::I32(1_000)]).unwrap_err()), TrapKind::StackOverflow);
        let wide = func(&cx, instance, "wide");
        let mut args = vec![Val::I32(1_000)];
        args.extend([Val::V128(7); 999]);
        assert_eq!(kind(&wide.call(&mut cx, &args).unwrap_err()), TrapKind::StackOverflow);
        args[0] = Val::I32(1);
        wide.call(&mut cx, &args).unwrap();
    }
}

#[test]
fn a_thousand_vectors_as_parameters_of_tail_calls_take_no_stack() {
    for style in STYLES {
        let mut store = store(style, (), 200 << 10);
        let mut cx = store.context();
        let instance = instance(&mut cx, &many_params("return_call"), &[]);
        func(&cx, instance, "f").call(&mut cx, &[Val::I32(10_000)]).unwrap();
    }
}

/// Guest and host call each other without end.
fn recursion_through_the_host(style: TrapStyle) -> (Store<Option<Func>>, Func) {
    let mut store = store(style, None::<Func>, 512 << 10);
    let mut cx = store.context();
    let params = vec![ValType::I64; 20];
    let back = Func::new(&mut cx, FuncType::new(params.clone(), params), |cx, args, results| {
        let again = cx.data().unwrap();
        results.copy_from_slice(&again.call(cx, args)?);
        Ok(())
    });
    let types = "i64 ".repeat(20);
    let gets: String = (0..20).map(|index| format!("(local.get {index})")).collect();
    let text = format!(
        "(module (import \"\" \"\" (func $back (param {types}) (result {types}))) (memory 1)
            (func (export \"f\") (param {types}) (result {types})
                (drop (memory.grow (i32.const 1))) (call $back {gets})))"
    );
    let instance = instance(&mut cx, &text, &[back.into()]);
    let f = func(&cx, instance, "f");
    *cx.data_mut() = Some(f);
    (store, f)
}

#[test]
fn recursion_through_the_host_and_growing_on_the_way_overflow() {
    for style in STYLES {
        let (mut store, f) = recursion_through_the_host(style);
        for _ in 0..3 {
            let error = f.call(&mut store.context(), &[Val::I64(1); 20]).unwrap_err();
            assert_eq!(kind(&error), TrapKind::StackOverflow, "{style:?}");
        }
    }
}

#[test]
fn growing_a_memory_at_every_depth_of_the_stack_is_safe() {
    let text = r#"(module (memory 1) (func $f (export "f") (drop (memory.grow (i32.const 1))) (call $f)))"#;
    for style in STYLES {
        for stack in [33 << 10, 64 << 10, 100 << 10] {
            let mut store = store(style, (), stack);
            let mut cx = store.context();
            let instance = instance(&mut cx, text, &[]);
            let f = func(&cx, instance, "f");
            assert_eq!(
                kind(&f.call(&mut cx, &[]).unwrap_err()),
                TrapKind::StackOverflow,
                "{style:?} {stack}"
            );
        }
    }
}

/// Runs on a thread with so many bytes of stack.
fn on_stack<R: Send>(bytes: usize, run: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(bytes).spawn_scoped(scope, run).unwrap();
        thread.join().unwrap()
    })
}

#[test]
fn threads_with_little_stack_get_an_error_or_a_trap() {
    let text = r#"(module (memory 1) (func $f (export "f") (param i64) (drop (memory.grow (i32.const 0)))
        (call $f (local.get 0))))"#;
    for style in STYLES {
        let mut store = store(style, (), 512 << 10);
        let made: Instance = instance(&mut store.context(), text, &[]);
        let f = func(&store.context(), made, "f");
        // What the host's half of a call prepares is there already.
        assert_eq!(kind(&f.call_raw(&mut store.context(), &mut [1]).unwrap_err()), TrapKind::StackOverflow);
        for bytes in [32 << 10, 64 << 10, 128 << 10, 256 << 10, 1 << 20] {
            let store = &mut store;
            let error = on_stack(bytes, move || f.call_raw(&mut store.context(), &mut [1]).unwrap_err());
            match error.kind() {
                ErrorKind::Misuse(text) => assert!(text.contains("stack") && bytes < 256 << 10, "{text}"),
                _ => {
                    assert!(kind(&error) == TrapKind::StackOverflow && bytes > 128 << 10, "{style:?} {bytes}")
                }
            }
        }
    }
}
