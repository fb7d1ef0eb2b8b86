//! Exceptions beyond the specification's suite: through host functions, across instances and stores, what is not caught,
//! and what they cost in memory.

mod common;

use std::time::{Duration, Instant};

use common::{func, instance, kind, limited_store, store, try_instance};
use plugbay_engine::{
    ArtifactWriter, Config, Context, Engine, Error, ErrorKind, Extern, Func, FuncType, Instance, Module,
    SealKey, SourceHash, Stage, Store, StoreLimits, Tag, TrapKind, TrapStyle, Val, ValType,
};

/// A host function that calls `callee` and returns its error unchanged.
fn relay(cx: &mut Context<'_, ()>, callee: Func) -> Extern {
    let ty = callee.ty(cx);
    Func::new(cx, ty, move |cx, params, results| {
        results.copy_from_slice(&callee.call(cx, params)?);
        Ok(())
    })
    .into()
}

#[test]
fn an_exception_crosses_two_host_functions_and_is_caught_by_its_tag() {
    let mut store = store(());
    let mut cx = store.context();
    let inner = r#"(module (tag (export "t") (param i32 i64)) (tag $other)
        (func (export "f") (param i32) (if (local.get 0) (then (throw 0 (i32.const 7) (i64.const -1)))) (throw $other)))"#;
    let inner = instance(&mut cx, inner, &[]);
    let tag = inner.export(&cx, "t").unwrap();
    let f = func(&cx, inner, "f");
    let host = relay(&mut cx, f);
    let middle = r#"(module (import "" "f" (func (param i32))) (tag $mine (param i32 i64))
        (func (export "f") (param i32)
            (block (result i32 i64) (try_table (catch $mine 0) (call 0 (local.get 0)) (return)) (unreachable)) (drop) (drop)))"#;
    let middle = instance(&mut cx, middle, &[host]);
    let f = func(&cx, middle, "f");
    let host = relay(&mut cx, f);
    let outer = r#"(module (import "" "t" (tag $t (param i32 i64))) (import "" "f" (func $f (param i32)))
        (func (export "f") (param i32) (result i32 i64)
            (block (result i32 i64) (try_table (result i32 i64) (catch $t 0)
                (call $f (local.get 0)) (i32.const 0) (i64.const 0)))))"#;
    let outer = instance(&mut cx, outer, &[tag, host]);
    let f = func(&cx, outer, "f");
    assert_eq!(f.call(&mut cx, &[Val::I32(1)]).unwrap(), [Val::I32(7), Val::I64(-1)]);
    // The other tag comes out at the far end, still with the frames that it was thrown in.
    let error = f.call(&mut cx, &[Val::I32(0)]).unwrap_err();
    let exception = error.exception().unwrap();
    assert!(exception.tag_name().is_none() && exception.values(&cx).unwrap().is_empty());
    assert_eq!(exception.frames().len(), 1, "{exception:?}");
}

#[test]
fn what_nobody_catches_says_its_tag() {
    let mut store = store(());
    let mut cx = store.context();
    let text = r#"(module (tag (export "o\1bops") (param i32 f64)) (func $inner (throw 0 (i32.const 3) (f64.const 2)))
        (func (export "f") (call $inner)))"#;
    let instance = instance(&mut cx, text, &[]);
    let error = func(&cx, instance, "f").call(&mut cx, &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the plugin threw an exception that nobody caught: tag `o\\u{1b}ops` (i32, f64)"
    );
    let exception = error.exception().unwrap();
    assert_eq!(exception.values(&cx).unwrap(), [Val::I32(3), Val::F64(2.0_f64.to_bits())]);
    assert_eq!(Extern::Tag(exception.tag()), instance.export(&cx, "o\u{1b}ops").unwrap());
    let functions: Vec<_> = exception.frames().iter().map(|frame| frame.function()).collect();
    assert_eq!((functions, error.stage()), (vec![0, 1], Stage::Call));
}

