//! E: what plugins' authors write, to be more than they may be: manifests, and the folders that they are in.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use plugbay::grants::{Answer, GrantStore, Why};
use plugbay::package::{Form, SigningKey};
use plugbay::{Composition, ErrorKind, Grants, Host, Manifest, ManifestError, Package};

/// A folder that is removed in the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plugbay-hostile-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&path).ok();
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

pub(crate) const HEAD: &str =
    "manifest-version = 1\n[plugin]\nid = \"acme:lint\"\nversion = \"1.0.0\"\ncomponent = \"c.wasm\"\n";

pub(crate) fn component() -> Vec<u8> {
    wat::parse_str("(component)").unwrap()
}

/// A plugin's folder.
pub(crate) fn plugin(folder: &Folder, name: &str, manifest: &str) -> PathBuf {
    let path = folder.at(name);
    std::fs::create_dir_all(&path).unwrap();
    std::fs::write(path.join("plugin.toml"), manifest).unwrap();
    std::fs::write(path.join("c.wasm"), component()).unwrap();
    path
}

fn wrong(text: &str) -> ManifestError {
    Manifest::parse("plugin.toml", text).unwrap_err()
}

fn refused(path: &Path) -> String {
    let error = Package::open(path).unwrap_err();
    assert!(!matches!(error.kind(), ErrorKind::Internal(_)), "{error}");
    error.to_string()
}

#[test]
fn e13_double_and_unknown_keys_of_a_manifest() {
    for (text, part) in [
        (format!("{HEAD}id = \"acme:other\"\n"), "duplicate key"),
        (format!("{HEAD}[plugin]\nid = \"acme:other\"\n"), "duplicate key"),
        (format!("{HEAD}\"id\" = \"acme:other\"\n"), "duplicate key"),
        (format!("{HEAD}[limits]\nmemory = 1\nmemory = 2\n"), "duplicate key"),
        (format!("{HEAD}[limits]\nmemory = 1\n[limits]\nhandles = 2\n"), "duplicate key"),
        (format!("{HEAD}[lifecycle]\nrestart = {{ on = \"crash\", on = \"exit\" }}\n"), "duplicate key"),
        (format!("{HEAD}colour = 1\n"), "unknown field `colour`"),
        (format!("{HEAD}Id = \"acme:other\"\n"), "unknown field `Id`"),
        (format!("{HEAD}[grants]\nall = true\n"), "unknown field `grants`"),
        (
            format!("{HEAD}[[capability.mandatory]]\nuse = \"a:b\"\nreason = \"r\"\n"),
            "unknown field `mandatory`",
        ),
        (
            format!("{HEAD}[[capability.required]]\nuse = \"a:b\"\nreason = \"r\"\nops = [\"read\"]\n"),
            "unknown field `ops`",
        ),
        (format!("{HEAD}[limits]\nstack = 1\n"), "unknown field `stack`"),
        (
            format!(
                "{HEAD}[[capability.required]]\nuse = \"wasi:filesystem\"\nreason = \"r\"\nallow = [{{ path = \"/a\", access = \"read\", recursive = true }}]\n"
            ),
            "recursive",
        ),
    ] {
        let error = wrong(&text);
        assert!(error.problem.contains(part) && error.line > 0, "{part}: {error}");
    }
    // The same capability in two words.
    for other in ["wasi:clocks", "wasi:clocks@0.2.0"] {
        let twice = format!(
            "{HEAD}[[capability.required]]\nuse = \"wasi:clocks\"\nreason = \"r\"\n[[capability.optional]]\nuse = \"{other}\"\nreason = \"r\"\n"
        );
        match Manifest::parse("plugin.toml", &twice) {
            Err(error) => assert!(error.problem.contains("twice"), "{error}"),
            // With a version it says less than without; both are kept, and neither gives more than was granted.
            Ok(manifest) => assert_eq!((other, manifest.requests().len()), ("wasi:clocks@0.2.0", 2)),
        }
    }
}

