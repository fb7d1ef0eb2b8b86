//! Character and string literals: `'x'`, `"text"` and the indented `"""` form.

use super::lex::Lexer;
use crate::error::{Error, Result};

impl Lexer<'_> {
    /// Takes a character literal.
    pub(super) fn char(&mut self) -> Result<char> {
        let at = self.place();
        let Some(body) = self.rest().strip_prefix('\'') else {
            return Err(self.unexpected("a character, as in 'x'"));
        };
        let (char, length) = match body.chars().next() {
            Some('\\') => escape(body, at + 1)?,
            Some(c) if !matches!(c, '\'' | '\n') => (c, c.len_utf8()),
            _ => {
                return Err(Error::text(
                    at + 1,
                    "expected one character; write \\' and \\n for ' and a line break",
                ));
            }
        };
        if !body.get(length..).is_some_and(|rest| rest.starts_with('\'')) {
            return Err(Error::text(at + 1 + length, "expected ' after one character"));
        }
        self.advance(length + 2);
        Ok(char)
    }

    /// Takes a string literal.
    pub(super) fn string(&mut self) -> Result<String> {
        let at = self.place();
        if self.rest().starts_with("\"\"\"") {
            return self.multiline_string(at);
        }
        let Some(body) = self.rest().strip_prefix('"') else {
            return Err(self.unexpected("a string, as in \"text\""));
        };
        let mut out = String::new();
        let mut length = 0;
        loop {
            let rest = body.get(length..).unwrap_or_default();
            match rest.chars().next() {
                Some('"') => break,
                Some('\\') => {
                    let (char, taken) = escape(rest, at + 1 + length)?;
                    out.push(char);
                    length += taken;
                }
                Some(c) if c != '\n' => {
                    out.push(c);
                    length += c.len_utf8();
                }
                _ => {
                    return Err(Error::text(
                        at,
                        "this string does not end on its line; write \\n for a line break",
                    ));
                }
            }
        }
        self.advance(length + 2);
        Ok(out)
    }

    /// Takes a `"""` string: lines, less the indentation of the closing `"""`.
    fn multiline_string(&mut self, at: usize) -> Result<String> {
        let body = self.rest().get(3..).unwrap_or_default();
        let start = if body.starts_with("\r\n") { 2 } else { 1 };
        let Some(after_break) = body.get(start..).filter(|_| body.starts_with(['\r', '\n'])) else {
            return Err(Error::text(at + 3, "expected a line break after \"\"\""));
        };
        let Some(length) = after_break.find("\"\"\"") else {
            return Err(Error::text(at, "this string does not end; close it with \"\"\""));
        };
        let inside = after_break.get(..length).unwrap_or_default();
        let (content, indent) = match inside.rsplit_once('\n') {
            Some((content, indent)) => (Some(content), indent),
            None => (None, inside),
        };
        let content_at = at + 3 + start;
        if indent.contains(|c| c != ' ') {
            return Err(Error::text(content_at + length, "expected only spaces before the closing \"\"\""));
        }
        let mut out = String::new();
        let mut line_at = content_at;
        for (i, line) in content.into_iter().flat_map(|content| content.split('\n')).enumerate() {
            if i > 0 {
                out.push('\n');
            }
            let Some(text) = line.strip_prefix(indent) else {
                return Err(Error::text(line_at, "this line is indented less than the closing \"\"\""));
            };
            unescape(text.strip_suffix('\r').unwrap_or(text), line_at + indent.len(), &mut out)?;
            line_at += line.len() + 1;
        }
        self.advance(3 + start + length + 3);
        Ok(out)
    }
}

/// Appends `text`, its escapes replaced.
fn unescape(mut text: &str, mut at: usize, out: &mut String) -> Result<()> {
    while let Some((before, _)) = text.split_once('\\') {
        out.push_str(before);
        let rest = text.get(before.len()..).unwrap_or_default();
        let (char, taken) = escape(rest, at + before.len())?;
        out.push(char);
        text = rest.get(taken..).unwrap_or_default();
        at += before.len() + taken;
    }
    out.push_str(text);
    Ok(())
}

/// The character that the escape at the start of `text` stands for, and the escape's length.
fn escape(text: &str, at: usize) -> Result<(char, usize)> {
    let simple = |c| Ok((c, 2));
    match text.chars().nth(1) {
        Some(c @ ('\'' | '"' | '\\')) => simple(c),
        Some('t') => simple('\t'),
        Some('n') => simple('\n'),
        Some('r') => simple('\r'),
        Some('u') => {
            let digits =
                text.get(2..).and_then(|rest| rest.strip_prefix('{')).and_then(|rest| rest.split_once('}'));
            let hex = digits
                .map(|(digits, _)| digits)
                .filter(|d| (1..=6).contains(&d.len()) && d.bytes().all(|digit| digit.is_ascii_hexdigit()));
            let char = hex.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
            match (char, hex) {
                (Some(char), Some(hex)) => Ok((char, hex.len() + 4)),
                _ => Err(Error::text(
                    at,
                    "expected \\u{…} with the hexadecimal number of a Unicode scalar value",
                )),
            }
        }
        _ => Err(Error::text(at, "unknown escape; known are \\' \\\" \\\\ \\t \\n \\r \\u{…}")),
    }
}
