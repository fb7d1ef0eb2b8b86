//! What is told of a plugin's doings, and taking grants back while it lives.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::sync::{Arc, Mutex};

use common::{CLOCK, compile};
use plugbay::audit::{Event, Verdict};
use plugbay::{ErrorKind, Grants, Host, HostContext, Linked, PluginState, Stdio};

type Heard = Arc<Mutex<Vec<Event>>>;

fn host() -> (Host<()>, Heard) {
    let heard = Heard::default();
    let tell = heard.clone();
    let host = Host::<()>::builder()
        .measure(true)
        .audit(move |event: &Event| tell.lock().unwrap().push(event.clone()))
        .provide("print", |linker| {
            linker
                .root()
                .func_wrap("print", |_: &mut HostContext<'_, PluginState<()>>, (_,): (u32,)| Ok(()))?;
            Ok(())
        })
        .provide("hush", |linker| {
            linker.root().func_wrap("hush", |_: &mut HostContext<'_, PluginState<()>>, ()| Ok(()))?;
            Ok(())
        })
        .build()
        .unwrap();
    (host, heard)
}

fn taken(heard: &Heard) -> Vec<(String, String, Verdict, String, u64)> {
    let events = std::mem::take(&mut *heard.lock().unwrap());
    events
        .into_iter()
        .map(|event| (event.capability, event.operation, event.verdict, event.rule, event.count))
        .collect()
}

fn event(
    capability: &str,
    operation: &str,
    verdict: Verdict,
    rule: &str,
    count: u64,
) -> (String, String, Verdict, String, u64) {
    (capability.into(), operation.into(), verdict, rule.into(), count)
}

const MONOTONIC: &str = "wasi:clocks/monotonic-clock@0.2.0";

#[test]
fn links_uses_and_refusals_are_told() {
    let (host, heard) = host();
    let compiled = compile(&host, "sundial", CLOCK);
    compiled.link(&Grants::none()).unwrap_err();
    assert_eq!(taken(&heard), [event(MONOTONIC, "link", Verdict::Denied, "not granted", 1)]);
    compiled.link(&Grants::none().allow_clocks().deny("wasi:clocks")).unwrap_err();
    assert_eq!(taken(&heard), [event(MONOTONIC, "link", Verdict::Denied, "denied by wasi:clocks", 1)]);

    let linked = compiled.link(&Grants::none().allow_clocks()).unwrap();
    assert_eq!(taken(&heard), [event(MONOTONIC, "link", Verdict::Allowed, "granted", 1)]);
    let mut plugin = linked.instantiate(()).unwrap();
    for call in 1..=2 {
        plugin.call::<(), u64>("now", ()).unwrap();
        let events = heard.lock().unwrap().clone();
        assert_eq!((events[0].call, &*events[0].plugin), (call, "sundial"));
        assert!(events[0].duration.is_some());
        assert_eq!(taken(&heard), [event(MONOTONIC, "now", Verdict::Allowed, "granted", 1)]);
    }
}

#[test]
fn a_grant_that_is_taken_back_ends_the_next_use() {
    let (host, heard) = host();
    let linked = compile(&host, "sundial", CLOCK).link(&Grants::none().allow_clocks()).unwrap();
    let mut plugin = linked.instantiate(()).unwrap();
    let mut other = linked.instantiate(()).unwrap();
    plugin.call::<(), u64>("now", ()).unwrap();
    let revoker = plugin.revoker();
    assert_eq!(revoker.revoke("wasi:random").unwrap(), 0);
    assert!(matches!(revoker.revoke("all of it").unwrap_err().kind(), ErrorKind::Grant(_)));
    taken(&heard);
    assert_eq!(std::thread::spawn(move || revoker.revoke("wasi:clocks").unwrap()).join().unwrap(), 1);
    for plugin in [&mut plugin, &mut other] {
        let error = plugin.call::<(), u64>("now", ()).unwrap_err();
        let ErrorKind::Denied { missing } = error.kind() else { panic!("{error}") };
        assert!(missing[0].revoked);
        assert!(error.to_string().contains("taken back"), "{error}");
        assert!(plugin.is_poisoned());
    }
    let told = taken(&heard);
    assert_eq!((&*told[0].1, &*told[1].1, told[1].2), ("revoke", "now", Verdict::Denied));
}

#[test]
fn functions_of_the_world_are_taken_back_one_by_one() {
    let text = r#"(component
        (import "print" (func $print (param "n" u32)))
        (import "hush" (func $hush))
        (core func $print_ (canon lower (func $print)))
        (core func $hush_ (canon lower (func $hush)))
        (core module $m
            (import "" "print" (func $print (param i32)))
            (import "" "hush" (func $hush))
            (func (export "print") (call $print (i32.const 1)))
            (func (export "hush") (call $hush)))
        (core instance $i (instantiate $m (with "" (instance
            (export "print" (func $print_)) (export "hush" (func $hush_))))))
        (func (export "do-print") (canon lift (core func $i "print")))
        (func (export "do-hush") (canon lift (core func $i "hush"))))"#;
    let (host, _) = host();
    let linked = compile(&host, "loud", text).link(&Grants::none().allow("print").allow("hush")).unwrap();
    let mut plugin = linked.instantiate(()).unwrap();
    assert_eq!(linked.revoker().revoke("print").unwrap(), 1);
    plugin.call::<(), ()>("do-hush", ()).unwrap();
    let error = plugin.call::<(), ()>("do-print", ()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Denied { .. }), "{error}");
}

