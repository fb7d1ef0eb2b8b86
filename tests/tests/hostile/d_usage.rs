//! D: plugins that use up what they can get: memory, handles, time, threads, backtraces. Each ends at its own limit, and the
//! others go on.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use plugbay::{Config, ErrorKind, Grants, Host, Limits, Plugin, SoftLimit, Source, Stdio, TrapKind};

use crate::support::{Guest, STYLES};

/// Generous: on an idle machine it is some milliseconds after the deadline of 50.
const SOON: Duration = Duration::from_secs(20);

type Told = Arc<Mutex<Vec<&'static str>>>;

/// A host in one trap style, and what it was told of limits.
fn host(style: plugbay::TrapStyle, limits: Limits) -> (Host<()>, Told) {
    let told = Told::default();
    let tell = told.clone();
    let host = Host::<()>::builder()
        .engine(Config::new().with_ir_verifier(false).with_trap_style(style))
        .limits(limits)
        .on_soft_limit(move |soft: &SoftLimit<'_>| tell.lock().unwrap().push(soft.knob))
        .build()
        .unwrap();
    (host, told)
}

fn plugin(host: &Host<()>, text: &str) -> Plugin {
    let source = Source::bytes("greedy", wat::parse_str(text).unwrap_or_else(|error| panic!("{error}")));
    let grants = Grants::none().allow_clocks().stdio(Stdio::null());
    host.compile(source).unwrap().link(&grants).unwrap().instantiate(()).unwrap()
}

/// Which limit a call ends at.
fn knob(error: &plugbay::Error) -> String {
    let ErrorKind::Limit { knob, asked, limit } = error.kind() else { panic!("{error}") };
    assert!(asked.is_none_or(|asked| asked > *limit), "{error}");
    assert!(error.to_string().contains(knob.as_str()), "{error}");
    knob.clone()
}

const GROWS: &str = r#"(component
  (core module $m (memory 1) (table $t 1 funcref)
    (func (export "memory") (result i32)
      (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
      (memory.size))
    (func (export "table") (result i32)
      (loop $more (br_if $more (i32.ne (table.grow $t (ref.null func) (i32.const 10)) (i32.const -1))))
      (table.size $t)))
  (core instance $i (instantiate $m))
  (func (export "memory") (result u32) (canon lift (core func $i "memory")))
  (func (export "table") (result u32) (canon lift (core func $i "table"))))"#;

#[test]
fn d01_memory_and_tables_end_at_their_limit_however_often_they_are_grown() {
    for style in STYLES {
        let mut limits = Limits::default().memory(4 << 20);
        limits.table_elements = 1_000;
        let (host, told) = host(style, limits);
        let mut plugin = plugin(&host, GROWS);
        for _ in 0..1_000 {
            assert_eq!(plugin.call::<(), u32>("memory", ()).unwrap(), 64);
            assert_eq!(plugin.call::<(), u32>("table", ()).unwrap(), 991);
        }
        let usage = plugin.usage();
        assert_eq!((usage.memory.now, usage.memory.peak, usage.memory.limit), (4 << 20, 4 << 20, 4 << 20));
        assert_eq!((usage.table_elements.now, usage.table_elements.limit), (991, 1_000));
        assert_eq!(usage.calls, 2_000);
        assert_eq!(*told.lock().unwrap(), ["memory", "table_elements"], "each is told once");
    }
}

/// Makes pollables, or streams, and drops none.
const LEAKS: &str = r#"(component
  (import "wasi:io/poll@0.2.0" (instance $poll (export "pollable" (type (sub resource)))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:io/streams@0.2.0" (instance $streams (export "output-stream" (type (sub resource)))))
  (alias export $streams "output-stream" (type $stream))
  (import "wasi:clocks/monotonic-clock@0.2.6" (instance $clock
    (alias outer 1 $pollable (type $outer))
    (export "pollable" (type $pollable (eq $outer)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $stream (type $outer))
    (export "output-stream" (type $stream (eq $outer)))
    (export "get-stdout" (func (result (own $stream))))))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))
  (core func $get (canon lower (func $stdout "get-stdout")))
  (core module $m
    (import "h" "subscribe" (func $subscribe (param i64) (result i32)))
    (import "h" "get" (func $get (result i32)))
    (func (export "timers") (param i32)
      (loop $more
        (drop (call $subscribe (i64.const 3600000000000)))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br_if $more (local.get 0))))
    (func (export "streams") (param i32)
      (loop $more
        (drop (call $get))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br_if $more (local.get 0)))))
  (core instance $i (instantiate $m (with "h" (instance
    (export "subscribe" (func $subscribe)) (export "get" (func $get))))))
  (func (export "timers") (param "count" u32) (canon lift (core func $i "timers")))
  (func (export "streams") (param "count" u32) (canon lift (core func $i "streams"))))"#;

