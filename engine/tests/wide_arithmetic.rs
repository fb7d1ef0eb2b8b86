//! Wide arithmetic against the host's own 128-bit integers, and its switch.

mod common;

use common::{func, instance, store};
use plugbay_engine::{Config, Engine, ErrorKind, Module, Val};

const MODULE: &str = r#"(module
    (func (export "add") (param i64 i64 i64 i64) (result i64 i64)
        (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "sub") (param i64 i64 i64 i64) (result i64 i64)
        (i64.sub128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "mul_s") (param i64 i64) (result i64 i64) (i64.mul_wide_s (local.get 0) (local.get 1)))
    (func (export "mul_u") (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1))))"#;

const EDGES: [i64; 8] = [0, 1, -1, 2, i64::MAX, i64::MIN, 0x0123_4567_89ab_cdef, -0x0fed_cba9_8765_4321];

fn halves(value: u128) -> Vec<Val> {
    vec![Val::I64((value as u64).cast_signed()), Val::I64(((value >> 64) as u64).cast_signed())]
}

fn joined(low: i64, high: i64) -> u128 {
    u128::from(low.cast_unsigned()) | (u128::from(high.cast_unsigned()) << 64)
}

#[test]
fn results_are_those_of_128_bit_integers() {
    let mut store = store(());
    let mut cx = store.context();
    let instance = instance(&mut cx, MODULE, &[]);
    let [add, sub, mul_s, mul_u] = ["add", "sub", "mul_s", "mul_u"].map(|name| func(&cx, instance, name));
    for a in EDGES {
        for b in EDGES {
            let args = [Val::I64(a), Val::I64(b)];
            let signed = i128::from(a).wrapping_mul(i128::from(b)).cast_unsigned();
            assert_eq!(mul_s.call(&mut cx, &args).unwrap(), halves(signed), "{a} {b}");
            let unsigned = u128::from(a.cast_unsigned()).wrapping_mul(u128::from(b.cast_unsigned()));
            assert_eq!(mul_u.call(&mut cx, &args).unwrap(), halves(unsigned), "{a} {b}");
            for (c, d) in [(a, b), (b, a), (1, 0), (-1, -1)] {
                let args = [Val::I64(a), Val::I64(b), Val::I64(c), Val::I64(d)];
                let (left, right) = (joined(a, b), joined(c, d));
                assert_eq!(add.call(&mut cx, &args).unwrap(), halves(left.wrapping_add(right)), "{args:?}");
                assert_eq!(sub.call(&mut cx, &args).unwrap(), halves(left.wrapping_sub(right)), "{args:?}");
            }
        }
    }
}

#[test]
fn switched_off_it_is_refused_by_name() {
    let engine = Engine::new(&Config::new().with_wide_arithmetic(false)).unwrap();
    let error = Module::new(&engine, &wat::parse_str(MODULE).unwrap()).unwrap_err();
    let named =
        matches!(error.kind(), ErrorKind::Unsupported { proposal, .. } if proposal == "wide arithmetic");
    assert!(named, "{error}");
}
