//! A package in each of its three forms: the same digest, the same signature; and what an application asks of packages.

#![cfg(feature = "package")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use plugbay::package::{Form, SignatureError, SigningKey, Succession};
use plugbay::{Error, ErrorKind, Host, Package, PublisherKey, Source, TrustRoots};

/// A folder that is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plugbay-forms-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&path).ok();
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A plugin's folder in this one.
    fn plugin(&self, version: &str, rest: &str) -> PathBuf {
        let path = self.at("plugin");
        std::fs::create_dir_all(path.join("out")).unwrap();
        let manifest = format!(
            "manifest-version = 1\n[plugin]\nid = \"acme:adder\"\nversion = \"{version}\"\n\
             component = \"out/adder.wasm\"\n{rest}"
        );
        std::fs::write(path.join("plugin.toml"), manifest).unwrap();
        std::fs::write(path.join("out/adder.wasm"), component()).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

fn component() -> Vec<u8> {
    wat::parse_str(
        r#"(component
            (core module $m (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
            (core instance $i (instantiate $m))
            (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add"))))"#,
    )
    .unwrap()
}

fn signature_error(error: &Error) -> &SignatureError {
    let ErrorKind::Signature(error) = error.kind() else { panic!("{error}") };
    error
}

#[test]
fn the_forms_are_the_same_package() {
    let folder = Folder::new("same");
    let key = SigningKey::generate().unwrap();
    let original = Package::sign(folder.plugin("1.0.0", ""), &key).unwrap();
    assert_eq!((original.form(), original.publisher()), (Form::Folder, Some(key.publisher())));
    let forms = [("adder.plug", Form::Plug), ("adder.wasm", Form::Component), ("copy", Form::Folder)];
    // Each is made of the one before it.
    let mut package = original.clone();
    for (name, form) in forms {
        package.write(folder.at(name), form, false).unwrap();
        package = Package::open(folder.at(name)).unwrap();
        assert_eq!(package.form(), form);
        assert_eq!(package.digest(), original.digest(), "{name}");
        assert_eq!(package.publisher(), original.publisher(), "{name}");
        assert_eq!(package.component(), component(), "{name}");
        let mut plugin =
            Host::new().unwrap().open(folder.at(name)).unwrap().link(&plugbay::Grants::none()).unwrap();
        let _ = &mut plugin;
        let sum: u32 = plugin.instantiate(()).unwrap().call("add", (3u32, 4u32)).unwrap();
        assert_eq!(sum, 7);
    }
    let copied = |name: &str| std::fs::read(folder.at("copy").join(name)).unwrap();
    for name in ["plugin.toml", "plugin.sig", "out/adder.wasm"] {
        assert_eq!(copied(name), std::fs::read(folder.at("plugin").join(name)).unwrap(), "{name}");
    }
}

#[test]
fn the_same_package_gives_the_same_bytes() {
    let (one, two) = (Folder::new("bytes-1"), Folder::new("bytes-2"));
    let pack =
        |folder: &Folder, form| Package::open(folder.plugin("1.0.0", "")).unwrap().to_bytes(form).unwrap();
    for form in [Form::Plug, Form::Component] {
        let first = pack(&one, form);
        assert_eq!(first, pack(&two, form));
        assert_eq!(first, Package::from_bytes("x", &first).unwrap().to_bytes(form).unwrap());
    }
    let plug = pack(&one, Form::Plug);
    assert!(plug.len() < component().len() + 1024, "it is packed: {} bytes", plug.len());
}

#[test]
fn nothing_is_replaced_unless_asked() {
    let folder = Folder::new("replace");
    let package = Package::open(folder.plugin("1.0.0", "")).unwrap();
    for (name, form) in [("a.plug", Form::Plug), ("a.wasm", Form::Component), ("a", Form::Folder)] {
        package.write(folder.at(name), form, false).unwrap();
        let error = package.write(folder.at(name), form, false).unwrap_err();
        let ErrorKind::Io { source, .. } = error.kind() else { panic!("{error}") };
        assert_eq!(source.kind(), std::io::ErrorKind::AlreadyExists, "{error}");
        package.write(folder.at(name), form, true).unwrap();
    }
    // Another one's signature does not stay behind.
    std::fs::write(folder.at("a/plugin.sig"), "old").unwrap();
    package.write(folder.at("a"), Form::Folder, true).unwrap();
    assert!(!folder.at("a/plugin.sig").exists());
    let left: Vec<_> =
        std::fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 4, "nothing half-written stays: {left:?}");
}

#[test]
fn unpacking_follows_no_link_out_of_the_folder() {
    let folder = Folder::new("unpack-link");
    let package = Package::open(folder.plugin("1.0.0", "")).unwrap();
    std::fs::create_dir_all(folder.at("victim")).unwrap();
    std::fs::create_dir_all(folder.at("target")).unwrap();
    std::os::unix::fs::symlink(folder.at("victim"), folder.at("target/out")).unwrap();
    for replace in [false, true] {
        package.write(folder.at("target"), Form::Folder, replace).unwrap_err();
    }
    assert_eq!(std::fs::read_dir(folder.at("victim")).unwrap().count(), 0);
}

#[test]
fn what_was_changed_after_it_was_signed_is_refused() {
    let folder = Folder::new("changed");
    let key = SigningKey::generate().unwrap();
    let path = folder.plugin("1.0.0", "");
    Package::sign(&path, &key).unwrap();
    // The manifest.
    folder.plugin("1.0.1", "");
    let error = Package::open(&path).unwrap_err();
    assert!(matches!(signature_error(&error), SignatureError::Wrong { .. }), "{error}");
    assert!(error.to_string().contains("changed after it was signed"), "{error}");
    assert_eq!((error.code(), error.plugin()), ("signature", Some("acme:adder")));
    // The component.
    folder.plugin("1.0.0", "");
    Package::open(&path).unwrap();
    std::fs::write(path.join("out/adder.wasm"), wat::parse_str("(component)").unwrap()).unwrap();
    assert!(matches!(signature_error(&Package::open(&path).unwrap_err()), SignatureError::Wrong { .. }));
    // Signing again makes it good.
    Package::sign(&path, &key).unwrap();
    // The signature.
    let text = std::fs::read_to_string(path.join("plugin.sig")).unwrap();
    let other = SigningKey::generate().unwrap().publisher().to_string();
    let mine = key.publisher().to_string();
    for (changed, expected) in [
        (text.replace(&mine, &other), "not one of this package"),
        (text.replace("signature-version = 1", "signature-version = 2"), "reads version 1"),
        (format!("{text}extra = 1\n"), "unknown field"),
        (text.replace("ed25519:", "rsa:"), "no key of a publisher"),
        (text.replace("signature = \"", "signature = \"0"), "128 hexadecimal digits"),
        (String::new(), "missing field"),
        ("#".repeat(5000), "limit"),
    ] {
        std::fs::write(path.join("plugin.sig"), changed).unwrap();
        let error = Package::open(&path).unwrap_err().to_string();
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

#[test]
fn keys_that_everyone_could_have_sign_nothing() {
    // The neutral element as key and as R, and S = 0: a signature of everything for those who do not look.
    let folder = Folder::new("weak");
    let path = folder.plugin("1.0.0", "");
    let one = format!("01{}", "00".repeat(31));
    let text = format!(
        "signature-version = 1\npublisher = \"ed25519:{one}\"\nsignature = \"{one}{}\"\n",
        "00".repeat(32)
    );
    std::fs::write(path.join("plugin.sig"), text).unwrap();
    let error = Package::open(&path).unwrap_err();
    assert!(matches!(signature_error(&error), SignatureError::Wrong { .. }), "{error}");
}

#[test]
fn an_application_that_asks_for_signatures_takes_nothing_else() {
    let folder = Folder::new("trust");
    let (key, other) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
    let path = folder.plugin("1.0.0", "");
    let host = |roots: TrustRoots| Host::<()>::builder().trust(roots).build().unwrap();
    let trusting = host(TrustRoots::none().trust(key.publisher()));

    let error = trusting.open(&path).unwrap_err();
    assert_eq!(signature_error(&error), &SignatureError::Unsigned, "{error}");
    assert!(error.to_string().contains("plugbay sign"), "{error}");
    let error = trusting.compile(Source::bytes("bare", component())).unwrap_err();
    assert_eq!(signature_error(&error), &SignatureError::Unsigned, "{error}");
    trusting.load(path.join("out/adder.wasm")).unwrap_err();

    Package::sign(&path, &other).unwrap();
    let error = trusting.open(&path).unwrap_err();
    assert_eq!(
        signature_error(&error),
        &SignatureError::Untrusted { publisher: other.publisher() },
        "{error}"
    );
    assert!(error.to_string().contains(&other.publisher().to_string()), "{error}");

    Package::sign(&path, &key).unwrap();
    trusting.open(&path).unwrap();
    host(TrustRoots::none().trust_for("acme", key.publisher())).open(&path).unwrap();
    host(TrustRoots::none().trust_for("acme:adder", key.publisher())).open(&path).unwrap();
    for scope in ["acm", "acme:", "acme:add", "rival", "", "*"] {
        let error = host(TrustRoots::none().trust_for(scope, key.publisher())).open(&path).unwrap_err();
        assert!(matches!(signature_error(&error), SignatureError::Untrusted { .. }), "{scope}: {error}");
    }
    host(TrustRoots::none()).open(&path).unwrap_err();
}

#[test]
fn secret_keys_stay_with_their_owner() {
    let folder = Folder::new("keys");
    let key = SigningKey::generate().unwrap();
    let file = folder.at("publisher.key");
    key.write(&file).unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(SigningKey::read(&file).unwrap().publisher(), key.publisher());
    key.write(&file).unwrap_err();
    let secret = std::fs::read_to_string(&file).unwrap();
    let secret = secret.trim().strip_prefix("ed25519-secret:").unwrap();
    assert!(!format!("{key:?}").contains(secret));
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
    let error = SigningKey::read(&file).unwrap_err();
    assert!(error.to_string().contains("chmod 600"), "{error}");
    // Taken for the public half, the secret is not told.
    let error = format!("ed25519-secret:{secret}").parse::<PublisherKey>().unwrap_err();
    assert!(!error.to_string().contains(secret));
    std::fs::write(folder.at("none"), "nothing").unwrap();
    std::fs::set_permissions(folder.at("none"), PermissionsExt::from_mode(0o600)).unwrap();
    assert!(SigningKey::read(folder.at("none")).unwrap_err().to_string().contains("keygen"));
}

#[test]
fn a_plugin_for_another_world_is_not_opened() {
    let folder = Folder::new("world");
    let open = |rest: &str, worlds: &[(&str, &str)]| {
        let path = folder.plugin("1.0.0", rest);
        let host =
            worlds.iter().fold(Host::<()>::builder(), |host, (name, version)| host.world(*name, *version));
        host.build().unwrap().open(path)
    };
    let wants = "[world]\ntarget = \"demo:editor/plugin\"\nversion = \">=1.2, <2\"\n";
    for version in ["1.2.0", "1.9.4"] {
        open(wants, &[("demo:editor/plugin", version)]).unwrap();
    }
    open(wants, &[("demo:editor/plugin", "2.0.0"), ("demo:editor/plugin", "1.5.0")]).unwrap();
    for worlds in [
        &[("demo:editor/plugin", "2.0.0")],
        &[("demo:editor/plugin", "1.1.9")],
        &[("demo:player/plugin", "1.2.0")],
    ] {
        let error = open(wants, worlds).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::WorldMismatch { .. }), "{error}");
        let (name, version) = worlds[0];
        for side in ["`demo:editor/plugin` >=1.2, <2", &format!("`{name}` {version}")] {
            assert!(error.to_string().contains(side), "{side}: {error}");
        }
    }
    open("[world]\ntarget = \"demo:editor/plugin\"\n", &[("demo:editor/plugin", "9.0.0")]).unwrap();
    open("", &[("demo:editor/plugin", "1.2.0")]).unwrap();
    open(wants, &[]).unwrap();
    for (name, version) in
        [("editor", "1.0.0"), ("demo:editor/plugin@1.0.0", "1.0.0"), ("demo:editor/plugin", "1")]
    {
        let error = Host::<()>::builder().world(name, version).build().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Misuse(_)), "{error}");
    }
}

#[test]
fn going_back_is_told_from_going_on() {
    let folder = Folder::new("succession");
    let key = SigningKey::generate().unwrap();
    let open = |version: &str| Package::open(folder.plugin(version, "")).unwrap();
    let accepted = open("1.2.0").accepted();
    for (version, succession) in [
        ("1.2.0", Succession::Same),
        ("1.2.1", Succession::Update),
        ("1.10.0", Succession::Update),
        ("1.1.9", Succession::Rollback),
        ("1.2.0-rc.1", Succession::Rollback),
        ("1.2.0+other", Succession::Same),
    ] {
        assert_eq!(open(version).succession(&accepted), succession, "{version}");
    }
    let error = open("1.1.9").succeeds(&accepted).unwrap_err();
    assert_eq!(error.code(), "rollback");
    assert!(error.to_string().contains("1.1.9") && error.to_string().contains("1.2.0"), "{error}");
    open("1.3.0").succeeds(&accepted).unwrap();

    folder.plugin("1.3.0", "");
    let signed = Package::sign(folder.at("plugin"), &key).unwrap();
    signed.succeeds(&accepted).unwrap();
    let accepted = signed.accepted();
    std::fs::remove_file(folder.at("plugin/plugin.sig")).unwrap();
    let unsigned = open("1.4.0");
    assert_eq!(unsigned.succession(&accepted), Succession::OtherPublisher);
    let error = unsigned.succeeds(&accepted).unwrap_err();
    assert_eq!(error.code(), "other-publisher");
    assert!(error.to_string().contains(&key.publisher().to_string()), "{error}");
}
