//! Known words, read from a file. The only part of the plugin that uses WASI: `std::fs` and `std::env`.

use crate::demo::editor::types::TokenKind;
use crate::tokens::tokenize;
use std::cell::RefCell;
use std::collections::BTreeSet;

thread_local! {
    static KNOWN: RefCell<BTreeSet<String>> = RefCell::default();
}

/// Replaces the known words by those in the file at `path`, one a line; lines that begin with `#` are comments.
pub fn load(path: &str) -> Result<u32, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read `{path}`: {error}"))?;
    let words = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let words: BTreeSet<String> = words.map(str::to_lowercase).collect();
    let count = words.len() as u32;
    KNOWN.set(words);
    Ok(count)
}

/// The value of `EDITOR_DICTIONARY`.
pub fn default_path() -> Option<String> {
    std::env::var("EDITOR_DICTIONARY").ok()
}

/// Words that the dictionary lacks, with their places; nothing while it is empty.
pub fn unknown_words(text: &str) -> Vec<(u32, String)> {
    KNOWN.with_borrow(|known| {
        if known.is_empty() {
            return Vec::new();
        }
        let words = tokenize(text).into_iter().filter(|token| matches!(token.kind, TokenKind::Word));
        words
            .map(|token| (token.start, &text[token.start as usize..][..token.length as usize]))
            .filter(|(_, word)| !known.contains(&word.to_lowercase()))
            .map(|(start, word)| (start, word.to_owned()))
            .collect()
    })
}