#[test]
fn e13_a_manifest_that_nests_deep() {
    let most = (256 << 10) - HEAD.len() - 100;
    let deep = |open: &str, close: &str| {
        let levels = most / (open.len() + close.len());
        format!("{HEAD}[contributes]\nx = {}1{}\n", open.repeat(levels), close.repeat(levels))
    };
    let keys = |line: &str, unit: &str, end: &str| {
        format!("{HEAD}{line}{}{end}\n", unit.repeat((most - line.len() - end.len()) / unit.len()))
    };
    let texts = [
        deep("[", "]"),
        deep("{a=", "}"),
        deep("[{a=", "}]"),
        keys("[contributes", ".a", "]"),
        keys("[[contributes", ".a", "]]"),
        keys("[contributes]\nx", ".a", " = 1"),
        keys("[contributes]\nx = ", "[", ""),
        keys("[contributes]\n", "[", ""),
        keys("[contributes]\nx = '''", "[", ""),
    ];
    // With the stack of a small thread, and until all of it is dropped.
    let read =
        move || texts.iter().map(|text| Manifest::parse("plugin.toml", text).is_ok()).collect::<Vec<_>>();
    let began = Instant::now();
    let thread = std::thread::Builder::new().stack_size(512 << 10).spawn(read).unwrap();
    let taken = thread.join().unwrap();
    assert!(taken.iter().all(|taken| !taken), "{taken:?}");
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}

#[test]
fn e13_a_manifest_of_100_mb() {
    let folder = Folder::new("e13-large");
    let path = plugin(&folder, "plugin", HEAD);
    let large = |name: &str, bytes: u64| {
        std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path.join(name))
            .unwrap()
            .set_len(bytes)
            .unwrap();
    };
    large("plugin.toml", 100 << 20);
    assert!(refused(&path).contains("limit"));
    std::fs::write(path.join("plugin.toml"), HEAD).unwrap();
    large("plugin.sig", 100 << 20);
    assert!(refused(&path).contains("limit"));
    std::fs::remove_file(path.join("plugin.sig")).unwrap();
    large("c.wasm", (256 << 20) + 1);
    assert!(refused(&path).contains("limit"));
    // Many keys and long ones, within the limit.
    let many: String = (0..20_000).map(|number| format!("k{number}=1\n")).collect();
    Manifest::parse("plugin.toml", &format!("{HEAD}[contributes]\n{many}")).unwrap();
    let long = format!("{HEAD}[contributes]\n\"{}\" = 1\n", "k".repeat(200 << 10));
    Manifest::parse("plugin.toml", &long).unwrap();
    let requests: String = (0..2_000)
        .map(|number| format!("[[capability.optional]]\nuse = \"a:b{number}\"\nreason = \"r\"\n"))
        .collect();
    Manifest::parse("plugin.toml", &format!("{HEAD}{requests}")).unwrap();
}

#[test]
fn e13_components_outside_of_the_folder() {
    for path in [
        "../c.wasm",
        "a/../../c.wasm",
        "/etc/passwd",
        "./c.wasm",
        "a/./c.wasm",
        "..",
        ".",
        "",
        "a//c.wasm",
        "c.wasm/",
        "c.wasm/.",
        "C:\\\\c.wasm",
        "\\\\\\\\host\\\\c.wasm",
        "c.wasm\\u0000",
        "c.wasm:stream",
        "a\\\\..\\\\c.wasm",
    ] {
        let text = HEAD.replace("\"c.wasm\"", &format!("\"{path}\""));
        assert!(wrong(&text).problem.contains("folder"), "{path}");
    }
    for path in ["plugin.toml", "plugin.sig", "Plugin.toml", "PLUGIN.SIG"] {
        let text = HEAD.replace("\"c.wasm\"", &format!("\"{path}\""));
        assert!(wrong(&text).problem.contains("another file"), "{path}");
    }
    let folder = Folder::new("e13-links");
    let outside = plugin(&folder, "outside", HEAD);
    for name in ["plugin.toml", "c.wasm", "plugin.sig"] {
        for target in [outside.join(name), Path::new("../outside").join(name)] {
            let path = plugin(&folder, "inside", HEAD);
            std::fs::remove_file(path.join(name)).ok();
            std::fs::write(outside.join("plugin.sig"), "signature-version = 1\n").unwrap();
            symlink(&target, path.join(name)).unwrap();
            assert!(refused(&path).contains("leads out"), "{name} to {target:?}: {}", refused(&path));
            std::fs::remove_dir_all(path).unwrap();
        }
    }
    // A folder on the way; a link to itself; one to a file beside it, which is fine.
    let path = plugin(&folder, "inside", &HEAD.replace("c.wasm", "out/c.wasm"));
    symlink(&outside, path.join("out")).unwrap();
    assert!(refused(&path).contains("leads out"));
    std::fs::remove_file(path.join("out")).unwrap();
    symlink("out", path.join("out")).unwrap();
    refused(&path);
    std::fs::remove_file(path.join("out")).unwrap();
    std::fs::create_dir(path.join("out")).unwrap();
    symlink("../c.wasm", path.join("out/c.wasm")).unwrap();
    Package::open(&path).unwrap();
}

