//! What links and what is refused: nothing by default, everything missing named at once, denials win.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says by panicking that it failed")]

mod common;

use common::{CLOCK, EXIT, LOGGER, WAITER, compile, live, missing};
use plugbay::{ErrorKind, Fault, Grants, Host, HostContext, Limits, PluginState, Risk};

type App = Vec<u32>;

fn app(open: bool) -> Host<App> {
    let define = |linker: &mut plugbay::Linker<PluginState<App>>| {
        let mut log = linker.instance("demo:app/log@1.2.0");
        log.func_wrap("log", |cx: &mut HostContext<'_, PluginState<App>>, (line,): (u32,)| {
            cx.data_mut().data_mut().push(line);
            Ok(())
        })?;
        Ok(())
    };
    let builder = Host::builder();
    let builder = if open {
        builder.provide_open("demo:app/log", define)
    } else {
        builder.provide("demo:app/log@1.2.0", define)
    };
    builder.build().unwrap()
}

#[test]
fn a_missing_grant_is_named_with_its_remedy() {
    let compiled = compile(&Host::new().unwrap(), "sundial", CLOCK);
    let error = compiled.link(&Grants::none()).unwrap_err();
    assert_eq!(missing(&error), ["wasi:clocks/monotonic-clock@0.2.0"]);
    assert_eq!((error.plugin(), error.fault(), error.code()), (Some("sundial"), Fault::Embedder, "denied"));
    let text = error.to_string();
    for part in ["sundial", "wasi:clocks/monotonic-clock@0.2.0", "Grants::allow_clocks()", "--allow-clocks"] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    let now: u64 = live(CLOCK, &Grants::none().allow_clocks()).call("now", ()).unwrap();
    assert!(now < 60_000_000_000, "the clock starts with the plugin, not with the machine: {now}");
}

#[test]
fn all_that_is_missing_is_named_in_one_error() {
    let compiled = compile(&app(false), "logger", LOGGER);
    let error = compiled.link(&Grants::none()).unwrap_err();
    assert_eq!(missing(&error), ["demo:app/log@1.0.0", "wasi:clocks/monotonic-clock@0.2.6"]);
    let error = compiled.link(&Grants::none().allow("demo:app/log")).unwrap_err();
    assert_eq!(missing(&error), ["wasi:clocks/monotonic-clock@0.2.6"]);
    let error = compile(&app(true), "logger", LOGGER).link(&Grants::none()).unwrap_err();
    assert_eq!(missing(&error), ["wasi:clocks/monotonic-clock@0.2.6"]);
}

#[test]
fn an_interface_of_the_application_is_called_when_granted() {
    let grants = Grants::none().allow("demo:app").allow_clocks();
    let linked = compile(&app(false), "logger", LOGGER).link(&grants).unwrap();
    let (mut one, mut other) = (linked.instantiate(vec![]).unwrap(), linked.instantiate(vec![1]).unwrap());
    one.call::<_, ()>("run", (7u32,)).unwrap();
    other.call::<_, ()>("run", (8u32,)).unwrap();
    assert_eq!((one.data().as_slice(), other.into_data()), ([7].as_slice(), vec![1, 8]));
}

#[test]
fn a_denial_wins_over_grants_and_over_powerless() {
    let compiled = compile(&Host::new().unwrap(), "waiter", WAITER);
    let all = Grants::none().allow_clocks().allow_random();
    assert!(compiled.link(&all).is_ok());
    for (denied, import) in [
        ("wasi:clocks", "wasi:clocks/monotonic-clock@0.2.6"),
        ("wasi:random/random", "wasi:random/random@0.2.3"),
        ("wasi:io", "wasi:io/poll@0.2.0"),
    ] {
        let error = compiled.link(&all.clone().deny(denied)).unwrap_err();
        assert_eq!(missing(&error), [import]);
        assert!(error.to_string().contains(denied), "{error}");
        let error = compiled.link(&Grants::none().deny(denied).allow_random().allow_clocks()).unwrap_err();
        assert_eq!(missing(&error), [import], "order does not matter");
    }
}

#[test]
fn what_nobody_offers_is_not_a_matter_of_grants() {
    let host = Host::new().unwrap();
    let error = compile(&host, "logger", LOGGER).link(&Grants::none().allow_clocks()).unwrap_err();
    let ErrorKind::UnknownImports { imports } = error.kind() else { panic!("{error}") };
    assert_eq!(imports.len(), 1);
    assert_eq!(imports[0].import, "demo:app/log@1.0.0");
    let future = CLOCK.replace("@0.2.0", "@0.3.0");
    let error = compile(&host, "future", &future).link(&Grants::none().allow_clocks()).unwrap_err();
    assert!(error.to_string().contains("wasi:clocks/monotonic-clock@0.2.12"), "{error}");
}