#[test]
fn catch_all_catches_neither_traps_nor_errors_of_the_host() {
    let mut store = store(());
    let mut cx = store.context();
    let host = Func::new(&mut cx, FuncType::new([], []), |_, _, _| {
        Err(Error::host(std::io::Error::other("no disk")))
    });
    let text = r#"(module (import "" "h" (func $h)) (memory 1)
        (func $trap (param i32) (block (block (block (br_table 0 1 2 (local.get 0)))
            (drop (i32.load (i32.const -1)))) (unreachable)) (call $h))
        (func $deep (call $deep) (call $deep))
        (func (export "f") (param i32)
            (block (try_table (catch_all 0) (call $trap (local.get 0)))))
        (func (export "deep") (block (try_table (catch_all 0) (call $deep)))))"#;
    let instance = instance(&mut cx, text, &[host.into()]);
    let f = func(&cx, instance, "f");
    let mut call = |n| f.call(&mut cx, &[Val::I32(n)]).unwrap_err();
    assert_eq!(kind(&call(0)), TrapKind::MemoryOutOfBounds);
    assert_eq!(kind(&call(1)), TrapKind::Unreachable);
    assert!(call(2).downcast_host::<std::io::Error>().is_some());
    let deep = func(&cx, instance, "deep");
    assert_eq!(kind(&deep.call(&mut cx, &[]).unwrap_err()), TrapKind::StackOverflow);
}

#[test]
fn a_throw_in_a_deep_recursion_finds_its_way() {
    let mut store = store(());
    let mut cx = store.context();
    let text = r#"(module (tag $t (param i32)) (tag $u)
        (func $down (param i32) (result i32)
            (if (i32.eqz (local.get 0)) (then (throw $t (i32.const 42))))
            (block (try_table (result i32) (catch $u 0)
                (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 1))) (return)) (unreachable))
        (func (export "f") (param i32) (result i32)
            (block (result i32) (try_table (result i32) (catch $t 0) (call $down (local.get 0))))))"#;
    let instance = instance(&mut cx, text, &[]);
    let f = func(&cx, instance, "f");
    for depth in [0, 1, 2000] {
        assert_eq!(f.call(&mut cx, &[Val::I32(depth)]).unwrap(), [Val::I32(42)]);
    }
}

/// A loop of `$n` throws, by what is done with each exception.
const LOOPS: &str = r#"(module (tag $t (param i64)) (table $kept 4 exnref) (global $last (mut exnref) (ref.null exn))
    (func $throw (param i64) (throw $t (local.get 0)))
    (func (export "value") (param i32) (result i64) (local i64)
        (loop $again
            (block $h (result i64) (try_table (catch $t $h) (call $throw (i64.extend_i32_u (local.get 0)))) (unreachable))
            (local.set 1 (i64.add (local.get 1)))
            (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1))
    (func (export "reference") (param i32) (result i64) (local i64) (local $e exnref)
        (loop $again
            (block $h (result i64 exnref) (try_table (catch_ref $t $h) (call $throw (i64.extend_i32_u (local.get 0)))) (unreachable))
            (local.set $e) (local.set 1 (i64.add (local.get 1)))
            (global.set $last (local.get $e))
            (table.set $kept (i32.and (local.get 0) (i32.const 3)) (local.get $e))
            (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        ;; What is still referred to can still be thrown.
        (block $h (result i64) (try_table (catch $t $h) (throw_ref (table.get $kept (i32.const 3)))) (unreachable))
        (block $h (result i64) (try_table (catch $t $h) (throw_ref (global.get $last))) (unreachable))
        (i64.add) (i64.add (local.get 1)))
    (func (export "again") (param i32) (result i64) (local i64)
        (loop $again
            (block $h (result i64) (try_table (catch $t $h)
                (block $r (result exnref) (try_table (catch_all_ref $r) (call $throw (i64.extend_i32_u (local.get 0)))) (unreachable))
                (throw_ref)) (unreachable))
            (local.set 1 (i64.add (local.get 1)))
            (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1)))"#;

#[test]
fn a_million_exceptions_leave_nothing_behind() {
    // So little that hardly a hundredth of them would fit at once.
    let mut store = limited_store((), StoreLimits { exception_bytes: 256 << 10, ..StoreLimits::default() });
    let mut cx = store.context();
    let instance = instance(&mut cx, LOOPS, &[]);
    let sum = |n: i64| n * (n + 1) / 2;
    let mut run = |name: &str, n: i32| {
        let f = func(&cx, instance, name);
        f.call(&mut cx, &[Val::I32(n)]).unwrap()
    };
    assert_eq!(run("value", 1_000_000), [Val::I64(sum(1_000_000))]);
    assert_eq!(run("reference", 100_000), [Val::I64(sum(100_000) + 3 + 1)]);
    assert_eq!(run("again", 100_000), [Val::I64(sum(100_000))]);
}

#[test]
fn who_keeps_too_many_is_stopped() {
    let limits = StoreLimits { exception_bytes: 64 << 10, ..StoreLimits::default() };
    let mut store = limited_store((), limits);
    let mut cx = store.context();
    let text = r#"(module (tag $t (param exnref)) (func $throw (param exnref) (throw $t (local.get 0)))
        (func (export "f") (local $e exnref)
            (loop $again
                (block $h (result exnref exnref) (try_table (catch_ref $t $h) (call $throw (local.get $e))) (unreachable))
                (local.set $e) (drop)
                (br $again))))"#;
    let instance = instance(&mut cx, text, &[]);
    let f = func(&cx, instance, "f");
    for _ in 0..3 {
        let error = f.call(&mut cx, &[]).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Limit { knob: "exception_bytes", limit: 65536, .. }),
            "{error}"
        );
    }
}

