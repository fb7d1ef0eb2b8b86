//! What the operators do, family by family: a few values each, chosen where mistakes hide. The specification's own suite
//! has the rest.

mod common;

use common::{func, instance, kind, store};
use plugbay_engine::{TrapKind, Val};

/// What a module with two memories, tables, globals and some functions around it shares between all cases.
const AROUND: &str = r#"
    (memory $m 1 3) (memory $n 1) (table $t 4 8 funcref) (table $x 2 externref)
    (type $unary (func (param i32) (result i32)))
    (global $g (mut i64) (i64.const 40)) (global $c i32 (i32.const 7))
    (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
    (func $two (result i32 i64) (i32.const 1) (i64.const 2))
    (func $down (param i32) (result i32)
        (if (result i32) (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 99))))
    (elem (table $t) (i32.const 1) func $double $two) (elem $e func $double)
    (data (memory $m) (i32.const 0) "\80\ff\01\02\03\04\05\06") (data $d "abcdef")"#;

/// Runs the body of a function in a fresh instance.
fn run(function: &str, args: &[Val]) -> Result<Vec<Val>, TrapKind> {
    let mut store = store(());
    let mut cx = store.context();
    let instance = instance(&mut cx, &format!("(module {AROUND} (func (export \"f\") {function}))"), &[]);
    func(&cx, instance, "f").call(&mut cx, args).map_err(|error| kind(&error))
}

fn check(cases: &[(&str, &[Val], Result<&[Val], TrapKind>)]) {
    for (function, args, expected) in cases {
        assert_eq!(run(function, args), expected.map(<[Val]>::to_vec), "{function}");
    }
}

fn f32(value: f32) -> Val {
    Val::F32(value.to_bits())
}

fn f64(value: f64) -> Val {
    Val::F64(value.to_bits())
}

#[test]
fn control_flow() {
    let sum = "(param i32) (result i32) (local i32) (block (loop (br_if 1 (i32.eqz (local.get 0)))
        (local.set 1 (i32.add (local.get 1) (local.get 0))) (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br 0)))
        (local.get 1)";
    let select = "(param i32) (result i32) (block (result i32) (block (result i32) (block (result i32)
        (i32.const 10) (local.get 0) (br_table 0 1 2)) (i32.add (i32.const 1))) (i32.add (i32.const 2)))";
    let arms = "(param i32) (result i64) (i64.const 5) (if (param i64) (result i64) (local.get 0)
        (then (i64.add (i64.const 1))) (else (drop) (return (i64.const -1))))";
    let back = "(result i32) (local i32) (i32.const 1) (loop (param i32) (result i32)
        (local.tee 0 (i32.mul (i32.const 3))) (br_if 0 (i32.lt_u (local.get 0) (i32.const 50))))";
    check(&[
        (sum, &[Val::I32(100)], Ok(&[Val::I32(5050)])),
        (select, &[Val::I32(0)], Ok(&[Val::I32(13)])),
        (select, &[Val::I32(1)], Ok(&[Val::I32(12)])),
        (select, &[Val::I32(-1)], Ok(&[Val::I32(10)])),
        (arms, &[Val::I32(1)], Ok(&[Val::I64(6)])),
        (arms, &[Val::I32(0)], Ok(&[Val::I64(-1)])),
        (back, &[], Ok(&[Val::I32(81)])),
        ("unreachable", &[], Err(TrapKind::Unreachable)),
        (
            "(result i32) (return (i32.const 3)) (block (loop (br 0)) (if (i32.const 0) (then) (else)))",
            &[],
            Ok(&[Val::I32(3)]),
        ),
        (
            "(param i32) (result f32) (select (f32.const 1) (f32.const 2) (local.get 0))",
            &[Val::I32(0)],
            Ok(&[f32(2.0)]),
        ),
    ]);
}

