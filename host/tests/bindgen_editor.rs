//! The bindings of the example editor, as an application uses them: against components that real toolchains made.

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
    fn log(&mut self, level: logging::Level, message: String) {
        self.log.push((level, message));
    }
}

impl config::Host for State {
    fn get(&mut self, key: String) -> Option<String> {
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

fn plugin(name: &str) -> EditorPlugin<State> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins-example").join(name);
    let host = host();
    let compiled = host.compile(Source::file(&path)).unwrap();
    let grants = Grants::none().allow("demo:editor").allow("wasi:cli").allow("wasi:filesystem").allow("wasi:io").allow("wasi:clocks").allow("wasi:random");
    let linked = compiled.link(&grants).unwrap();
    let state = State { buffers: vec!["# Title\nSome  text here.\n".to_owned()], ..State::default() };
    linked.instantiate_as(state).unwrap()
}

#[test]
fn calls_and_imports() {
    let mut plugin = plugin("c/whitespace.wasm");
    let info = plugin.describe().unwrap();
    assert!(!info.name.is_empty());
    let tokens = plugin.text_tools().tokenize("# One\ntwo 3").unwrap();
    assert!(tokens.iter().any(|token| token.kind == TokenKind::Heading(1)), "{tokens:?}");
    let counts = plugin.text_tools().count_words("one two\nthree\n").unwrap();
    assert_eq!((counts.words, counts.bytes), (3, 14));
}

#[test]
fn a_borrowed_buffer_is_read_and_edits_come_back() {
    let mut plugin = plugin("c/whitespace.wasm");
    let target = Resource::<Buffer>::own(0);
    let edits: Result<Vec<Edit>, EditError> = plugin.text_tools().propose(target.borrow()).unwrap();
    assert!(!edits.unwrap().is_empty());
}

#[test]
fn sessions_live_in_the_plugin() {
    let mut plugin = plugin("c/whitespace.wasm");
    let first = Session::new(&mut plugin, "first").unwrap();
    assert_eq!(first.append(&mut plugin, "one two").unwrap(), 2);
    assert_eq!(first.append(&mut plugin, "three").unwrap(), 3);
    let second = Session::new(&mut plugin, "second").unwrap();
    second.append(&mut plugin, "four").unwrap();
    let merged = Session::merge(&mut plugin, first, second).unwrap();
    let summary = merged.summary(&mut plugin).unwrap();
    assert_eq!((summary.name.as_str(), summary.words), ("first", 4));
    merged.drop(&mut plugin).unwrap();
}
