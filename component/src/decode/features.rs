//! Which proposals a component may use, and how a refusal is worded.
//!
//! The component gates are the 0.2 set, `map` (a list of pairs by another name) and `implements` (a remark on a name): whatever is asynchronous or still gated in the specification is refused with the
//! feature's name. Core proposals stay open here because the engine refuses what it cannot compile and says which.

use wasmparser::WasmFeatures;

use crate::error::Error;

/// The gates that are open.
pub(super) fn open() -> WasmFeatures {
    let mut features = WasmFeatures::all();
    for closed in [
        WasmFeatures::CM_VALUES,
        WasmFeatures::CM_NESTED_NAMES,
        WasmFeatures::CM_ASYNC,
        WasmFeatures::CM_ASYNC_STACKFUL,
        WasmFeatures::CM_MORE_ASYNC_BUILTINS,
        WasmFeatures::CM_THREADING,
        WasmFeatures::CM_ERROR_CONTEXT,
        WasmFeatures::CM_FIXED_LENGTH_LISTS,
        WasmFeatures::CM_GC,
        WasmFeatures::CM64,
        WasmFeatures::CM_CANON_NAMES,
        WasmFeatures::CM_FORWARD,
        WasmFeatures::CM_ACCESSORS,
        WasmFeatures::SHARED_EVERYTHING_THREADS,
        WasmFeatures::LEGACY_EXCEPTIONS,
    ] {
        features.remove(closed);
    }
    features
}

/// wasmparser's error as ours: a closed gate is unsupported, anything else is malformed or invalid input.
pub(crate) fn malformed(error: wasmparser::Error) -> Error {
    let at = offset(error.offset());
    if error.missing_wasm_feature().is_some() {
        return unsupported(at, error.message());
    }
    Error::malformed(Some(at), error.message())
}

/// An offset as this machine counts.
pub(super) fn offset(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// A feature that is refused, at its place.
pub(super) fn unsupported(offset: usize, what: &str) -> Error {
    Error::unsupported(what, Some(offset))
}
