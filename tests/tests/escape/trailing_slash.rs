//! By slashes at the end, of paths and of what links hold, which turn following links on again (GHSA-hp8f, GHSA-vqjp of other
//! resolvers).

use std::os::unix::fs::symlink;

use plugbay_tests::files::{Scene, kind, mode, open, ways};

#[test]
fn no_slash_at_the_end_leads_out() {
    for way in ways() {
        let scene = Scene::new("slash");
        for (target, link) in [
            ("../out", "out"),
            ("../out/", "out-slash"),
            ("out/", "two"),
            ("two/", "three"),
            ("../out/.", "out-dot"),
            ("../out/secret/", "secret-slash"),
        ] {
            symlink(target, scene.inside(link)).unwrap();
        }
        symlink(format!("{}/", scene.outside("").display()), scene.inside("absolute")).unwrap();
        let mut guest = way.link(scene.granted()).unwrap();
        let root = guest.root();
        for link in ["out", "out-slash", "two", "three", "out-dot", "secret-slash", "absolute"] {
            for end in ["", "/", "//", "/.", "/./", "/secret", "/./secret"] {
                guest.reaches_nothing(root, &format!("{link}{end}"), "not-permitted");
            }
            // Not following a link is not following it, whatever it holds.
            assert_eq!(guest.stat(root, false, link).map(|stat| stat.0), Ok(kind::LINK), "{link}");
            assert_eq!(
                guest.stat(root, false, &format!("{link}/")).map(drop),
                Err("not-permitted"),
                "{link}/"
            );
            let opened = guest.ask::<_, u32>("open-at", (root, 0_u32, link, 0_u32, mode::READ));
            assert_eq!(opened, Err("loop"), "{link}");
            for open in [0, open::DIRECTORY] {
                let path = format!("{link}/");
                let opened = guest.ask::<_, u32>("open-at", (root, 0_u32, path.as_str(), open, mode::READ));
                assert_eq!(opened, Err("not-permitted"), "{link}/");
            }
            guest.changes_nothing(root, &format!("{link}/"), "file");
            guest.changes_nothing(root, &format!("{link}/made/"), "file");
        }
        scene.is_unharmed();
    }
}
