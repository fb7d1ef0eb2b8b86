//! B: arithmetic that traps, and arithmetic that code generators got wrong.

use std::fmt::Write;

use plugbay_engine::{TrapKind, Val};

use crate::support::{Guest, STYLES};

#[test]
fn b07_divisions_and_conversions_trap_by_kind() {
    use TrapKind::{BadConversionToInteger, IntegerDivisionByZero, IntegerOverflow};
    let mut text = String::from("(module");
    for ty in ["i32", "i64"] {
        for op in ["div_s", "div_u", "rem_s", "rem_u"] {
            write!(text, "(func (export \"{ty}.{op}\") (param {ty} {ty}) (result {ty}) ({ty}.{op} (local.get 0) (local.get 1)))").unwrap();
            write!(text, "(func (export \"{ty}.{op}/0\") (param {ty}) (result {ty}) ({ty}.{op} (local.get 0) ({ty}.const 0)))").unwrap();
            write!(text, "(func (export \"{ty}.{op}/-1\") (param {ty}) (result {ty}) ({ty}.{op} (local.get 0) ({ty}.const -1)))").unwrap();
        }
        for from in ["f32", "f64"] {
            for sign in ["s", "u"] {
                let op = format!("{ty}.trunc_{from}_{sign}");
                write!(text, "(func (export \"{op}\") (param {from}) (result {ty}) ({op} (local.get 0)))")
                    .unwrap();
            }
        }
    }
    text.push(')');
    for style in STYLES {
        let mut guest = Guest::new(style, &text);
        for op in ["div_s", "div_u", "rem_s", "rem_u"] {
            let (narrow, wide) = (format!("i32.{op}"), format!("i64.{op}"));
            assert_eq!(guest.trap(&narrow, &[Val::I32(7), Val::I32(0)]), IntegerDivisionByZero, "{op}");
            assert_eq!(guest.trap(&wide, &[Val::I64(7), Val::I64(0)]), IntegerDivisionByZero, "{op}");
            assert_eq!(guest.trap(&format!("{narrow}/0"), &[Val::I32(7)]), IntegerDivisionByZero);
            assert_eq!(guest.trap(&format!("{wide}/0"), &[Val::I64(7)]), IntegerDivisionByZero);
        }
        assert_eq!(guest.trap("i32.div_s", &[Val::I32(i32::MIN), Val::I32(-1)]), IntegerOverflow);
        assert_eq!(guest.trap("i64.div_s", &[Val::I64(i64::MIN), Val::I64(-1)]), IntegerOverflow);
        assert_eq!(guest.trap("i32.div_s/-1", &[Val::I32(i32::MIN)]), IntegerOverflow);
        assert_eq!(guest.get("i32.rem_s", &[Val::I32(i32::MIN), Val::I32(-1)]), Val::I32(0));
        assert_eq!(guest.get("i64.rem_s/-1", &[Val::I64(i64::MIN)]), Val::I64(0));
        for ty in ["i32", "i64"] {
            for sign in ["s", "u"] {
                let (single, double) = (format!("{ty}.trunc_f32_{sign}"), format!("{ty}.trunc_f64_{sign}"));
                for bits in [f32::NAN, -f32::NAN] {
                    assert_eq!(guest.trap(&single, &[Val::F32(bits.to_bits())]), BadConversionToInteger);
                }
                assert_eq!(guest.trap(&double, &[Val::F64(f64::NAN.to_bits())]), BadConversionToInteger);
                for value in [f64::INFINITY, f64::NEG_INFINITY, 1e30, -1e30] {
                    assert_eq!(guest.trap(&double, &[Val::F64(value.to_bits())]), IntegerOverflow, "{value}");
                    let value = value as f32;
                    assert_eq!(guest.trap(&single, &[Val::F32(value.to_bits())]), IntegerOverflow, "{value}");
                }
            }
        }
        // The last that fit, and the first that do not.
        let double = |value: f64| [Val::F64(value.to_bits())];
        assert_eq!(guest.get("i32.trunc_f64_s", &double(2_147_483_647.9)), Val::I32(i32::MAX));
        assert_eq!(guest.trap("i32.trunc_f64_s", &double(2_147_483_648.0)), IntegerOverflow);
        assert_eq!(guest.get("i32.trunc_f64_s", &double(-2_147_483_648.9)), Val::I32(i32::MIN));
        assert_eq!(guest.trap("i32.trunc_f64_s", &double(-2_147_483_649.0)), IntegerOverflow);
        assert_eq!(guest.get("i32.trunc_f64_u", &double(-0.9)), Val::I32(0));
        assert_eq!(guest.trap("i32.trunc_f64_u", &double(-1.0)), IntegerOverflow);
        assert_eq!(guest.trap("i64.trunc_f64_s", &double(9_223_372_036_854_775_808.0)), IntegerOverflow);
        assert_eq!(guest.trap("i64.trunc_f64_u", &double(18_446_744_073_709_551_616.0)), IntegerOverflow);
    }
}

