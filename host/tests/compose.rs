//! Plugins that use each other through the host: what crosses, what is refused, and what goes wrong in whom.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says by panicking that it failed")]

mod common;

use std::path::Path;
use std::time::{Duration, Instant};

use common::missing;
use plugbay::{
    Compiled, Composition, Error, ErrorKind, Grants, Host, HostContext, Limits, Plugins, Risk, Source, Val,
};
use wit_parser::Resolve;

const STORE: &str = "demo:db/store";

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compose")
}

/// The component of a core module of `tests/compose` and a world, as toolchains make it.
fn component(module: &str, wit: &[&str], world: &str) -> Vec<u8> {
    let texts = wit.iter().map(|file| std::fs::read_to_string(folder().join(file)).unwrap());
    encode(&std::fs::read_to_string(folder().join(module)).unwrap(), texts, world)
}

fn encode(module: &str, wit: impl IntoIterator<Item = String>, world: &str) -> Vec<u8> {
    let mut module = wat::parse_str(module).unwrap();
    let mut resolve = Resolve::new();
    let mut last = None;
    for text in wit {
        // Plugins are built against an older version of the interface than the other one has.
        let old = if last.is_none() && world != "db" { text.replace("@1.2.0", "@1.0.0") } else { text };
        last = Some(resolve.push_str("compose.wit", &old).unwrap());
    }
    let world = resolve.select_world(&[last.unwrap()], Some(world)).unwrap();
    let encoding = wit_component::StringEncoding::UTF8;
    wit_component::embed_component_metadata(&mut module, &resolve, world, encoding, false).unwrap();
    wit_component::ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

struct Set {
    db: Compiled,
    ui: Compiled,
    mid: Compiled,
    top: Compiled,
}

fn compiled() -> Set {
    let host = Host::new().unwrap();
    let compile = |name: &str, bytes: Vec<u8>| host.compile(Source::bytes(name, bytes)).unwrap();
    Set {
        db: compile("db.wasm", component("db.wat", &["db.wit"], "db")),
        ui: compile("ui.wasm", component("ui.wat", &["db.wit", "ui.wit"], "ui")),
        mid: compile("mid.wasm", component("mid.wat", &["db.wit", "mid.wit"], "mid")),
        top: compile("top.wasm", component("top.wat", &["db.wit", "mid.wit"], "top")),
    }
}

fn store() -> Grants {
    Grants::none().allow_from("db", STORE)
}

/// `ui` uses `db`.
fn pair(set: &Set) -> Composition {
    let mut pair = Composition::new();
    pair.add("ui", &set.ui, store()).unwrap().add("db", &set.db, Grants::none()).unwrap();
    pair.connect("ui", STORE, "db").unwrap();
    pair
}

fn live(set: &Set) -> Plugins {
    pair(set).instantiate(|_| ()).unwrap()
}

fn dropped(plugins: &mut Plugins) -> u32 {
    plugins.get("db").unwrap().call("demo:db/store#dropped", ()).unwrap()
}

#[test]
fn values_cross_and_come_back() {
    let mut plugins = live(&compiled());
    let mut ui = plugins.get("ui").unwrap();
    assert_eq!(ui.call::<_, u32>("add", (30u32, 12u32)).unwrap(), 42);
    for name in ["", "größer", &"long ".repeat(1000)] {
        assert_eq!(ui.call::<_, String>("echo", (name, Some(7u32))).unwrap(), name);
        assert_eq!(ui.call::<_, String>("echo", (name, None::<u32>)).unwrap(), name);
    }
    assert_eq!(ui.name(), "ui", "it is called as in the composition, not as its file");
}

#[test]
fn a_resource_of_one_plugin_is_owned_lent_and_destroyed_by_another() {
    let mut plugins = live(&compiled());
    assert_eq!(plugins.get("ui").unwrap().call::<_, u32>("totals", (12u32,)).unwrap(), 42);
    assert_eq!(dropped(&mut plugins), 1);
    assert_eq!(plugins.get("ui").unwrap().call::<_, u32>("merged", (40u32, 2u32)).unwrap(), 42);
    assert_eq!(dropped(&mut plugins), 4, "two that were used up, and what they became");
    assert_eq!(plugins.get("ui").unwrap().call::<_, u32>("many", (10u32,)).unwrap(), 45);
    assert_eq!(dropped(&mut plugins), 14);
    assert_eq!(plugins.get("ui").unwrap().usage().host_resources.now, 0);
}

#[test]
fn the_application_holds_what_a_plugin_got_from_another() {
    let mut plugins = live(&compiled());
    let mut ui = plugins.get("ui").unwrap();
    let Some(Val::Resource(table)) = ui.call_dynamic("make", &[Val::U32(5)]).unwrap() else { panic!() };
    for total in [6, 7] {
        let looked = ui.call_dynamic("look", &[Val::Resource(table)]).unwrap();
        assert_eq!(looked, Some(Val::U32(total)));
    }
    ui.drop_resource(table).unwrap();
    assert!(matches!(ui.drop_resource(table).unwrap_err().kind(), ErrorKind::Misuse(_)), "dropped twice");
    drop(ui);
    assert_eq!(dropped(&mut plugins), 1);
}

#[test]
fn a_resource_travels_over_a_plugin_that_does_not_define_it() {
    let set = compiled();
    let mut three = Composition::new();
    three.add("db", &set.db, Grants::none()).unwrap().add("mid", &set.mid, store()).unwrap();
    three.add("top", &set.top, store().allow_from("mid", "demo:mid/api")).unwrap();
    three.connect("mid", STORE, "db").unwrap().connect("top", STORE, "db").unwrap();
    three.connect("top", "demo:mid/api", "mid").unwrap();
    let mut plugins = three.instantiate(|_| ()).unwrap();
    assert_eq!(plugins.names().collect::<Vec<_>>(), ["db", "mid", "top"]);
    assert_eq!(plugins.get("top").unwrap().call::<_, u32>("run", ()).unwrap(), 112);
    assert_eq!(dropped(&mut plugins), 2);
    plugins.get("top").unwrap().call::<_, ()>("lose", (false,)).unwrap();
    assert_eq!(dropped(&mut plugins), 3);
    for name in ["mid", "top"] {
        assert_eq!(plugins.get(name).unwrap().usage().host_resources.now, 0, "{name}");
    }
    let error = plugins.get("top").unwrap().call::<_, ()>("lose", (true,)).unwrap_err();
    assert_eq!((error.plugin(), error.code()), (Some("top"), "provider"), "{error}");
    let poisoned = ["db", "mid", "top"].map(|name| plugins.get(name).unwrap().is_poisoned());
    assert_eq!(poisoned, [false, true, true]);
}

#[test]
fn a_resource_of_one_provider_is_not_given_to_another() {
    let set = compiled();
    let mut four = Composition::new();
    four.add("db", &set.db, Grants::none()).unwrap().add("other", &set.db, Grants::none()).unwrap();
    four.add("mid", &set.mid, Grants::none().allow_from("other", STORE)).unwrap();
    four.add("top", &set.top, store().allow_from("mid", "demo:mid")).unwrap();
    four.connect("mid", STORE, "other").unwrap().connect("top", STORE, "db").unwrap();
    four.connect("top", "demo:mid/api", "mid").unwrap();
    let error = four.link().unwrap_err();
    let ErrorKind::Edge { provider, problems, .. } = error.kind() else { panic!("{error}") };
    assert_eq!((error.plugin(), provider.as_str(), problems.len()), (Some("top"), "mid", 1), "{error}");
    assert!(problems[0].contains("`table`") && problems[0].contains("different plugins"), "{error}");
    // Nor when the importer gets it from nowhere.
    let mut three = Composition::new();
    three.add("db", &set.db, Grants::none()).unwrap().add("mid", &set.mid, store()).unwrap();
    three.add("top", &set.top, Grants::none().allow_from("mid", "demo:mid")).unwrap();
    three.connect("mid", STORE, "db").unwrap().connect("top", "demo:mid/api", "mid").unwrap();
    let error = three.link().unwrap_err().to_string();
    assert!(error.contains("`demo:db/store@1.0.0`, which is not connected"), "{error}");
}

#[test]
fn an_edge_is_a_grant() {
    let set = compiled();
    let with = |grants: Grants| {
        let mut pair = Composition::new();
        pair.add("ui", &set.ui, grants).unwrap().add("db", &set.db, Grants::none()).unwrap();
        pair.connect("ui", STORE, "db").unwrap();
        pair
    };
    for grants in [Grants::none(), Grants::none().allow(STORE), Grants::none().allow("demo:db")] {
        let error = with(grants).link().unwrap_err();
        assert_eq!(missing(&error), ["demo:db/store@1.0.0"]);
        assert_eq!(
            error.to_string(),
            "plugin `ui`: imports 1 interface that it was not granted:\n  `demo:db/store@1.0.0` of plugin `db`: \
             allow it with `Grants::allow_from(\"db\", \"demo:db/store\")`"
        );
    }
    let denied = with(store().deny("demo:db")).link().unwrap_err().to_string();
    assert!(denied.contains("denied by `deny(\"demo:db\")`"), "{denied}");
    for grants in [
        store().allow_from("cache", STORE),
        store().allow_from("db", "demo:mid/api"),
        store().allow_from("db", "no name"),
    ] {
        let error = with(grants).link().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Grant(_)), "a grant that nobody keeps: {error}");
    }
    assert!(matches!(set.ui.link(&store()).unwrap_err().kind(), ErrorKind::Grant(_)), "nothing is connected");
    assert!(with(Grants::none().allow_from("db", "demo:db@1")).link().is_ok());
}

