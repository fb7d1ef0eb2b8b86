//! The examples are run and say what they should, and their guests are made of the sources beside them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says by panicking that it failed")]

use std::path::{Path, PathBuf};
use std::process::Command;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

/// Each guest and the world that it is of.
const GUESTS: [(&str, &str); 7] = [
    ("greet", "greeter"),
    ("badge", "badge"),
    ("till", "shop"),
    ("robot", "robot"),
    ("db", "db"),
    ("page", "page"),
    ("reader/reader", "reader"),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

fn component(guest: &str, world: &str) -> Vec<u8> {
    let source = |extension: &str| folder().join("guests").join(guest).with_extension(extension);
    let mut module = wat::parse_file(source("wat")).unwrap();
    let mut resolve = wit_parser::Resolve::new();
    let package = resolve.push_file(source("wit")).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

#[test]
fn the_guests_are_made_of_their_sources() {
    for (guest, world) in GUESTS {
        let path = folder().join("guests").join(guest).with_extension("wasm");
        let made = component(guest, world);
        if std::env::var_os("PLUGBAY_BLESS").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        assert_eq!(std::fs::read(&path).unwrap(), made, "{guest}.wasm: set PLUGBAY_BLESS=1 to make it anew");
    }
}

/// What an example printed. Cargo builds examples with the tests, beside them.
fn printed(example: &str) -> String {
    let mut folder = std::env::current_exe().unwrap();
    folder.pop();
    folder.pop();
    let path = folder.join("examples").join(example);
    assert!(path.exists(), "run `cargo build -p plugbay --examples` first: {} is not there", path.display());
    let output = Command::new(path).output().unwrap();
    assert!(output.status.success(), "{example}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn hello() {
    let expected = "\
Hello, world!
`greet` asks for nothing: it can only compute.
Hello, one!
Hello, other!
plugin `greet`: does not fit the world that the application expects:
  function `greet`: the result: the Rust type is u32, the component has string
";
    assert_eq!(printed("hello"), expected);
}

#[test]
fn grants() {
    let expected = "\
`badge` (risk: medium):
  medium reads the environment variables and arguments you choose  [--allow-env NAME]
  low    reads the time, measures time and waits  [--allow-clocks]

plugin `badge`: imports 2 interfaces that it was not granted:
  `wasi:cli/environment@0.2.0`: allow it with `Grants::allow_env(NAME)` or `--allow-env NAME`
  `wasi:clocks/monotonic-clock@0.2.0`: allow it with `Grants::allow_clocks()` or `--allow-clocks`

owner: Some(\"Ada\")
the clock goes forward: true
owner: None

plugin `badge`: imports 1 interface that it was not granted:
  `wasi:clocks/monotonic-clock@0.2.0`: denied by `deny(\"wasi:clocks\")`, which wins over every grant
";
    assert_eq!(printed("grants"), expected);
}

#[test]
fn resources() {
    assert_eq!(printed("resources"), "bread: 3\ntea: 7\ntea: 11\n2 items are still ours\n");
}

#[test]
fn own_types() {
    let expected = "\
Forward(3): {x: 0, y: 3} North
TurnTo(East): {x: 0, y: 3} East
Beep: {x: 0, y: 3} East
Forward(2): {x: 2, y: 3} East
it can dance: false
";
    assert_eq!(printed("own_types"), expected);
}

#[test]
fn composition() {
    let expected = "\
`page` (risk: medium):
  medium uses `demo:db/store` of the plugin `db`  [Grants::allow_from(\"db\", \"demo:db/store\")]

plugin `page`: imports 1 interface that it was not granted:
  `demo:db/store@1.0.0` of plugin `db`: allow it with `Grants::allow_from(\"db\", \"demo:db/store\")`

visit 1
visit 2
visit 3
`page` holds 1 counter of `db`
visit 4
";
    assert_eq!(printed("composition"), expected);
}

#[test]
fn capability() {
    let expected = "\
`demo:reader` (risk: medium):
  medium reads notes you choose  [--allow demo:notes/notes]
         for notes in public
         for notes in drafts
         its author says: To say how long your notes are
audit: link None: Allowed, granted
audit: size Some(\"public/plan\"): Allowed, granted
11
audit: size Some(\"drafts/poem\"): Denied, the grant does not allow it
plugin `demo:reader`: `size` of `demo:notes/notes` was not permitted for drafts/poem: the grant does not allow it
";
    assert_eq!(printed("capability"), expected);
    // It is short, and stays so: what is counted is code, without comments and what ends blocks.
    let source = std::fs::read_to_string(folder().join("capability.rs")).unwrap();
    let is_code = |line: &&str| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with("//") && !line.chars().all(|c| "(){}[];,".contains(c))
    };
    assert!(source.lines().filter(is_code).count() <= 30);
}
