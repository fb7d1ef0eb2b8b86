//! By links to what is not there yet: making a file through one makes it outside (CVE-2024-38358 of another runtime).

use std::os::unix::fs::symlink;

use plugbay_tests::files::{Scene, mode, open, ways};

#[test]
fn nothing_is_made_through_a_link_that_leads_out() {
    for way in ways() {
        let scene = Scene::new("dangling");
        for (target, link) in
            [("../made", "a"), ("../out/made", "b"), ("a", "c"), ("../out", "dir"), ("sub/../../made", "d")]
        {
            symlink(target, scene.inside(link)).unwrap();
        }
        symlink(scene.outside("made"), scene.inside("e")).unwrap();
        let mut guest = way.link(scene.granted()).unwrap();
        let root = guest.root();
        for path in ["a", "b", "c", "d", "e", "dir/made"] {
            for flags in [open::CREATE, open::CREATE | open::TRUNCATE] {
                assert_eq!(
                    guest.open(root, path, flags, mode::WRITE),
                    Err("not-permitted"),
                    "{path} {flags}"
                );
            }
            let exclusive = guest.open(root, path, open::CREATE | open::EXCLUSIVE, mode::WRITE);
            let expected = if path == "dir/made" { "not-permitted" } else { "exist" };
            assert_eq!(exclusive, Err(expected), "{path}");
            assert!(guest.at("create-directory-at", root, path).is_err(), "{path}");
            assert!(guest.at("create-directory-at", root, &format!("{path}/")).is_err(), "{path}/");
        }
        scene.is_unharmed();
    }
}

#[test]
fn a_link_that_stays_inside_is_created_through() {
    for way in ways() {
        let scene = Scene::new("dangling-inside");
        symlink("sub/new", scene.inside("link")).unwrap();
        let mut guest = way.link(scene.granted()).unwrap();
        let root = guest.root();
        assert_eq!(guest.write(root, "link", b"new"), Ok(3));
        assert_eq!(std::fs::read(scene.inside("sub/new")).unwrap(), b"new");
        scene.is_unharmed();
    }
}
