//! A plugin's folder: manifest and component, what is granted of what is asked for.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::path::{Path, PathBuf};

use plugbay::{Compiled, ErrorKind, Grants, Host, HostContext, Package, PluginState};

/// A folder that is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plugbay-package-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&path).ok();
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        std::fs::write(self.0.join(name), contents).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// `add` computes; `tell` calls the application's `demo:app/log`.
const COMPONENT: &str = r#"(component
    (import "demo:app/log@1.0.0" (instance $log (export "note" (func (param "n" u32)))))
    (alias export $log "note" (func $note))
    (core func $note (canon lower (func $note)))
    (core module $m
        (import "" "note" (func $note (param i32)))
        (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
        (func (export "tell") (call $note (i32.const 7))))
    (core instance $i (instantiate $m (with "" (instance (export "note" (func $note))))))
    (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
    (func (export "tell") (canon lift (core func $i "tell"))))"#;

const HEAD: &str =
    "manifest-version = 1\n[plugin]\nid = \"demo:adder\"\nversion = \"1.0.0\"\ncomponent = \"c.wasm\"\n";

fn request(kind: &str) -> String {
    format!("{HEAD}[[capability.{kind}]]\nuse = \"demo:app/log\"\nreason = \"To tell\"\n")
}

fn host() -> Host<Vec<u32>> {
    Host::<Vec<u32>>::builder()
        .provide("demo:app/log@1.0.0", |linker| {
            linker.instance("demo:app/log@1.0.0").func_wrap(
                "note",
                |cx: &mut HostContext<'_, PluginState<Vec<u32>>>, (n,): (u32,)| {
                    cx.data_mut().data_mut().push(n);
                    Ok(())
                },
            )?;
            Ok(())
        })
        .build()
        .unwrap()
}

fn folder(name: &str, manifest: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("plugin.toml", manifest);
    folder.write("c.wasm", wat::parse_str(COMPONENT).unwrap());
    folder
}

fn open(folder: &Path) -> Compiled<Vec<u32>> {
    host().open(folder).unwrap()
}

#[test]
fn what_is_asked_for_and_granted_works() {
    let folder = folder("granted", &request("required"));
    let compiled = open(&folder.0);
    assert_eq!(compiled.name(), "demo:adder");
    assert_eq!(compiled.manifest().unwrap().requests()[0].reason(), "To tell");
    let mut plugin =
        compiled.link(&Grants::none().allow("demo:app/log")).unwrap().instantiate(Vec::new()).unwrap();
    plugin.call::<(), ()>("tell", ()).unwrap();
    assert_eq!(plugin.state_mut().data(), &[7]);
}

#[test]
fn what_is_required_and_not_granted_does_not_link() {
    let folder = folder("required", &request("required"));
    let error = open(&folder.0).link(&Grants::none()).unwrap_err();
    let ErrorKind::Denied { missing } = error.kind() else { panic!("{error}") };
    assert!(!missing[0].unrequested, "{error}");
}

#[test]
fn what_is_not_asked_for_is_not_given_even_if_granted() {
    let folder = folder("silent", HEAD);
    let error = open(&folder.0).link(&Grants::none().allow("demo:app/log")).unwrap_err();
    let ErrorKind::Denied { missing } = error.kind() else { panic!("{error}") };
    assert!(missing[0].unrequested);
    assert!(error.to_string().contains("does not ask for it"), "{error}");
}

#[test]
fn what_is_optional_and_not_granted_is_refused_when_it_is_used() {
    let folder = folder("optional", &request("optional"));
    for grants in [Grants::none(), Grants::none().allow("demo:app/log").deny("demo:app/log")] {
        let mut plugin = open(&folder.0).link(&grants).unwrap().instantiate(Vec::new()).unwrap();
        assert_eq!(plugin.call::<_, u32>("add", (1u32, 2u32)).unwrap(), 3);
        let error = plugin.call::<(), ()>("tell", ()).unwrap_err();
        let ErrorKind::Denied { missing } = error.kind() else { panic!("{error}") };
        assert_eq!(missing[0].import, "demo:app/log@1.0.0");
        assert!(plugin.is_poisoned());
    }
    let granted = Grants::none().allow("demo:app/log");
    let mut plugin = open(&folder.0).link(&granted).unwrap().instantiate(Vec::new()).unwrap();
    plugin.call::<(), ()>("tell", ()).unwrap();
}

#[test]
fn limits_are_the_lower_of_both() {
    let folder = folder("limits", &format!("{}[limits]\nhandles = 5\n", request("required")));
    let linked = open(&folder.0).link(&Grants::none().allow("demo:app/log")).unwrap();
    assert_eq!(linked.limits().handles, 5);
    assert_eq!(linked.limits().memory, host().limits().memory);
    let raised = open(&folder.0).with_limits(plugbay::Limits::default().handles(1_000));
    assert_eq!(raised.link(&Grants::none().allow("demo:app/log")).unwrap().limits().handles, 5);
}

#[test]
fn a_component_that_was_changed_is_not_the_one_that_was_described() {
    let folder = folder("digest", HEAD);
    let digest: String =
        Package::open(&folder.0).unwrap().digest().iter().map(|byte| format!("{byte:02x}")).collect();
    folder.write("plugin.toml", format!("{HEAD}sha256 = \"{digest}\"\n"));
    Package::open(&folder.0).unwrap();
    folder.write("c.wasm", wat::parse_str("(component)").unwrap());
    let error = Package::open(&folder.0).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Manifest(_)), "{error}");
    assert!(error.to_string().contains("SHA-256"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_link_does_not_lead_out_of_the_folder() {
    let outside = folder("outside", HEAD);
    let inside = folder("inside", HEAD);
    std::fs::remove_file(inside.0.join("c.wasm")).unwrap();
    std::os::unix::fs::symlink(outside.0.join("c.wasm"), inside.0.join("c.wasm")).unwrap();
    let error = Package::open(&inside.0).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Io { .. }), "{error}");
    assert!(error.to_string().contains("out of the plugin's folder"), "{error}");
}

#[test]
fn mistakes_in_the_manifest_are_told_with_their_place() {
    let folder = folder("mistake", &format!("{HEAD}colour = \"red\"\n"));
    let error = Package::open(&folder.0).unwrap_err();
    assert!(error.to_string().contains("plugin.toml:6:1: unknown field `colour`"), "{error}");
    assert_eq!(error.code(), "manifest");
}
