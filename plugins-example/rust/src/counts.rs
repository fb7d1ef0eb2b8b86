//! Sizes of a text.

use crate::demo::editor::types::WordCount;

/// Counts lines, words, characters and bytes.
pub fn count(text: &str) -> WordCount {
    WordCount {
        lines: text.lines().count() as u32,
        words: text.split_whitespace().count() as u32,
        characters: text.chars().count() as u32,
        bytes: text.len() as u32,
    }
}
