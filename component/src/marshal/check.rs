//! Typechecks of compound types, by names: what the implementations here and the derives share.

use std::sync::Arc;

use crate::types::{TypeMismatch, ValType};

/// [`ComponentType::typecheck`](super::ComponentType::typecheck) of a field.
pub type Check = fn(&ValType) -> Result<(), TypeMismatch>;
/// [`ComponentType::typecheck_optional`](super::ComponentType::typecheck_optional) of a payload; that of `()` for a case
/// without.
pub type CheckOptional = fn(Option<&ValType>) -> Result<(), TypeMismatch>;

/// Whether `ty` is a record of exactly these fields, in this order.
///
/// # Errors
/// How it differs.
pub fn record(ty: &ValType, fields: &[(&str, Check)]) -> Result<(), TypeMismatch> {
    let ValType::Record(record) = ty else {
        return Err(TypeMismatch::of("a record", Some(ty)));
    };
    let found = record.fields();
    names("field", fields.iter().map(|(name, _)| *name), found.iter().map(|(name, _)| name))?;
    for ((name, check), (_, ty)) in fields.iter().zip(found) {
        check(ty).map_err(|mismatch| mismatch.within(format!("field `{name}`")))?;
    }
    Ok(())
}

/// Whether `ty` is a variant of exactly these cases, in this order.
///
/// # Errors
/// How it differs.
pub fn variant(ty: &ValType, cases: &[(&str, CheckOptional)]) -> Result<(), TypeMismatch> {
    let ValType::Variant(variant) = ty else {
        return Err(TypeMismatch::of("a variant", Some(ty)));
    };
    let found = variant.cases();
    names("case", cases.iter().map(|(name, _)| *name), found.iter().map(|(name, _)| name))?;
    for ((name, check), (_, ty)) in cases.iter().zip(found) {
        check(ty.as_ref()).map_err(|mismatch| mismatch.within(format!("case `{name}`")))?;
    }
    Ok(())
}

/// Whether `ty` is an enum of exactly these cases, in this order.
///
/// # Errors
/// How it differs.
pub fn enumeration(ty: &ValType, cases: &[&str]) -> Result<(), TypeMismatch> {
    match ty {
        ValType::Enum(found) => names("case", cases.iter().copied(), found.names()),
        _ => Err(TypeMismatch::of("an enum", Some(ty))),
    }
}

/// Whether `ty` is flags with exactly these labels, in this order.
///
/// # Errors
/// How it differs.
pub fn flags(ty: &ValType, labels: &[&str]) -> Result<(), TypeMismatch> {
    match ty {
        ValType::Flags(found) => names("flag", labels.iter().copied(), found.names()),
        _ => Err(TypeMismatch::of("flags", Some(ty))),
    }
}

fn names<'a>(
    what: &str,
    expected: impl ExactSizeIterator<Item = &'a str>,
    found: impl IntoIterator<Item = &'a Arc<str>, IntoIter: ExactSizeIterator>,
) -> Result<(), TypeMismatch> {
    let found = found.into_iter();
    let lengths = (expected.len(), found.len());
    for (i, (expected, found)) in expected.zip(found).enumerate() {
        if *expected != **found {
            let (here, there) = (format!("`{expected}`"), format!("`{found}`"));
            return Err(TypeMismatch::new(here, there).within(format!("{what} number {}", i + 1)));
        }
    }
    if lengths.0 == lengths.1 {
        return Ok(());
    }
    let plural = |n: usize| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    Err(TypeMismatch::new(plural(lengths.0), plural(lengths.1)))
}