#[test]
fn integers() {
    let binary = |ty: &str, operator: &str| {
        format!("(param {ty} {ty}) (result {ty}) ({ty}.{operator} (local.get 0) (local.get 1))")
    };
    let i32 = |operator: &str, x, y| run(&binary("i32", operator), &[Val::I32(x), Val::I32(y)]).map(|v| v[0]);
    let i64 = |operator: &str, x, y| run(&binary("i64", operator), &[Val::I64(x), Val::I64(y)]).map(|v| v[0]);
    assert_eq!(i32("div_s", i32::MIN, -1), Err(TrapKind::IntegerOverflow));
    assert_eq!(i32("rem_s", i32::MIN, -1), Ok(Val::I32(0)));
    assert_eq!(i32("div_u", i32::MIN, -1), Ok(Val::I32(0)));
    assert_eq!(i32("rem_u", 1, 0), Err(TrapKind::IntegerDivisionByZero));
    assert_eq!(i64("div_s", i64::MIN, -1), Err(TrapKind::IntegerOverflow));
    assert_eq!(i64("rem_s", i64::MIN, -1), Ok(Val::I64(0)));
    assert_eq!(i64("div_s", 7, 0), Err(TrapKind::IntegerDivisionByZero));
    assert_eq!(i32("shl", 1, 33), Ok(Val::I32(2)));
    assert_eq!(i64("shr_s", -8, 65), Ok(Val::I64(-4)));
    assert_eq!(i32("rotr", 1, 1), Ok(Val::I32(i32::MIN)));
    check(&[
        ("(param i32) (result i32) (i32.clz (local.get 0))", &[Val::I32(0)], Ok(&[Val::I32(32)])),
        ("(param i64) (result i64) (i64.ctz (local.get 0))", &[Val::I64(0)], Ok(&[Val::I64(64)])),
        ("(param i64) (result i64) (i64.popcnt (local.get 0))", &[Val::I64(-1)], Ok(&[Val::I64(64)])),
        ("(param i32) (result i32) (i32.extend8_s (local.get 0))", &[Val::I32(0x180)], Ok(&[Val::I32(-128)])),
        (
            "(param i64) (result i64) (i64.extend32_s (local.get 0))",
            &[Val::I64(0x8000_0000)],
            Ok(&[Val::I64(-0x8000_0000)]),
        ),
        (
            "(param i32) (result i64) (i64.extend_i32_u (local.get 0))",
            &[Val::I32(-1)],
            Ok(&[Val::I64(0xffff_ffff)]),
        ),
        (
            "(param i32 i32) (result i32) (i32.lt_u (local.get 0) (local.get 1))",
            &[Val::I32(-1), Val::I32(1)],
            Ok(&[Val::I32(0)]),
        ),
        (
            "(param i32 i32) (result i32) (i32.lt_s (local.get 0) (local.get 1))",
            &[Val::I32(-1), Val::I32(1)],
            Ok(&[Val::I32(1)]),
        ),
        ("(param i64) (result i32) (i64.eqz (local.get 0))", &[Val::I64(1 << 32)], Ok(&[Val::I32(0)])),
    ]);
}

#[test]
fn floats() {
    check(&[
        (
            "(param f32 f32) (result f32) (f32.min (local.get 0) (local.get 1))",
            &[f32(0.0), f32(-0.0)],
            Ok(&[f32(-0.0)]),
        ),
        ("(param f64) (result f64) (f64.nearest (local.get 0))", &[f64(2.5)], Ok(&[f64(2.0)])),
        ("(param f64) (result f64) (f64.ceil (local.get 0))", &[f64(-0.5)], Ok(&[f64(-0.0)])),
        (
            "(param f32 f32) (result f32) (f32.copysign (local.get 0) (local.get 1))",
            &[f32(1.0), f32(-0.0)],
            Ok(&[f32(-1.0)]),
        ),
        (
            "(param f64 f64) (result i32) (f64.ne (local.get 0) (local.get 1))",
            &[f64(f64::NAN), f64(f64::NAN)],
            Ok(&[Val::I32(1)]),
        ),
        (
            "(param f64) (result i32) (i32.trunc_f64_s (local.get 0))",
            &[f64(-2147483648.9)],
            Ok(&[Val::I32(i32::MIN)]),
        ),
        (
            "(param f64) (result i32) (i32.trunc_f64_s (local.get 0))",
            &[f64(2147483648.0)],
            Err(TrapKind::IntegerOverflow),
        ),
        (
            "(param f32) (result i64) (i64.trunc_f32_u (local.get 0))",
            &[f32(f32::NAN)],
            Err(TrapKind::BadConversionToInteger),
        ),
        ("(param f32) (result i32) (i32.trunc_sat_f32_u (local.get 0))", &[f32(-5.0)], Ok(&[Val::I32(0)])),
        (
            "(param f64) (result i64) (i64.trunc_sat_f64_s (local.get 0))",
            &[f64(1e300)],
            Ok(&[Val::I64(i64::MAX)]),
        ),
        (
            "(param i64) (result f32) (f32.convert_i64_u (local.get 0))",
            &[Val::I64(-1)],
            Ok(&[f32(18446744073709551616.0)]),
        ),
        (
            "(param i32) (result f32) (f32.reinterpret_i32 (local.get 0))",
            &[Val::I32(0x7fa0_0000)],
            Ok(&[Val::F32(0x7fa0_0000)]),
        ),
    ]);
}

