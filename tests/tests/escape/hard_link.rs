//! By hard links and renames from what may only be read to what may be changed (GHSA-4ch3 of another runtime).

use std::fs;

use plugbay_tests::files::{Scene, mode, ways};

#[test]
fn nothing_read_only_becomes_writable_by_another_name() {
    for way in ways() {
        let scene = Scene::new("hard-link");
        fs::create_dir(scene.inside("ro")).unwrap();
        fs::create_dir(scene.inside("rw")).unwrap();
        fs::write(scene.inside("ro/kept"), "kept").unwrap();
        fs::write(scene.inside("rw/mine"), "mine").unwrap();
        let grants = plugbay::Grants::none()
            .allow_read(scene.inside("ro"), "/ro")
            .allow_write(scene.inside("rw"), "/rw");
        let mut guest = way.link(grants).unwrap();
        let [ro, rw] = guest.roots[..] else { panic!() };
        for (from, to) in [(ro, rw), (rw, ro), (ro, ro)] {
            let (old, new) = (if from == ro { "kept" } else { "mine" }, "new");
            assert_eq!(guest.link(from, old, to, new), Err("read-only"), "link {from} {to}");
            assert_eq!(guest.rename(from, old, to, new), Err("read-only"), "rename {from} {to}");
            let slash = format!("{old}/");
            assert_eq!(guest.link(from, &slash, to, new), Err("read-only"));
        }
        let follow = guest.ask::<_, ()>("link-at", (ro, 1_u32, "kept", rw, "new"));
        assert_eq!(follow, Err("read-only"));
        // By links of the plugin's own from the writable directory.
        guest.symlink("../ro/kept", rw, "link").unwrap();
        assert_eq!(guest.open(rw, "link", 0, mode::WRITE), Err("not-permitted"));
        assert_eq!(guest.link(rw, "link", rw, "hard"), Ok(()), "the link itself, which leads nowhere still");
        assert_eq!(guest.write(rw, "hard", b"x"), Err("not-permitted"));
        assert_eq!(fs::read(scene.inside("ro/kept")).unwrap(), b"kept");
        assert_eq!(fs::read_dir(scene.inside("ro")).unwrap().count(), 1);
        scene.is_unharmed();
    }
}