#[test]
fn b17_constants_and_equal_operands_give_what_variables_give() {
    // Each function twice: with a constant or one operand twice, and with parameters that hold the same.
    let mut text = String::from("(module (global $zero (mut i32) (i32.const 0))\n");
    let mut pairs = 0;
    let mut pair = |text: &mut String, ty: &str, constant: &str, variable: &str| {
        write!(text, "(func (export \"c{pairs}\") (param {ty}) (result {ty}) {constant})\n(func (export \"v{pairs}\") (param {ty}) (result {ty}) {variable})\n").unwrap();
        pairs += 1;
    };
    for by in [1_i64, -1, 2, -2, 3, 7, -7, 10, 641, 1 << 30, i64::from(i32::MIN), i64::from(i32::MAX)] {
        for op in ["div_s", "div_u", "rem_s", "rem_u", "mul", "shl", "shr_s", "shr_u", "rotl", "rotr"] {
            for ty in ["i32", "i64"] {
                let zero =
                    if ty == "i32" { "(global.get $zero)" } else { "(i64.extend_i32_s (global.get $zero))" };
                let constant = format!("({ty}.{op} (local.get 0) ({ty}.const {by}))");
                let variable = format!("({ty}.{op} (local.get 0) ({ty}.add {zero} ({ty}.const {by})))");
                pair(&mut text, ty, &constant, &variable);
            }
        }
    }
    for (ty, op) in [
        ("i32", "sub"),
        ("i32", "xor"),
        ("i32", "and"),
        ("i64", "or"),
        ("i64", "sub"),
        ("i32", "eq"),
        ("i32", "lt_s"),
    ] {
        let zero = if ty == "i32" { "(global.get $zero)" } else { "(i64.extend_i32_s (global.get $zero))" };
        let same = format!("({ty}.{op} (local.get 0) (local.get 0))");
        let other = format!("({ty}.{op} (local.get 0) ({ty}.add {zero} (local.get 0)))");
        pair(&mut text, ty, &same, &other);
    }
    text.push(')');
    for style in STYLES {
        let mut guest = Guest::new(style, &text);
        for index in 0..pairs {
            let wide = matches!(
                guest.func(&format!("c{index}")).ty(&guest.store.context()).params(),
                [plugbay_engine::ValType::I64]
            );
            for value in [0_i64, 1, -1, 5, -8, 1 << 31, i64::MAX, i64::MIN + 1] {
                let value = if wide { Val::I64(value) } else { Val::I32(value as i32) };
                // -1 divides the least integer into a trap; both ways do.
                let result = |guest: &mut Guest, name: String| {
                    guest.call(&name, &[value]).map_err(|e| crate::support::kind(&e))
                };
                let constant = result(&mut guest, format!("c{index}"));
                assert_eq!(
                    constant,
                    result(&mut guest, format!("v{index}")),
                    "{style:?}: {index} of {value:?}"
                );
            }
        }
    }
}

#[test]
fn b17_vectors_of_equal_and_constant_operands() {
    let v = "(v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)";
    let cases = [
        format!("(select {v} {v} (local.get 0))"),
        format!("(i8x16.swizzle {v} {v})"),
        format!("(i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 {v} {v})"),
        format!("(i8x16.shuffle 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 {v} {v})"),
        format!("(i64x2.shr_s {v} (i32.const 64))"),
        format!("(i64x2.shr_s (i64x2.shl {v} (i32.const 128)) (i32.const 0))"),
        format!("(i8x16.shl {v} (i32.const 8))"),
        format!("(v128.bitselect {v} {v} (v128.not {v}))"),
        format!("(i8x16.max_u {v} {v})"),
        format!("(i8x16.avgr_u {v} {v})"),
    ];
    let functions: String = (0..)
        .zip(&cases)
        .map(|(n, case)| format!("(func (export \"{n}\") (param i32) (result v128) {case})"))
        .collect();
    let expected = u128::from_le_bytes(std::array::from_fn(|n| n as u8));
    for style in STYLES {
        let mut guest = Guest::new(style, &format!("(module {functions})"));
        for (index, case) in cases.iter().enumerate() {
            for condition in [0, 1] {
                let value = guest.get(&index.to_string(), &[Val::I32(condition)]);
                assert_eq!(value, Val::V128(expected), "{style:?}: {case}");
            }
        }
    }
}

#[test]
fn b16_code_that_is_not_reached_has_any_type() {
    let bodies = [
        "(drop (i32.add (unreachable)))",
        "unreachable drop drop drop",
        "(br 0) (i64.store) ",
        "(return) select drop",
        "(block (result i32) (br 0 (i32.const 1)) f64.sqrt drop) drop",
        "(loop (br 0) (if (result i64) (then unreachable) (else unreachable)) drop)",
        "unreachable (block (param i32 i64) (result f32) unreachable) drop",
        "unreachable call_indirect (type $t) drop drop",
        "(block (br_table 0 0 0 (unreachable)) )",
        "unreachable table.copy memory.copy drop",
        "(if (unreachable) (then nop) (else nop))",
    ];
    let functions: String = bodies.iter().map(|body| format!("(func {body})")).collect();
    let text = format!(
        "(module (type $t (func (param i32 f64) (result i64 i64))) (memory 1) (table 1 funcref) {functions}
         (func (export \"run\") (call 0)))"
    );
    for style in STYLES {
        assert_eq!(Guest::new(style, &text).trap("run", &[]), TrapKind::Unreachable);
    }
}
