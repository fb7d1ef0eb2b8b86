//! Vectors where the public suite does not look: between host and guest, in many parameters, at the edge of a memory.

mod common;

use common::{func, instance, kind, store};
use plugbay_engine::{
    Config, Engine, ErrorKind, Extern, Func, FuncType, Global, GlobalType, Module, OptLevel, Store,
    StoreLimits, TrapKind, Val, ValType,
};

const A: u128 = 0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100;
const B: u128 = 0xffee_ddcc_bbaa_9988_7766_5544_3322_1100;

#[test]
fn vectors_go_through_the_host_and_back() {
    let mut store = store(());
    let mut cx = store.context();
    let ty = FuncType::new([ValType::I32, ValType::V128, ValType::F64], [ValType::V128, ValType::I32]);
    let host = Func::new(&mut cx, ty, |_, args, results| {
        assert_eq!(args, [Val::I32(7), Val::V128(A), Val::F64(2.5f64.to_bits())]);
        results.copy_from_slice(&[Val::V128(B), Val::I32(9)]);
        Ok(())
    });
    let text = r#"(module
        (import "" "f" (func $f (param i32 v128 f64) (result v128 i32)))
        (func (export "run") (param v128 i32) (result i32 v128)
            (local $i i32)
            (call $f (local.get 1) (local.get 0) (f64.const 2.5))
            (local.set $i) (local.set 0) (local.get $i) (local.get 0)))"#;
    let instance = instance(&mut cx, text, &[Extern::Func(host)]);
    let run = func(&cx, instance, "run");
    assert_eq!(run.call(&mut cx, &[Val::V128(A), Val::I32(7)]).unwrap(), [Val::I32(9), Val::V128(B)]);
    assert!(matches!(
        run.call(&mut cx, &[Val::I64(1), Val::I32(7)]).unwrap_err().kind(),
        ErrorKind::Misuse(_)
    ));
    assert!(matches!(run.call_raw(&mut cx, &mut [0; 8]).unwrap_err().kind(), ErrorKind::Misuse(_)));
}

#[test]
fn more_vectors_than_registers_keep_their_order() {
    let mut store = store(());
    let mut cx = store.context();
    let types = "i32 v128 ".repeat(20);
    let gets: String = (0..40).rev().map(|index| format!("(local.get {index})")).collect();
    let reversed = "v128 i32 ".repeat(20);
    let text = format!(
        r#"(module (func $f (param {types}) (result {reversed}) {gets})
            (func (export "run") (param {types}) (result {reversed}) {} (call $f)))"#,
        (0..40).map(|index| format!("(local.get {index})")).collect::<String>()
    );
    let instance = instance(&mut cx, &text, &[]);
    let args: Vec<Val> = (0..20)
        .flat_map(|index| [Val::I32(index), Val::V128(A.rotate_left(index.cast_unsigned()))])
        .collect();
    let expected: Vec<Val> = args.iter().rev().copied().collect();
    assert_eq!(func(&cx, instance, "run").call(&mut cx, &args).unwrap(), expected);
}

#[test]
fn globals_and_blocks_hold_vectors() {
    let mut store = store(());
    let mut cx = store.context();
    let ty = GlobalType { content: ValType::V128, mutable: true };
    let global = Global::new(&mut cx, ty, Val::V128(A)).unwrap();
    let text = r#"(module
        (import "" "g" (global $g (mut v128)))
        (global $odd i32 (i32.const 1))
        (global $own (export "own") (mut v128) (v128.const i64x2 1 2))
        (global $fixed v128 (v128.const i64x2 3 4))
        (func (export "zero") (result v128) (local v128 i32 v128) (local.get 2))
        (func (export "swap") (param i32) (result v128)
            (global.get $g)
            (global.set $g (global.get $own))
            (if (param v128) (result v128) (local.get 0)
                (then (global.set $own) (global.get $fixed))
                (else)))
        (func (export "pick") (param v128 v128 i32) (result v128)
            (select (result v128) (local.get 0) (local.get 1) (local.get 2))))"#;
    let instance = instance(&mut cx, text, &[Extern::Global(global)]);
    let own = instance.export(&cx, "own").unwrap().into_global().unwrap();
    let fixed = Val::V128(3 | 4 << 64);
    assert_eq!(func(&cx, instance, "zero").call(&mut cx, &[]).unwrap(), [Val::V128(0)]);
    assert_eq!(func(&cx, instance, "swap").call(&mut cx, &[Val::I32(1)]).unwrap(), [fixed]);
    assert_eq!((own.get(&cx), global.get(&cx)), (Val::V128(A), Val::V128(1 | 2 << 64)));
    own.set(&mut cx, Val::V128(B)).unwrap();
    let swap = func(&cx, instance, "swap");
    assert_eq!(swap.call(&mut cx, &[Val::I32(0)]).unwrap(), [Val::V128(1 | 2 << 64)]);
    assert_eq!(global.get(&cx), Val::V128(B));
    let pick = func(&cx, instance, "pick");
    for (condition, expected) in [(1, A), (0, B)] {
        let args = [Val::V128(A), Val::V128(B), Val::I32(condition)];
        assert_eq!(pick.call(&mut cx, &args).unwrap(), [Val::V128(expected)]);
    }
}

