//! `plugbay pack`, `unpack`, `keygen`, `sign` and `verify` from outside.

use crate::support::{File, TOOLS, plugbay};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// A plugin's folder in a folder of its own, which is removed with the first.
fn plugin(name: &str) -> (File, PathBuf) {
    let outer = File::component(name, TOOLS);
    let folder = outer.path().with_file_name("plugin");
    std::fs::create_dir_all(&folder).unwrap();
    let manifest = "manifest-version = 1\n[plugin]\nid = \"demo:tools\"\nversion = \"1.0.0\"\ncomponent = \"tools.wasm\"\n";
    std::fs::write(folder.join("plugin.toml"), manifest).unwrap();
    std::fs::copy(outer.path(), folder.join("tools.wasm")).unwrap();
    (outer, folder)
}

fn json(verb: &str, file: &Path, args: &[&str]) -> Value {
    let ended = plugbay(verb, file, &[args, &["--json"]].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    serde_json::from_str(&ended.out).unwrap()
}

#[test]
fn a_plugin_is_packed_run_and_unpacked() {
    let (outer, folder) = plugin("pack");
    let at = |name: &str| outer.path().with_file_name(name);
    for (name, args) in [("tools.plug", &[][..]), ("embedded.wasm", &["--embed"])] {
        let file = at(name);
        let output = ["-o", file.to_str().unwrap()];
        let packed = json("pack", &folder, &[args, &output].concat());
        assert_eq!((packed["plugin"].as_str(), packed["publisher"].as_str()), (Some("demo:tools"), None));
        let again = plugbay("pack", &folder, &[args, &output].concat());
        assert_eq!(again.code, Some(2), "{}", again.err);
        assert!(again.err.contains("--force"), "{}", again.err);
        assert_eq!(plugbay("pack", &folder, &[args, &output, &["--force"]].concat()).code, Some(0));

        let ended = plugbay("run", &file, &["--invoke", "add(3, 4)"]);
        assert_eq!((ended.code, ended.out.trim()), (Some(0), "7"), "{}", ended.err);
        assert!(plugbay("inspect", &file, &[]).out.contains("demo:tools"));

        let unpacked = at("unpacked");
        let output = ["-o", unpacked.to_str().unwrap()];
        assert_eq!(json("unpack", &file, &output)["digest"], packed["digest"]);
        for name in ["plugin.toml", "tools.wasm"] {
            assert_eq!(
                std::fs::read(unpacked.join(name)).unwrap(),
                std::fs::read(folder.join(name)).unwrap()
            );
        }
        assert_eq!(plugbay("unpack", &file, &output).code, Some(2));
        assert_eq!(plugbay("unpack", &file, &[&output[..], &["--force"]].concat()).code, Some(0));
        std::fs::remove_dir_all(&unpacked).unwrap();
    }
    let ended = plugbay("unpack", outer.path(), &[]);
    assert_eq!(ended.code, Some(2), "{}", ended.err);
    assert!(ended.err.contains("no package"), "{}", ended.err);
}

#[test]
fn a_plugin_is_signed_and_its_publisher_known() {
    let (outer, folder) = plugin("sign");
    let at = |name: &str| outer.path().with_file_name(name).to_str().unwrap().to_owned();
    let (mine, other, plug) = (at("mine.key"), at("other.key"), at("tools.plug"));
    let keygen = |file: &str| {
        let made = plugbay("keygen", Path::new("--json"), &["-o", file]);
        assert_eq!(made.code, Some(0), "{}", made.err);
        let made: Value = serde_json::from_str(&made.out).unwrap();
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        made["publisher"].as_str().unwrap().to_owned()
    };
    let (publisher, stranger) = (keygen(&mine), keygen(&other));
    assert_eq!(plugbay("keygen", Path::new("--json"), &["-o", &mine]).code, Some(2), "a key is not replaced");

    let ended = plugbay("verify", &folder, &[]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.err.contains("not signed"), "{}", ended.err);
    assert_eq!(json("sign", &folder, &["--key", &mine])["publisher"], *publisher);
    assert_eq!(plugbay("pack", &folder, &["-o", &plug]).code, Some(0));
    for file in [&folder, Path::new(&plug)] {
        assert_eq!(json("verify", file, &[])["publisher"], *publisher);
        let trusted = plugbay("verify", file, &["--trust", &stranger, "--trust", &publisher]);
        assert_eq!(trusted.code, Some(0), "{}", trusted.err);
        assert!(trusted.out.contains("who is trusted"), "{}", trusted.out);
        let grants = at("grants.toml");
        for (plugins, code) in [("demo", 0), ("demo:tools", 0), ("other", 1)] {
            let trust = format!("[[trust]]\npublisher = \"{publisher}\"\nplugins = \"{plugins}\"\n");
            std::fs::write(&grants, trust).unwrap();
            let ended = plugbay("verify", file, &["--grants", &grants]);
            assert_eq!(ended.code, Some(code), "{plugins}: {}", ended.err);
        }
        let ended = plugbay("verify", file, &["--trust", &stranger]);
        assert_eq!(ended.code, Some(1));
        assert!(ended.err.contains(&publisher) && ended.err.contains("not trusted"), "{}", ended.err);
    }
    assert_eq!(json("sign", Path::new(&plug), &["--key", &other])["publisher"], *stranger, "signed anew");
    assert_eq!(plugbay("verify", Path::new(&plug), &["--trust", "ed25519:12"]).code, Some(2));

    std::fs::write(folder.join("tools.wasm"), wat::parse_str("(component)").unwrap()).unwrap();
    for verb in ["verify", "run", "inspect"] {
        let ended = plugbay(verb, &folder, &[]);
        assert_eq!(ended.code, Some(1), "{verb}: {}", ended.err);
        assert!(ended.err.contains("changed after it was"), "{verb}: {}", ended.err);
    }
}
