//! A guest that does to `wasi:cli`, `clocks`, `io` and `random` whatever it is told: numbers in, numbers out. Written as a core
//! module with types, which the host makes into a component.

use std::time::Duration;

use plugbay::{Config, Error, ErrorKind, Grants, Host, Limits, Plugin, Source, TrapStyle};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// As much of WASI as it uses, as an older version that is served by compatibility.
const WASI: &str = r"
package wasi:io@0.2.3 {
  interface error { resource error { to-debug-string: func() -> string; } }
  interface poll {
    resource pollable { ready: func() -> bool; block: func(); }
    poll: func(in: list<borrow<pollable>>) -> list<u32>;
  }
  interface streams {
    use error.{error};
    use poll.{pollable};
    variant stream-error { last-operation-failed(error), closed }
    resource input-stream {
      read: func(len: u64) -> result<list<u8>, stream-error>;
      blocking-read: func(len: u64) -> result<list<u8>, stream-error>;
      skip: func(len: u64) -> result<u64, stream-error>;
      subscribe: func() -> pollable;
    }
    resource output-stream {
      check-write: func() -> result<u64, stream-error>;
      write: func(contents: list<u8>) -> result<_, stream-error>;
      blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
      write-zeroes: func(len: u64) -> result<_, stream-error>;
      blocking-write-zeroes-and-flush: func(len: u64) -> result<_, stream-error>;
      blocking-flush: func() -> result<_, stream-error>;
      subscribe: func() -> pollable;
      splice: func(src: borrow<input-stream>, len: u64) -> result<u64, stream-error>;
      blocking-splice: func(src: borrow<input-stream>, len: u64) -> result<u64, stream-error>;
    }
  }
}
package wasi:cli@0.2.3 {
  interface stdin { use wasi:io/streams@0.2.3.{input-stream}; get-stdin: func() -> input-stream; }
  interface stdout { use wasi:io/streams@0.2.3.{output-stream}; get-stdout: func() -> output-stream; }
  interface environment {
    get-environment: func() -> list<tuple<string, string>>;
    get-arguments: func() -> list<string>;
  }
}
package wasi:clocks@0.2.3 {
  interface monotonic-clock {
    use wasi:io/poll@0.2.3.{pollable};
    now: func() -> u64;
    resolution: func() -> u64;
    subscribe-instant: func(when: u64) -> pollable;
    subscribe-duration: func(when: u64) -> pollable;
  }
  interface wall-clock {
    record datetime { seconds: u64, nanoseconds: u32 }
    now: func() -> datetime;
  }
}
package wasi:random@0.2.3 {
  interface random { get-random-bytes: func(len: u64) -> list<u8>; get-random-u64: func() -> u64; }
  interface insecure-seed { insecure-seed: func() -> tuple<u64, u64>; }
}";

/// What it exports. What can fail returns −1 for `last-operation-failed` and −2 for `closed`.
const WORLD: &str = r"
package demo:guest;
world guest {
  import wasi:io/poll@0.2.3;
  import wasi:io/streams@0.2.3;
  import wasi:cli/stdin@0.2.3;
  import wasi:cli/stdout@0.2.3;
  import wasi:cli/environment@0.2.3;
  import wasi:clocks/monotonic-clock@0.2.3;
  import wasi:clocks/wall-clock@0.2.3;
  import wasi:random/random@0.2.3;
  import wasi:random/insecure-seed@0.2.3;
  export check: func() -> s64;
  export write: func(len: u32) -> s64;
  export write-flush: func(len: u32) -> s64;
  export zeroes: func(len: u64) -> s64;
  export zeroes-flush: func(len: u64) -> s64;
  export flood: func(times: u32) -> u32;
  export read: func(len: u64) -> s64;
  export blocking-read: func(len: u64) -> s64;
  export skip: func(len: u64) -> s64;
  export splice: func(len: u64) -> s64;
  export blocking-splice: func(len: u64) -> s64;
  export hoard-timers: func(count: u32);
  export hoard-pollables: func(count: u32);
  export hoard-streams: func(count: u32);
  export poll-one: func(times: u32) -> u32;
  export orphan-input: func();
  export orphan-output: func();
  export sleep: func(nanoseconds: u64);
  export sleep-until: func(moment: u64);
  export now: func() -> u64;
  export resolution: func() -> u64;
  export wall: func() -> u64;
  export random: func(len: u64) -> u32;
  export number: func() -> u64;
  export seed: func() -> u64;
  export variables: func() -> u32;
  export arguments: func() -> u32;
}";

