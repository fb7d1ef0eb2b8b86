//! The example plugins going wrong on request, in every language: whatever one does, the call ends with a typed error, that
//! plugin is over, and its sibling answers as before.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

use plugbay::{Compiled, ErrorKind, Grants, Host, Limits, Plugin, PluginState, Source, Val};
use plugbay_component::{Linker, Result};
use std::time::Duration;

/// An interface of the editor whose functions all return the same.
fn constant(
    linker: &mut Linker<PluginState<()>>,
    interface: &str,
    functions: &[&str],
    value: Option<Val>,
) -> Result<()> {
    let mut instance = linker.instance(interface);
    for function in functions {
        let value = value.clone();
        instance.func_dynamic(function, move |_, _, _| Ok(value.clone()))?;
    }
    Ok(())
}

struct Buffer;

/// A host of the editor's world in which no file is open and nothing is configured.
fn host() -> Host {
    let empty = || Some(Val::String(String::new()));
    Host::builder()
        .limits(Limits::default().memory(64 << 20).deadline(Duration::from_secs(10)))
        .provide("demo:editor/logging", |linker| {
            constant(linker, "demo:editor/logging@0.1.0", &["log"], None)
        })
        .provide("demo:editor/config", |linker| {
            constant(linker, "demo:editor/config@0.1.0", &["get"], Some(Val::Option(None)))?;
            constant(linker, "demo:editor/config@0.1.0", &["entries"], Some(Val::List(Vec::new())))
        })
        .provide("demo:editor/buffers", move |linker| {
            let name = "demo:editor/buffers@0.1.0";
            linker.instance(name).resource::<Buffer>("buffer", |_, _| Ok(()))?;
            constant(linker, name, &["open-buffer", "[method]buffer.line"], Some(Val::Option(None)))?;
            constant(linker, name, &["[method]buffer.name", "[method]buffer.text"], empty())?;
            constant(linker, name, &["[method]buffer.length", "[method]buffer.line-count"], Some(Val::U32(0)))
        })
        .build()
        .unwrap()
}

fn live(compiled: &Compiled<()>) -> Plugin<()> {
    let packages = ["demo:editor", "wasi:cli", "wasi:filesystem", "wasi:clocks", "wasi:random"];
    let grants = packages.into_iter().fold(Grants::none(), Grants::allow);
    compiled.link(&grants).unwrap().instantiate(()).unwrap()
}

fn words(plugin: &mut Plugin<()>) -> Option<Val> {
    let text = Val::String("three little words".to_owned());
    match plugin.call_dynamic("demo:editor/text-tools#count-words", &[text]).unwrap() {
        Some(Val::Record(fields)) => fields.get("words").cloned(),
        other => panic!("{other:?}"),
    }
}

/// Lets a plugin go wrong and checks that only it does.
fn commit(compiled: &Compiled<()>, kind: &str, deadline: Duration) -> plugbay::Error {
    let (mut bad, mut good) = (live(compiled), live(compiled));
    bad.set_deadline(Some(deadline));
    let error = bad.call_dynamic("demo:editor/mischief#commit", &[Val::Enum(kind.to_owned())]).unwrap_err();
    assert!(bad.is_poisoned(), "{}: {kind}: {error}", compiled.name());
    assert!(error.to_string().contains(compiled.name()), "{error}");
    let again = bad.call_dynamic("describe", &[]).unwrap_err();
    assert!(matches!(again.kind(), ErrorKind::Poisoned), "{}: {kind}: {again}", compiled.name());
    assert_eq!(words(&mut good), Some(Val::U32(3)), "{}: {kind}", compiled.name());
    error
}

fn every_kind_of_mischief(language: &str) {
    let (_, path) = plugbay_tests::plugins().into_iter().find(|(name, _)| name == language).unwrap();
    let compiled = host().compile(Source::file(path)).unwrap();
    let long = Duration::from_secs(10);
    let looped = commit(&compiled, "loop-forever", Duration::from_millis(100));
    assert!(matches!(looped.kind(), ErrorKind::Deadline { .. }), "{looped}");
    let trapped = commit(&compiled, "trap", long);
    assert!(matches!(trapped.kind(), ErrorKind::Trap { .. } | ErrorKind::Exit(_)), "{trapped}");
    // A language with a stack of its own in linear memory runs out of that instead, or gives up by itself.
    for kind in ["recurse-forever", "allocate-forever"] {
        let ended = commit(&compiled, kind, long);
        assert!(
            matches!(ended.kind(), ErrorKind::Trap { .. } | ErrorKind::Exit(_) | ErrorKind::Deadline { .. }),
            "{kind}: {ended}"
        );
    }
}

#[test]
fn rust() {
    every_kind_of_mischief("rust");
}

#[test]
fn c() {
    every_kind_of_mischief("c");
}

#[test]
fn go() {
    every_kind_of_mischief("go");
}

#[test]
fn assemblyscript() {
    every_kind_of_mischief("assemblyscript");
}