#[test]
fn e13_files_of_a_plugin_that_are_no_files() {
    let folder = Folder::new("e13-special");
    for name in ["plugin.toml", "c.wasm", "plugin.sig"] {
        let path = plugin(&folder, "plugin", HEAD);
        std::fs::remove_file(path.join(name)).ok();
        let made = std::process::Command::new("mkfifo").arg(path.join(name)).status();
        if made.is_ok_and(|status| status.success()) {
            // Nobody writes to it: reading would never end.
            assert!(refused(&path).contains("no plain file"), "{name}");
            std::fs::remove_file(path.join(name)).unwrap();
        }
        std::fs::create_dir(path.join(name)).unwrap();
        refused(&path);
        std::fs::remove_dir_all(path).unwrap();
    }
}

#[test]
fn e13_a_component_with_another_digest() {
    let folder = Folder::new("e13-digest");
    let digest = "0".repeat(64);
    let path = plugin(&folder, "plugin", &format!("{HEAD}sha256 = \"{digest}\"\n"));
    assert!(refused(&path).contains("SHA-256 is"));
    let right = plugin(&folder, "right", HEAD);
    let digest = Package::open(&right).unwrap().digest_text().replace("sha256:", "");
    let right = Package::open(plugin(&folder, "right", &format!("{HEAD}sha256 = \"{digest}\"\n"))).unwrap();
    for form in [Form::Plug, Form::Component] {
        let mut bytes = right.to_bytes(form).unwrap();
        Package::from_bytes("x", &bytes).unwrap();
        if form == Form::Component {
            // One more section is another component.
            bytes.extend(super::support::custom("other", b"x"));
            let error = Package::from_bytes("x", &bytes).unwrap_err();
            assert!(error.to_string().contains("SHA-256 is"), "{error}");
        }
    }
    for text in ["abc", &"g".repeat(64), &"0".repeat(63), &"0".repeat(65), "", "sha512:00", &"٣".repeat(64)]
    {
        assert!(wrong(&format!("{HEAD}sha256 = \"{text}\"\n")).problem.contains("sha256sum"), "{text}");
    }
}

#[test]
fn e13_wildcards_ask_for_nothing() {
    let ask = |line: &str| format!("{HEAD}[[capability.required]]\n{line}\nreason = \"r\"\n");
    for interface in
        ["*", "wasi:*", "wasi:*/*", "*:*", "wasi:filesystem/*", "**", "wasi:filesystem@*", "", ".*"]
    {
        assert!(
            wrong(&ask(&format!("use = \"{interface}\""))).problem.contains("no interface"),
            "{interface}"
        );
    }
    for rule in ["path = \"*\"", "path = \"/**\"", "path = \"/*\"", "path = \"\""] {
        let text = ask(&format!("use = \"wasi:filesystem\"\nallow = [{{ {rule}, access = \"read\" }}]"));
        assert!(wrong(&text).problem.contains("guest path"), "{rule}");
    }
    for event in ["*", "language:*", "", ":", "language:", "a b", "a:\\u001b[2J"] {
        let text = format!("{HEAD}[activation]\non = [\"{event}\"]\n");
        assert!(wrong(&text).problem.contains("no event"), "{event}");
    }
    for target in ["*", "demo:editor/*", "demo:*/plugin"] {
        assert!(
            wrong(&format!("{HEAD}[world]\ntarget = \"{target}\"\n")).problem.contains("no world"),
            "{target}"
        );
    }
}