#[test]
fn the_card_names_the_plugin_that_answers() {
    let set = compiled();
    let pair = pair(&set);
    let card = pair.card("ui").unwrap();
    assert_eq!((card.plugin.as_str(), card.risk, card.entries.len()), ("ui", Risk::Medium, 1));
    assert_eq!(card.entries[0].provider.as_deref(), Some("db"));
    assert_eq!(card.entries[0].grant, "Grants::allow_from(\"db\", \"demo:db/store\")");
    assert!(card.to_string().contains("uses `demo:db/store` of the plugin `db`"), "{card}");
    assert_eq!(card.ungranted(&Grants::none().allow(STORE)).count(), 1);
    assert_eq!(card.ungranted(&store()).count(), 0);
    assert_eq!(card.ungranted(&store().deny(STORE)).count(), 1);
    assert!(pair.card("db").unwrap().entries.is_empty());
}

#[test]
fn what_could_be_connected_is_said() {
    let set = compiled();
    let mut pair = Composition::new();
    pair.add("ui", &set.ui, Grants::none()).unwrap().add("db", &set.db, Grants::none()).unwrap();
    let error = pair.link().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::UnknownImports { .. }), "{error}");
    let hint = "plugin `db` exports it: `connect(\"ui\", \"demo:db/store\", \"db\")`";
    assert!(error.to_string().contains(hint), "{error}");
}