#[test]
fn no_access_goes_beyond_the_memory() {
    let accesses = [
        ("(drop (v128.load AT))", 16),
        ("(v128.store AT (v128.const i64x2 -1 -1))", 16),
        ("(drop (v128.load8x8_s AT))", 8),
        ("(drop (v128.load16_splat AT))", 2),
        ("(drop (v128.load32_zero AT))", 4),
        ("(drop (v128.load64_lane 1 AT (v128.const i64x2 0 0)))", 8),
        ("(v128.store8_lane 15 AT (v128.const i64x2 0 0))", 1),
        ("(v128.store64_lane 1 AT (v128.const i64x2 0 0))", 8),
    ]
    .map(|(access, width)| (access, 65_536 - width));
    for (index, get) in [("i32", "(i32.wrap_i64 (local.get 0))"), ("i64", "(local.get 0)")] {
        for (access, last) in accesses {
            let mut store = store(());
            let mut cx = store.context();
            let body = access.replace("AT", get);
            let text = format!("(module (memory {index} 1 1) (func (export \"run\") (param i64) {body}))");
            let instance = instance(&mut cx, &text, &[]);
            let run = func(&cx, instance, "run");
            for at in [0, last] {
                assert_eq!(run.call(&mut cx, &[Val::I64(at)]).unwrap(), [], "{text} {at}");
            }
            for at in [last + 1, 65_536, 0xffff_ffff, -1] {
                let error = run.call(&mut cx, &[Val::I64(at)]).unwrap_err();
                assert_eq!(kind(&error), TrapKind::MemoryOutOfBounds, "{text} {at}");
            }
        }
    }
}

#[test]
fn truncated_doubles_compile_without_optimisation_and_when_shared() {
    // The instructions that this becomes exist in this combination only.
    let text = r#"(module (func (export "run") (param v128 i32) (result v128 v128)
        (if (result v128) (local.get 1)
            (then (i32x4.trunc_sat_f64x2_s_zero (local.get 0)))
            (else (i32x4.trunc_sat_f64x2_u_zero (local.get 0))))
        (i32x4.add (i32x4.trunc_sat_f64x2_s_zero (local.get 0)) (i32x4.trunc_sat_f64x2_s_zero (local.get 0)))))"#;
    for level in [OptLevel::None, OptLevel::Speed] {
        let engine = Engine::new(&Config::new().with_opt_level(level)).unwrap();
        let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
        let mut cx = store.context();
        let instance = instance(&mut cx, text, &[]);
        let doubles = u128::from((-3.7f64).to_bits()) | u128::from(1e10f64.to_bits()) << 64;
        let run = func(&cx, instance, "run");
        let signed = u128::from((-3i32).cast_unsigned()) | 0x7fff_ffff << 32;
        let twice = u128::from((-6i32).cast_unsigned()) | 0xffff_fffe << 32;
        for (condition, expected) in [(1, signed), (0, 0xffff_ffff << 32)] {
            let results = run.call(&mut cx, &[Val::V128(doubles), Val::I32(condition)]).unwrap();
            assert_eq!(results, [Val::V128(expected), Val::V128(twice)], "{level:?} {condition}");
        }
    }
}

#[test]
fn switched_off_it_is_refused_by_name() {
    let named = |config: Config, text: &str| {
        let engine = Engine::new(&config).unwrap();
        let error = Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap_err();
        match error.kind() {
            ErrorKind::Unsupported { proposal, .. } => proposal.clone(),
            other => panic!("{text}: {other:?}"),
        }
    };
    let relaxed = "(module (func (param v128 v128) (result v128)
        (i8x16.relaxed_swizzle (local.get 0) (local.get 1))))";
    for text in [
        "(module (func (drop (i32x4.splat (i32.const 1)))))",
        "(module (func (param v128)))",
        "(module (global v128 (v128.const i64x2 0 0)))",
    ] {
        assert_eq!(named(Config::new().with_simd(false), text), "fixed-width SIMD", "{text}");
    }
    assert_eq!(named(Config::new().with_relaxed_simd(false), relaxed), "relaxed SIMD");
    assert!(named(Config::new().with_simd(false), relaxed).contains("SIMD"));
}