#[test]
fn e13_numbers_that_no_limit_has() {
    let limits =
        ["memory", "table-elements", "handles", "open-files", "sockets", "timers", "pollables", "fuel"];
    for key in limits {
        for number in [
            "-1",
            "-9223372036854775808",
            "9223372036854775808",
            "18446744073709551616",
            "nan",
            "-nan",
            "inf",
            "-inf",
            "1e400",
            "1.5",
            "1e3",
            "0x1_0000_0000_0000_0000",
            "true",
            "[]",
            "{}",
            "1979-05-27",
            "\"\"",
            "\"-1B\"",
            "\"99999999999999999999MiB\"",
            "\"18446744073709551615GiB\"",
            "\"1e3B\"",
            "\"∞\"",
            "\"1٣B\"",
            "\"NaN\"",
        ] {
            let error = wrong(&format!("{HEAD}[limits]\n{key} = {number}\n"));
            assert!(error.line > 0 && !error.problem.contains("enum"), "{key} = {number}: {error}");
        }
    }
    for time in
        ["-1", "0", "nan", "\"0s\"", "\"-1s\"", "\"18446744073709551615h\"", "\"1e9s\"", "\"1\"", "\"\""]
    {
        wrong(&format!("{HEAD}[limits]\ndeadline = {time}\n"));
        wrong(&format!("{HEAD}[lifecycle]\nrestart = {{ on = \"crash\", max = 1, backoff = {time} }}\n"));
    }
    for max in ["-1", "0", "1001", "4294967297", "nan", "1.0", "\"3\""] {
        wrong(&format!("{HEAD}[lifecycle]\nrestart = {{ on = \"crash\", max = {max}, backoff = \"1s\" }}\n"));
    }
    // The highest that there are ask for all that the host has, and for no more.
    let most = format!(
        "{HEAD}[limits]\nmemory = 9223372036854775807\nhandles = 4294967295\nfuel = 9223372036854775807\n"
    );
    let manifest = Manifest::parse("plugin.toml", &most).unwrap();
    let host = plugbay::Limits::default();
    assert_eq!(manifest.limits().within(&host), host);
    for version in ["-1", "2", "9223372036854775808", "1.0", "nan"] {
        wrong(&HEAD.replace("manifest-version = 1", &format!("manifest-version = {version}")));
    }
    for version in ["1", "01.0.0", "1.0.0.0", "99999999999999999999.0.0", "-1.0.0", "1.0.0 ", "*"] {
        wrong(&HEAD.replace("\"1.0.0\"", &format!("\"{version}\"")));
    }
}

fn asks(interface: &str, rest: &str) -> String {
    format!("[[capability.required]]\nuse = \"{interface}\"\nreason = \"r\"\n{rest}\n")
}

#[test]
fn e13_an_update_that_wants_more_is_held() {
    let folder = Folder::new("e13-update");
    let mut store = GrantStore::new();
    let open = |version: &str, requests: &str| {
        let head = HEAD.replace("\"1.0.0\"", &format!("\"{version}\""));
        Package::open(plugin(&folder, "plugin", &format!("{head}{requests}"))).unwrap()
    };
    let read = asks("wasi:filesystem", "allow = [{ path = \"/texts\", access = \"read\" }]");
    let first = open("1.0.0", &read);
    store.grants(&first, |_| Answer::Allow).unwrap();
    // Decided: nobody is asked again.
    store.grants(&first, |ask| panic!("{ask}")).unwrap();
    for wider in [
        read.replace("\"read\"", "\"write\""),
        read.replace("/texts", "/"),
        read.replace("allow = [", "allow = [{ path = \"/other\", access = \"read\" }, "),
        asks("wasi:filesystem", ""),
        format!("{read}{}", asks("wasi:sockets", "")),
    ] {
        // The bytes are the same; only the manifest wants more.
        let mut asked = Vec::new();
        let grants = store
            .clone()
            .grants(&open("1.0.1", &wider), |ask| {
                asked.push((ask.why, ask.difference.is_some()));
                Answer::DenyOnce
            })
            .unwrap();
        assert!(matches!(asked[..], [(Why::Wider | Why::New, true)]), "{wider}: {asked:?}");
        let _ = grants;
    }
    // Less is no question.
    store.grants(&open("1.0.1", ""), |ask| panic!("{ask}")).unwrap();
}

