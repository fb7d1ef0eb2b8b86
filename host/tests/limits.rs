//! A guest that goes wrong is stopped, says how, and harms nobody else.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says by panicking that it failed")]

mod common;

use std::time::{Duration, Instant};

use common::{EXIT, MISCHIEF, WAITER, compile, live};
use plugbay::{Config, ErrorKind, Grants, Host, Limits, Plugin, Source, TrapKind, TrapStyle};

fn mischief(limits: Limits) -> Plugin {
    compile(&Host::new().unwrap(), "imp", MISCHIEF)
        .with_limits(limits)
        .link(&Grants::none())
        .unwrap()
        .instantiate(())
        .unwrap()
}

fn waiter(limits: Limits) -> Plugin {
    waiter_in(TrapStyle::Signals, limits)
}

fn waiter_in(style: TrapStyle, limits: Limits) -> Plugin {
    let host = Host::builder().engine(Config::new().with_trap_style(style)).build().unwrap();
    let grants = Grants::none().allow_clocks().allow_random();
    let compiled = compile(&host, "waiter", WAITER).with_limits(limits);
    compiled.link(&grants).unwrap().instantiate(()).unwrap()
}

fn quick() -> Limits {
    Limits::default().deadline(Duration::from_millis(50))
}

#[test]
fn a_trap_is_typed_ends_the_plugin_and_no_other() {
    let host = Host::new().unwrap();
    let linked = compile(&host, "imp", MISCHIEF).link(&Grants::none()).unwrap();
    let (mut bad, mut good) = (linked.instantiate(()).unwrap(), linked.instantiate(()).unwrap());
    let error = bad.call::<(), ()>("trap", ()).unwrap_err();
    let ErrorKind::Trap { export, kind, .. } = error.kind() else { panic!("{error}") };
    assert_eq!((export.as_str(), *kind), ("trap", Some(TrapKind::Unreachable)));
    assert!(bad.is_poisoned());
    let error = bad.call::<(), u32>("fine", ()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Poisoned), "{error}");
    assert_eq!(good.call::<(), u32>("fine", ()).unwrap(), 7);
}

#[test]
fn without_signals_plugins_are_stopped_all_the_same() {
    let config = Config::new().with_trap_style(TrapStyle::Explicit);
    let host = Host::builder().engine(config).limits(quick()).build().unwrap();
    let linked = compile(&host, "imp", MISCHIEF).link(&Grants::none()).unwrap();
    let error = linked.instantiate(()).unwrap().call::<(), ()>("trap", ()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Trap { kind: Some(TrapKind::Unreachable), .. }), "{error}");
    let error = linked.instantiate(()).unwrap().call::<(), ()>("loop", ()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Deadline { .. }), "{error}");
    assert_eq!(linked.instantiate(()).unwrap().call::<(), u32>("fine", ()).unwrap(), 7);
}

#[test]
fn fuel_is_the_same_in_every_run_and_stops_a_plugin_when_it_is_used_up() {
    let host = Host::builder().limits(Limits::default().fuel(100_000)).build().unwrap();
    let linked = compile(&host, "imp", MISCHIEF).link(&Grants::none()).unwrap();
    let left = [(); 2].map(|()| {
        let mut plugin = linked.instantiate(()).unwrap();
        assert_eq!(plugin.call::<(), u32>("fine", ()).unwrap(), 7);
        plugin.fuel()
    });
    assert!(left[0] == left[1] && left[0] < 100_000, "{left:?}");
    let mut plugin = linked.instantiate(()).unwrap();
    plugin.set_fuel(1_000_000).unwrap();
    let error = plugin.call::<(), ()>("loop", ()).unwrap_err();
    let ErrorKind::Limit { knob, limit: 1_000_000, .. } = error.kind() else { panic!("{error}") };
    assert_eq!(knob, "fuel");
    assert_eq!(plugin.fuel(), 0);
    let mut unmetered = mischief(Limits::default());
    let error = unmetered.set_fuel(1).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Misuse(_)) && error.to_string().contains("fuel"), "{error}");
}

