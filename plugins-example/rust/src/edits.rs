//! Typographic edits: a dash for `--`, an ellipsis for `...`, a doubled word once, a line feed at the end. Code and links
//! are left alone, which is what the tokens are for.

use crate::demo::editor::config;
use crate::demo::editor::types::{Edit, EditError, Insertion, Replacement, Span, Token, TokenKind};
use crate::tokens::tokenize;

/// The longest buffer this plugin takes, in bytes.
pub const MOST_BYTES: u32 = 4 << 20;

/// The edits that `text` needs, in order.
///
/// The user chooses the dash with the key `dash` in the configuration: `em` (which is the default), `en` or `keep`.
pub fn propose(text: &str) -> Result<Vec<Edit>, EditError> {
    let dash = match config::get("dash").as_deref() {
        None | Some("em") => Some("—"),
        Some("en") => Some("–"),
        Some("keep") => None,
        Some(other) => {
            return Err(EditError::Failed(format!("`dash` is `{other}`; it may be em, en or keep")));
        }
    };
    let tokens = tokenize(text);
    let mut edits = Vec::new();
    let mut last_word: Option<&Token> = None;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let mut used = 1;
        match token.kind {
            TokenKind::Punctuation(mark @ ('-' | '.')) => {
                used = tokens[at..].iter().take_while(|next| is_mark(next, mark)).count();
                let new = match (mark, used) {
                    ('-', 2) => dash,
                    ('.', 3) => Some("…"),
                    _ => None,
                };
                if let Some(new) = new {
                    let span = Span { start: token.start, length: used as u32 };
                    edits.push(Edit::Replace(Replacement { span, text: new.into() }));
                }
                last_word = None;
            }
            TokenKind::Word => {
                if let Some(last) = last_word.filter(|last| same_word(text, last, token)) {
                    let start = last.start + last.length;
                    edits.push(Edit::Delete(Span { start, length: token.start + token.length - start }));
                } else {
                    last_word = Some(token);
                }
            }
            TokenKind::Whitespace => {}
            _ => last_word = None,
        }
        at += used;
    }
    if !text.is_empty() && !text.ends_with('\n') {
        edits.push(Edit::Insert(Insertion { at: text.len() as u32, text: "\n".into() }));
    }
    Ok(edits)
}

fn is_mark(token: &Token, mark: char) -> bool {
    matches!(token.kind, TokenKind::Punctuation(found) if found == mark)
}

/// Whether both are the same word, such as the second `the` of "the the", with only one space or line end between.
fn same_word(text: &str, first: &Token, second: &Token) -> bool {
    slice(text, first).to_lowercase() == slice(text, second).to_lowercase()
        && second.start - (first.start + first.length) == 1
}

fn slice<'a>(text: &'a str, token: &Token) -> &'a str {
    &text[token.start as usize..][..token.length as usize]
}
