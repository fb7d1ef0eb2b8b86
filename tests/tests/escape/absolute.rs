//! By absolute paths, and by links that hold them.

use std::os::unix::fs::symlink;

use plugbay_tests::files::{Scene, ways};

#[test]
fn no_absolute_path_is_one() {
    for way in ways() {
        let scene = Scene::new("absolute");
        let mut guest = way.link(scene.granted()).unwrap();
        let root = guest.root();
        let secret = scene.outside("secret");
        let doubled = format!("/{}", secret.display());
        for path in ["/", "//", "/.", "/etc/passwd", secret.to_str().unwrap(), &doubled, "/in/file"] {
            guest.reaches_nothing(root, path, "not-permitted");
            guest.changes_nothing(root, path, "file");
        }
        scene.is_unharmed();
    }
}

#[test]
fn no_absolute_link_is_followed_read_or_made() {
    for way in ways() {
        let scene = Scene::new("absolute-link");
        symlink(scene.outside("secret"), scene.inside("file-link")).unwrap();
        symlink(scene.outside(""), scene.inside("dir-link")).unwrap();
        symlink(scene.inside("file"), scene.inside("home-link")).unwrap();
        symlink("/", scene.inside("root-link")).unwrap();
        let mut guest = way.link(scene.granted()).unwrap();
        let root = guest.root();
        for path in [
            "file-link",
            "dir-link",
            "dir-link/secret",
            "home-link",
            "root-link",
            "root-link/etc/passwd",
            "sub/../file-link",
        ] {
            guest.reaches_nothing(root, path, "not-permitted");
        }
        for path in ["dir-link/made", "dir-link/secret", "root-link/made"] {
            guest.changes_nothing(root, path, "file");
        }
        for link in ["file-link", "dir-link", "home-link", "root-link"] {
            assert_eq!(guest.ask::<_, String>("readlink-at", (root, link)), Err("not-permitted"));
        }
        assert_eq!(guest.symlink("/etc/passwd", root, "new"), Err("not-permitted"));
        assert_eq!(
            guest.symlink(scene.outside("secret").to_str().unwrap(), root, "new"),
            Err("not-permitted")
        );
        scene.is_unharmed();
    }
}
