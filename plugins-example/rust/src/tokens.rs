//! Cuts Markdown into tokens. It knows fences, headings, bullets, code spans, links and emphasis; it is no full parser.

use crate::demo::editor::types::{Token, TokenKind};

/// The tokens of `text`. They cover it without gaps.
pub fn tokenize(text: &str) -> Vec<Token> {
    let mut tokens = Tokens { text, at: 0, list: Vec::new() };
    let mut fenced = false;
    while tokens.at < text.len() {
        let line = tokens.rest().lines().next().unwrap_or_default();
        let is_fence = line.trim_start().starts_with("```");
        if is_fence || fenced {
            fenced ^= is_fence;
            tokens.push(TokenKind::Other(if is_fence { "fence" } else { "code-block" }.into()), line.len());
        } else if let Some(level) = heading_level(line) {
            tokens.push(TokenKind::Heading(level), line.len());
        } else {
            let end = tokens.at + line.len();
            tokens.bullet(line);
            tokens.inline(end);
        }
        let line_end = if tokens.rest().starts_with("\r\n") { 2 } else { tokens.rest().len().min(1) };
        tokens.push(TokenKind::Whitespace, line_end);
    }
    tokens.list
}

/// The level of a heading line: one to six `#` and then a space or nothing.
fn heading_level(line: &str) -> Option<u8> {
    let level = line.bytes().take_while(|&byte| byte == b'#').count();
    let marked = line[level..].is_empty() || line[level..].starts_with(' ');
    ((1..=6).contains(&level) && marked).then_some(level as u8)
}

struct Tokens<'a> {
    text: &'a str,
    at: usize,
    list: Vec<Token>,
}

impl<'a> Tokens<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn push(&mut self, kind: TokenKind, length: usize) {
        if length > 0 {
            self.list.push(Token { kind, start: self.at as u32, length: length as u32 });
            self.at += length;
        }
    }

    /// Takes the indentation and bullet of a list item, if `line` is one.
    fn bullet(&mut self, line: &str) {
        let item = line.trim_start_matches(' ');
        if item.starts_with("- ") || item.starts_with("* ") || item.starts_with("+ ") {
            self.push(TokenKind::Whitespace, line.len() - item.len());
            self.push(TokenKind::Other("bullet".into()), 1);
        }
    }

    /// Takes everything up to byte `end`, which is the end of a line.
    fn inline(&mut self, end: usize) {
        while self.at < end {
            let line = &self.text[self.at..end];
            let Some(first) = line.chars().next() else { return };
            let length = match first {
                '`' => code_length(line).map(|length| ("code", length)),
                '[' => link_length(line).map(|length| ("link", length)),
                '*' | '_' => Some(("emphasis", run(line, |mark| mark == first))),
                _ => None,
            };
            match length {
                Some((name, length)) => self.push(TokenKind::Other(name.into()), length),
                None => self.plain(line, first),
            }
        }
    }

    fn plain(&mut self, line: &str, first: char) {
        if first.is_whitespace() {
            self.push(TokenKind::Whitespace, run(line, char::is_whitespace));
        } else if first.is_ascii_digit() {
            let digits = run(line, |c| c.is_ascii_digit());
            let fraction =
                line[digits..].strip_prefix('.').map_or(0, |rest| run(rest, |c| c.is_ascii_digit()));
            self.push(TokenKind::Number, if fraction > 0 { digits + 1 + fraction } else { digits });
        } else if first.is_alphanumeric() {
            self.push(TokenKind::Word, run(line, |c| c.is_alphanumeric() || c == '\'' || c == '’'));
        } else {
            self.push(TokenKind::Punctuation(first), first.len_utf8());
        }
    }
}

/// How many bytes at the beginning of `text` hold characters that `belongs` accepts.
fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// The length of the code span that `line` begins with, both marks included.
fn code_length(line: &str) -> Option<usize> {
    let marks = run(line, |c| c == '`');
    let close = line[marks..].find(&line[..marks])?;
    Some(marks + close + marks)
}

/// The length of the link `[text](target)` that `line` begins with.
fn link_length(line: &str) -> Option<usize> {
    let middle = line.find("](")?;
    let close = line[middle..].find(')')?;
    (!line[1..middle].contains('[')).then_some(middle + close + 1)
}