#[test]
fn names_that_do_not_exist_are_refused() {
    let set = compiled();
    let mut pair = pair(&set);
    let refused = |result: plugbay::Result<&mut Composition>, text: &str| {
        let error = result.map(drop).unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    };
    refused(pair.add("db", &set.db, Grants::none()), "there is a plugin `db` already");
    refused(pair.connect("ui", STORE, "cache"), "there is no plugin `cache` here, only: `ui`, `db`");
    refused(pair.connect("ui", "demo:db/stroe", "db"), "is not imported, only: `demo:db/store@1.0.0`");
    refused(pair.connect("ui", STORE, "db"), "is connected to plugin `db` already");
    refused(pair.connect("db", STORE, "ui"), "`demo:db/store` is not imported; nothing is");
    let mut plugins = pair.instantiate(|_| ()).unwrap();
    assert!(plugins.get("cache").is_err());
    assert!(plugins.take("db").unwrap_err().to_string().contains("used by other plugins"));
    let mut ui = plugins.take("ui").unwrap();
    assert_eq!(ui.call::<_, u32>("add", (1u32, 2u32)).unwrap(), 3, "it keeps alive what it uses");
}

#[test]
fn every_difference_of_types_is_told() {
    let set = compiled();
    let text = std::fs::read_to_string(folder().join("db.wit")).unwrap();
    let text = text
        .replace("add: func(a: u32, b: u32) -> u32", "add: func(a: u32, b: u64) -> u32")
        .replace("name: string, number: option<u32>", "name: string, number: option<s32>, more: bool")
        .replace("put: func(number: u32) -> u32", "put: func(number: u32)")
        .replace("    trap: func();\n", "");
    let module = r#"(module
      (import "demo:db/store@1.0.0" "add" (func (param i32 i64) (result i32)))
      (import "demo:db/store@1.0.0" "echo" (func (param i32 i32 i32 i32 i32 i32)))
      (import "demo:db/store@1.0.0" "[method]table.put" (func (param i32 i32)))
      (memory (export "memory") 1)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable))"#;
    let world = "package demo:odd; world odd { import demo:db/store@1.0.0; }".to_owned();
    let odd =
        Host::new().unwrap().compile(Source::bytes("odd", encode(module, [text, world], "odd"))).unwrap();
    let mut pair = Composition::new();
    pair.add("odd", &odd, store()).unwrap().add("db", &set.db, Grants::none()).unwrap();
    let error = pair.connect("odd", STORE, "db").map(drop).unwrap_err();
    let ErrorKind::Edge { problems, .. } = error.kind() else { panic!("{error}") };
    let expected = [
        "function `[method]table.put`, result: imported with none, exported as u32",
        "function `add`, parameter `b`: imported as u64, exported as u32",
        "function `echo`, parameter `row`, field `more`: is not exported",
        "function `echo`, result, `ok`, field `more`: is not exported",
    ];
    let mut problems: Vec<_> = problems.iter().map(String::as_str).collect();
    problems.sort_unstable();
    assert_eq!(problems, expected);
}