#[test]
fn e13_an_older_version_is_not_taken() {
    let folder = Folder::new("e13-rollback");
    let mut store = GrantStore::new();
    let clocks = asks("wasi:clocks", "");
    let open = |version: &str| {
        let head = HEAD.replace("\"1.0.0\"", &format!("\"{version}\""));
        Package::open(plugin(&folder, "plugin", &format!("{head}{clocks}"))).unwrap()
    };
    store.grants(&open("1.2.0"), |_| Answer::Allow).unwrap();
    for older in ["1.1.9", "0.9.0", "1.2.0-rc.9"] {
        let error = store.grants(&open(older), |_| Answer::Allow).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Rollback { .. }), "{older}: {error}");
    }
    // It is refused after the file was written and read again, too.
    let file = folder.at("grants.toml");
    let mut kept = GrantStore::open(&file).unwrap();
    kept.grants(&open("1.2.0"), |_| Answer::Allow).unwrap();
    kept.save().unwrap();
    let mut again = GrantStore::open(&file).unwrap();
    again.grants(&open("1.1.0"), |_| Answer::Allow).unwrap_err();
    again.grants(&open("1.3.0"), |_| Answer::Allow).unwrap();
    // A user who wants to go back says so.
    again.accept(&open("1.1.0"));
    again.grants(&open("1.1.0"), |_| Answer::Allow).unwrap();
    // What was signed does not become unsigned.
    open("2.0.0");
    let signed = Package::sign(folder.at("plugin"), &SigningKey::generate().unwrap()).unwrap();
    store.grants(&signed, |_| Answer::Allow).unwrap();
    std::fs::remove_file(folder.at("plugin/plugin.sig")).unwrap();
    let error = store.grants(&open("2.0.1"), |_| Answer::Allow).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OtherPublisher { .. }), "{error}");
}

#[test]
fn e14_two_plugins_of_one_id() {
    let folder = Folder::new("e14-twice");
    let clocks = format!("{HEAD}{}", asks("wasi:clocks", ""));
    let first = Package::open(plugin(&folder, "first", &clocks)).unwrap();
    let path = plugin(&folder, "second", &clocks);
    std::fs::write(path.join("c.wasm"), wat::parse_str("(component (core module))").unwrap()).unwrap();
    let second = Package::open(path).unwrap();
    // What was allowed to one is not allowed to the other.
    let mut store = GrantStore::new();
    store.grants(&first, |_| Answer::Allow).unwrap();
    let mut why = None;
    store
        .grants(&second, |ask| {
            why = Some(ask.why);
            Answer::DenyOnce
        })
        .unwrap();
    assert_eq!(why, Some(Why::Changed));
    // Two cannot have one name among plugins that use each other.
    let host = Host::new().unwrap();
    let (first, second) = (host.compile_package(&first).unwrap(), host.compile_package(&second).unwrap());
    let mut plugins = Composition::new();
    plugins.add("acme:lint", &first, Grants::none()).unwrap();
    let error = plugins.add("acme:lint", &second, Grants::none()).map(drop).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Misuse(_)), "{error}");
}

#[test]
fn e14_names_with_separators_and_control_characters() {
    let long = "a".repeat(65);
    for id in [
        "acme/lint",
        "../lint",
        "acme:../lint",
        "acme:a/b",
        "acme:a\\\\b",
        "acme:",
        ":lint",
        "acme",
        "acme:a:b",
        "acme:a.b",
        "acme:lint\\u0000",
        "acme:lint\\n",
        "acme:\\u001b[2Jlint",
        "acme:li\\u202Ent",
        "ACME:lint",
        "acme:lint ",
        " acme:lint",
        "acme:-lint",
        "acme:lint-",
        "acme:1lint",
        "аcme:lint",
        "",
        &format!("acme:{long}"),
        &format!("{long}:lint"),
    ] {
        let error = wrong(&HEAD.replace("acme:lint", id));
        assert!(error.problem.contains("no plugin id"), "{id}: {error}");
        let shown = error.to_string();
        assert!(!shown.chars().any(|char| char.is_control() || char == '\u{202e}'), "{shown:?}");
    }
}
