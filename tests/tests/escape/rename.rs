//! By renames: across granted directories, of directories that are open, and of links.

use std::fs;

use plugbay::Grants;
use plugbay_tests::files::{Scene, mode, ways};

#[test]
fn a_directory_that_is_moved_keeps_its_boundary() {
    for way in ways() {
        let scene = Scene::new("rename");
        fs::create_dir_all(scene.inside("a/x/y")).unwrap();
        fs::create_dir_all(scene.inside("b")).unwrap();
        let grants = Grants::none().allow_write(scene.inside("a"), "/a").allow_write(scene.inside("b"), "/b");
        let mut guest = way.link(grants).unwrap();
        let [a, b] = guest.roots[..] else { panic!() };
        let deep = guest.open(a, "x/y", 0, mode::READ).unwrap();
        let x = guest.open(a, "x", 0, mode::READ).unwrap();
        // While it is open, it is moved up, and to the other directory: `..` is no longer where it was.
        for (to, name) in [(a, "up"), (b, "other")] {
            let (from, old) = if name == "up" { (a, "x/y") } else { (a, "up") };
            guest.rename(from, old, to, name).unwrap();
            for path in ["..", "../..", "../../out/secret", "../../../out/secret"] {
                guest.reaches_nothing(deep, path, "not-permitted");
            }
            assert_eq!(guest.stat(x, true, "y").map(drop), Err("no-entry"));
        }
        guest.write(deep, "made", b"made").unwrap();
        assert!(scene.inside("b/other/made").is_file());
        // Links that were harmless where they were.
        guest.symlink("../secret", a, "x/link").unwrap();
        guest.rename(a, "x/link", b, "link").unwrap();
        guest.reaches_nothing(b, "link", "not-permitted");
        scene.is_unharmed();
    }
}

#[test]
fn granted_directories_themselves_stay() {
    for way in ways() {
        let scene = Scene::new("rename-root");
        let mut guest = way.link(scene.granted()).unwrap();
        let root = guest.root();
        for path in [".", "./", "sub/..", "sub/../."] {
            assert!(guest.rename(root, path, root, "moved").is_err(), "{path}");
            assert!(guest.rename(root, "sub", root, path).is_err(), "{path}");
            assert!(guest.at("remove-directory-at", root, path).is_err(), "{path}");
            assert!(guest.at("unlink-file-at", root, path).is_err(), "{path}");
        }
        assert_eq!(guest.rename(root, "sub", root, "sub/inner"), Err("invalid"));
        scene.is_unharmed();
    }
}