#[test]
fn references_cross_to_the_host_and_back() {
    let mut store = store(());
    let mut cx = store.context();
    let text = r#"(module (import "" "h" (func $h (param exnref) (result exnref)))
        (tag $t (export "t") (param v128 externref))
        (func (export "f") (result v128 externref)
            (block $c (result v128 externref)
                (try_table (catch $t $c)
                    (throw_ref (call $h (block $r (result exnref)
                        (try_table (catch_all_ref $r) (throw $t (v128.const i64x2 1 2) (ref.null extern)))
                        (unreachable)))))
                (unreachable)))
        (func (export "null") (throw_ref (call $h (ref.null exn)))))"#;
    let ty = FuncType::new([ValType::EXNREF], [ValType::EXNREF]);
    let host = Func::new(&mut cx, ty, |_, params, results| {
        assert!(matches!(params[0], Val::ExnRef(_)));
        results[0] = params[0];
        Ok(())
    });
    let instance = instance(&mut cx, text, &[host.into()]);
    let found = func(&cx, instance, "f").call(&mut cx, &[]).unwrap();
    assert_eq!(found, [Val::V128(1 | 2 << 64), Val::ExternRef(None)]);
    let error = func(&cx, instance, "null").call(&mut cx, &[]).unwrap_err();
    assert_eq!(kind(&error), TrapKind::NullReference);
}

#[test]
fn a_host_function_can_throw() {
    let mut store = limited_store((), StoreLimits { exception_bytes: 64 << 10, ..StoreLimits::default() });
    let mut cx = store.context();
    let tag = Tag::new(&mut cx, &FuncType::new([ValType::I32], [])).unwrap();
    let host = Func::new(&mut cx, FuncType::new([ValType::I32], []), move |cx, params, _| match params[0] {
        Val::I32(0) => Ok(()),
        _ => Err(tag.exception(cx, params)),
    });
    let text = r#"(module (import "" "t" (tag $t (param i32))) (import "" "h" (func $h (param i32)))
        (func (export "f") (param i32) (result i32)
            (block $c (result i32) (try_table (catch $t $c) (call $h (local.get 0))) (i32.const -1)))
        (func (export "many") (param i32) (loop $again
            (block $c (result i32) (try_table (catch $t $c) (call $h (local.get 0))) (unreachable))
            (br_if $again (local.tee 0 (i32.sub (i32.const 1))))))
        (func (export "refs") (param i32) (local $e exnref) (loop $again
            (block $c (result i32 exnref) (try_table (catch_ref $t $c) (call $h (local.get 0))) (unreachable))
            (local.set $e) (br_if $again (local.tee 0 (i32.sub (i32.const 1))))))
        (func (export "bare") (param i32) (call $h (local.get 0))))"#;
    let instance = instance(&mut cx, text, &[tag.into(), host.into()]);
    let f = func(&cx, instance, "f");
    assert_eq!(f.call(&mut cx, &[Val::I32(0)]).unwrap(), [Val::I32(-1)]);
    assert_eq!(f.call(&mut cx, &[Val::I32(9)]).unwrap(), [Val::I32(9)]);
    let error = func(&cx, instance, "bare").call(&mut cx, &[Val::I32(5)]).unwrap_err();
    assert_eq!(error.exception().unwrap().values(&cx).unwrap(), [Val::I32(5)]);
    // Those of the host leave nothing behind either.
    for name in ["many", "refs"] {
        func(&cx, instance, name).call(&mut cx, &[Val::I32(50_000)]).unwrap();
    }
    let misuse = tag.exception(&mut cx, &[Val::I64(0)]);
    assert!(matches!(misuse.kind(), ErrorKind::Misuse(_)), "{misuse}");
    assert!(Tag::new(&mut cx, &FuncType::new([], [ValType::I32])).is_err());
}

