//! The words of WAVE: a cursor over a text that skips blanks and comments and takes one token at a time.

use crate::error::{Error, Result};

/// A label or keyword.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'s> {
    /// Without its `%`.
    pub(super) name: &'s str,
    /// Whether it had a `%`, which makes it a label whatever it spells.
    pub(super) escaped: bool,
    /// Where it starts.
    pub(super) at: usize,
}

#[derive(Debug)]
pub(super) struct Lexer<'s> {
    text: &'s str,
    at: usize,
}

impl<'s> Lexer<'s> {
    pub(super) fn new(text: &'s str) -> Self {
        Self { text, at: 0 }
    }

    /// The text from the cursor on.
    pub(super) fn rest(&self) -> &'s str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next token's first character.
    pub(super) fn peek(&mut self) -> Option<char> {
        self.skip_blanks();
        self.rest().chars().next()
    }

    /// Where the next token starts.
    pub(super) fn place(&mut self) -> usize {
        self.skip_blanks();
        self.at
    }

    /// Moves over `length` bytes that have just been looked at.
    pub(super) fn advance(&mut self, length: usize) {
        self.at = self.text.len().min(self.at.saturating_add(length));
    }

    /// Takes `mark` if it is next.
    pub(super) fn eat(&mut self, mark: char) -> bool {
        let next = self.peek() == Some(mark);
        if next {
            self.advance(mark.len_utf8());
        }
        next
    }

    /// Takes `mark`, which must be next.
    pub(super) fn expect(&mut self, mark: char) -> Result<()> {
        if self.eat(mark) { Ok(()) } else { Err(self.unexpected(&format!("`{mark}`"))) }
    }

    /// Takes a label or keyword if one is next.
    pub(super) fn word(&mut self) -> Option<Word<'s>> {
        let at = self.place();
        let rest = self.rest();
        let bare = rest.strip_prefix('%');
        let name = bare.unwrap_or(rest);
        let length = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(name.len());
        let name = name.get(..length).filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))?;
        self.advance(length + usize::from(bare.is_some()));
        Some(Word { name, escaped: bare.is_some(), at })
    }

    /// Takes the keyword `keyword` if it is next.
    pub(super) fn keyword(&mut self, keyword: &str) -> bool {
        let back = self.at;
        let found = self.word().is_some_and(|word| !word.escaped && word.name == keyword);
        if !found {
            self.at = back;
        }
        found
    }

    /// Takes a number (`-inf` included), as text, if one is next.
    pub(super) fn number(&mut self) -> Option<&'s str> {
        self.skip_blanks();
        let rest = self.rest();
        let mut previous = ' ';
        let mut in_number = |c: char| {
            let sign = matches!(c, '-' | '+') && matches!(previous, ' ' | 'e' | 'E');
            previous = c;
            sign || c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E')
        };
        let length = if rest.starts_with("-inf") {
            "-inf".len()
        } else {
            rest.find(|c| !in_number(c)).unwrap_or(rest.len())
        };
        let number = rest.get(..length)?;
        let digits = number.strip_prefix('-').unwrap_or(number);
        if digits != "inf" && !digits.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        self.advance(length);
        Some(number)
    }

    /// What to say when something else than `expected` is next.
    pub(super) fn unexpected(&mut self, expected: &str) -> Error {
        let at = self.place();
        match self.rest().chars().next() {
            Some(found) => Error::text(at, format!("expected {expected}, found `{}`", found.escape_debug())),
            None => Error::text(at, format!("expected {expected}, found the end of the text")),
        }
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let mut left = rest.trim_start_matches([' ', '\t', '\n', '\r']);
            if left.starts_with("//") {
                left = left.split_once('\n').map_or("", |(_, after)| after);
            }
            if left.len() == rest.len() {
                return;
            }
            self.advance(rest.len() - left.len());
        }
    }
}