#[test]
fn a_loop_ends_at_its_deadline() {
    let started = Instant::now();
    let error = mischief(quick()).call::<(), ()>("loop", ()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Deadline { .. }), "{error}");
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn the_deadline_of_a_call_says_nothing_about_the_next_one() {
    let mut plugin = mischief(quick());
    for _ in 0..2 {
        assert_eq!(plugin.call::<(), u32>("fine", ()).unwrap(), 7);
        std::thread::sleep(Duration::from_millis(80));
    }
    plugin.set_deadline(None);
    assert_eq!(plugin.call::<(), u32>("fine", ()).unwrap(), 7);
    plugin.set_deadline(Some(Duration::from_millis(50)));
    let error = plugin.call::<(), ()>("loop", ()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Deadline { .. }), "{error}");
}

#[test]
fn a_loop_ends_when_cancelled() {
    let mut plugin = mischief(Limits::default().no_deadline());
    let canceller = plugin.canceller();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        canceller.cancel();
    });
    let error = plugin.call::<(), ()>("loop", ()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Cancelled { .. }), "{error}");
    thread.join().unwrap();
}

#[test]
fn recursion_ends_in_a_trap() {
    let error = mischief(Limits::default()).call::<(), ()>("recurse", ()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Trap { kind: Some(TrapKind::StackOverflow), .. }), "{error}");
}

#[test]
fn memory_stops_growing_at_its_limit() {
    let mut plugin = mischief(Limits::default().memory(3 << 16));
    assert_eq!(plugin.call::<_, i32>("grow", (2u32,)).unwrap(), 1);
    assert_eq!(plugin.call::<_, i32>("grow", (1u32,)).unwrap(), -1);
    assert_eq!(plugin.call::<_, i32>("grow", (u32::MAX,)).unwrap(), -1);
    assert_eq!(plugin.usage().memory.now, 3 << 16);
    let compiled =
        compile(&Host::new().unwrap(), "imp", MISCHIEF).with_limits(Limits::default().memory(1000));
    let error = compiled.link(&Grants::none()).unwrap().instantiate(()).unwrap_err();
    let ErrorKind::Limit { knob, limit, .. } = error.kind() else { panic!("{error}") };
    assert_eq!((knob.as_str(), *limit), ("memory", 1000));
}

#[test]
fn a_bad_value_is_the_plugins_fault() {
    let error = mischief(Limits::default()).call::<(), char>("liar", ()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Trap { .. }), "{error}");
    assert_eq!(error.fault(), plugbay::Fault::Plugin);
}

#[test]
fn sleeping_is_waiting_for_the_deadline_and_for_cancellation() {
    for style in [TrapStyle::Signals, TrapStyle::Explicit] {
        let mut plugin = waiter_in(style, Limits::default());
        plugin.call::<_, ()>("sleep", (1_000_000u64,)).unwrap();
        for nanoseconds in [60_000_000_000u64, u64::MAX] {
            let mut plugin = waiter_in(style, quick());
            let error = plugin.call::<_, ()>("sleep", (nanoseconds,)).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Deadline { .. }), "{error}");
            assert!(plugin.is_poisoned());
        }
        let mut plugin = waiter_in(style, Limits::default().no_deadline());
        let canceller = plugin.canceller();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(30));
            canceller.cancel();
        });
        let error = plugin.call::<_, ()>("sleep", (u64::MAX,)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Cancelled { .. }), "{error}");
        thread.join().unwrap();
    }
}

#[test]
fn lengths_that_a_guest_makes_up_are_capped() {
    assert_eq!(waiter(Limits::default()).call::<_, u32>("random", (1000u64,)).unwrap(), 1000);
    for len in [u64::MAX, 1 << 40] {
        let error = waiter(Limits::default()).call::<_, u32>("random", (len,)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit { .. }), "{error}");
    }
    let error = waiter(Limits::default()).call::<_, ()>("poll-nothing", ()).unwrap_err();
    assert!(error.to_string().contains("empty list"), "{error}");
}

