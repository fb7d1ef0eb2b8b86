//! What a manifest may say, and what is said about one that is wrong.

use super::*;

const GOOD: &str = r#"
manifest-version = 1
[plugin]
id = "acme:md-lint"
version = "0.3.1"
component = "out/md_lint.wasm"
[world]
target = "demo:editor/plugin"
version = ">=1.2, <2"
[[capability.required]]
use = "demo:editor/buffers"
reason = "Read the open document"
[[capability.optional]]
use = "wasi:filesystem"
reason = "Follow links between documents"
allow = [{ path = "/workspace", access = "read" }]
[limits]
memory = "32MiB"
deadline = "250ms"
[contributes]
commands = [{ id = "md-lint.run", title = "Lint Markdown" }]
"#;

fn wrong(text: &str) -> ManifestError {
    Manifest::parse("plugin.toml", text).unwrap_err()
}

/// `GOOD` with one line in place of the one that begins with `key`.
fn with(key: &str, line: &str) -> String {
    assert!(GOOD.lines().any(|old| old.starts_with(key)), "{key}");
    GOOD.lines().map(|old| if old.starts_with(key) { line } else { old }).collect::<Vec<_>>().join("\n")
}

#[test]
fn everything_that_is_said_is_kept() {
    let manifest = Manifest::parse("plugin.toml", GOOD).unwrap();
    assert_eq!(manifest.version(), &Version::new(0, 3, 1));
    assert_eq!(manifest.component(), "out/md_lint.wasm");
    assert_eq!(manifest.target(), Some("demo:editor/plugin"));
    assert!(manifest.accepts().unwrap().matches(&Version::new(1, 9, 0)));
    let [buffers, files] = manifest.requests() else { panic!("{manifest:?}") };
    assert!(buffers.is_required() && !files.is_required());
    assert!(files.covers("wasi:filesystem/types@0.2.6") && !files.covers("wasi:clocks/wall-clock@0.2.6"));
    assert_eq!(files.files(), [FileAccess { path: "/workspace".to_owned(), write: false }]);
    assert!(manifest.contributes().contains_key("commands"));
}

#[test]
fn limits_are_only_ever_lowered() {
    use crate::Limits;
    use std::time::Duration;
    let manifest = Manifest::parse("plugin.toml", GOOD).unwrap();
    let limits = manifest.limits().within(&Limits::default());
    assert_eq!((limits.memory, limits.deadline), (32 << 20, Some(Duration::from_millis(250))));
    let tight = Limits::default().memory(1 << 20).deadline(Duration::from_millis(10));
    assert_eq!(manifest.limits().within(&tight), tight);
    let free = manifest.limits().within(&Limits::default().no_deadline());
    assert_eq!(free.deadline, Some(Duration::from_millis(250)));
}

#[test]
fn unknown_and_duplicate_keys_are_refused_with_their_place() {
    let error = wrong(&with("memory", "memmory = 1"));
    assert_eq!((error.line, error.column), (18, 1), "{error}");
    assert!(error.problem.contains("memmory") && error.problem.contains("memory"), "{error}");
    let error = wrong(&with("deadline", "memory = 1"));
    assert_eq!(error.line, 19, "{error}");
    assert!(error.problem.contains("duplicate"), "{error}");
    assert!(wrong("[world]\ntarget = \"a:b/c\"\n").problem.contains("missing field"));
    assert_eq!(wrong("manifest-version = \n").line, 1);
}

#[test]
fn mistakes_say_what_to_write_instead() {
    for (key, line, part) in [
        ("manifest-version", "manifest-version = 2", "manifest-version = 1"),
        ("id", r#"id = "md-lint""#, "acme:md-lint"),
        ("id", r#"id = "Acme:lint""#, "small letters"),
        ("version = \"0", r#"version = "1""#, "`1.2.3`"),
        ("target", r#"target = "plugin""#, "demo:editor/plugin"),
        ("target", r#"target = "demo:editor/plugin@1.0.0""#, "without a version"),
        ("memory", r#"memory = "lots""#, "32MiB"),
        ("memory", "memory = -1", "32MiB"),
        ("deadline", r#"deadline = "soon""#, "250ms"),
        ("memory", "handles = -5", "no count"),
        ("memory", "open-files = 99999999999", "no count"),
        ("reason = \"Read", r#"reason = " ""#, "for the person who decides"),
        ("use = \"demo", r#"use = "all of it""#, "wasi:clocks"),
        ("use = \"demo", r#"use = "wasi:filesystem""#, "asked for twice"),
        ("use = \"wasi", r#"use = "wasi:io""#, "nobody would keep"),
        ("allow", r#"allow = [{ path = "/a/../b", access = "read" }]"#, "guest path"),
        ("allow", r#"allow = [{ path = "workspace", access = "read" }]"#, "guest path"),
        ("allow", r#"allow = [{ path = "/workspace", access = "all" }]"#, "`read` or `write`"),
        ("allow", r#"names = ["HOME"]"#, "wasi:cli/environment"),
        ("component", "component = \"x.wasm\"\nsha256 = \"abc\"", "sha256sum"),
    ] {
        let error = wrong(&with(key, line));
        assert!(error.problem.contains(part), "{line}: {error}");
        assert!(error.line > 0, "{line}: {error}");
    }
}

#[test]
fn a_component_stays_in_the_plugins_folder() {
    for path in
        ["/etc/passwd", "../x.wasm", "a/../../x.wasm", "", ".", "a//b", "a/", "c:\\\\x.wasm", "a\\u0000b"]
    {
        let error = wrong(&with("component", &format!("component = \"{path}\"")));
        assert!(error.problem.contains("folder"), "{path}: {error}");
    }
}

#[test]
fn a_huge_manifest_is_not_read() {
    let error = wrong(&"#".repeat(MAX_MANIFEST + 1));
    assert!(error.problem.contains("at most"), "{error}");
    // Nesting without end is the parser's to refuse.
    let deep = format!("{GOOD}deep = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(!wrong(&deep).problem.is_empty());
}
