//! `Plain`: output as a terminal may show it. Escape sequences would move the cursor, change titles and answer for the person;
//! other control characters and those that turn the direction of writing hide what was written. They are left out.

/// A filter of bytes that come in pieces. Remembers where in a sequence or a character it is, and nothing of what it left out.
#[derive(Debug, Default)]
pub(super) struct Plain {
    state: State,
    /// The start of a character whose other bytes did not come yet.
    partial: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// After ESC.
    Escape,
    /// After ESC and intermediate characters.
    Intermediate,
    /// In a control sequence (`ESC [`), up to its final character.
    Control,
    /// In a string for the terminal (`ESC ]`, `ESC P` …), up to its end. A new line ends it too, so that one which never ends
    /// does not swallow what comes after.
    String,
    /// In such a string, after ESC.
    StringEscape,
}

impl Plain {
    /// What is left of `bytes`: never more bytes than came in, those of this and of earlier calls together.
    pub(super) fn filter(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut input = std::mem::take(&mut self.partial);
        input.extend_from_slice(bytes);
        let mut left = Vec::new();
        for chunk in input.utf8_chunks() {
            for char in chunk.valid().chars() {
                if self.shows(char) {
                    left.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
            let invalid = chunk.invalid();
            if is_partial(invalid) && input.ends_with(invalid) && same_end(&input, invalid) {
                self.partial = invalid.to_vec();
            } else if !invalid.is_empty() && self.state == State::Text {
                left.push(b'?');
            }
        }
        left
    }

    fn shows(&mut self, char: char) -> bool {
        let (state, shown) = match (self.state, char) {
            // Cancel, and substitute, end any sequence.
            (_, '\u{18}' | '\u{1a}') => (State::Text, false),
            (State::Text, '\u{1b}') => (State::Escape, false),
            (State::String, '\u{1b}') => (State::StringEscape, false),
            (_, '\u{1b}') => (State::Escape, false),
            (_, '\u{9b}') => (State::Control, false),
            (_, '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}') => (State::String, false),
            (State::Text, char) => (State::Text, is_plain(char)),
            (State::Escape, '[') => (State::Control, false),
            (State::Escape, ']' | 'P' | 'X' | '^' | '_') => (State::String, false),
            (State::Escape | State::Intermediate, ' '..='/') => (State::Intermediate, false),
            (State::Escape | State::Intermediate, '0'..='~') => (State::Text, false),
            (State::Control, ' '..='?') => (State::Control, false),
            (State::Control, '@'..='~') => (State::Text, false),
            (State::String, '\u{7}' | '\u{9c}') => (State::Text, false),
            (State::StringEscape, '\\') => (State::Text, false),
            (State::String | State::StringEscape, '\n') => (State::Text, true),
            (State::String | State::StringEscape, _) => (State::String, false),
            // No sequence goes on so: it was none.
            (State::Escape | State::Intermediate | State::Control, char) => (State::Text, is_plain(char)),
        };
        self.state = state;
        shown
    }
}

/// Whether `bytes` could be the start of a character.
fn is_partial(bytes: &[u8]) -> bool {
    !bytes.is_empty() && std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

/// Whether `end` is the end of `all` itself, not only equal to it.
fn same_end(all: &[u8], end: &[u8]) -> bool {
    all.as_ptr_range().end == end.as_ptr_range().end
}

/// Text, tabs and new lines; no control characters, no marks that turn the direction of writing.
fn is_plain(char: char) -> bool {
    match char {
        '\n' | '\t' => true,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => false,
        other => !other.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        String::from_utf8(Plain::default().filter(text.as_bytes())).unwrap()
    }

    #[test]
    fn sequences_and_control_characters_are_left_out_and_text_stays() {
        assert_eq!(plain("plain\ttext, ümläute, 日本\n"), "plain\ttext, ümläute, 日本\n");
        assert_eq!(plain("\u{1b}[1;31mred\u{1b}[0m"), "red");
        assert_eq!(plain("\u{1b}]0;title\u{7}a\u{1b}]52;c;Zm9v\u{1b}\\b\u{1b}Pq#\u{1b}\\c"), "abc");
        assert_eq!(plain("\u{1b}(Ba\u{1b}cb\u{1b}7c\u{9b}2Jd\u{9d}0;t\u{9c}e"), "abcde");
        assert_eq!(plain("granted\rdenied \u{8}\u{7}\u{0}\u{7f}\u{85}x"), "granteddenied x");
        assert_eq!(plain("txt\u{202e}gpj.exe\u{2066}"), "txtgpj.exe");
    }

    #[test]
    fn a_sequence_that_does_not_end_swallows_no_later_line() {
        assert_eq!(plain("\u{1b}]0;never ends\nstill here\n"), "\nstill here\n");
        assert_eq!(plain("\u{1b}[12\nhere"), "\nhere");
        assert_eq!(plain("\u{1b}\u{1b}[2Jx\u{1b}[\u{18}y"), "xy");
    }

    #[test]
    fn pieces_of_any_size_give_the_same() {
        let text = "a\u{1b}[1;31mbü\u{1b}]0;t\u{1b}\\日\u{9b}2Jz\n".repeat(3);
        for size in 1..8 {
            let mut filter = Plain::default();
            let pieces: Vec<u8> =
                text.as_bytes().chunks(size).flat_map(|piece| filter.filter(piece)).collect();
            assert_eq!(String::from_utf8(pieces).unwrap(), plain(&text), "in pieces of {size}");
        }
    }

    #[test]
    fn what_is_no_text_shows_as_question_marks() {
        let mut filter = Plain::default();
        assert_eq!(filter.filter(b"a\xff\xfeb\xc3"), b"a??b");
        assert_eq!(filter.filter(b"\x9bc"), "\u{db}c".as_bytes(), "not the control character 9b");
        assert_eq!(filter.filter(b"\xe2\x28"), b"?(");
        assert!(filter.partial.is_empty());
    }
}