#[test]
fn a_stream_that_a_plugin_holds_is_closed_with_its_grant() {
    let (host, _) = host();
    let text = r#"(component
        (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
        (alias export $error "error" (type $e))
        (import "wasi:io/streams@0.2.0" (instance $streams
            (alias outer 1 $e (type $e))
            (export "error" (type $error (eq $e)))
            (export "output-stream" (type $o (sub resource)))
            (type $own (own $error))
            (type $se (variant (case "last-operation-failed" $own) (case "closed")))
            (export "stream-error" (type $stream-error (eq $se)))
            (type $r (result u64 (error $stream-error)))
            (export "[method]output-stream.check-write" (func (param "self" (borrow $o)) (result $r)))))
        (alias export $streams "output-stream" (type $o))
        (import "wasi:cli/stdout@0.2.0" (instance $stdout
            (alias outer 1 $o (type $o))
            (export "output-stream" (type $out (eq $o)))
            (export "get-stdout" (func (result (own $out))))))
        (core module $memory (memory (export "memory") 1))
        (core instance $mem (instantiate $memory))
        (core func $check (canon lower (func $streams "[method]output-stream.check-write") (memory (core memory $mem "memory"))))
        (core func $get (canon lower (func $stdout "get-stdout")))
        (core module $m
            (import "" "check" (func $check (param i32 i32)))
            (import "" "get" (func $get (result i32)))
            (import "" "memory" (memory 1))
            (global $stream (mut i32) (i32.const 0))
            (func (export "open") (global.set $stream (call $get)))
            (func (export "ready") (result i32)
                (call $check (global.get $stream) (i32.const 64))
                (i32.eqz (i32.load8_u (i32.const 64)))))
        (core instance $i (instantiate $m (with "" (instance
            (export "check" (func $check)) (export "get" (func $get)) (export "memory" (memory $mem "memory"))))))
        (func (export "open") (canon lift (core func $i "open")))
        (func (export "ready") (result bool) (canon lift (core func $i "ready"))))"#;
    let linked: Linked =
        compile(&host, "writer", text).link(&Grants::none().stdio(Stdio::capture())).unwrap();
    let mut plugin = linked.instantiate(()).unwrap();
    plugin.call::<(), ()>("open", ()).unwrap();
    assert!(plugin.call::<(), bool>("ready", ()).unwrap());
    plugin.revoker().revoke("wasi:cli/stdout").unwrap();
    assert!(!plugin.call::<(), bool>("ready", ()).unwrap());
}