#[test]
fn an_exception_of_another_store_is_only_an_error() {
    let (mut first, mut second) = (store(()), store(()));
    let mut cx = first.context();
    let thrower = instance(&mut cx, r#"(module (tag) (func (export "f") (throw 0)))"#, &[]);
    let error = func(&cx, thrower, "f").call(&mut cx, &[]).unwrap_err();
    let error = std::sync::Mutex::new(Some(error));
    let mut cx = second.context();
    let host =
        Func::new(&mut cx, FuncType::new([], []), move |_, _, _| Err(error.lock().unwrap().take().unwrap()));
    let text = r#"(module (import "" "h" (func $h)) (func (export "f") (block (try_table (catch_all 0) (call $h)))))"#;
    let catcher = instance(&mut cx, text, &[host.into()]);
    let error = func(&cx, catcher, "f").call(&mut cx, &[]).unwrap_err();
    assert!(error.exception().unwrap().values(&cx).is_err());
}

#[test]
fn a_start_function_that_throws_fails_the_instantiation() {
    let mut store = store(());
    let mut cx = store.context();
    let text = r#"(module (tag (export "t")) (func $s (throw 0)) (start $s))"#;
    let error = try_instance(&mut cx, text, &[]).unwrap_err();
    assert!(error.exception().is_some_and(|exception| exception.tag_name() == Some("t")));
    assert_eq!(error.stage(), Stage::Instantiate);
}

#[test]
fn tags_are_told_apart_by_identity_not_by_type() {
    let mut store = store(());
    let mut cx = store.context();
    let maker = r#"(module (tag (export "t") (param i32)))"#;
    let [a, b] = [0, 1].map(|_| instance(&mut cx, maker, &[]).export(&cx, "t").unwrap());
    let text = r#"(module (import "" "a" (tag $a (param i32))) (import "" "b" (tag $b (param i32)))
        (func (export "f") (result i32)
            (block $hb (result i32) (block $ha (result i32)
                (try_table (catch $a $ha) (catch $b $hb) (throw $b (i32.const 5))) (unreachable))
                (i32.add (i32.const 100)))))"#;
    let run = |cx: &mut Context<'_, ()>, imports: &[Extern]| {
        let instance: Instance = instance(cx, text, imports);
        func(cx, instance, "f").call(cx, &[]).unwrap()
    };
    assert_eq!(run(&mut cx, &[a, b]), [Val::I32(5)]);
    assert_eq!(run(&mut cx, &[a, a]), [Val::I32(105)]);
    let wrong = try_instance(&mut cx, r#"(module (import "" "t" (tag (param i64))))"#, &[a]).unwrap_err();
    assert!(wrong.to_string().ends_with("expected tag (i64), found tag (i32)"), "{wrong}");
}

#[test]
fn switched_off_they_are_refused_by_name_and_the_older_form_always() {
    let off = Engine::new(&Config::new().with_exceptions(false)).unwrap();
    let on = Engine::new(&Config::new()).unwrap();
    let refused = |engine: &Engine, text: &str| match Module::new(engine, &wat::parse_str(text).unwrap())
        .unwrap_err()
        .into_kind()
    {
        ErrorKind::Unsupported { proposal, .. } => proposal,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&off, "(module (tag))"), "exception handling");
    assert_eq!(refused(&off, "(module (func (block (try_table (catch_all 0)))))"), "exception handling");
    let older = "(module (tag $t) (func try (throw $t) catch $t end))";
    assert_eq!(refused(&on, older), "legacy exception handling");
}

