//! Core modules as plugins: commands and reactors of WASI preview 1, modules from wit-bindgen, and those that are none of it.

#![cfg(feature = "preview1")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says by panicking that it failed")]

mod common;

use plugbay::{CacheConfig, Error, ErrorKind, Fault, Grants, Host, SealKey, Source, Stdio};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Writes its first argument's length as a digit, and exits with 3.
const COMMAND: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\06\00\00\00")
  (data (i32.const 16) "args: ")
  (func (export "_start")
    (drop (call $sizes (i32.const 64) (i32.const 68)))
    (i32.store8 (i32.const 21) (i32.add (i32.const 48) (i32.load (i32.const 64))))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 72)))
    (call $exit (i32.const 3))))"#;

/// Exports a function with types of its own, and reads the clock of preview 1 in it. The adapter keeps its state, a page of
/// 64 KiB, where `cabi_realloc` gives it room.
const REACTOR: &str = r#"(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
  (memory (export "memory") 3)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "_initialize") (i32.store (i32.const 0) (i32.const 40)))
  (func (export "answer") (param i32) (result i32)
    (drop (call $time (i32.const 0) (i64.const 1) (i32.const 8)))
    (i32.add (local.get 0) (i32.load (i32.const 0)))))"#;

/// Imports and exports by types alone.
const TYPED: &str = r#"(module
  (import "$root" "twice" (func $twice (param i32) (result i32)))
  (func (export "answer") (param i32) (result i32) (call $twice (local.get 0))))"#;