#[test]
fn an_import_of_another_type_is_a_mismatch_that_names_the_function() {
    let other = LOGGER.replace(r#"(param "line" u32)))))"#, r#"(param "line" s32)))))"#);
    let error = compile(&app(true), "logger", &other).link(&Grants::none().allow_clocks()).unwrap_err();
    let ErrorKind::WorldMismatch { differences } = error.kind() else { panic!("{error}") };
    assert!(differences.iter().any(|difference| difference.contains("demo:app/log@1.0.0#log")), "{error}");
}

#[test]
fn grants_that_cannot_be_kept_are_refused() {
    let compiled = compile(&Host::new().unwrap(), "sundial", CLOCK);
    let grants = Grants::none().allow_clocks();
    let inside = std::env::temp_dir().join(format!("plugbay-denied-{}", std::process::id()));
    std::fs::create_dir_all(&inside).unwrap();
    for bad in [
        grants.clone().allow("wasi:clokcs"),
        grants.clone().deny("demo:app/log"),
        grants.clone().allow("not a name"),
        grants.clone().env("A=B", ""),
        grants.clone().allow_read(std::env::temp_dir(), "/tmp").deny_read(&inside),
        grants.clone().allow_write(std::env::temp_dir(), "/tmp").deny_write(&inside),
    ] {
        let error = compiled.link(&bad).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Grant(_)), "{error}");
    }
    assert!(
        compiled.link(&grants.clone().allow_read(std::env::temp_dir(), "/tmp").deny_write(&inside)).is_ok()
    );
    std::fs::remove_dir(&inside).unwrap();
    let error = compiled.link(&grants.allow_read("/does/not/exist", "/data")).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Io { .. }), "{error}");
}

#[test]
fn powerless_interfaces_need_no_grant_and_the_card_says_so() {
    let compiled = compile(&Host::new().unwrap(), "quitter", EXIT);
    assert!(compiled.link(&Grants::none()).is_ok());
    let card = compiled.card();
    assert_eq!(card.risk, Risk::None);
    assert!(card.entries.iter().all(|entry| !entry.needs_grant));
    let card = compile(&Host::new().unwrap(), "waiter", WAITER).card();
    assert_eq!(card.risk, Risk::Low);
    assert_eq!(card.ungranted(&Grants::none().allow_clocks()).count(), 1);
}

#[test]
fn limits_can_differ_from_plugin_to_plugin() {
    let compiled =
        compile(&Host::new().unwrap(), "sundial", CLOCK).with_limits(Limits::default().memory(1 << 20));
    let linked = compiled.link(&Grants::none().allow_clocks()).unwrap();
    assert_eq!(linked.limits().memory, 1 << 20);
}

#[test]
fn an_interface_of_types_alone_asks_for_nothing() {
    let text = r#"(component
        (import "wasi:clocks/wall-clock@0.2.0" (instance
            (type $datetime (record (field "seconds" u64) (field "nanoseconds" u32)))
            (export "datetime" (type (eq $datetime))))))"#;
    let compiled = compile(&Host::new().unwrap(), "calendar", text);
    assert!(compiled.card().entries.is_empty(), "{}", compiled.card());
    compiled.link(&Grants::none()).unwrap().instantiate(()).unwrap();
    // There is nothing to deny in a type.
    compiled.link(&Grants::none().deny("wasi:clocks")).unwrap();
}

/// Imports an interface of WASI and one of the application only for their types, and one for a resource that it knows
/// already.
const TYPES: &str = r#"(component
  (import "wasi:clocks/wall-clock@0.2.0" (instance $clock
    (type $t (record (field "seconds" u64) (field "nanoseconds" u32))) (export "datetime" (type (eq $t)))))
  (import "demo:nobody/types@7.0.0" (instance (type $e (enum "a" "b")) (export "e" (type (eq $e)))))
  (import "wasi:io/poll@0.2.0" (instance $poll (export "pollable" (type (sub resource)))))
  (alias export $poll "pollable" (type $pollable))
  (import "demo:nobody/more@7.0.0" (instance
    (alias outer 1 $pollable (type $p)) (export "p" (type (eq $p)))
    (type $own (own 0)) (type $l (list $own)) (export "l" (type (eq $l)))))
  (core module $m (func (export "f") (result i32) (i32.const 4)))
  (core instance $i (instantiate $m))
  (func (export "f") (result u32) (canon lift (core func $i "f"))))"#;

#[test]
fn imports_that_only_name_types_need_no_grant_and_are_not_on_the_card() {
    let compiled = compile(&Host::new().unwrap(), "types", TYPES);
    let imports: Vec<_> = compiled.card().entries.iter().flat_map(|entry| entry.imports.clone()).collect();
    assert_eq!(imports, ["wasi:io/poll@0.2.0"]);
    assert_eq!(compiled.card().risk, Risk::None);
    assert_eq!(compiled.card().ungranted(&Grants::none()).count(), 0);
    let mut plugin = compiled.link(&Grants::none()).unwrap().instantiate(()).unwrap();
    assert_eq!(plugin.call::<_, u32>("f", ()).unwrap(), 4);
    assert_eq!(compiled.world().imports.len(), 4, "reflection shows them all");
}
