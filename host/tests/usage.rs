//! What is told of what a plugin does and uses: floods that become a few events, answers, refusals of what is optional; usage now
//! and at most, and events before a limit is reached.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says by panicking that it failed")]

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Folder, compile};
use plugbay::audit::{Event, Verdict};
use plugbay::grants::{Answer, GrantStore, Rule};
use plugbay::{ErrorKind, Grants, Host, HostBuilder, HostContext, Limits, Package, PluginState, SoftLimit};
use serde::{Deserialize, Serialize};

type Heard = Arc<Mutex<Vec<Event>>>;

/// Nothing is among what it names.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Nothing {}

impl Rule for Nothing {
    type Request<'a> = &'a str;

    fn matches(&self, request: &&str) -> bool {
        request.starts_with("allowed")
    }

    fn words(&self) -> String {
        "what begins with allowed".to_owned()
    }
}

/// `touch` asks for `count` things: `fresh` ones, or the same again.
const TOUCHES: &str = r#"(component
    (import "touch" (func $touch (param "number" u32)))
    (core func $touch (canon lower (func $touch)))
    (core module $m
        (import "" "touch" (func $touch (param i32)))
        (memory 1)
        (func (export "same") (param i32)
            (loop $more
                (call $touch (i32.const 0))
                (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
        (func (export "fresh") (param i32)
            (loop $more
                (call $touch (local.get 0))
                (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
    (core instance $i (instantiate $m (with "" (instance (export "touch" (func $touch))))))
    (func (export "same") (param "count" u32) (canon lift (core func $i "same")))
    (func (export "fresh") (param "count" u32) (canon lift (core func $i "fresh")))
    (func (export "grow") (param "pages" u32) (result s32) (canon lift (core func $i "grow"))))"#;

fn builder(heard: &Heard) -> HostBuilder<()> {
    let tell = heard.clone();
    Host::<()>::builder()
        .audit(move |event: &Event| tell.lock().unwrap().push(event.clone()))
        .capability::<Nothing, _>("touch", "touches things", |linker, power| {
            linker.root().func_wrap(
                "touch",
                move |cx: &mut HostContext<'_, PluginState<()>>, (number,): (u32,)| {
                    let target = format!("https://user:secret@thing-{number}/\u{1b}[2J?key=secret");
                    let _ = cx.data_mut().may(&power, "touch", &target, &"other");
                    Ok(())
                },
            )?;
            Ok(())
        })
}

fn denied(heard: &Heard) -> Vec<Event> {
    let events = std::mem::take(&mut *heard.lock().unwrap());
    events.into_iter().filter(|event| event.verdict == Verdict::Denied).collect()
}

#[test]
fn a_plugin_that_is_refused_very_often_makes_a_few_events_and_no_secrets() {
    let heard = Heard::default();
    let host = builder(&heard).limits(Limits::default().no_deadline()).build().unwrap();
    let grants = Grants::none().allow_with("touch", &Nothing {});
    let mut plugin = compile(&host, "pushy", TOUCHES).link(&grants).unwrap().instantiate(()).unwrap();
    plugin.call::<_, ()>("same", (100_000_u32,)).unwrap();
    let told = denied(&heard);
    assert_eq!(told.iter().map(|event| event.count).collect::<Vec<_>>(), [1, 99_999]);
    assert_eq!(told[0].target.as_deref(), Some("https://thing-0/\\u{1b}[2J?…"));
    assert_eq!(
        (told[0].call, &*told[0].operation, &*told[0].rule),
        (1, "touch", "the grant does not allow it")
    );

    plugin.call::<_, ()>("fresh", (100_000_u32,)).unwrap();
    let told = denied(&heard);
    assert!(told.len() < 300, "{}", told.len());
    assert_eq!(told.iter().map(|event| event.count).sum::<u64>(), 100_000);
    assert_eq!(told.last().unwrap().target.as_deref(), Some("(more targets)"));
    for event in told {
        let text = format!("{event} {}", serde_json::to_string(&event).unwrap());
        assert!(!text.contains("secret") && !text.contains('\u{1b}'), "{text}");
    }
}

/// A plugin's folder, whose manifest asks for `touch` and for limits.
fn folder_of(name: &str, capability: &str) -> Folder {
    let manifest = format!(
        "manifest-version = 1\n[plugin]\nid = \"demo:pushy\"\nversion = \"1.2.3\"\ncomponent = \"c.wasm\"\n\
         [[capability.{capability}]]\nuse = \"touch\"\nreason = \"To touch\"\n\
         [limits]\nmemory = \"1MiB\"\nsockets = 3\ntimers = 4\npollables = 5\nhost-bytes = \"6KiB\"\n\
         log-bytes = \"7KiB\"\nfuel-per-call = 8000\n"
    );
    Folder::new(&format!("usage-{name}"), TOUCHES, &manifest)
}

#[test]
fn what_somebody_answered_is_told_once_with_version_and_digest() {
    let heard = Heard::default();
    let host = builder(&heard).build().unwrap();
    let folder = folder_of("asked", "required");
    let package = Package::open(&folder.0).unwrap();
    for (answer, verdict) in
        [(Answer::AllowOnce, Verdict::AskAllowed), (Answer::DenyOnce, Verdict::AskDenied)]
    {
        let grants = GrantStore::new().grants(&package, |_| answer).unwrap();
        let compiled = host.compile_package(&package).unwrap();
        let linked = compiled.link(&grants);
        assert_eq!(linked.is_ok(), verdict == Verdict::AskAllowed);
        compiled.link(&grants).ok();
        let told = std::mem::take(&mut *heard.lock().unwrap());
        let asked: Vec<_> = told.iter().filter(|event| event.operation == "ask").collect();
        let [asked] = asked.as_slice() else { panic!("{asked:?}") };
        assert_eq!((asked.verdict, &*asked.capability), (verdict, "touch"));
        assert!(asked.rule.contains("nothing was decided"), "{}", asked.rule);
        for event in &told {
            assert_eq!(event.version.as_deref(), Some("1.2.3"));
            assert!(event.digest.as_ref().is_some_and(|digest| digest.starts_with("sha256:")));
        }
    }
}

#[test]
fn the_use_of_what_was_optional_and_not_granted_is_told() {
    let heard = Heard::default();
    let host = builder(&heard).build().unwrap();
    let folder = folder_of("optional", "optional");
    let compiled = host.open(&folder.0).unwrap();
    let mut plugin = compiled.link(&Grants::none()).unwrap().instantiate(()).unwrap();
    denied(&heard);
    let error = plugin.call::<_, ()>("same", (7_u32,)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Denied { .. }), "{error}");
    let told = denied(&heard);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].call, &*told[0].operation), (1, "touch"));
    assert_eq!(told[0].rule, "not granted, and optional");
}

#[test]
fn a_manifest_lowers_every_limit_and_raises_none() {
    let folder = folder_of("limits", "optional");
    let host = Host::<()>::builder().limits(Limits::default().fuel_per_call(1 << 40)).build().unwrap();
    // The world's function is not offered here, so that the package is only read.
    let manifest = Package::open(&folder.0).unwrap();
    let asked = manifest.manifest().limits();
    let limits = asked.within(host.limits());
    assert_eq!((limits.memory, limits.sockets, limits.timers, limits.pollables), (1 << 20, 3, 4, 5));
    assert_eq!((limits.host_bytes, limits.log_bytes, limits.fuel_per_call), (6 << 10, 7 << 10, Some(8000)));
    let tight = Limits::default().memory(1).sockets(1).timers(1).pollables(1).host_bytes(1).log_bytes(1);
    assert_eq!(asked.within(&tight), tight);
}

#[test]
fn usage_is_told_now_and_at_most_and_before_the_limit() {
    let heard = Heard::default();
    let soft = Arc::new(Mutex::new(Vec::new()));
    let tell = soft.clone();
    let host = builder(&heard)
        .limits(Limits::default().memory(10 << 16).soft_percent(50))
        .on_soft_limit(move |soft: &SoftLimit<'_>| {
            tell.lock().unwrap().push((soft.knob, soft.call, soft.used, soft.limit));
        })
        .measure(true)
        .build()
        .unwrap();
    let grants = Grants::none().allow_with("touch", &Nothing {});
    let mut plugin = compile(&host, "grows", TOUCHES).link(&grants).unwrap().instantiate(()).unwrap();
    assert_eq!(plugin.call::<_, i32>("grow", (4_u32,)).unwrap(), 1);
    assert!(soft.lock().unwrap().is_empty());
    assert_eq!(plugin.call::<_, i32>("grow", (1_u32,)).unwrap(), 5);
    assert_eq!(plugin.call::<_, i32>("grow", (1_u32,)).unwrap(), 6);
    assert_eq!(plugin.call::<_, i32>("grow", (100_u32,)).unwrap(), -1);
    assert_eq!(*soft.lock().unwrap(), [("memory", 2, 6 << 16, 10 << 16)]);
    let near: Vec<_> = std::mem::take(&mut *heard.lock().unwrap())
        .into_iter()
        .filter(|event| event.verdict == Verdict::Near)
        .collect();
    assert_eq!((near.len(), near[0].target.as_deref()), (1, Some("393216 of 655360")));

    let usage = plugin.usage();
    assert_eq!((usage.memory.now, usage.memory.peak, usage.memory.limit), (7 << 16, 7 << 16, 10 << 16));
    assert_eq!(usage.calls, 4);
    assert!(
        usage.time.unwrap() >= usage.longest_call.unwrap() && usage.longest_call.unwrap() > Duration::ZERO
    );
    let json = serde_json::to_value(usage).unwrap();
    assert_eq!(json["memory"]["peak"], 7 << 16);
    assert!(usage.to_string().contains("448 KiB"), "{usage}");
}