fn typed(text: &str, world: &str) -> Vec<u8> {
    let mut module = wat::parse_str(text).unwrap();
    let mut resolve = Resolve::default();
    let package = resolve.push_str("world.wit", world).unwrap();
    let world = resolve.select_world(&[package], Some("plugin")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    module
}

fn reactor() -> Vec<u8> {
    typed(REACTOR, "package demo:p; world plugin { export answer: func(n: u32) -> u32; }")
}

/// The adapter itself writes to standard error, when it gives up.
fn reactor_grants() -> Grants {
    Grants::none().allow_clocks().stdio(Stdio::null())
}

fn load(bytes: Vec<u8>) -> Result<plugbay::Compiled, Error> {
    Host::new().unwrap().compile(Source::bytes("module", bytes))
}

fn refused(bytes: Vec<u8>) -> String {
    let error = load(bytes).unwrap_err();
    assert_eq!(error.fault(), Fault::Plugin, "{error}");
    match error.kind() {
        ErrorKind::Load { stage, .. } => assert_eq!(stage, "componentize", "{error}"),
        other => panic!("{other}"),
    }
    error.to_string()
}

#[test]
fn a_command_runs_with_what_it_was_granted() {
    let compiled = load(wat::parse_str(COMMAND).unwrap()).unwrap();
    let error = compiled.link(&Grants::none()).unwrap_err();
    assert!(common::missing(&error).iter().any(|import| import.starts_with("wasi:cli/stdout")), "{error}");
    let grants = Grants::none().allow("wasi:cli").allow("wasi:filesystem");
    let grants = grants.stdio(Stdio::capture()).args(["a", "b"]);
    let mut plugin = compiled.link(&grants).unwrap().instantiate(()).unwrap();
    // Preview 1 has codes, the interface that the adapter uses has success and failure.
    assert_ne!(plugin.run_command().unwrap(), 0);
    assert_eq!(plugin.take_stdout(), b"args:2");
}

#[test]
fn a_reactor_with_types_is_initialized_and_called() {
    let compiled = load(reactor()).unwrap();
    let mut plugin = compiled.link(&reactor_grants()).unwrap().instantiate(()).unwrap();
    let answer: u32 = plugin.call("answer", (2_u32,)).unwrap();
    assert_eq!(answer, 42);
}

#[test]
fn a_module_with_types_alone_is_a_plugin() {
    let world = "package demo:p; world plugin { import twice: func(n: u32) -> u32; export answer: func(n: u32) -> u32; }";
    let host = Host::<()>::builder()
        .provide_open("twice", |linker| {
            linker
                .root()
                .func_wrap("twice", |_: &mut plugbay::HostContext<'_, _>, (n,): (u32,)| Ok(n * 2))?;
            Ok(())
        })
        .build()
        .unwrap();
    let compiled = host.compile(Source::bytes("typed", typed(TYPED, world))).unwrap();
    let mut plugin = compiled.link(&Grants::none()).unwrap().instantiate(()).unwrap();
    let answer: u32 = plugin.call("answer", (21_u32,)).unwrap();
    assert_eq!(answer, 42);
}

#[test]
fn other_modules_are_told_what_to_do() {
    let text = |text: &str| wat::parse_str(text).unwrap();
    let error = refused(text("(module)"));
    assert!(error.contains("core module") && error.contains("wasm32-wasip2"), "{error}");
    let error = refused(text(r#"(module (import "wasi_unstable" "proc_exit" (func (param i32))))"#));
    assert!(error.contains("newer"), "{error}");
    let error =
        refused(text(r#"(module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))))"#));
    assert!(error.contains("_start"), "{error}");
    // What preview 1 does not have, and what has another type there.
    let start = r#"(memory (export "memory") 1) (func (export "_start"))"#;
    for import in
        [r#""wasi_snapshot_preview1" "fd_fly" (func)"#, r#""wasi_snapshot_preview1" "sched_yield" (func)"#]
    {
        let error = refused(text(&format!("(module (import {import}) {start})")));
        assert!(error.contains("cannot be made"), "{error}");
    }
    let mixed = format!(
        r#"(module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))) (import "env" "f" (func)) {start})"#
    );
    assert!(refused(text(&mixed)).contains("env"));
}

#[test]
fn damaged_modules_are_refused_and_nothing_panics() {
    for module in [wat::parse_str(COMMAND).unwrap(), reactor()] {
        let try_it = |module: &[u8], place: usize| {
            if let Err(error) = plugbay::componentize(module) {
                assert_eq!(error.fault(), Fault::Plugin, "at {place}: {error}");
            }
        };
        for end in 0..module.len() {
            try_it(&module[..end], end);
        }
        for place in 8..module.len() {
            let mut changed = module.clone();
            changed[place] ^= 0x15;
            try_it(&changed, place);
        }
    }
}

#[test]
fn a_module_is_bounded_before_it_is_looked_at() {
    let mut many = String::from("(module");
    for n in 0..10_001 {
        many += &format!("(import \"wasi_snapshot_preview1\" \"f{n}\" (func))");
    }
    let error = load(wat::parse_str(many + ")").unwrap()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit { asked: Some(10_001), .. }), "{error}");
    let mut types = wat::parse_str("(module)").unwrap();
    // A custom section of 2 MiB: its length in four bytes, and its name.
    types.extend([0, 0x8f, 0x80, 0x80, 0x01, 14]);
    types.extend(b"component-type");
    types.resize(types.len() + (2 << 20), 0);
    let error = load(types).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit { .. }), "{error}");
}

#[test]
fn the_cache_knows_a_module_by_its_own_bytes() {
    let folder = std::env::temp_dir().join(format!("plugbay-preview1-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("answer.wasm");
    std::fs::write(&path, reactor()).unwrap();
    let host = || {
        let cache = CacheConfig::new().with_directory(folder.join("cache")).with_key(SealKey::new([7; 32]));
        Host::<()>::builder().cache(cache).build().unwrap()
    };
    let answer = |host: &Host<()>| {
        let linked = host.compile(Source::file(&path)).unwrap().link(&reactor_grants()).unwrap();
        linked.instantiate(()).unwrap().call::<_, u32>("answer", (1_u32,)).unwrap()
    };
    for _ in 0..2 {
        let host = host();
        assert_eq!(answer(&host), 41);
        assert_eq!(host.cache().entries().unwrap().len(), 1);
    }
    // What `plugbay compile` makes of it holds the component.
    let artifact = host().artifact(&Source::file(&path)).unwrap();
    std::fs::write(&path, artifact).unwrap();
    assert_eq!(answer(&host()), 41);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_component_can_be_made_to_be_looked_at() {
    let component = plugbay::componentize(&reactor()).unwrap();
    assert!(!component.starts_with(b"\0asm\x01\0\0\0"));
    assert!(plugbay::componentize(&component).unwrap_err().to_string().contains("no core module"));
}
