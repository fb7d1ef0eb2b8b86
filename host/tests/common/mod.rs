//! Small guests in the text format, and the way from one to a live plugin.
#![allow(dead_code, reason = "each test file uses its own part of this module")]

use std::path::PathBuf;

use plugbay::{Compiled, Error, ErrorKind, Grants, Host, Plugin, Source};

/// A plugin's folder that is removed in the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    /// With `component`, in the text format, as `c.wasm`.
    pub(crate) fn new(name: &str, component: &str, manifest: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plugbay-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("c.wasm"), wat::parse_str(component).unwrap()).unwrap();
        std::fs::write(path.join("plugin.toml"), manifest).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// Reads the clock once.
pub(crate) const CLOCK: &str = r#"(component
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock (export "now" (func (result u64)))))
  (core module $m
    (import "h" "now" (func (result i64)))
    (func (export "f") (result i64) (call 0)))
  (core func $now (canon lower (func $clock "now")))
  (core instance $i (instantiate $m (with "h" (instance (export "now" (func $now))))))
  (func (export "now") (result u64) (canon lift (core func $i "f"))))"#;

/// Logs a number through an interface of the application, and reads the clock.
pub(crate) const LOGGER: &str = r#"(component
  (import "demo:app/log@1.0.0" (instance $log (export "log" (func (param "line" u32)))))
  (import "wasi:clocks/monotonic-clock@0.2.6" (instance $clock (export "now" (func (result u64)))))
  (core module $m
    (import "h" "log" (func (param i32)))
    (func (export "f") (param i32) (call 0 (local.get 0))))
  (core func $log (canon lower (func $log "log")))
  (core instance $i (instantiate $m (with "h" (instance (export "log" (func $log))))))
  (func (export "run") (param "line" u32) (canon lift (core func $i "f"))))"#;

/// Sleeps, polls nothing, and asks for random bytes.
pub(crate) const WAITER: &str = r#"(component
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))
    (export "poll" (func (param "in" (list (borrow $pollable))) (result (list u32))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.6" (instance $clock
    (alias outer 1 $pollable (type $outer))
    (export "pollable" (type $pollable (eq $outer)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
  (import "wasi:random/random@0.2.3" (instance $random
    (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
  (core module $libc
    (memory (export "memory") 32)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
  (core instance $libc (instantiate $libc))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core func $poll (canon lower (func $poll "poll") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))
  (core func $random (canon lower (func $random "get-random-bytes")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core func $drop (canon resource.drop $pollable))
  (core module $m
    (import "h" "block" (func $block (param i32)))
    (import "h" "poll" (func $poll (param i32 i32 i32)))
    (import "h" "subscribe" (func $subscribe (param i64) (result i32)))
    (import "h" "random" (func $random (param i64 i32)))
    (import "h" "drop" (func $drop (param i32)))
    (import "libc" "memory" (memory 32))
    (func (export "sleep") (param i64) (local $p i32)
      (local.set $p (call $subscribe (local.get 0)))
      (call $block (local.get $p))
      (call $drop (local.get $p)))
    (func (export "hoard") (param i32)
      (loop (drop (call $subscribe (i64.const 0)))
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "poll-nothing") (call $poll (i32.const 0) (i32.const 0) (i32.const 16)))
    (func (export "random") (param i64) (result i32)
      (call $random (local.get 0) (i32.const 16))
      (i32.load (i32.const 20))))
  (core instance $i (instantiate $m
    (with "h" (instance
      (export "block" (func $block)) (export "poll" (func $poll)) (export "subscribe" (func $subscribe))
      (export "random" (func $random)) (export "drop" (func $drop))))
    (with "libc" (instance $libc))))
  (func (export "sleep") (param "nanoseconds" u64) (canon lift (core func $i "sleep")))
  (func (export "hoard") (param "pollables" u32) (canon lift (core func $i "hoard")))
  (func (export "poll-nothing") (canon lift (core func $i "poll-nothing")))
  (func (export "random") (param "len" u64) (result u32) (canon lift (core func $i "random"))))"#;

/// Goes wrong in every way that needs no import.
pub(crate) const MISCHIEF: &str = r#"(component
  (core module $m
    (memory 1)
    (func (export "loop") (loop (br 0)))
    (func (export "trap") unreachable)
    (func $recurse (export "recurse") (call $recurse))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "fine") (result i32) (i32.const 7))
    (func (export "liar") (result i32) (i32.const 0x110000)))
  (core instance $i (instantiate $m))
  (func (export "loop") (canon lift (core func $i "loop")))
  (func (export "trap") (canon lift (core func $i "trap")))
  (func (export "recurse") (canon lift (core func $i "recurse")))
  (func (export "grow") (param "pages" u32) (result s32) (canon lift (core func $i "grow")))
  (func (export "fine") (result u32) (canon lift (core func $i "fine")))
  (func (export "liar") (result char) (canon lift (core func $i "liar"))))"#;

/// A command that exits with a code.
pub(crate) const EXIT: &str = r#"(component
  (import "wasi:cli/exit@0.2.12" (instance $exit
    (export "exit" (func (param "status" (result))))
    (export "exit-with-code" (func (param "status-code" u8)))))
  (core func $exit (canon lower (func $exit "exit")))
  (core func $code (canon lower (func $exit "exit-with-code")))
  (core module $m
    (import "h" "exit" (func $exit (param i32)))
    (import "h" "code" (func $code (param i32)))
    (func (export "exit") (param i32) (call $exit (local.get 0)))
    (func (export "code") (param i32) (call $code (local.get 0)))
    (func (export "run") (result i32) (call $code (i32.const 42)) (i32.const 0)))
  (core instance $i (instantiate $m
    (with "h" (instance (export "exit" (func $exit)) (export "code" (func $code))))))
  (func (export "exit") (param "status" (result)) (canon lift (core func $i "exit")))
  (func (export "code") (param "status" u8) (canon lift (core func $i "code")))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $run (export "run" (func $run)))
  (export "wasi:cli/run@0.2.12" (instance $run)))"#;

pub(crate) fn compile<T: 'static>(host: &Host<T>, name: &str, text: &str) -> Compiled<T> {
    let bytes = wat::parse_str(text).unwrap();
    host.compile(Source::bytes(name, bytes)).unwrap()
}

/// A live plugin of a host without an application.
pub(crate) fn live(text: &str, grants: &Grants) -> Plugin {
    compile(&Host::new().unwrap(), "guest", text).link(grants).unwrap().instantiate(()).unwrap()
}

/// What an error that says `Denied` misses.
pub(crate) fn missing(error: &Error) -> Vec<&str> {
    match error.kind() {
        ErrorKind::Denied { missing } => missing.iter().map(|missing| missing.import.as_str()).collect(),
        other => panic!("expected a denial, got: {other}"),
    }
}
