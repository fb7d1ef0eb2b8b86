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

/// Whether a trap text is the expected one: the same, or one begins the other (the suite shortens some texts and adds
/// indices to others). Some texts of the component suite carry the prefix of the engine that they were taken from.
pub(crate) fn trap_text(found: &str, expected: &str) -> bool {
    let expected = expected.strip_prefix("wasm trap: ").unwrap_or(expected);
    found.starts_with(expected) || expected.starts_with(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_texts_match_by_prefix_either_way() {
        assert!(trap_text("uninitialized element", "uninitialized element 2"));
        assert!(trap_text("unreachable executed", "unreachable"));
        assert!(trap_text("unaligned pointer", "wasm trap: unaligned pointer"));
        assert!(!trap_text("integer overflow", "integer divide by zero"));
    }
}
