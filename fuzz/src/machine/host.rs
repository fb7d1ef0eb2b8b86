//! The host functions that made-up modules get: they note what they are asked and answer by rule, so that all machines
//! get the same answers.

use super::{Kind, Trace, Value, hash};
use crate::random::Numbers;

/// Notes a call of import `function` and gives its results, or `None` for an error.
pub(super) fn answer(
    trace: &mut Trace,
    function: usize,
    args: &[Value],
    results: &[Kind],
) -> Option<Vec<Value>> {
    trace.calls += 1;
    trace.hash = hash(format!("{} {function} {args:?}", trace.hash).as_bytes());
    let mut numbers = Numbers::new(trace.hash);
    if numbers.one_in(16) {
        return None;
    }
    Some(results.iter().map(|kind| value(*kind, &mut numbers)).collect())
}

/// A value of some type.
pub(crate) fn value(kind: Kind, numbers: &mut Numbers) -> Value {
    match kind {
        Kind::I32 => Value::I32(numbers.integer() as u32),
        Kind::I64 => Value::I64(numbers.integer()),
        Kind::F32 => Value::F32(f32_bits(numbers.integer() as u32)),
        Kind::F64 => Value::F64(f64_bits(numbers.integer())),
        // Without the bits that would make a lane of floats a NaN.
        Kind::V128 => Value::V128(
            (u128::from(numbers.integer()) << 64 | u128::from(numbers.integer())) & !(0x4040_4040 << 64),
        ),
        Kind::Ref => Value::Ref(false),
    }
}

/// No NaN but the canonical one: which NaN comes of another one is left open by the specification.
fn f32_bits(bits: u32) -> u32 {
    if f32::from_bits(bits).is_nan() { 0x7fc0_0000 } else { bits }
}

fn f64_bits(bits: u64) -> u64 {
    if f64::from_bits(bits).is_nan() { 0x7ff8_0000_0000_0000 } else { bits }
}
