//! Comparing what came with what a script expects.

use super::outcome::Results;
use super::{component_values, core_values};
use json_from_wast::Const;

/// Whether `found` is what was expected.
///
/// # Errors
/// How they differ.
pub(crate) fn results(found: &Results, expected: &[Const<'_>]) -> Result<(), String> {
    match found {
        Results::Core(found) => core_values::results(found, expected),
        Results::Component(found) => component_values::results(found.as_ref(), expected),
    }
}

/// Traps that the component suite words in two ways, as the engine it was taken from does: one for calls of the host, one
/// for calls between components. The specification has no words for them.
const SAME_TRAP: &[&[&str]] = &[
    &["unaligned pointer", "realloc return: result not aligned"],
    &["string content out-of-bounds", "string pointer/length out of bounds of memory"],
    &["list content out-of-bounds", "realloc return: beyond end of memory"],
    &["unreachable", "wasm `unreachable` instruction executed"],
];

/// Whether a trap text is the expected one: the same, or one begins the other (the suites shorten some texts and add
/// indices to others), or other words for the same trap.
pub(crate) fn trap_text(found: &str, expected: &str) -> bool {
    let expected = expected.strip_prefix("wasm trap: ").unwrap_or(expected);
    let begins = found.starts_with(expected) || expected.starts_with(found);
    begins || SAME_TRAP.iter().any(|texts| texts.contains(&found) && texts.contains(&expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_texts_match_by_prefix_either_way() {
        assert!(trap_text("uninitialized element", "uninitialized element 2"));
        assert!(trap_text("unreachable executed", "unreachable"));
        assert!(trap_text("unaligned pointer", "wasm trap: unaligned pointer"));
        assert!(trap_text("realloc return: result not aligned", "wasm trap: unaligned pointer"));
        assert!(!trap_text("unaligned pointer", "string content out-of-bounds"));
        assert!(!trap_text("integer overflow", "integer divide by zero"));
    }
}
