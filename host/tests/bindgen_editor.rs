//! The bindings of the example editor, as an application uses them: against components that real toolchains made.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;

use bindings::EditorPlugin;
use bindings::demo::editor::buffers::{self, Buffer};
use bindings::demo::editor::types::{Edit, EditError, TokenKind};
use bindings::demo::editor::{config, logging};
use bindings::exports::demo::editor::sessions::Session;
use plugbay::macro_support::{Borrow, Resource};
use plugbay::{Grants, Host, HostBuilder, Source};

mod bindings {
    plugbay::bindgen!({ path: "../plugins-example/wit", world: "plugin", name: EditorPlugin });
}

/// What the editor knows of one plugin.
#[derive(Default)]
struct State {
    log: Vec<(logging::Level, String)>,
    buffers: Vec<String>,
    dropped: Vec<u32>,
}

impl logging::Host for State {
    fn log(&mut self, level: logging::Level, message: &str) {
        self.log.push((level, message.to_owned()));
    }
}

impl config::Host for State {
    fn get(&mut self, key: &str) -> Option<String> {
        (key == "language").then(|| "en".to_owned())
    }

    fn entries(&mut self) -> Vec<(String, String)> {
        vec![("language".to_owned(), "en".to_owned())]
    }
}

impl State {
    fn text(&self, this: &Borrow<Buffer>) -> &str {
        usize::try_from(this.rep()).ok().and_then(|index| self.buffers.get(index)).map_or("", String::as_str)
    }
}

impl buffers::Host for State {
    fn buffer_name(&mut self, this: Borrow<Buffer>) -> String {
        format!("buffer {}", this.rep())
    }

    fn buffer_text(&mut self, this: Borrow<Buffer>) -> String {
        self.text(&this).to_owned()
    }

    fn buffer_length(&mut self, this: Borrow<Buffer>) -> u32 {
        u32::try_from(self.text(&this).len()).unwrap()
    }

    fn buffer_line_count(&mut self, this: Borrow<Buffer>) -> u32 {
        u32::try_from(self.text(&this).lines().count()).unwrap()
    }

    fn buffer_line(&mut self, this: Borrow<Buffer>, number: u32) -> Option<String> {
        self.text(&this).lines().nth(usize::try_from(number).ok()?).map(str::to_owned)
    }

    fn open_buffer(&mut self) -> Option<Resource<Buffer>> {
        (!self.buffers.is_empty()).then(|| Resource::own(0))
    }

    fn drop_buffer(&mut self, this: Resource<Buffer>) {
        self.dropped.push(this.rep());
    }
}

fn host() -> Host<State> {
    let builder: HostBuilder<State> = Host::builder();
    bindings::offer(builder, |state: &mut State| state).build().unwrap()
}

/// Plugins of three languages: they differ in string encoding, allocator and in what they import.
const PLUGINS: [&str; 3] = ["rust/markdown.wasm", "c/whitespace.wasm", "assemblyscript/shout.wasm"];

fn plugin(name: &str) -> EditorPlugin<State> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins-example").join(name);
    let grants = ["demo:editor", "wasi:cli", "wasi:filesystem", "wasi:io", "wasi:clocks", "wasi:random"]
        .into_iter()
        .fold(Grants::none(), Grants::allow);
    let linked = host().compile(Source::file(&path)).unwrap().link(&grants).unwrap();
    let buffers = vec!["# Title...  \ntodo: the the text.\n\n\n\tend".to_owned()];
    linked.instantiate_as(State { buffers, ..State::default() }).unwrap()
}

#[test]
fn functions_of_the_world_and_of_an_interface() {
    for name in PLUGINS {
        let mut plugin = plugin(name);
        let info = plugin.describe().unwrap();
        assert!(name.contains(&*info.name), "{name}: {info:?}");
        assert!(info.capabilities.tokenize && info.capabilities.sessions, "{name}: {info:?}");
        let text = "One, 2 größer";
        let tokens = plugin.text_tools().tokenize(text).unwrap();
        assert_eq!((&tokens[0].kind, tokens[0].length), (&TokenKind::Word, 3), "{name}: {tokens:?}");
        let last = tokens.last().unwrap();
        assert_eq!(last.start + last.length, u32::try_from(text.len()).unwrap(), "{name}: {tokens:?}");
        let counts = plugin.text_tools().count_words("one two\nthree\n").unwrap();
        assert_eq!((counts.lines, counts.words, counts.bytes), (2, 3, 14), "{name}");
    }
}

#[test]
fn a_lent_buffer_is_read_and_edits_come_back() {
    for name in PLUGINS {
        let mut plugin = plugin(name);
        let target = Resource::<Buffer>::own(0);
        let edits: Result<Vec<Edit>, EditError> = plugin.text_tools().propose(target.borrow()).unwrap();
        assert!(!edits.unwrap().is_empty(), "{name}");
        let missing: Result<Vec<Edit>, EditError> =
            plugin.text_tools().propose(Resource::<Buffer>::own(9).borrow()).unwrap();
        assert_eq!(missing, Ok(Vec::new()), "{name}: an empty text needs no edits");
    }
}

#[test]
fn sessions_live_in_the_plugin() {
    for name in PLUGINS {
        let mut plugin = plugin(name);
        let first = Session::new(&mut plugin, "first").unwrap();
        assert_eq!(first.append(&mut plugin, "one two").unwrap(), 2, "{name}");
        assert_eq!(first.append(&mut plugin, "three").unwrap(), 3, "{name}");
        let second = Session::new(&mut plugin, "second").unwrap();
        second.append(&mut plugin, "fourteen").unwrap();
        let merged = Session::merge(&mut plugin, first, second).unwrap();
        let summary = merged.summary(&mut plugin).unwrap();
        assert!(summary.name.starts_with("first"), "{name}: {summary:?}");
        assert_eq!((summary.appended, summary.words), (3, 4), "{name}");
        assert_eq!(summary.longest.as_deref(), Some("fourteen"), "{name}");
        merged.drop(&mut plugin).unwrap();
    }
}

#[test]
fn a_handle_of_another_plugin_is_refused() {
    let mut one = plugin("c/whitespace.wasm");
    let mut other = plugin("c/whitespace.wasm");
    let session = Session::new(&mut one, "one").unwrap();
    assert!(session.append(&mut other, "text").is_err());
    assert_eq!(session.append(&mut one, "still here").unwrap(), 2);
}