#[test]
fn deadlines_stop_guests_that_throw_all_the_time() {
    let text = r#"(module (tag $t) (func $throw (throw $t))
        (func (export "f") (loop $again
            (block $h (try_table (catch_all $h) (call $throw)))
            (br $again)))
        (func (export "refs") (loop $again
            (drop (block $h (result exnref) (try_table (catch_all_ref $h) (call $throw)) (unreachable)))
            (br $again))))"#;
    for style in [TrapStyle::Signals, TrapStyle::Explicit] {
        let engine = Engine::new(&Config::new().with_trap_style(style)).unwrap();
        let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
        let mut cx = store.context();
        let instance = instance(&mut cx, text, &[]);
        for name in ["f", "refs", "f", "refs"] {
            let f = func(&cx, instance, name);
            cx.set_deadline(Some(Instant::now() + Duration::from_millis(30)));
            assert_eq!(kind(&f.call(&mut cx, &[]).unwrap_err()), TrapKind::Deadline, "{style:?} {name}");
        }
    }
}

#[test]
fn artifacts_and_used_places_keep_handlers_and_tags() {
    let engine = Engine::new(&Config::new()).unwrap();
    let module = Module::new(&engine, &wat::parse_str(LOOPS).unwrap()).unwrap();
    let (mut writer, key) = (ArtifactWriter::new(&engine, SourceHash::of(b"loops")), SealKey::new([7; 32]));
    writer.add_module(&module).unwrap();
    let loaded = Module::from_artifact_bytes(&engine, writer.seal(&key).unwrap(), &key).unwrap();
    for module in [&module, &loaded, &module, &loaded] {
        let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
        let mut cx = store.context();
        let instance = Instance::new(&mut cx, module, &[]).unwrap();
        for (name, sum) in [("value", 5050), ("reference", 5054), ("again", 5050)] {
            let f = func(&cx, instance, name);
            assert_eq!(f.call(&mut cx, &[Val::I32(100)]).unwrap(), [Val::I64(sum)], "{name}");
        }
    }
}

#[test]
fn host_functions_on_registers_throw_and_pass_on() {
    for config in
        [Config::new(), Config::new().with_trap_style(TrapStyle::Explicit), Config::new().with_fuel(true)]
    {
        let engine = Engine::new(&config).unwrap();
        let mut store = Store::new(&engine, None::<Func>, StoreLimits::default()).unwrap();
        let mut cx = store.context();
        let tag = Tag::new(&mut cx, &FuncType::new([ValType::I32], [])).unwrap();
        let throw = Func::wrap(&mut cx, move |cx, (n, x): (i32, f64)| match n {
            0 => Ok(x * 2.0),
            n => Err(tag.exception(cx, &[Val::I32(n)])),
        });
        let pass = Func::wrap(&mut cx, move |cx, (n,): (i32,)| {
            let inner = cx.data().unwrap();
            inner.typed::<(i32,), i32, _>(cx)?.call(cx, (n,))
        });
        let text = r#"(module (import "" "t" (tag $t (param i32))) (import "" "h" (func $h (param i32 f64) (result f64)))
            (import "" "p" (func $p (param i32) (result i32)))
            (func (export "inner") (param i32) (result i32) (i32.trunc_f64_s (call $h (local.get 0) (f64.const 21))))
            (func (export "f") (param i32) (result i32) (local $kept i64)
                (local.set $kept (i64.extend_i32_s (local.get 0)))
                (block $c (result i32) (try_table (result i32) (catch $t $c) (call $p (local.get 0))) (return))
                (i32.add (i32.wrap_i64 (local.get $kept)))))"#;
        let module = Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
        let instance = Instance::new(&mut cx, &module, &[tag.into(), throw.into(), pass.into()]).unwrap();
        let export = |cx: &Context<'_, _>, name| instance.export(cx, name).unwrap().into_func().unwrap();
        *cx.data_mut() = Some(export(&cx, "inner"));
        let f = export(&cx, "f").typed::<(i32,), i32, _>(&cx).unwrap();
        for round in 1..100 {
            assert_eq!(f.call(&mut cx, (0,)).unwrap(), 42);
            assert_eq!(f.call(&mut cx, (round,)).unwrap(), 2 * round);
        }
    }
}