#[test]
fn versions_follow_the_rule_of_imports() {
    let with = |import: &str, exports: &[&str]| {
        let host = Host::new().unwrap();
        let compile = |text: &str| host.compile(Source::bytes("p", wat::parse_str(text).unwrap())).unwrap();
        let importer = compile(&format!(r#"(component (import "{import}" (instance (export "f" (func)))))"#));
        let exports: String =
            exports.iter().map(|name| format!(r#"(export "{name}" (instance $i))"#)).collect();
        let exporter = compile(&format!(
            r#"(component (core module $m (func (export "f"))) (core instance $c (instantiate $m))
                 (func $f (canon lift (core func $c "f"))) (instance $i (export "f" (func $f))) {exports})"#
        ));
        let mut pair = Composition::new();
        pair.add("a", &importer, Grants::none().allow_from("b", "x:y")).unwrap();
        pair.add("b", &exporter, Grants::none()).unwrap();
        pair.connect("a", "x:y/z", "b").map(drop).map_err(|error| error.to_string())?;
        pair.instantiate(|_| ()).map(drop).map_err(|error| error.to_string())
    };
    for (import, exports) in [
        ("x:y/z@1.2.0", &["x:y/z@1.0.0"][..]),
        ("x:y/z@1.2.0", &["x:y/z@2.0.0", "x:y/z@1.3.0"]),
        ("x:y/z@0.2.1", &["x:y/z@0.2.0"]),
        ("x:y/z@1.0.0", &["x:y/z"]),
        ("x:y/z", &["x:y/z"]),
    ] {
        with(import, exports).unwrap();
    }
    for (import, export) in
        [("x:y/z@1.2.0", "x:y/z@2.0.0"), ("x:y/z@0.2.0", "x:y/z@0.3.0"), ("x:y/z", "x:y/z@1.0.0")]
    {
        let error = with(import, &[export]).unwrap_err();
        assert!(error.contains(&format!("it exports `{export}`, which is not compatible")), "{error}");
    }
}

/// Adds one to what the next one says, by a function of the world.
const RELAY: &str = r#"(component
  (import "f" (func $f (param "n" u32) (result u32)))
  (core func $lowered (canon lower (func $f)))
  (core module $m
    (import "h" "f" (func $f (param i32) (result i32)))
    (func (export "f") (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1))))
  (core instance $i (instantiate $m (with "h" (instance (export "f" (func $lowered))))))
  (func $g (param "n" u32) (result u32) (canon lift (core func $i "f")))
  (export "f" (func $g)))"#;

/// The end of the row: returns 0 for 0, calls itself for ever for 1, loops for 2, and traps for everything else.
const END: &str = r#"(component
  (core module $m
    (func $down (param i32) (result i32) (i32.add (call $down (local.get 0)) (i32.const 1)))
    (func (export "f") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
      (if (i32.eq (local.get 0) (i32.const 1)) (then (return (call $down (i32.const 0)))))
      (if (i32.eq (local.get 0) (i32.const 2)) (then (loop $for-ever (br $for-ever))))
      unreachable))
  (core instance $i (instantiate $m))
  (func $f (param "n" u32) (result u32) (canon lift (core func $i "f")))
  (export "f" (func $f)))"#;

