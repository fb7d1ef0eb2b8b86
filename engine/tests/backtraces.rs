//! Backtraces of modules with names and debug information: files, lines and inlined functions.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![cfg(all(feature = "dwarf", feature = "compile"))]

use plugbay_engine::{
    ArtifactWriter, Config, Engine, Error, Instance, Module, SealKey, SourceHash, Store, StoreLimits, Val,
};

const LINES: &[u8] = include_bytes!("../../tests/fixtures/lines/lines.wasm");
const LINES5: &[u8] = include_bytes!("../../tests/fixtures/lines/lines5.wasm");

fn divide_by_zero(config: &Config, bytes: &[u8]) -> Error {
    let engine = Engine::new(config).unwrap();
    run(&engine, &Module::new(&engine, bytes).unwrap())
}

/// The trap that `run` ends with.
fn run(engine: &Engine, module: &Module) -> Error {
    let mut store = Store::new(engine, (), StoreLimits::default()).unwrap();
    let mut cx = store.context();
    let instance = Instance::new(&mut cx, module, &[]).unwrap();
    let run = instance.export(&cx, "run").unwrap().into_func().unwrap();
    run.call(&mut cx, &[Val::I32(0)]).unwrap_err()
}

#[test]
fn frames_tell_files_lines_and_what_was_inlined() {
    for bytes in [LINES, LINES5] {
        let error = divide_by_zero(&Config::new(), bytes);
        let frames = error.trap().unwrap().frames();
        let places: Vec<_> = frames[0]
            .locations()
            .iter()
            .map(|place| (place.function.clone().unwrap(), place.file.clone().unwrap(), place.line.unwrap()))
            .collect();
        let file = |function: &str, line| (function.to_owned(), "lines.c".to_owned(), line);
        assert_eq!(places, [file("innermost", 8), file("middle", 13), file("outer", 17)]);
        let text: Vec<_> = frames.iter().map(ToString::to_string).collect();
        let inner = "innermost at lines.c:8:14, inlined into middle at lines.c:13:12, inlined into outer (function 0) \
                     at lines.c:17:18 (byte 0x";
        assert!(text[0].starts_with(inner), "{text:?}");
        assert!(text[1].starts_with("run (function 1) at lines.c:22:12 (byte 0x"), "{text:?}");
    }
}

#[test]
fn frames_outlive_the_store_the_module_and_the_engine() {
    let error = divide_by_zero(&Config::new(), LINES);
    let frame = error.trap().unwrap().frames()[1].clone();
    drop(error);
    assert_eq!((frame.function(), frame.name().as_deref()), (1, Some("run")));
    assert_eq!(frame.locations()[0].line, Some(22));
}

#[test]
fn modules_inside_others_count_from_their_own_code() {
    // The code section moves when something comes before it.
    let at = 8;
    let custom = [&[0, 200, 1, 4][..], b"more", &[0; 195]].concat();
    let moved = [&LINES[..at], &custom, &LINES[at..]].concat();
    let lines = |bytes| {
        let error = divide_by_zero(&Config::new(), bytes);
        let frames = error.trap().unwrap().frames();
        frames.iter().map(|frame| (frame.locations().to_vec(), frame.offset())).collect::<Vec<_>>()
    };
    for ((here, at), (there, moved)) in lines(LINES).into_iter().zip(lines(&moved)) {
        assert_eq!(here, there);
        assert_eq!(at.unwrap() + custom.len(), moved.unwrap());
    }
}

#[test]
fn modules_from_an_artifact_tell_the_same() {
    let engine = Engine::new(&Config::new()).unwrap();
    let mut writer = ArtifactWriter::new(&engine, SourceHash::of(LINES));
    writer.add_module(&Module::new(&engine, LINES).unwrap()).unwrap();
    let key = SealKey::new([1; 32]);
    let loaded = Module::from_artifact_bytes(&engine, writer.seal(&key).unwrap(), &key).unwrap();
    let [compiled, loaded] = [Module::new(&engine, LINES).unwrap(), loaded].map(|module| {
        let error = run(&engine, &module);
        error.trap().unwrap().frames().iter().map(ToString::to_string).collect::<Vec<_>>()
    });
    assert!(compiled[0].contains("lines.c:8:14"), "{compiled:?}");
    assert_eq!(compiled, loaded);
}