#[test]
fn d02_a_million_handles_that_are_never_dropped() {
    for style in STYLES {
        let (host, told) = host(style, Limits::default().handles(20_000).timers(5_000));
        let mut other = plugin(&host, LEAKS);
        let mut timers = plugin(&host, LEAKS);
        let error = timers.call::<_, ()>("timers", (1_000_000_u32,)).unwrap_err();
        assert_eq!(knob(&error), "timers");
        let usage = timers.usage();
        assert_eq!((usage.timers.peak, usage.timers.limit, usage.pollables.peak), (5_000, 5_000, 5_000));
        let mut streams = plugin(&host, LEAKS);
        let error = streams.call::<_, ()>("streams", (1_000_000_u32,)).unwrap_err();
        assert_eq!(knob(&error), "handles");
        assert_eq!(streams.usage().handles.peak, 20_000);
        {
            let told = told.lock().unwrap();
            assert!(told.contains(&"timers") && told.contains(&"handles"), "{told:?}");
        }
        drop((timers, streams));
        other.call::<_, ()>("timers", (100_u32,)).unwrap();
        other.call::<_, ()>("streams", (100_u32,)).unwrap();
        assert_eq!((other.usage().timers.now, other.usage().host_resources.now), (100, 200));
    }
}

/// Loops in one of the places that are written in capitals.
const SPINS: &str = r#"(component
  (core module $m (memory (export "memory") 1)
    (func $start START)
    (start $start)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) REALLOC (i32.const 16))
    (func (export "take") (param i32 i32))
    (func (export "plain") (result i32) (i32.const 7))
    (func (export "post") (param i32) POST))
  (core instance $i (instantiate $m))
  (func (export "take") (param "text" string)
    (canon lift (core func $i "take") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
  (func (export "plain") (result u32) (canon lift (core func $i "plain")))
  (func (export "post") (result u32)
    (canon lift (core func $i "plain") (post-return (core func $i "post")))))"#;

/// A component whose destructor does not end.
const DTOR: &str = r#"(component
  (core module $d (func (export "dtor") (param i32) (loop (br 0))))
  (core instance $d (instantiate $d))
  (type $r (resource (rep i32) (dtor (core func $d "dtor"))))
  (core func $new (canon resource.new $r))
  (core func $drop (canon resource.drop $r))
  (core module $m
    (import "h" "new" (func $new (param i32) (result i32)))
    (import "h" "drop" (func $drop (param i32)))
    (func (export "f") (call $drop (call $new (i32.const 1)))))
  (core instance $i (instantiate $m (with "h" (instance (export "new" (func $new)) (export "drop" (func $drop))))))
  (func (export "f") (canon lift (core func $i "f"))))"#;

fn spins(place: &str) -> String {
    ["START", "REALLOC", "POST"].into_iter().fold(SPINS.to_owned(), |text, name| {
        text.replace(name, if name == place { "(loop (br 0))" } else { "" })
    })
}

#[test]
fn d12_loops_outside_of_functions_are_stopped_at_the_deadline() {
    for style in STYLES {
        let (host, _) = host(style, Limits::default().deadline(Duration::from_millis(50)));
        let begun = Instant::now();
        let stopped = |error: plugbay::Error| {
            assert!(matches!(error.kind(), ErrorKind::Deadline { .. }), "{style:?}: {error}");
            assert!(begun.elapsed() < SOON, "{style:?}");
        };
        let start = Source::bytes("start", wat::parse_str(spins("START")).unwrap());
        let linked = host.compile(start).unwrap().link(&Grants::none()).unwrap();
        stopped(linked.instantiate(()).unwrap_err());
        stopped(plugin(&host, &spins("REALLOC")).call::<_, ()>("take", ("text",)).unwrap_err());
        stopped(plugin(&host, &spins("POST")).call::<(), u32>("post", ()).unwrap_err());
        stopped(plugin(&host, DTOR).call::<(), ()>("f", ()).unwrap_err());
        let mut fine = plugin(&host, &spins(""));
        assert_eq!(fine.call::<(), u32>("post", ()).unwrap(), 7);
        fine.call::<_, ()>("take", ("text",)).unwrap();
    }
}

