//! Why a module is refused: which proposals are supported, and how an error of wasmparser's becomes one of ours. A module
//! that is WebAssembly but needs more than we support is told apart from one that is wrong.

use wasmparser::{Validator, WasmFeatures};

use crate::config::Config;
use crate::error::{Error, ErrorKind};

/// What every module may use.
const ALWAYS: WasmFeatures = WasmFeatures::FLOATS
    .union(WasmFeatures::GC_TYPES)
    .union(WasmFeatures::MUTABLE_GLOBAL)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::EXTENDED_CONST);

/// What modules may use under this configuration.
pub(super) fn supported(config: &Config) -> WasmFeatures {
    let mut features = ALWAYS;
    features.set(WasmFeatures::MULTI_MEMORY, config.multi_memory());
    features.set(WasmFeatures::MEMORY64, config.memory64());
    features.set(WasmFeatures::TAIL_CALL, config.tail_calls());
    features.set(WasmFeatures::SIMD, config.simd());
    features.set(WasmFeatures::RELAXED_SIMD, config.simd() && config.relaxed_simd());
    features.set(WasmFeatures::FUNCTION_REFERENCES, config.function_references());
    features.set(WasmFeatures::EXCEPTIONS, config.exceptions());
    features.set(WasmFeatures::WIDE_ARITHMETIC, config.wide_arithmetic());
    features
}

/// The proposals that are known and not supported or can be switched off, by the names the community gives them; a
/// proposal stands before those that it builds on.
const PROPOSALS: &[(WasmFeatures, &str)] = &[
    (WasmFeatures::MULTIBYTE_ARRAY_ACCESS, "multibyte array access"),
    (WasmFeatures::ACQUIRE_RELEASE_ATOMICS, "acquire-release atomics"),
    (WasmFeatures::CUSTOM_DESCRIPTORS, "custom descriptors"),
    (WasmFeatures::COMPACT_IMPORTS, "compact import section"),
    (WasmFeatures::MEMORY_CONTROL, "memory control"),
    (WasmFeatures::STACK_SWITCHING, "stack switching"),
    (WasmFeatures::SHARED_EVERYTHING_THREADS, "shared-everything threads"),
    (WasmFeatures::WIDE_ARITHMETIC, "wide arithmetic"),
    (WasmFeatures::CUSTOM_PAGE_SIZES, "custom page sizes"),
    (WasmFeatures::GC, "garbage collection"),
    (WasmFeatures::FUNCTION_REFERENCES, "typed function references"),
    (WasmFeatures::LEGACY_EXCEPTIONS, "legacy exception handling"),
    (WasmFeatures::EXCEPTIONS, "exception handling"),
    (WasmFeatures::THREADS, "threads"),
    (WasmFeatures::MEMORY64, "memory64"),
    (WasmFeatures::MULTI_MEMORY, "multi-memory"),
    (WasmFeatures::TAIL_CALL, "tail call"),
    (WasmFeatures::RELAXED_SIMD, "relaxed SIMD"),
    (WasmFeatures::SIMD, "fixed-width SIMD"),
];

/// The bytes do not decode.
pub(crate) fn malformed(error: wasmparser::Error) -> Error {
    let (offset, message) = place(&error);
    Error::new(ErrorKind::Malformed { offset, message })
}

/// The bytes decode, but break a rule.
pub(crate) fn invalid(error: wasmparser::Error) -> Error {
    let (offset, message) = place(&error);
    Error::new(ErrorKind::Invalid { offset, message })
}

/// Characters of the validator's message that are kept: it quotes names of the module.
const MAX_MESSAGE_CHARS: usize = 1000;

fn place(error: &wasmparser::Error) -> (usize, String) {
    let message = super::names::harmless(error.message(), MAX_MESSAGE_CHARS);
    (usize::try_from(error.offset()).unwrap_or(usize::MAX), message)
}

/// Turns the refusal of a module into `Unsupported` if everything that is wrong with it is what we do not support.
pub(super) fn explain(error: Error, bytes: &[u8], config: &Config) -> Error {
    let (ErrorKind::Malformed { offset, .. } | ErrorKind::Invalid { offset, .. }) = *error.kind() else {
        return error;
    };
    let supported = supported(config);
    let everything = PROPOSALS.iter().fold(supported, |all, (feature, _)| all.union(*feature));
    if !is_valid(bytes, everything) {
        return error;
    }
    // Take away what the module is valid without; what is left it needs.
    let mut features = everything;
    let mut needed = Vec::new();
    for (feature, name) in PROPOSALS.iter().filter(|(feature, _)| !supported.contains(*feature)) {
        let fewer = features.difference(*feature);
        match is_valid(bytes, fewer) {
            true => features = fewer,
            false => needed.push(*name),
        }
    }
    match needed.is_empty() {
        true => error,
        false => Error::new(ErrorKind::Unsupported { proposal: needed.join(" and "), offset }),
    }
}

fn is_valid(bytes: &[u8], features: WasmFeatures) -> bool {
    Validator::new_with_features(features).validate_all(bytes).is_ok()
}