#[test]
fn memories() {
    let out = || Err(TrapKind::MemoryOutOfBounds);
    check(&[
        ("(result i32) (i32.load8_s (i32.const 0))", &[], Ok(&[Val::I32(-128)])),
        ("(result i32) (i32.load16_u (i32.const 0))", &[], Ok(&[Val::I32(0xff80)])),
        ("(result i64) (i64.load32_s offset=1 (i32.const 0))", &[], Ok(&[Val::I64(0x0302_01ff)])),
        (
            "(result i32) (i32.store8 $n (i32.const 9) (i32.const 0x1ff)) (i32.load $n (i32.const 8))",
            &[],
            Ok(&[Val::I32(0xff00)]),
        ),
        // An index is unsigned, whatever its sign bit says, and never wraps with the offset.
        ("(result i32) (i32.load8_u offset=100 (i32.load8_s (i32.const 1)))", &[], out()),
        (
            "(param i32) (result i32) (i32.load8_u offset=65535 (local.get 0))",
            &[Val::I32(0)],
            Ok(&[Val::I32(0)]),
        ),
        ("(param i32) (result i32) (i32.load8_u offset=65535 (local.get 0))", &[Val::I32(1)], out()),
        ("(param i32) (result i64) (i64.load (local.get 0))", &[Val::I32(65_529)], out()),
        ("(param i32) (result i64) (i64.load offset=4294967295 (local.get 0))", &[Val::I32(-1)], out()),
        ("(param i32) (result i32) (i32.load8_u offset=3000000000 (local.get 0))", &[Val::I32(0)], out()),
        ("(param i32) (f32.store offset=2147483648 (local.get 0) (f32.const 1))", &[Val::I32(-4)], out()),
        (
            "(result i32 i32 i32) (memory.grow (i32.const 2)) (memory.grow (i32.const 1)) (memory.size)",
            &[],
            Ok(&[Val::I32(1), Val::I32(-1), Val::I32(3)]),
        ),
        (
            "(result i32) (drop (memory.grow (i32.const 1))) (i32.store (i32.const 131068) (i32.const 5)) (i32.load (i32.const 131068))",
            &[],
            Ok(&[Val::I32(5)]),
        ),
        (
            "(result i32) (memory.fill (i32.const 1) (i32.const 0x155) (i32.const 2)) (i32.load (i32.const 0))",
            &[],
            Ok(&[Val::I32(0x0255_5580)]),
        ),
        ("(memory.fill (i32.const 65535) (i32.const 1) (i32.const 2))", &[], out()),
        (
            "(result i32) (memory.copy (i32.const 1) (i32.const 0) (i32.const 4)) (i32.load (i32.const 1))",
            &[],
            Ok(&[Val::I32(0x0201_ff80)]),
        ),
        (
            "(result i32) (memory.copy $n $m (i32.const 5) (i32.const 2) (i32.const 2)) (i32.load $n (i32.const 4))",
            &[],
            Ok(&[Val::I32(0x0002_0100)]),
        ),
        (
            "(result i32) (memory.init $n $d (i32.const 0) (i32.const 2) (i32.const 4)) (i32.load $n (i32.const 0))",
            &[],
            Ok(&[Val::I32(0x6665_6463)]),
        ),
        ("(data.drop $d) (memory.init $n $d (i32.const 0) (i32.const 0) (i32.const 0))", &[], Ok(&[])),
        ("(data.drop $d) (memory.init $n $d (i32.const 0) (i32.const 0) (i32.const 1))", &[], out()),
    ]);
}