/// Sleeps for a long time.
const SLEEPS: &str = r#"(component
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.6" (instance $clock
    (alias outer 1 $pollable (type $outer))
    (export "pollable" (type $pollable (eq $outer)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))
  (core module $m
    (import "h" "block" (func $block (param i32)))
    (import "h" "subscribe" (func $subscribe (param i64) (result i32)))
    (global $p (mut i32) (i32.const 0))
    (func (export "subscribe") (global.set $p (call $subscribe (i64.const 3600000000000))))
    (func (export "sleep") (call $block (global.get $p))))
  (core instance $i (instantiate $m (with "h" (instance
    (export "block" (func $block)) (export "subscribe" (func $subscribe))))))
  (func (export "subscribe") (canon lift (core func $i "subscribe")))
  (func (export "sleep") (canon lift (core func $i "sleep"))))"#;

/// Threads of this process that are the library's, which names them.
fn threads() -> usize {
    let names = std::fs::read_dir("/proc/self/task").unwrap().filter_map(|task| {
        std::fs::read_to_string(task.ok()?.path().join("comm"))
            .ok()
            .filter(|name| name.starts_with("plugbay-"))
    });
    // Those that compile, for tests that run beside this one, end by themselves.
    names.filter(|name| !name.starts_with("plugbay-compile") && !name.starts_with("plugbay-seal")).count()
}

#[test]
fn d13_a_thousand_plugins_that_wait_have_no_threads_of_their_own() {
    for style in STYLES {
        let (host, _) = host(style, Limits::default().deadline(Duration::from_secs(60)));
        let mut plugins: Vec<_> = (0..1_000).map(|_| plugin(&host, SLEEPS)).collect();
        plugins.iter_mut().for_each(|plugin| plugin.call::<(), ()>("subscribe", ()).unwrap());
        assert!(threads() < 16, "{}", threads());
        // Those that wait do so on the threads of who called them, and are woken when they are cancelled.
        let cancellers: Vec<_> = plugins.iter().map(Plugin::canceller).collect();
        let sleeping: Vec<_> = plugins
            .into_iter()
            .take(100)
            .map(|mut plugin| std::thread::spawn(move || plugin.call::<(), ()>("sleep", ()).unwrap_err()))
            .collect();
        let begun = Instant::now();
        assert!(threads() < 16, "{}", threads());
        cancellers.iter().for_each(plugbay::Canceller::cancel);
        for thread in sleeping {
            let error = thread.join().unwrap();
            assert!(matches!(error.kind(), ErrorKind::Cancelled { .. }), "{error}");
        }
        assert!(begun.elapsed() < SOON);
    }
}

#[test]
fn d15_traps_deep_down_cost_what_is_shown_of_them() {
    let text = r#"(module
        (func $down (export "down") (param i32)
          (if (i32.eqz (local.get 0)) (then unreachable))
          (call $down (i32.sub (local.get 0) (i32.const 1)))
          (drop (i32.const 1))))"#;
    for style in STYLES {
        let mut guest = Guest::new(style, text);
        let arguments = [plugbay_engine::Val::I32(10_000)];
        let begun = Instant::now();
        let mut most = 0;
        for _ in 0..10_000 {
            let error = guest.call("down", &arguments).unwrap_err();
            let plugbay_engine::ErrorKind::Trap(trap) = error.kind() else { panic!("{error}") };
            if trap.kind() == TrapKind::StackOverflow {
                panic!("the stack is too small for this test");
            }
            most = most.max(trap.frames().len());
        }
        assert!(most > 0 && most <= 1_000, "{most} frames are kept");
        assert!(begun.elapsed() < Duration::from_secs(60), "{style:?}: {:?}", begun.elapsed());
    }
}