#[test]
fn handles_are_counted() {
    waiter(Limits::default()).call::<_, ()>("hoard", (100u32,)).unwrap();
    let error = waiter(Limits::default().handles(100)).call::<_, ()>("hoard", (101u32,)).unwrap_err();
    let ErrorKind::Limit { knob, limit, .. } = error.kind() else { panic!("{error}") };
    assert_eq!((knob.as_str(), *limit), ("handles", 100));
}

#[test]
fn exiting_is_an_error_with_the_code_and_a_command_returns_it() {
    let none = Grants::none();
    for (status, code) in [(Ok::<(), ()>(()), 0), (Err(()), 1)] {
        let error = live(EXIT, &none).call::<_, ()>("exit", (status,)).unwrap_err();
        assert_eq!(error.exit_code(), Some(code), "{error}");
    }
    let mut plugin = live(EXIT, &none);
    assert_eq!(plugin.call::<_, ()>("code", (9u8,)).unwrap_err().exit_code(), Some(9));
    assert!(matches!(plugin.call::<_, ()>("code", (9u8,)).unwrap_err().kind(), ErrorKind::Poisoned));
    assert_eq!(live(EXIT, &none).run_command().unwrap(), 42);
    let error = live(MISCHIEF, &none).run_command().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NoExport { .. }), "{error}");
    assert!(error.to_string().contains("fine"), "the message lists what there is: {error}");
}

#[test]
fn files_that_are_no_components_are_refused_with_a_place() {
    let host = Host::new().unwrap();
    for bytes in [b"".as_slice(), b"\0asm", b"not wasm at all", b"\0asm\x0d\0\x01\0\xff\xff\xff"] {
        let error = host.compile(Source::bytes("junk", bytes)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Load { .. }), "{bytes:?}: {error}");
        assert!(error.to_string().contains("junk"), "{error}");
    }
    let error = host.load("/no/such/plugin.wasm").unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Io { .. }), "{error}");
    let error = host.load(std::env::temp_dir()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Io { .. }), "{error}");
}

#[test]
fn wrong_types_and_names_are_told_before_anything_runs() {
    let mut plugin = mischief(Limits::default());
    let error = plugin.call::<_, u32>("grow", ("text",)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WorldMismatch { .. }), "{error}");
    assert!(error.to_string().contains("grow"), "{error}");
    let error = plugin.call::<(), ()>("nothing", ()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NoExport { .. }), "{error}");
    let error = plugin.call_dynamic("grow", &[plugbay::Val::Bool(true)]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Misuse(_)), "{error}");
    assert!(!plugin.is_poisoned());
}

#[test]
fn an_error_names_the_limit_that_was_reached() {
    const MANY: &str = r#"(component
        (core module $m (memory 1) (table 3 funcref) (global i32 (i32.const 0))
            (func (export "f") (param i32) (result i32) (local.get 0)))
        (core instance $i (instantiate $m))
        (func (export "f") (param "x" u32) (result u32) (canon lift (core func $i "f"))))"#;
    let none = Limits::default();
    let limits = |set: &dyn Fn(&mut Limits)| {
        let mut limits = none.clone();
        set(&mut limits);
        limits
    };
    let cases = [
        ("instances", limits(&|limits| limits.instances = 0)),
        ("memories", limits(&|limits| limits.memories = 0)),
        ("tables", limits(&|limits| limits.tables = 0)),
        ("memory", limits(&|limits| limits.memory = 65_535)),
        ("table_elements", limits(&|limits| limits.table_elements = 2)),
        ("instance_bytes", limits(&|limits| limits.instance_bytes = 10)),
    ];
    let compiled = compile(&Host::new().unwrap(), "many", MANY);
    for (name, limits) in cases {
        let linked = compiled.clone().with_limits(limits).link(&Grants::none()).unwrap();
        let error = linked.instantiate(()).unwrap_err();
        let ErrorKind::Limit { knob, asked: Some(asked), limit } = error.kind() else { panic!("{error}") };
        assert_eq!(knob, name);
        assert!(asked > limit, "{error}");
        assert!(error.to_string().contains(&format!("`{name}` of {limit} (asked for {asked})")), "{error}");
    }
}
