//! An open text and the changes that can be made to it. It knows nothing of plugins; what they propose is checked here
//! like any other edit.

use std::fmt;
use std::ops::Range;

/// A text that is open in the editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Buffer {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// Put `text` in the place of the bytes `range`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) range: Range<usize>,
    pub(crate) text: String,
}

/// Why changes were refused. Positions are bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The change starts or ends beyond the end of the text.
    Outside { change: usize, end: usize, length: usize },
    /// The change would cut a character in two.
    InsideCharacter { change: usize, at: usize },
    /// The change starts before the one in front of it ends.
    Overlap { change: usize },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside { change, end, length } => {
                write!(f, "edit {change} reaches byte {end}, but the text has {length}")
            }
            Self::InsideCharacter { change, at } => {
                write!(f, "edit {change} would cut the character around byte {at} in two")
            }
            Self::Overlap { change } => write!(f, "edit {change} overlaps the one before it"),
        }
    }
}

impl Buffer {
    pub(crate) fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// Line `number`, counted from 0, without its line end.
    pub(crate) fn line(&self, number: u32) -> Option<&str> {
        self.text.lines().nth(usize::try_from(number).ok()?)
    }

    /// How many lines there are.
    pub(crate) fn line_count(&self) -> u32 {
        u32::try_from(self.text.lines().count()).unwrap_or(u32::MAX)
    }

    /// Makes all `changes` or none. They are in order and do not overlap; positions are those of the text as it is now.
    pub(crate) fn apply(&mut self, changes: &[Change]) -> Result<(), Refusal> {
        self.check(changes)?;
        let mut text = String::with_capacity(self.text.len());
        let mut copied = 0;
        for change in changes {
            text.push_str(&self.text[copied..change.range.start]);
            text.push_str(&change.text);
            copied = change.range.end;
        }
        text.push_str(&self.text[copied..]);
        self.text = text;
        Ok(())
    }

    fn check(&self, changes: &[Change]) -> Result<(), Refusal> {
        let mut last_end = 0;
        for (number, Change { range, .. }) in changes.iter().enumerate() {
            let change = number + 1;
            let end = range.start.max(range.end);
            if end > self.text.len() {
                return Err(Refusal::Outside { change, end, length: self.text.len() });
            }
            if range.start < last_end || range.end < range.start {
                return Err(Refusal::Overlap { change });
            }
            for at in [range.start, range.end] {
                if !self.text.is_char_boundary(at) {
                    return Err(Refusal::InsideCharacter { change, at });
                }
            }
            last_end = range.end;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(range: Range<usize>, text: &str) -> Change {
        Change { range, text: text.into() }
    }

    #[test]
    fn all_changes_count_from_the_text_as_it_was() {
        let mut buffer = Buffer::new("a", "one two three");
        buffer.apply(&[change(0..3, "1"), change(4..4, "and "), change(7..13, "")]).unwrap();
        assert_eq!(buffer.text, "1 and two");
    }

    #[test]
    fn a_refused_change_leaves_the_text_alone() {
        let mut buffer = Buffer::new("a", "aäa");
        let outside = buffer.apply(&[change(0..1, "b"), change(2..9, "")]);
        assert_eq!(outside, Err(Refusal::Outside { change: 2, end: 9, length: 4 }));
        assert_eq!(buffer.apply(&[change(2..3, "")]), Err(Refusal::InsideCharacter { change: 1, at: 2 }));
        assert_eq!(buffer.apply(&[change(0..1, ""), change(0..1, "")]), Err(Refusal::Overlap { change: 2 }));
        assert_eq!(buffer.text, "aäa");
    }

    #[test]
    fn lines_are_counted_from_zero() {
        let buffer = Buffer::new("a", "one\ntwo\n");
        assert_eq!((buffer.line_count(), buffer.line(1), buffer.line(2)), (2, Some("two"), None));
    }
}