/// As many plugins in a row, the last of which calls nobody.
fn row(length: usize, limits: &Limits) -> Result<Composition, Error> {
    let host = Host::new()?;
    let compile = |text: &str| host.compile(Source::bytes("p", wat::parse_str(text).unwrap()));
    let (relay, end) =
        (compile(RELAY)?.with_limits(limits.clone()), compile(END)?.with_limits(limits.clone()));
    let mut row = Composition::new();
    for number in 0..length {
        let next = format!("p{}", number + 1);
        match number + 1 == length {
            true => row.add(format!("p{number}"), &end, Grants::none())?,
            false => row.add(format!("p{number}"), &relay, Grants::none().allow_from(next, "f"))?,
        };
    }
    for number in 1..length {
        row.connect(&format!("p{}", number - 1), "f", &format!("p{number}"))?;
    }
    Ok(row)
}

#[test]
fn a_row_of_plugins_has_an_end() {
    let mut plugins = row(16, &Limits::default()).unwrap().instantiate(|_| ()).unwrap();
    assert_eq!(plugins.get("p0").unwrap().call::<_, u32>("f", (0u32,)).unwrap(), 15);
    let error = row(17, &Limits::default()).unwrap_err();
    assert!(
        error.to_string().contains("17 plugins would call each other in a row; at most 16 may"),
        "{error}"
    );
    // At the end of a row there is still a stack, and its end is still noticed.
    let error = plugins.get("p0").unwrap().call::<_, u32>("f", (1u32,)).unwrap_err();
    assert_eq!(error.code(), "provider", "{error}");
    assert!(error.to_string().contains("p15"), "{error}");
    let mut innermost = &error;
    while let ErrorKind::Provider { error, .. } = innermost.kind() {
        innermost = error;
    }
    assert_eq!((innermost.plugin(), innermost.code()), (Some("p15"), "trap"), "{innermost}");
}

#[test]
fn circles_are_refused_and_shown() {
    let host = Host::new().unwrap();
    let relay = host.compile(Source::bytes("p", wat::parse_str(RELAY).unwrap())).unwrap();
    let mut circle = Composition::new();
    for name in ["a", "b", "c"] {
        circle.add(name, &relay, Grants::none()).unwrap();
    }
    circle.connect("a", "f", "b").unwrap().connect("b", "f", "c").unwrap();
    let error = circle.connect("c", "f", "a").map(drop).unwrap_err();
    assert_eq!(error.to_string(), "plugins cannot use each other in a circle: `c` → `a` → `b` → `c`");
    let error = circle.connect("c", "f", "c").map(drop).unwrap_err();
    let ErrorKind::Cycle { plugins } = error.kind() else { panic!("{error}") };
    assert_eq!(plugins.as_slice(), ["c", "c"]);
}

