//! Capabilities with parameters: what is permitted is what ceiling, grant and manifest all permit, and a denial in any wins.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says by panicking that it failed")]

mod common;

use std::sync::{Arc, Mutex};

use common::Folder;
use plugbay::audit::{Event, Verdict};
use plugbay::grants::{GrantStore, Learner, Mode, Rule};
use plugbay::{ErrorKind, Grants, Host, HostBuilder, HostContext, Package, PluginState};
use serde::{Deserialize, Serialize};

/// Which numbers a plugin may read.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Numbers {
    from: u32,
    to: u32,
}

impl Rule for Numbers {
    type Request<'a> = u32;

    fn matches(&self, request: &u32) -> bool {
        (self.from..=self.to).contains(request)
    }

    fn words(&self) -> String {
        format!("the numbers from {} to {}", self.from, self.to)
    }

    fn only(request: &u32) -> Option<Self> {
        Some(Self { from: *request, to: *request })
    }

    fn check(&self) -> Result<(), String> {
        if self.from > self.to { Err("`from` is above `to`".to_owned()) } else { Ok(()) }
    }
}

fn numbers(from: u32, to: u32) -> Numbers {
    Numbers { from, to }
}

/// `read` asks for a number and traps nowhere; `ask` says whether it may.
const COMPONENT: &str = r#"(component
    (import "demo:app/numbers@1.0.0" (instance $numbers
        (export "read" (func (param "n" u32) (result u32)))
        (export "ask" (func (param "n" u32) (result u32)))))
    (alias export $numbers "read" (func $read))
    (alias export $numbers "ask" (func $ask))
    (core func $read (canon lower (func $read)))
    (core func $ask (canon lower (func $ask)))
    (core module $m
        (import "" "read" (func $read (param i32) (result i32)))
        (import "" "ask" (func $ask (param i32) (result i32)))
        (func (export "read") (param i32) (result i32) (call $read (local.get 0)))
        (func (export "ask") (param i32) (result i32) (call $ask (local.get 0))))
    (core instance $i (instantiate $m
        (with "" (instance (export "read" (func $read)) (export "ask" (func $ask))))))
    (func (export "read") (param "n" u32) (result u32) (canon lift (core func $i "read")))
    (func (export "ask") (param "n" u32) (result u32) (canon lift (core func $i "ask"))))"#;

type Heard = Arc<Mutex<Vec<Event>>>;

fn builder(heard: &Heard) -> HostBuilder<()> {
    let tell = heard.clone();
    Host::<()>::builder()
        .audit(move |event: &Event| tell.lock().unwrap().push(event.clone()))
        .capability::<Numbers, _>(
            "demo:app/numbers@1.0.0",
            "reads the numbers you choose",
            |linker, power| {
                let mut numbers = linker.instance("demo:app/numbers@1.0.0");
                let asked = power.clone();
                numbers.func_wrap(
                    "read",
                    move |cx: &mut HostContext<'_, PluginState<()>>, (n,): (u32,)| {
                        cx.data_mut().permit(&power, "read", &n.to_string(), &n)?;
                        Ok(n)
                    },
                )?;
                numbers.func_wrap(
                    "ask",
                    move |cx: &mut HostContext<'_, PluginState<()>>, (n,): (u32,)| {
                        Ok(u32::from(cx.data_mut().may(&asked, "ask", &n.to_string(), &n)))
                    },
                )?;
                Ok(())
            },
        )
}

/// A plugin's folder, whose manifest asks for the numbers with these rules.
fn folder_of(name: &str, rules: &str) -> Folder {
    let manifest = format!(
        "manifest-version = 1\n[plugin]\nid = \"demo:reader\"\nversion = \"1.0.0\"\ncomponent = \"c.wasm\"\n\
         [[capability.required]]\nuse = \"demo:app/numbers\"\nreason = \"To read\"\n{rules}\n"
    );
    Folder::new(&format!("powers-{name}"), COMPONENT, &manifest)
}

