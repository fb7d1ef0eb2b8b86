//! How the validator's refusals are worded: a closed gate is unsupported, and named; anything else is malformed or invalid.

use crate::error::Error;

use super::gates;

/// wasmparser's error as ours.
pub(crate) fn malformed(error: wasmparser::Error) -> Error {
    let at = offset(error.offset());
    let Some(feature) = error.missing_wasm_feature() else {
        return Error::malformed(Some(at), error.message());
    };
    let what = subject(error.message());
    match gates::name(feature) {
        Some(gate) => Error::gated(what, gate, Some(at)),
        None => unsupported(at, what),
    }
}

/// What a message such as `` `stream.new` requires the component model async feature `` is about.
fn subject(message: &str) -> &str {
    match message.split_once(" require").map_or(message, |(subject, _)| subject) {
        "support for component model `value`s is not enabled" => "a value or a start function",
        "requires the component model async stackful feature" => "`async` without `callback`",
        subject => subject,
    }
}

/// An offset as this machine counts.
pub(super) fn offset(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// A feature that is refused, at its place.
pub(super) fn unsupported(offset: usize, what: &str) -> Error {
    Error::unsupported(what, Some(offset))
}