#[test]
fn tables_and_references() {
    let out = || Err(TrapKind::TableOutOfBounds);
    let call = "(param i32) (result i32) (call_indirect $t (type $unary) (i32.const 21) (local.get 0))";
    check(&[
        (call, &[Val::I32(1)], Ok(&[Val::I32(42)])),
        (call, &[Val::I32(0)], Err(TrapKind::UninitializedElement)),
        (call, &[Val::I32(2)], Err(TrapKind::BadSignature)),
        (call, &[Val::I32(4)], Err(TrapKind::UndefinedElement)),
        (call, &[Val::I32(-1)], Err(TrapKind::UndefinedElement)),
        (
            "(result i32 i32) (ref.is_null (table.get $t (i32.const 0))) (ref.is_null (table.get $t (i32.const 1)))",
            &[],
            Ok(&[Val::I32(1), Val::I32(0)]),
        ),
        ("(drop (table.get $x (i32.const 2)))", &[], out()),
        ("(table.set $x (i32.const -1) (ref.null extern))", &[], out()),
        (
            "(param externref) (result externref) (table.set $x (i32.const 1) (local.get 0)) (table.get $x (i32.const 1))",
            &[Val::ExternRef(Some(0))],
            Ok(&[Val::ExternRef(Some(0))]),
        ),
        (
            "(result i32 i32 i32) (table.grow $t (ref.func $double) (i32.const 4)) (table.grow $t (ref.null func) (i32.const 1)) (table.size $t)",
            &[],
            Ok(&[Val::I32(4), Val::I32(-1), Val::I32(8)]),
        ),
        (
            "(result i32) (drop (table.grow $t (ref.func $double) (i32.const 1))) (call_indirect $t (type $unary) (i32.const 4) (i32.const 4))",
            &[],
            Ok(&[Val::I32(8)]),
        ),
        (
            "(result i32) (table.fill $t (i32.const 2) (ref.func $double) (i32.const 2)) (call_indirect $t (type $unary) (i32.const 5) (i32.const 3))",
            &[],
            Ok(&[Val::I32(10)]),
        ),
        ("(table.fill $t (i32.const 3) (ref.null func) (i32.const 2))", &[], out()),
        (
            "(result i32) (table.copy $t $t (i32.const 2) (i32.const 1) (i32.const 1)) (call_indirect $t (type $unary) (i32.const 6) (i32.const 2))",
            &[],
            Ok(&[Val::I32(12)]),
        ),
        (
            "(result i32) (table.init $t $e (i32.const 3) (i32.const 0) (i32.const 1)) (call_indirect $t (type $unary) (i32.const 7) (i32.const 3))",
            &[],
            Ok(&[Val::I32(14)]),
        ),
        ("(elem.drop $e) (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1))", &[], out()),
    ]);
}

#[test]
fn globals_and_calls() {
    check(&[
        (
            "(result i64 i32) (global.set $g (i64.add (global.get $g) (i64.const 2))) (global.get $g) (global.get $c)",
            &[],
            Ok(&[Val::I64(42), Val::I32(7)]),
        ),
        ("(result i32 i64) (call $two)", &[], Ok(&[Val::I32(1), Val::I64(2)])),
        ("(param i32) (result i32) (call $down (local.get 0))", &[Val::I32(1000)], Ok(&[Val::I32(99)])),
        (
            "(param i32) (result i32) (call $down (local.get 0))",
            &[Val::I32(-1)],
            Err(TrapKind::StackOverflow),
        ),
    ]);
}
