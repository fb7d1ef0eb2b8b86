//! Files, environment, output and mischief of plugins that real toolchains made (the checked-in example plugins), on an
//! application that offers their imports without types.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says by panicking that it failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use plugbay::{
    Compiled, ErrorKind, Grants, Host, HostContext, Limits, Linker, Plugin, PluginState, Source, Stdio, Val,
};

/// The lines of the log.
type App = Vec<String>;

struct Buffer;

const EDITOR: [&str; 3] = ["demo:editor/logging", "demo:editor/config", "demo:editor/buffers"];

fn define(linker: &mut Linker<PluginState<App>>) -> Result<(), plugbay::ComponentError> {
    linker.instance("demo:editor/logging@0.1.0").func_dynamic("log", |cx, _, args| {
        cx.data_mut().data_mut().push(format!("{args:?}"));
        Ok(None)
    })?;
    let mut config = linker.instance("demo:editor/config@0.1.0");
    config.func_dynamic("get", |_, _, _| Ok(Some(Val::Option(None))))?;
    config.func_dynamic("entries", |_, _, _| Ok(Some(Val::List(Vec::new()))))?;
    let mut buffers = linker.instance("demo:editor/buffers@0.1.0");
    buffers.resource::<Buffer>("buffer", |_: &mut HostContext<'_, _>, _| Ok(()))?;
    buffers.func_dynamic("open-buffer", |_, _, _| Ok(Some(Val::Option(None))))?;
    for method in ["name", "text", "length", "line-count", "line"] {
        let name = format!("[method]buffer.{method}");
        buffers.func_dynamic(&name, |_, _, _| Err(plugbay::ComponentError::misuse("no buffer is open")))?;
    }
    Ok(())
}

fn compile(language: &str, name: &str) -> Compiled<App> {
    let builder = EDITOR.into_iter().fold(Host::builder(), |builder, name| builder.provide(name, define));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins-example").join(language).join(name);
    builder.build().unwrap().compile(Source::file(path)).unwrap()
}

/// The plugins that use WASI; compiled once, because one of them is large.
fn plugins() -> &'static [Compiled<App>; 2] {
    static PLUGINS: OnceLock<[Compiled<App>; 2]> = OnceLock::new();
    PLUGINS.get_or_init(|| [compile("rust", "markdown.wasm"), compile("go", "outline.wasm")])
}

/// What a language's library links in, empty.
fn grants() -> Grants {
    let grants = Grants::none().allow("demo:editor").allow("wasi:cli").allow("wasi:filesystem");
    grants.allow_clocks().allow_random().stdio(Stdio::capture())
}

fn live(compiled: &Compiled<App>, grants: &Grants) -> Plugin<App> {
    let limits = Limits::default().deadline(Duration::from_secs(60));
    compiled.clone().with_limits(limits).link(grants).unwrap().instantiate(Vec::new()).unwrap()
}

fn dictionary() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("plugbay-dict-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = std::env::temp_dir().join(name);
    fs::create_dir_all(folder.join("words")).unwrap();
    fs::write(folder.join("words/english"), "the\nquick\nfox\n").unwrap();
    fs::write(folder.join("secret"), "password\n").unwrap();
    folder
}

fn load(plugin: &mut Plugin<App>, path: &str) -> Result<u32, String> {
    plugin.call::<_, Result<u32, String>>("demo:editor/dictionary#load-dictionary", (path,)).unwrap()
}

#[test]
fn a_file_is_read_in_a_granted_directory_and_nowhere_else() {
    let folder = dictionary();
    for compiled in plugins() {
        let granted =
            grants().allow_read(folder.join("words"), "/dict").env("EDITOR_DICTIONARY", "/dict/english");
        let mut plugin = live(compiled, &granted);
        let path: Option<String> = plugin.call("demo:editor/dictionary#default-path", ()).unwrap();
        assert_eq!(path.as_deref(), Some("/dict/english"), "{}", compiled.name());
        assert_eq!(load(&mut plugin, "/dict/english"), Ok(3), "{}", compiled.name());
        let unknown: Vec<(u32, String)> =
            plugin.call("demo:editor/dictionary#unknown-words", ("the slow fox",)).unwrap();
        assert_eq!(unknown, [(4, "slow".to_owned())]);
        let secret = folder.join("secret");
        for escape in ["/dict/../secret", "/dict/../../etc/passwd", secret.to_str().unwrap(), "/etc/passwd"] {
            assert!(load(&mut plugin, escape).is_err(), "{}: {escape}", compiled.name());
        }
        let mut blind = live(compiled, &grants());
        let path: Option<String> = blind.call("demo:editor/dictionary#default-path", ()).unwrap();
        assert_eq!(path, None, "variables of this process are not seen");
        assert!(load(&mut blind, "/dict/english").is_err());
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn without_grants_a_plugin_is_refused_and_everything_is_named() {
    let [markdown, _] = plugins();
    let error = markdown.link(&Grants::none()).unwrap_err();
    let text = error.to_string();
    for part in [
        "markdown",
        "demo:editor/config@0.1.0",
        "wasi:filesystem/types@0.2.12",
        "--allow-read",
        "--allow-env",
    ] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    let error = markdown.link(&grants().deny("wasi:filesystem")).unwrap_err();
    let ErrorKind::Denied { missing } = error.kind() else { panic!("{error}") };
    assert!(missing.iter().all(|missing| missing.import.starts_with("wasi:filesystem/")), "{error}");
}

#[test]
fn mischief_is_stopped_and_the_next_plugin_runs() {
    for compiled in plugins() {
        let linked = compiled.link(&grants()).unwrap();
        for kind in ["trap", "recurse-forever", "loop-forever", "allocate-forever"] {
            let limits = Limits::default().memory(64 << 20).deadline(Duration::from_secs(1));
            let mut plugin = linked.clone().with_limits(limits).instantiate(Vec::new()).unwrap();
            let error = plugin
                .call_dynamic("demo:editor/mischief#commit", &[Val::Enum(kind.to_owned())])
                .unwrap_err();
            let expected = match kind {
                "loop-forever" => matches!(error.kind(), ErrorKind::Deadline { .. }),
                _ => matches!(error.kind(), ErrorKind::Trap { .. } | ErrorKind::Exit(_)),
            };
            assert!(expected, "{} {kind}: {error}", compiled.name());
            if kind == "trap" {
                assert!(!plugin.take_stderr().is_empty(), "{} says why on standard error", compiled.name());
            }
            assert!(plugin.is_poisoned());
        }
        let mut plugin = linked.instantiate(Vec::new()).unwrap();
        assert!(plugin.call_dynamic("describe", &[]).unwrap().is_some());
    }
}
