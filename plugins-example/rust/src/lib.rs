//! A plugin of the example editor that knows Markdown.
//!
//! Here: the bindings that `wit-bindgen` makes of `../wit`, and one implementation per exported interface, each handing
//! on to the module that does the work. Nothing below this file names an import of the component, but `dictionary`,
//! which reaches WASI through `std`.

mod counts;
mod dictionary;
mod edits;
mod mischief;
mod session;
mod tokens;

wit_bindgen::generate!({ path: "../wit", world: "plugin" });

use demo::editor::buffers::Buffer;
use demo::editor::logging::{Level, log};
use demo::editor::types::{Capabilities, Edit, EditError, Token, WordCount};
use exports::demo::editor::mischief::Kind;

struct Markdown;
export!(Markdown);

impl Guest for Markdown {
    fn describe() -> PluginInfo {
        PluginInfo {
            name: "markdown".into(),
            version: (0, 1, 0),
            language: "Rust".into(),
            capabilities: Capabilities::TOKENIZE
                | Capabilities::EDIT
                | Capabilities::COUNT
                | Capabilities::SESSIONS
                | Capabilities::DICTIONARY,
            homepage: None,
        }
    }
}

impl exports::demo::editor::text_tools::Guest for Markdown {
    fn tokenize(text: String) -> Vec<Token> {
        tokens::tokenize(&text)
    }

    fn count_words(text: String) -> WordCount {
        counts::count(&text)
    }

    fn propose(target: &Buffer) -> Result<Vec<Edit>, EditError> {
        let length = target.length();
        if length > edits::MOST_BYTES {
            return Err(EditError::TooLarge(edits::MOST_BYTES.into()));
        }
        let edits = edits::propose(&target.text())?;
        log(Level::Info, &format!("{}: {} edits", target.name(), edits.len()));
        Ok(edits)
    }
}

impl exports::demo::editor::sessions::Guest for Markdown {
    type Session = session::Session;
}

impl exports::demo::editor::dictionary::Guest for Markdown {
    fn load_dictionary(path: String) -> Result<u32, String> {
        dictionary::load(&path)
    }

    fn default_path() -> Option<String> {
        dictionary::default_path()
    }

    fn unknown_words(text: String) -> Vec<(u32, String)> {
        dictionary::unknown_words(&text)
    }
}

impl exports::demo::editor::mischief::Guest for Markdown {
    fn commit(kind: Kind) -> u64 {
        mischief::commit(kind)
    }
}
