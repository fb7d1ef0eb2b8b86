//! Component values of scripts: making arguments of constants, and comparing what came with what was expected.

use super::outcome::Refusal;
use json_from_wast::{ComponentConst, Const, CoreConst};
use plugbay_component::Val;

/// The value that a constant stands for.
///
/// # Errors
/// When there is no such value here.
pub(crate) fn value(constant: &Const<'_>) -> Result<Val, Refusal> {
    match constant {
        // Scripts in JSON write floats of both worlds the same.
        Const::Core(CoreConst::F32 { value }) => Ok(Val::F32(f32::from_bits(value.to_bits()))),
        Const::Core(CoreConst::F64 { value }) => Ok(Val::F64(f64::from_bits(value.to_bits()))),
        Const::Core(other) => {
            Err(Refusal::Other(format!("a core value for a component function: {other:?}")))
        }
        Const::Component(constant) => of_constant(constant),
    }
}

fn of_constant(constant: &ComponentConst<'_>) -> Result<Val, Refusal> {
    use ComponentConst as C;
    Ok(match constant {
        C::Bool(b) => Val::Bool(*b),
        C::U8(i) => Val::U8(i.0),
        C::S8(i) => Val::S8(i.0),
        C::U16(i) => Val::U16(i.0),
        C::S16(i) => Val::S16(i.0),
        C::U32(i) => Val::U32(i.0),
        C::S32(i) => Val::S32(i.0),
        C::U64(i) => Val::U64(i.0),
        C::S64(i) => Val::S64(i.0),
        C::F32(bits) => Val::F32(f32::from_bits(bits.0)),
        C::F64(bits) => Val::F64(f64::from_bits(bits.0)),
        C::Char(c) => Val::Char(*c),
        C::String(s) => Val::String(s.to_string()),
        C::List(items) => Val::List(items.iter().map(of_constant).collect::<Result<_, _>>()?),
        C::Tuple(items) => Val::Tuple(items.iter().map(of_constant).collect::<Result<_, _>>()?),
        C::Record(fields) => Val::Record(
            fields
                .iter()
                .map(|(name, value)| Ok((name.to_string(), of_constant(value)?)))
                .collect::<Result<_, Refusal>>()?,
        ),
        C::Variant { case, payload } => Val::Variant(case.to_string(), boxed(payload.as_deref())?),
        C::Enum(case) => Val::Enum(case.to_string()),
        C::Option(value) => Val::Option(boxed(value.as_deref())?),
        C::Result(Ok(value)) => Val::Result(Ok(boxed(value.as_deref())?)),
        C::Result(Err(value)) => Val::Result(Err(boxed(value.as_deref())?)),
        C::Flags(labels) => Val::Flags(labels.iter().map(ToString::to_string).collect()),
        // A map is a list of pairs by another name (CanonicalABI.md, "Despecialization").
        C::Map(entries) => Val::List(
            entries
                .iter()
                .map(|(key, value)| Ok(Val::Tuple(vec![of_constant(key)?, of_constant(value)?])))
                .collect::<Result<_, Refusal>>()?,
        ),
    })
}

fn boxed(constant: Option<&ComponentConst<'_>>) -> Result<Option<Box<Val>>, Refusal> {
    constant.map(|constant| of_constant(constant).map(Box::new)).transpose()
}

/// Whether `found` is what was expected.
///
/// # Errors
/// How they differ.
pub(crate) fn results(found: Option<&Val>, expected: &[Const<'_>]) -> Result<(), String> {
    let expected = expected.iter().map(value).collect::<Result<Vec<_>, _>>().map_err(|e| e.describe())?;
    let fits = match (found, expected.as_slice()) {
        (None, []) => true,
        (Some(found), [expected]) => same(found, expected),
        _ => false,
    };
    if fits { Ok(()) } else { Err(format!("expected {expected:?}, got {found:?}")) }
}

/// Equality as the suite means it: all NaNs are one, floats else by their bits; the order of fields and flags is free.
fn same(a: &Val, b: &Val) -> bool {
    match (a, b) {
        (Val::F32(a), Val::F32(b)) => a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(),
        (Val::F64(a), Val::F64(b)) => a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(),
        (Val::List(a), Val::List(b)) | (Val::Tuple(a), Val::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Val::Record(a), Val::Record(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        (Val::Variant(a, x), Val::Variant(b, y)) => a == b && same_payload(x, y),
        (Val::Option(a), Val::Option(b))
        | (Val::Result(Ok(a)), Val::Result(Ok(b)))
        | (Val::Result(Err(a)), Val::Result(Err(b))) => same_payload(a, b),
        (Val::Flags(a), Val::Flags(b)) => a.len() == b.len() && a.iter().all(|label| b.contains(label)),
        _ => a == b,
    }
}

fn same_payload(a: &Option<Box<Val>>, b: &Option<Box<Val>>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => same(a, b),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_is_the_suites() {
        let record = |order: [&str; 2]| {
            Val::Record(
                order.iter().map(|name| ((*name).to_owned(), Val::String((*name).to_owned()))).collect(),
            )
        };
        assert!(same(&record(["a", "b"]), &record(["b", "a"])));
        assert!(same(&Val::F32(f32::NAN), &Val::F32(f32::from_bits(0x7fa0_0000))));
        assert!(!same(&Val::F64(0.0), &Val::F64(-0.0)));
        assert!(!same(&Val::Option(None), &Val::Option(Some(Box::new(Val::Bool(true))))));
        assert!(!same(&Val::U8(1), &Val::U16(1)));
    }
}