/// Results go to address 0, bytes that are written come from 4096; `realloc` gives 1 MiB and the rest again and again.
const MODULE: &str = r#"(module
  (import "wasi:cli/stdin@0.2.3" "get-stdin" (func $stdin (result i32)))
  (import "wasi:cli/stdout@0.2.3" "get-stdout" (func $stdout (result i32)))
  (import "wasi:cli/environment@0.2.3" "get-environment" (func $environment (param i32)))
  (import "wasi:cli/environment@0.2.3" "get-arguments" (func $arguments (param i32)))
  (import "wasi:io/streams@0.2.3" "[method]input-stream.read" (func $read (param i32 i64 i32)))
  (import "wasi:io/streams@0.2.3" "[method]input-stream.blocking-read" (func $blocking-read (param i32 i64 i32)))
  (import "wasi:io/streams@0.2.3" "[method]input-stream.skip" (func $skip (param i32 i64 i32)))
  (import "wasi:io/streams@0.2.3" "[method]input-stream.subscribe" (func $subscribe-in (param i32) (result i32)))
  (import "wasi:io/streams@0.2.3" "[resource-drop]input-stream" (func $drop-in (param i32)))
  (import "wasi:io/streams@0.2.3" "[method]output-stream.check-write" (func $check (param i32 i32)))
  (import "wasi:io/streams@0.2.3" "[method]output-stream.write" (func $write (param i32 i32 i32 i32)))
  (import "wasi:io/streams@0.2.3" "[method]output-stream.blocking-write-and-flush" (func $write-flush (param i32 i32 i32 i32)))
  (import "wasi:io/streams@0.2.3" "[method]output-stream.write-zeroes" (func $zeroes (param i32 i64 i32)))
  (import "wasi:io/streams@0.2.3" "[method]output-stream.blocking-write-zeroes-and-flush" (func $zeroes-flush (param i32 i64 i32)))
  (import "wasi:io/streams@0.2.3" "[method]output-stream.subscribe" (func $subscribe-out (param i32) (result i32)))
  (import "wasi:io/streams@0.2.3" "[method]output-stream.splice" (func $splice (param i32 i32 i64 i32)))
  (import "wasi:io/streams@0.2.3" "[method]output-stream.blocking-splice" (func $blocking-splice (param i32 i32 i64 i32)))
  (import "wasi:io/streams@0.2.3" "[resource-drop]output-stream" (func $drop-out (param i32)))
  (import "wasi:io/poll@0.2.3" "poll" (func $poll (param i32 i32 i32)))
  (import "wasi:io/poll@0.2.3" "[method]pollable.block" (func $block (param i32)))
  (import "wasi:io/poll@0.2.3" "[resource-drop]pollable" (func $drop-pollable (param i32)))
  (import "wasi:clocks/monotonic-clock@0.2.3" "now" (func $now (result i64)))
  (import "wasi:clocks/monotonic-clock@0.2.3" "resolution" (func $resolution (result i64)))
  (import "wasi:clocks/monotonic-clock@0.2.3" "subscribe-instant" (func $instant (param i64) (result i32)))
  (import "wasi:clocks/monotonic-clock@0.2.3" "subscribe-duration" (func $duration (param i64) (result i32)))
  (import "wasi:clocks/wall-clock@0.2.3" "now" (func $wall (param i32)))
  (import "wasi:random/random@0.2.3" "get-random-bytes" (func $random (param i64 i32)))
  (import "wasi:random/random@0.2.3" "get-random-u64" (func $number (result i64)))
  (import "wasi:random/insecure-seed@0.2.3" "insecure-seed" (func $seed (param i32)))
  (memory (export "memory") 64)
  (global $in (mut i32) (i32.const 0))
  (global $out (mut i32) (i32.const 0))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0x100000))
  (func $input (result i32)
    (if (i32.eqz (global.get $in)) (then (global.set $in (call $stdin))))
    (global.get $in))
  (func $output (result i32)
    (if (i32.eqz (global.get $out)) (then (global.set $out (call $stdout))))
    (global.get $out))
  ;; The error of a result without payload, or 0.
  (func $outcome (result i64)
    (if (result i64) (i32.load8_u (i32.const 0))
      (then (i64.sub (i64.const -1) (i64.extend_i32_u (i32.load8_u (i32.const 4)))))
      (else (i64.const 0))))
  ;; The length of a list, or the error.
  (func $list (result i64)
    (if (result i64) (i32.load8_u (i32.const 0))
      (then (call $outcome)) (else (i64.extend_i32_u (i32.load (i32.const 8))))))
  ;; A number of 64 bits, or the error.
  (func $long (result i64)
    (if (result i64) (i32.load8_u (i32.const 0))
      (then (i64.sub (i64.const -1) (i64.extend_i32_u (i32.load8_u (i32.const 8)))))
      (else (i64.load (i32.const 8)))))
  (func (export "check") (result i64) (call $check (call $output) (i32.const 0)) (call $long))
  (func (export "write") (param i32) (result i64)
    (call $write (call $output) (i32.const 4096) (local.get 0) (i32.const 0)) (call $outcome))
  (func $flushed (export "write-flush") (param i32) (result i64)
    (call $write-flush (call $output) (i32.const 4096) (local.get 0) (i32.const 0)) (call $outcome))
  (func (export "zeroes") (param i64) (result i64)
    (call $zeroes (call $output) (local.get 0) (i32.const 0)) (call $outcome))
  (func (export "zeroes-flush") (param i64) (result i64)
    (call $zeroes-flush (call $output) (local.get 0) (i32.const 0)) (call $outcome))
  (func (export "flood") (param i32) (result i32) (local i32)
    (block $failed
      (loop $more
        (br_if $failed (i64.ne (call $flushed (i32.const 4096)) (i64.const 0)))
        (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        (br_if $more (i32.lt_u (local.get 1) (local.get 0)))))
    (local.get 1))
  (func (export "read") (param i64) (result i64)
    (call $read (call $input) (local.get 0) (i32.const 0)) (call $list))
  (func (export "blocking-read") (param i64) (result i64)
    (call $blocking-read (call $input) (local.get 0) (i32.const 0)) (call $list))
  (func (export "skip") (param i64) (result i64)
    (call $skip (call $input) (local.get 0) (i32.const 0)) (call $long))
  (func (export "splice") (param i64) (result i64)
    (call $splice (call $output) (call $input) (local.get 0) (i32.const 0)) (call $long))
  (func (export "blocking-splice") (param i64) (result i64)
    (call $blocking-splice (call $output) (call $input) (local.get 0) (i32.const 0)) (call $long))
  (func (export "hoard-timers") (param i32)
    (loop (drop (call $duration (i64.const -1)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "hoard-pollables") (param i32)
    (loop (drop (call $subscribe-out (call $output)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "hoard-streams") (param i32)
    (loop (drop (call $stdout))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "poll-one") (param i32) (result i32) (local $p i32) (local $n i32)
    (local.set $p (call $subscribe-out (call $output)))
    (block $enough
      (loop $more
        (br_if $enough (i32.ge_u (local.get $n) (local.get 0)))
        (i32.store (i32.add (i32.const 0x200000) (i32.mul (local.get $n) (i32.const 4))) (local.get $p))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br $more)))
    (call $poll (i32.const 0x200000) (local.get 0) (i32.const 0))
    (i32.load (i32.const 4)))
  (func (export "orphan-input")
    (drop (call $subscribe-in (call $input)))
    (call $drop-in (call $input)))
  (func (export "orphan-output")
    (drop (call $subscribe-out (call $output)))
    (call $drop-out (call $output)))
  (func $wait (param i32) (call $block (local.get 0)) (call $drop-pollable (local.get 0)))
  (func (export "sleep") (param i64) (call $wait (call $duration (local.get 0))))
  (func (export "sleep-until") (param i64) (call $wait (call $instant (local.get 0))))
  (func (export "now") (result i64) (call $now))
  (func (export "resolution") (result i64) (call $resolution))
  (func (export "wall") (result i64) (call $wall (i32.const 0)) (i64.load (i32.const 0)))
  (func (export "random") (param i64) (result i32)
    (call $random (local.get 0) (i32.const 0)) (i32.load (i32.const 4)))
  (func (export "number") (result i64) (call $number))
  (func (export "seed") (result i64) (call $seed (i32.const 0)) (i64.load (i32.const 8)))
  (func (export "variables") (result i32) (call $environment (i32.const 0)) (i32.load (i32.const 4)))
  (func (export "arguments") (result i32) (call $arguments (i32.const 0)) (i32.load (i32.const 4))))"#;

/// A core module with the types of its world.
pub(crate) fn typed(module: &str, world: &str) -> Vec<u8> {
    let mut module = wat::parse_str(module).unwrap();
    let mut resolve = Resolve::default();
    let package = resolve.push_str("guest.wit", &format!("{world}\n{WASI}")).unwrap();
    let world = resolve.select_world(&[package], Some("guest")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    module
}

/// Grants of all that the guest imports: nothing to read, nothing kept.
pub(crate) fn grants() -> Grants {
    Grants::none().allow("wasi:cli").allow_clocks().allow_random()
}

/// The guest, under these grants and limits.
pub(crate) fn guest(style: TrapStyle, grants: &Grants, limits: Limits) -> Plugin {
    load(style, typed(MODULE, WORLD), grants, limits)
}

/// The plugin of these bytes.
pub(crate) fn load(style: TrapStyle, bytes: Vec<u8>, grants: &Grants, limits: Limits) -> Plugin {
    let host = Host::<()>::builder().engine(Config::new().with_trap_style(style)).limits(limits);
    let compiled = host.build().unwrap().compile(Source::bytes("guest", bytes)).unwrap();
    compiled.link(grants).unwrap().instantiate(()).unwrap()
}

/// Limits that end a call soon.
pub(crate) fn soon() -> Limits {
    Limits::default().deadline(Duration::from_millis(500))
}

/// The limit that ended a call.
pub(crate) fn limit<R: std::fmt::Debug>(result: Result<R, Error>) -> String {
    match result.unwrap_err().kind() {
        ErrorKind::Limit { knob, .. } => knob.clone(),
        other => panic!("{other}"),
    }
}

/// What the guest did wrong.
pub(crate) fn trap<R: std::fmt::Debug>(result: Result<R, Error>) -> String {
    match result.unwrap_err().kind() {
        ErrorKind::Trap { message, .. } => message.clone(),
        other => panic!("{other}"),
    }
}