#[test]
fn durations_are_of_the_operation_and_only_where_they_are_measured() {
    for measure in [false, true] {
        let heard = Heard::default();
        let tell = heard.clone();
        let host = Host::<()>::builder()
            .audit(move |event: &Event| tell.lock().unwrap().push(event.clone()))
            .measure(measure)
            .provide("touch", |linker| {
                linker.root().func_wrap(
                    "touch",
                    |_: &mut HostContext<'_, PluginState<()>>, (_,): (u32,)| {
                        std::thread::sleep(Duration::from_millis(2));
                        Ok(())
                    },
                )?;
                Ok(())
            })
            .build()
            .unwrap();
        let grants = Grants::none().allow("touch");
        let mut plugin = compile(&host, "slow", TOUCHES).link(&grants).unwrap().instantiate(()).unwrap();
        plugin.call::<_, ()>("same", (3_u32,)).unwrap();
        let told = heard.lock().unwrap().last().cloned().unwrap();
        assert_eq!((&*told.operation, told.count), ("touch", 3));
        assert_eq!(told.duration.is_some(), measure);
        assert!(told.duration.is_none_or(|took| took >= Duration::from_millis(6)), "{told}");
        assert_eq!(plugin.usage().time.is_some(), measure);
    }
}

#[test]
fn fuel_of_a_call_is_given_anew_and_its_limit_is_named() {
    let limits = Limits::default().fuel(1_000_000).fuel_per_call(100_000).no_deadline();
    let host = builder(&Heard::default()).limits(limits).build().unwrap();
    let grants = Grants::none().allow_with("touch", &Nothing {});
    let linked = compile(&host, "fueled", TOUCHES).link(&grants).unwrap();
    let mut plugin = linked.instantiate(()).unwrap();
    for _ in 0..5 {
        plugin.call::<_, ()>("same", (1_000_u32,)).unwrap();
    }
    let usage = plugin.usage();
    let (all, call) = (usage.fuel.unwrap(), usage.fuel_per_call.unwrap());
    assert!(all.now >= 5_000 && all.limit == 1_000_000, "{all:?}");
    assert!(call.peak * 5 >= all.now - 100 && call.limit == 100_000, "{call:?} {all:?}");
    assert_eq!(plugin.fuel(), 1_000_000 - all.now);
    let error = plugin.call::<_, ()>("same", (1_000_000_u32,)).unwrap_err();
    let ErrorKind::Limit { knob, limit: 100_000, .. } = error.kind() else { panic!("{error}") };
    assert_eq!(knob, "fuel_per_call");
}
