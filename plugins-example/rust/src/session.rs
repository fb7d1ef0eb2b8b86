//! The guest resource `session`.

use crate::demo::editor::buffers::open_buffer;
use crate::exports::demo::editor::sessions::{self, GuestSession, Summary};
use std::cell::RefCell;

/// What lives behind a handle to a session.
pub struct Session(RefCell<Seen>);

struct Seen {
    name: String,
    appended: u64,
    words: u32,
    bytes: u64,
    longest: Option<String>,
}

impl Seen {
    fn note_longest(&mut self, word: &str) {
        if self.longest.as_ref().is_none_or(|longest| longest.len() < word.len()) {
            self.longest = Some(word.into());
        }
    }
}

impl GuestSession for Session {
    fn new(mut name: String) -> Self {
        if name.is_empty() {
            name = open_buffer().map(|buffer| buffer.name()).unwrap_or_default();
        }
        Session(RefCell::new(Seen { name, appended: 0, words: 0, bytes: 0, longest: None }))
    }

    fn append(&self, text: String) -> u32 {
        let mut seen = self.0.borrow_mut();
        seen.appended += 1;
        for word in text.split_whitespace() {
            seen.words += 1;
            seen.bytes += word.len() as u64;
            seen.note_longest(word);
        }
        seen.words
    }

    fn summary(&self) -> Summary {
        let seen = self.0.borrow();
        Summary {
            name: seen.name.clone(),
            appended: seen.appended,
            words: seen.words,
            average_length: if seen.words == 0 { 0.0 } else { seen.bytes as f64 / f64::from(seen.words) },
            longest: seen.longest.clone(),
        }
    }

    fn merge(first: sessions::Session, second: sessions::Session) -> sessions::Session {
        let mut merged = first.into_inner::<Session>().0.into_inner();
        let second = second.into_inner::<Session>().0.into_inner();
        merged.appended += second.appended;
        merged.words += second.words;
        merged.bytes += second.bytes;
        if let Some(word) = second.longest {
            merged.note_longest(&word);
        }
        sessions::Session::new(Session(RefCell::new(merged)))
    }
}