#[test]
fn a_provider_that_traps_ends_the_callers_call_and_is_named() {
    let mut plugins = live(&compiled());
    let error = plugins.get("ui").unwrap().call::<_, ()>("trap", ()).unwrap_err();
    let ErrorKind::Provider { export, provider, function, error: inner } = error.kind() else {
        panic!("{error}")
    };
    assert_eq!((error.plugin(), export.as_str()), (Some("ui"), "trap"));
    assert_eq!((provider.as_str(), function.as_str()), ("db", "demo:db/store@1.2.0#trap"));
    assert_eq!((inner.plugin(), inner.code(), error.fault()), (Some("db"), "trap", plugbay::Fault::Plugin));
    assert!(
        error.to_string().contains("because plugin `db` failed in `demo:db/store@1.2.0#trap`"),
        "{error}"
    );
    assert!(plugins.get("db").unwrap().is_poisoned() && plugins.get("ui").unwrap().is_poisoned());
    // A poisoned provider is an error in the next caller too.
    let set = compiled();
    let mut three = pair(&set);
    three.add("second", &set.ui, store()).unwrap().connect("second", STORE, "db").unwrap();
    let mut plugins = three.instantiate(|_| ()).unwrap();
    plugins.get("ui").unwrap().call::<_, ()>("trap", ()).unwrap_err();
    assert!(!plugins.get("second").unwrap().is_poisoned());
    let error = plugins.get("second").unwrap().call::<_, u32>("add", (1u32, 1u32)).unwrap_err();
    let ErrorKind::Provider { error: inner, .. } = error.kind() else { panic!("{error}") };
    assert!(matches!(inner.kind(), ErrorKind::Poisoned), "{error}");
}

#[test]
fn a_destructor_that_traps_is_the_providers() {
    let mut plugins = live(&compiled());
    let error = plugins.get("ui").unwrap().call::<_, ()>("drop-bad", ()).unwrap_err();
    let ErrorKind::Provider { provider, function, .. } = error.kind() else { panic!("{error}") };
    assert_eq!((provider.as_str(), function.as_str()), ("db", "[resource-drop]table"));
    assert!(plugins.get("db").unwrap().is_poisoned());
}

#[test]
fn a_guest_that_drops_twice_hurts_itself_alone() {
    let mut plugins = live(&compiled());
    let error = plugins.get("ui").unwrap().call::<_, ()>("drop-twice", ()).unwrap_err();
    assert_eq!(error.code(), "trap", "{error}");
    assert!(plugins.get("ui").unwrap().is_poisoned());
    assert_eq!(dropped(&mut plugins), 1);
}

/// A call that never returns, and how long it took.
fn spin(plugins: &mut Plugins, export: &str) -> (Error, Duration) {
    let start = Instant::now();
    let error = plugins.get("ui").unwrap().call::<_, ()>(export, ()).unwrap_err();
    (error, start.elapsed())
}

#[test]
fn a_provider_that_never_returns_is_stopped_at_the_callers_deadline() {
    let mut plugins = live(&compiled());
    plugins.get("ui").unwrap().set_deadline(Some(Duration::from_millis(50)));
    let (error, took) = spin(&mut plugins, "spin");
    let ErrorKind::Deadline { export, limit } = error.kind() else { panic!("{error}") };
    assert_eq!(
        (error.plugin(), export.as_str(), *limit),
        (Some("ui"), "spin", Some(Duration::from_millis(50)))
    );
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert!(plugins.get("db").unwrap().is_poisoned());
}

#[test]
fn a_provider_that_never_returns_is_stopped_at_its_own_deadline_if_that_is_earlier() {
    let mut plugins = live(&compiled());
    plugins.get("db").unwrap().set_deadline(Some(Duration::from_millis(50)));
    let (error, took) = spin(&mut plugins, "spin");
    let ErrorKind::Provider { error: inner, .. } = error.kind() else { panic!("{error}") };
    assert!(matches!(inner.kind(), ErrorKind::Deadline { .. }), "{error}");
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert_eq!(plugins.get("db").unwrap().limits().deadline, Some(Duration::from_millis(50)), "as before");
}

#[test]
fn cancelling_a_plugin_stops_the_one_that_it_waits_for() {
    let mut plugins = row(3, &Limits::default()).unwrap().instantiate(|_| ()).unwrap();
    let canceller = plugins.get("p0").unwrap().canceller();
    let other = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        canceller.cancel();
    });
    let error = plugins.get("p0").unwrap().call::<_, u32>("f", (2u32,)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Cancelled { .. }), "{error}");
    assert!(plugins.get("p2").unwrap().is_poisoned());
    other.join().unwrap();
}

