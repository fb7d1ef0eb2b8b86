//! Core values of scripts: making arguments of constants, and comparing what came with what was expected, NaN patterns,
//! nulls and alternatives included.

use json_from_wast::{AnyRef, Const, CoreConst, ExnRef, ExternRef, FloatConst, FuncRef, V128};
use plugbay_engine::Val;

/// The core value that a constant stands for; `None` for patterns and for types the engine has no values of.
pub(crate) fn value(value: &CoreConst) -> Option<Val> {
    Some(match value {
        CoreConst::I32 { value } => Val::I32(value.0),
        CoreConst::I64 { value } => Val::I64(value.0),
        CoreConst::F32 { value } => Val::F32(value.to_bits()),
        CoreConst::F64 { value } => Val::F64(value.to_bits()),
        CoreConst::V128(value) => Val::V128(value.to_u128()),
        CoreConst::FuncRef { value: Some(FuncRef::Null) } => Val::FuncRef(None),
        CoreConst::ExternRef { value: Some(ExternRef::Null) } => Val::ExternRef(None),
        CoreConst::ExnRef { value: Some(ExnRef::Null) } => Val::ExnRef(None),
        CoreConst::ExternRef { value: Some(ExternRef::Host(number)) } => Val::ExternRef(Some(number.0)),
        _ => return None,
    })
}

/// Whether `found` is what was expected.
///
/// # Errors
/// How they differ.
pub(crate) fn results(found: &[Val], expected: &[Const<'_>]) -> Result<(), String> {
    if found.len() != expected.len() {
        return Err(format!("expected {} results, got {}: {found:?}", expected.len(), found.len()));
    }
    for (found, expected) in found.iter().zip(expected) {
        let fits = match expected {
            Const::Core(expected) => fits(found, expected),
            Const::Component(_) => false,
        };
        if !fits {
            return Err(format!("expected {expected:?}, got {found:?}"));
        }
    }
    Ok(())
}

fn fits(found: &Val, expected: &CoreConst) -> bool {
    match (found, expected) {
        (_, CoreConst::Either { values }) => values.iter().any(|value| fits(found, value)),
        (Val::I32(found), CoreConst::I32 { value }) => *found == value.0,
        (Val::I64(found), CoreConst::I64 { value }) => *found == value.0,
        (Val::F32(found), CoreConst::F32 { value }) => f32_fits(*found, value),
        (Val::F64(found), CoreConst::F64 { value }) => f64_fits(*found, value),
        (Val::V128(found), CoreConst::V128(expected)) => v128_fits(*found, expected),
        (Val::FuncRef(found), CoreConst::FuncRef { value: None }) => found.is_some(),
        (Val::FuncRef(None), CoreConst::FuncRef { value: Some(FuncRef::Null) })
        | (Val::FuncRef(None), CoreConst::RefNull | CoreConst::NullFuncRef)
        | (Val::ExternRef(None), CoreConst::RefNull | CoreConst::NullExternRef)
        | (Val::ExternRef(None), CoreConst::ExternRef { value: Some(ExternRef::Null) })
        | (Val::ExternRef(None), CoreConst::AnyRef { value: Some(AnyRef::Null) })
        | (Val::ExnRef(None), CoreConst::ExnRef { value: Some(ExnRef::Null) })
        | (Val::ExnRef(None), CoreConst::RefNull | CoreConst::NullExnRef) => true,
        (Val::ExnRef(found), CoreConst::ExnRef { value: None }) => found.is_some(),
        (Val::ExternRef(found), CoreConst::ExternRef { value: None }) => found.is_some(),
        (Val::ExternRef(Some(found)), CoreConst::ExternRef { value: Some(ExternRef::Host(number)) }) => {
            *found == number.0
        }
        _ => false,
    }
}

/// A canonical NaN has only the top bit of its payload, an arithmetic one at least that bit; the sign is free.
fn f32_fits(found: u32, expected: &FloatConst<f32>) -> bool {
    match expected {
        FloatConst::Value(value) => found == value.to_bits(),
        FloatConst::CanonicalNan => found & 0x7fff_ffff == 0x7fc0_0000,
        FloatConst::ArithmeticNan => found & 0x7fc0_0000 == 0x7fc0_0000,
    }
}

fn f64_fits(found: u64, expected: &FloatConst<f64>) -> bool {
    match expected {
        FloatConst::Value(value) => found == value.to_bits(),
        FloatConst::CanonicalNan => found & 0x7fff_ffff_ffff_ffff == 0x7ff8_0000_0000_0000,
        FloatConst::ArithmeticNan => found & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000,
    }
}

fn v128_fits(found: u128, expected: &V128) -> bool {
    let bytes = found.to_le_bytes();
    match expected {
        V128::F32 { value } => bytes.chunks_exact(4).zip(value).all(|(lane, value)| {
            f32_fits(lane.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte)), value)
        }),
        V128::F64 { value } => bytes.chunks_exact(8).zip(value).all(|(lane, value)| {
            f64_fits(lane.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)), value)
        }),
        exact => found == exact.to_u128(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_patterns_look_at_the_payload_only() {
        assert!(f32_fits(0xffc0_0000, &FloatConst::CanonicalNan));
        assert!(!f32_fits(0x7fc0_0001, &FloatConst::CanonicalNan));
        assert!(f32_fits(0x7fc0_0001, &FloatConst::ArithmeticNan));
        assert!(!f32_fits(0x7fa0_0000, &FloatConst::ArithmeticNan));
        assert!(!f64_fits(0, &FloatConst::ArithmeticNan));
        assert!(!f32_fits(0x8000_0000, &FloatConst::Value(0.0)));
    }

    #[test]
    fn lanes_are_compared_one_by_one() {
        let expected = V128::F32 {
            value: [
                FloatConst::Value(1.0),
                FloatConst::CanonicalNan,
                FloatConst::ArithmeticNan,
                FloatConst::Value(-0.0),
            ],
        };
        let lanes = |a: u32, b: u32, c: u32, d: u32| {
            [a, b, c, d].iter().rev().fold(0_u128, |sum, lane| sum << 32 | u128::from(*lane))
        };
        assert!(v128_fits(lanes(0x3f80_0000, 0x7fc0_0000, 0x7fc0_1234, 0x8000_0000), &expected));
        assert!(!v128_fits(lanes(0x3f80_0000, 0x7fc0_0001, 0x7fc0_1234, 0x8000_0000), &expected));
    }
}
