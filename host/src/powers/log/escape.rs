//! Text of a plugin, made fit to be shown: no terminal obeys it, no line breaks in it, nothing in it turns the order of
//! letters around, and it is no longer than it may be.

use std::fmt::Write as _;

/// At most `limit` bytes of `text`, with everything escaped that is not plain text, and a note about what was cut off.
pub(super) fn plain(text: &str, limit: usize) -> String {
    let kept = text.get(..text.floor_char_boundary(limit)).unwrap_or_default();
    let mut out = String::with_capacity(kept.len());
    for character in kept.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            character if is_obeyed(character) => {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
            }
            character => out.push(character),
        }
    }
    let cut = text.len().saturating_sub(kept.len());
    if cut > 0 {
        let _ = write!(out, "… ({cut} bytes more)");
    }
    out
}

/// What a terminal or a reader does something with, instead of showing it.
fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(character, '\u{61c}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_obeyed_is_shown_instead() {
        assert_eq!(plain("plain, grün, 値 🦀 \\n", 100), "plain, grün, 値 🦀 \\n");
        assert_eq!(plain("a\nb\r\tc", 100), "a\\nb\\r\\tc");
        assert_eq!(plain("\x1b[31mred\x1b]0;title\x07\u{9b}2J\x7f\0", 100).matches("\\u{").count(), 6);
        assert_eq!(plain("\u{202e}gnp.exe\u{2066}\u{200b}\u{feff}\u{2028}", 100).matches("\\u{").count(), 5);
        let every: String = ('\0'..=char::MAX).filter(|character| is_obeyed(*character)).collect();
        assert!(plain(&every, usize::MAX).bytes().all(|byte| byte.is_ascii_graphic()));
    }

    #[test]
    fn what_is_too_long_is_cut_between_characters() {
        assert_eq!(plain("abcdef", 3), "abc… (3 bytes more)");
        assert_eq!(plain("aüb", 2), "a… (3 bytes more)");
        assert_eq!(plain("ü", 0), "… (2 bytes more)");
        assert_eq!(plain("abc", 3), "abc");
    }
}