#[test]
fn a_plugin_waits_for_one_in_use_no_longer_than_its_deadline() {
    let mut plugins = live(&compiled());
    let mut ui = plugins.take("ui").unwrap();
    ui.set_deadline(Some(Duration::from_millis(50)));
    let db = plugins.get("db").unwrap();
    let error = ui.call::<_, u32>("add", (1u32, 2u32)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Deadline { .. }), "{error}");
    assert!(!db.is_poisoned(), "it was not reached");
}

#[test]
fn two_threads_may_use_plugins_that_share_a_third() {
    let set = compiled();
    let mut three = pair(&set);
    three.add("second", &set.ui, store()).unwrap().connect("second", STORE, "db").unwrap();
    let mut plugins = three.instantiate(|_| ()).unwrap();
    let both = ["ui", "second"].map(|name| plugins.take(name).unwrap());
    let threads = both.map(|mut plugin| {
        std::thread::spawn(move || {
            (0..50_u32).map(|n| plugin.call::<_, u32>("totals", (n,)).unwrap() - n).sum::<u32>()
        })
    });
    assert_eq!(threads.map(|thread| thread.join().unwrap()), [1500, 1500]);
    assert_eq!(dropped(&mut plugins), 100);
}

#[test]
fn handles_are_limited_in_each_plugin() {
    let mut set = compiled();
    set.ui = set.ui.with_limits(Limits::default().handles(20));
    let mut plugins = live(&set);
    assert_eq!(plugins.get("ui").unwrap().call::<_, u32>("many", (10u32,)).unwrap(), 45);
    let error = plugins.get("ui").unwrap().call::<_, u32>("many", (100u32,)).unwrap_err();
    assert!(error.to_string().contains("handles"), "{error}");
    assert!(!plugins.get("db").unwrap().is_poisoned());
    assert_eq!(dropped(&mut plugins), 10 + 80, "what the caller could not hold is destroyed");
}

#[test]
fn each_instance_has_plugins_of_its_own() {
    let set = compiled();
    let linked = pair(&set).link().unwrap();
    let (mut one, mut two) = (linked.instantiate(|_| ()).unwrap(), linked.instantiate(|_| ()).unwrap());
    one.get("ui").unwrap().call::<_, u32>("totals", (1u32,)).unwrap();
    assert_eq!((dropped(&mut one), dropped(&mut two)), (1, 0));
    let made = one.get("ui").unwrap().call_dynamic("make", &[Val::U32(5)]).unwrap().unwrap();
    let error = two.get("ui").unwrap().call_dynamic("look", &[made]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Misuse(_)), "a handle of another instance: {error}");
}

/// Passes on what it is given, under other names than it has itself: `f` is the import, `run` the export.
fn caller(ty: &str, core: &str) -> String {
    format!(
        r#"(component
          (import "f" (func $f (param "n" {ty}) (result u32)))
          (core func $lowered (canon lower (func $f)))
          (core module $m
            (import "h" "f" (func $f (param {core}) (result i32)))
            (func (export "run") (param {core}) (result i32) (call $f (local.get 0))))
          (core instance $i (instantiate $m (with "h" (instance (export "f" (func $lowered))))))
          (func $run (param "n" {ty}) (result u32) (canon lift (core func $i "run")))
          (export "run" (func $run)))"#
    )
}

/// Ends itself with the exit code, or calls the application, which fails.
const LEAVER: &str = r#"(component
  (import "wasi:cli/exit@0.2.12" (instance $exit (export "exit-with-code" (func (param "status-code" u8)))))
  (import "fail" (func $fail))
  (core func $exit (canon lower (func $exit "exit-with-code")))
  (core func $fail (canon lower (func $fail)))
  (core module $m
    (import "h" "exit" (func $exit (param i32)))
    (import "h" "fail" (func $fail))
    (func (export "f") (param i32) (result i32)
      (if (local.get 0) (then (call $exit (local.get 0))))
      (call $fail)
      unreachable))
  (core instance $i (instantiate $m
    (with "h" (instance (export "exit" (func $exit)) (export "fail" (func $fail))))))
  (func $f (param "n" u8) (result u32) (canon lift (core func $i "f")))
  (export "f" (func $f)))"#;

