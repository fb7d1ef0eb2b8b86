//! By chains of links: each harmless by itself, the last one, or all together, lead out.

use std::os::unix::fs::symlink;

use plugbay_tests::files::{Scene, ways};

#[test]
fn no_chain_of_links_leads_out() {
    for way in ways() {
        let scene = Scene::new("chain");
        for (target, link) in [
            ("b", "a"),
            ("sub/c", "b"),
            ("../d", "sub/c"),
            ("../out/secret", "d"),
            ("..", "up"),
            ("up/out", "far"),
            (".", "here"),
            ("here/here/here/up", "long-way"),
            ("sub/../../out", "through"),
        ] {
            symlink(target, scene.inside(link)).unwrap();
        }
        let mut guest = way.link(scene.granted()).unwrap();
        let root = guest.root();
        for path in [
            "a",
            "b",
            "sub/c",
            "d",
            "up",
            "up/out/secret",
            "up/in/file",
            "far",
            "far/secret",
            "here/far/secret",
            "long-way",
            "long-way/out/secret",
            "through/secret",
            "here/here/through",
        ] {
            guest.reaches_nothing(root, path, "not-permitted");
        }
        for path in ["up/made", "far/made", "far/secret", "long-way/out/secret", "through/secret"] {
            guest.changes_nothing(root, path, "file");
        }
        assert_eq!(guest.read(root, "here/here/file").unwrap(), b"inside");
        scene.is_unharmed();
    }
}

#[test]
fn links_that_the_plugin_makes_itself_lead_no_further() {
    for way in ways() {
        let scene = Scene::new("own-chain");
        let mut guest = way.link(scene.granted()).unwrap();
        let root = guest.root();
        for (contents, link) in [("../out/secret", "a"), ("..", "b"), ("b/out", "c"), ("../../out", "sub/d")]
        {
            guest.symlink(contents, root, link).unwrap();
        }
        for path in ["a", "b/out/secret", "c/secret", "sub/d/secret"] {
            guest.reaches_nothing(root, path, "not-permitted");
        }
        // Moved to where it would lead somewhere else, it is resolved there.
        guest.rename(root, "sub/d", root, "d").unwrap();
        guest.reaches_nothing(root, "d/secret", "not-permitted");
        scene.is_unharmed();
    }
}