#[test]
fn what_all_sides_permit_is_permitted_and_a_denial_wins() {
    let heard = Heard::default();
    let ceiling = Grants::none()
        .allow_with("demo:app/numbers", &numbers(0, 60))
        .deny_with("demo:app/numbers", &numbers(50, 55));
    let host = builder(&heard).ceiling(ceiling).build().unwrap();
    let folder = folder_of("sides", "allow = [{ from = 20, to = 90 }]\ndeny = [{ from = 30, to = 31 }]");
    let compiled = host.open(&folder.0).unwrap();
    let grants = Grants::none()
        .allow_with("demo:app/numbers", &numbers(10, 40))
        .allow_with("demo:app/numbers", &numbers(45, 99))
        .deny_with("demo:app", &numbers(0, 0));
    let error = compiled.link(&grants).unwrap_err();
    assert!(error.to_string().contains("`demo:app` has no rules"), "{error}");

    let grants = Grants::none()
        .allow_with("demo:app/numbers", &numbers(10, 40))
        .allow_with("demo:app/numbers", &numbers(45, 99))
        .deny_with("demo:app/numbers@1.0.0", &numbers(22, 22));
    let mut plugin = compiled.link(&grants).unwrap().instantiate(()).unwrap();
    for n in 0..100u32 {
        let by_ceiling = n <= 60 && !(50..=55).contains(&n);
        let by_grant = ((10..=40).contains(&n) || (45..=99).contains(&n)) && n != 22;
        let by_manifest = (20..=90).contains(&n) && !(30..=31).contains(&n);
        let may: u32 = plugin.call("ask", (n,)).unwrap();
        assert_eq!(may == 1, by_ceiling && by_grant && by_manifest, "{n}");
    }
    heard.lock().unwrap().clear();
    assert_eq!(plugin.call::<_, u32>("read", (21u32,)).unwrap(), 21);
    let error = plugin.call::<_, u32>("read", (22u32,)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Denied { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "plugin `demo:reader`: `read` of `demo:app/numbers` was not permitted for 22: the grant denies the numbers from 22 to \
         22"
    );
    let heard = heard.lock().unwrap();
    let denied: Vec<_> = heard.iter().filter(|event| event.verdict == Verdict::Denied).collect();
    let [event] = denied.as_slice() else { panic!("{denied:?}") };
    assert_eq!((event.capability.as_str(), event.operation.as_str()), ("demo:app/numbers", "read"));
    assert_eq!(event.target.as_deref(), Some("22"));
    assert!(event.rule == "the grant denies the numbers from 22 to 22", "{event:?}");
}

#[test]
fn an_allowance_without_rules_allows_what_the_manifest_asks_for() {
    let host = builder(&Heard::default()).build().unwrap();
    let folder = folder_of("plain", "allow = [{ from = 1, to = 2 }]");
    let compiled = host.open(&folder.0).unwrap();
    let grants = Grants::none().allow("demo:app/numbers");
    let mut plugin = compiled.link(&grants).unwrap().instantiate(()).unwrap();
    assert_eq!(plugin.call::<_, u32>("ask", (2u32,)).unwrap(), 1);
    assert_eq!(plugin.call::<_, u32>("ask", (3u32,)).unwrap(), 0);
}

#[test]
fn a_rule_that_nobody_keeps_is_refused_with_its_place() {
    let host = builder(&Heard::default()).build().unwrap();
    for (name, rules, place, part) in [
        ("key", "allow = [{ from = 1, to = 2, step = 2 }]", ":9:30: ", "`step`"),
        ("value", "allow = [{ from = 1, to = 2 }]\ndeny = [{ from = -1, to = 2 }]", ":10:18: ", "u32"),
        ("sense", "allow = [{ from = 2, to = 1 }]", ":9:10: ", "`from` is above `to`"),
        ("part", "deny = [{ from = 2 }]", ":9:9: ", "missing field `to`"),
    ] {
        let folder = folder_of(name, rules);
        let error = host.open(&folder.0).unwrap_err().to_string();
        assert!(error.contains(&format!("plugin.toml{place}")) && error.contains(part), "{rules}: {error}");
    }
    let folder =
        folder_of("clocks", "[[capability.optional]]\nuse = \"wasi:random\"\nreason = \"r\"\nallow = [{}]");
    let error = Package::open(&folder.0).unwrap_err().to_string();
    assert!(error.contains("plugin.toml:12:10: `wasi:random` has no rules"), "{error}");
    let folder = folder_of("unknown", "[[capability.optional]]\nuse = \"demo:app/letters\"\nreason = \"r\"");
    let grants = Grants::none().allow("demo:app/numbers");
    let error = host.open(&folder.0).unwrap().link(&grants).unwrap_err().to_string();
    assert!(error.contains("plugin.toml:10:7: this host offers nothing that `demo:app/letters`"), "{error}");

    let folder = folder_of("code", "");
    let compiled = host.open(&folder.0).unwrap();
    let error = compiled.link(&Grants::none().allow_with("demo:app/numbers", &numbers(2, 1))).unwrap_err();
    assert!(error.to_string().contains("the rule `{ from = 2, to = 1 }` of `demo:app/numbers`"), "{error}");
    let error = compiled.link(&grants.allow_with("wasi:random", &numbers(1, 2))).unwrap_err();
    assert!(error.to_string().contains("`wasi:random` has no rules"), "{error}");
}

#[test]
fn nobody_gets_what_is_beyond_the_ceiling() {
    let grants = Grants::none().allow("demo:app/numbers");
    let folder = folder_of("ceiling", "");
    for (ceiling, part) in [
        (Grants::none(), "gives it to no plugin"),
        (Grants::none().allow("wasi:clocks"), "gives it to no plugin"),
        (
            Grants::none().allow("demo:app").deny("demo:app/numbers"),
            "its ceiling says `deny(\"demo:app/numbers\")`",
        ),
    ] {
        let heard = Heard::default();
        let host = builder(&heard).ceiling(ceiling).build().unwrap();
        let error = host.open(&folder.0).unwrap().link(&grants).unwrap_err();
        let ErrorKind::Denied { missing } = error.kind() else { panic!("{error}") };
        assert!(missing.len() == 1 && missing[0].beyond_ceiling, "{error}");
        assert!(error.to_string().contains(part), "{error}");
        let heard = heard.lock().unwrap();
        assert!(heard.iter().any(|event| event.rule.contains("ceiling")), "{heard:?}");
    }
    let lie = builder(&Heard::default()).ceiling(Grants::none().allow("demo:nothing")).build();
    assert!(lie.unwrap_err().to_string().contains("`demo:nothing`"));
}

#[test]
fn the_card_says_what_the_rules_mean() {
    let host = builder(&Heard::default()).build().unwrap();
    let folder = folder_of("card", "allow = [{ from = 1, to = 2 }]\ndeny = [{ from = 2, to = 2 }]");
    let card = host.open(&folder.0).unwrap().card();
    let expected = "\
`demo:reader` (risk: medium):
  medium reads the numbers you choose  [--allow demo:app/numbers]
         for the numbers from 1 to 2
         never for the numbers from 2 to 2
         its author says: To read";
    assert_eq!(card.to_string(), expected);
    let json = serde_json::to_value(&card).unwrap();
    let rule = &json["entries"][0]["allow"][0];
    assert_eq!(
        (rule["risk"].as_str(), rule["rule"].as_str()),
        (Some("medium"), Some("{ from = 1, to = 2 }"))
    );
}

#[test]
fn the_smallest_grants_that_suffice_are_learned() {
    let learner = Learner::new();
    let host = builder(&Heard::default()).learn(&learner).build().unwrap();
    let compiled =
        host.compile(plugbay::Source::bytes("reader", wat::parse_str(COMPONENT).unwrap())).unwrap();
    let generous = Grants::none().allow_with("demo:app/numbers", &numbers(0, 100));
    let mut plugin = compiled.link(&generous).unwrap().instantiate(()).unwrap();
    for n in [3u32, 5, 3, 200] {
        plugin.call::<_, u32>("ask", (n,)).unwrap();
    }
    let learned = learner.learned("reader").unwrap();
    assert_eq!(
        learned.manifest(),
        "[[capability.required]]\nuse = \"demo:app/numbers\"\n\
         reason = \"Say here why, for the person who decides\"\n\
         allow = [{ from = 3, to = 3 }, { from = 5, to = 5 }]\n"
    );
    let [missed] = learned.missed.as_slice() else { panic!("{learned:?}") };
    assert_eq!((missed.operation.as_str(), missed.target.as_deref()), ("ask", Some("200")));
    assert!(
        learned
            .to_string()
            .contains("# refused: `ask` of `demo:app/numbers` for 200: the grant does not allow it")
    );

    // It suffices, and for nothing more.
    let folder = folder_of("learned", "");
    let manifest = std::fs::read_to_string(folder.0.join("plugin.toml")).unwrap();
    let (head, _) = manifest.split_once("[[capability").unwrap();
    std::fs::write(folder.0.join("plugin.toml"), format!("{head}{}", learned.manifest())).unwrap();
    let package = Package::open(&folder.0).unwrap();
    let text = learned.grants("demo:reader", Some(*package.digest()));
    let mut store = GrantStore::parse("grants.toml", &text).unwrap().with_mode(Mode::Deny);
    let grants = store.grants(&package, |ask| panic!("asked: {ask}")).unwrap();
    let compiled = builder(&Heard::default()).build().unwrap().compile_package(&package).unwrap();
    let mut plugin = compiled.link(&grants).unwrap().instantiate(()).unwrap();
    let may: Vec<u32> = (0..8u32).map(|n| plugin.call("ask", (n,)).unwrap()).collect();
    assert_eq!(may, [0, 0, 0, 1, 0, 1, 0, 0]);
}

#[test]
fn what_was_not_granted_is_learned_as_missing() {
    let learner = Learner::new();
    let host = builder(&Heard::default()).learn(&learner).build().unwrap();
    let compiled =
        host.compile(plugbay::Source::bytes("reader", wat::parse_str(COMPONENT).unwrap())).unwrap();
    compiled.link(&Grants::none()).unwrap_err();
    let learned = learner.learned("reader").unwrap();
    assert!(learned.needs.is_empty() && learned.manifest().is_empty(), "{learned:?}");
    assert_eq!(learned.missed[0].why, "not granted");
    assert!(compiled.link(&Grants::none()).is_err(), "learning gives nothing");
}