#[test]
fn an_exit_is_the_providers_and_an_error_of_the_application_comes_through() {
    let host = Host::<()>::builder()
        .provide("fail", |linker| {
            linker.root().func_wrap("fail", |_: &mut HostContext<'_, _>, (): ()| {
                Err::<(), _>(plugbay::ComponentError::host(std::fmt::Error))
            })?;
            Ok(())
        })
        .build()
        .unwrap();
    let compile = |text: &str| host.compile(Source::bytes("p", wat::parse_str(text).unwrap())).unwrap();
    let mut pair = Composition::new();
    pair.add("caller", &compile(&caller("u8", "i32")), Grants::none().allow_from("leaver", "f")).unwrap();
    pair.add("leaver", &compile(LEAVER), Grants::none().allow("fail")).unwrap();
    pair.connect("caller", "f", "leaver").unwrap();
    let linked = pair.link().unwrap();
    let run = |n: u8| {
        let mut plugins = linked.instantiate(|_| ()).unwrap();
        plugins.get("caller").unwrap().call::<_, u32>("run", (n,)).unwrap_err()
    };
    let error = run(42);
    let ErrorKind::Provider { error: inner, .. } = error.kind() else { panic!("{error}") };
    assert_eq!((error.exit_code(), inner.exit_code()), (None, Some(42)), "the caller did not end itself");
    assert!(run(0).host_error::<std::fmt::Error>().is_some());
}

#[test]
fn types_that_are_enormous_trees_are_not_walked_for_ever() {
    // A tree of 4^8 leaves in a few bytes, as much as is loaded at all.
    let types: String =
        (1..9).map(|n| format!("(type $t{n} (tuple{}))", format!(" (list $t{})", n - 1).repeat(4))).collect();
    let types = format!("(type $t0 (tuple u8 u8 u8)) {types}");
    let importer = format!(r#"(component {types} (import "f" (func (param "n" $t8))))"#);
    let exporter = format!(
        r#"(component {types}
          (core module $m (memory (export "memory") 1) (func (export "f") (param i32 i32 i32 i32 i32 i32 i32 i32))
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
          (core instance $i (instantiate $m))
          (func $f (param "n" $t8) (canon lift (core func $i "f")
            (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
          (export "f" (func $f)))"#
    );
    let host = Host::new().unwrap();
    let compile = |text: &str| host.compile(Source::bytes("p", wat::parse_str(text).unwrap())).unwrap();
    let mut pair = Composition::new();
    pair.add("a", &compile(&importer), Grants::none().allow_from("b", "f")).unwrap();
    pair.add("b", &compile(&exporter), Grants::none()).unwrap();
    let error = pair.connect("a", "f", "b").map(drop).unwrap_err();
    assert!(error.to_string().contains("the types are too large to compare"), "{error}");
}

#[test]
fn a_provider_that_keeps_what_was_lent_is_stopped() {
    let set = compiled();
    let module = std::fs::read_to_string(folder().join("mid.wat")).unwrap();
    let module = module.replace(
        "(call $total (local.get 0))\n    (call $drop (local.get 0))",
        "(call $total (local.get 0))",
    );
    let wit = ["db.wit", "mid.wit"].map(|file| std::fs::read_to_string(folder().join(file)).unwrap());
    let keeper = Host::new().unwrap().compile(Source::bytes("keeper", encode(&module, wit, "mid"))).unwrap();
    let mut three = Composition::new();
    three.add("db", &set.db, Grants::none()).unwrap().add("keeper", &keeper, store()).unwrap();
    three.add("top", &set.top, store().allow_from("keeper", "demo:mid/api")).unwrap();
    three.connect("keeper", STORE, "db").unwrap().connect("top", STORE, "db").unwrap();
    three.connect("top", "demo:mid/api", "keeper").unwrap();
    let mut plugins = three.instantiate(|_| ()).unwrap();
    let error = plugins.get("top").unwrap().call::<_, u32>("run", ()).unwrap_err();
    let ErrorKind::Provider { provider, error: inner, .. } = error.kind() else { panic!("{error}") };
    assert_eq!((provider.as_str(), inner.code()), ("keeper", "trap"), "{error}");
    assert!(inner.to_string().contains("borrow"), "{error}");
    assert!(!plugins.get("db").unwrap().is_poisoned());
}
