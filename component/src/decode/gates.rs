//! The gates of the specification: features that it marks with a sign because they are younger than its 0.2 release, or not
//! settled. Which of them are closed here, what a refusal calls them, and the second look at a component that was refused.
//!
//! A closed gate must not hide that a component is wrong anyway. So a component that does not validate is validated once
//! more with every gate open: invalid then too, it is invalid; valid, it needs the gate that is named. Only components that
//! are refused pay for it.

use wasmparser::{Parser, Validator, WasmFeatures};

use super::features;
use crate::error::{Error, ErrorKind};

/// A feature that is off, and the sign and name by which the specification knows it (Explainer.md, "Gated Features"; the
/// last three are the validator's, and not in the specification yet).
struct Gate {
    feature: WasmFeatures,
    name: &'static str,
}

const fn gate(feature: WasmFeatures, name: &'static str) -> Gate {
    Gate { feature, name }
}

/// The gates that are closed. Open are `map` (🗺️), `implements` and `external-id` (🏷️).
const CLOSED: &[Gate] = &[
    gate(WasmFeatures::CM_ASYNC, "🔀 async"),
    gate(WasmFeatures::CM_MORE_ASYNC_BUILTINS, "🚝 more async built-ins"),
    gate(WasmFeatures::CM_ASYNC_STACKFUL, "🚟 stackful async lift"),
    gate(WasmFeatures::CM_THREADING, "🧵 threading built-ins"),
    gate(WasmFeatures::SHARED_EVERYTHING_THREADS, "🧵② shared-everything threads"),
    gate(WasmFeatures::CM_ERROR_CONTEXT, "📝 error-context"),
    gate(WasmFeatures::CM_FIXED_LENGTH_LISTS, "🔧 fixed-length lists"),
    gate(WasmFeatures::CM_VALUES, "🪙 values and start functions"),
    gate(WasmFeatures::CM_NESTED_NAMES, "🪺 nested namespaces and packages"),
    gate(WasmFeatures::CM_CANON_NAMES, "🔗 canonical interface names"),
    gate(WasmFeatures::CM64, "🐘 memory64"),
    gate(WasmFeatures::CM_GC, "🛸 GC"),
    gate(WasmFeatures::CM_FORWARD, "➡️ forwarding of streams and futures"),
    gate(WasmFeatures::CM_ACCESSORS, "📡 accessors"),
];

/// The features of the validator: all but the closed gates. Core proposals stay open because the engine refuses what it
/// cannot compile and says which.
pub(super) fn open() -> WasmFeatures {
    let mut features = WasmFeatures::all();
    features.remove(WasmFeatures::LEGACY_EXCEPTIONS);
    for gate in CLOSED {
        features.remove(gate.feature);
    }
    features
}

/// What a missing feature is called, if it is one of the gates.
pub(super) fn name(feature: WasmFeatures) -> Option<&'static str> {
    CLOSED.iter().find(|gate| gate.feature == feature).map(|gate| gate.name)
}

/// The second look: whether `bytes`, refused because of `error`, are wrong whatever the gates, or need one.
pub(super) fn reconsider(bytes: &[u8], error: Error) -> Error {
    let gated = match error.kind() {
        ErrorKind::Unsupported { .. } => true,
        ErrorKind::Malformed { .. } => false,
        _ => return error,
    };
    match (gated, validate(bytes, WasmFeatures::all())) {
        (false, Ok(())) => needed(bytes, error),
        (true, Err(wrong)) if wrong.missing_wasm_feature().is_none() && !outdated(&wrong) => {
            features::malformed(wrong)
        }
        _ => error,
    }
}

/// Whether something was valid once: what is behind a gate may still change, and the validator says that it did.
fn outdated(wrong: &wasmparser::Error) -> bool {
    wrong.message().contains("historically accepted")
}

/// Names the gate that `bytes`, which are valid with all of them, cannot do without. The validator does not say for every
/// feature that it is one.
fn needed(bytes: &[u8], error: Error) -> Error {
    for gate in CLOSED {
        if let Err(refused) = validate(bytes, WasmFeatures::all().difference(gate.feature)) {
            let offset = Some(features::offset(refused.offset()));
            return Error::gated(refused.message(), gate.name, offset);
        }
    }
    error
}

/// Validates everything but the bodies of core functions.
fn validate(bytes: &[u8], features: WasmFeatures) -> wasmparser::Result<()> {
    let mut validator = Validator::new_with_features(features);
    for payload in Parser::new(0).parse_all(bytes) {
        validator.payload(&payload?)?;
    }
    Ok(())
}
