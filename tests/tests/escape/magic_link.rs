//! By magic links: those of /proc, which lead to what they stand for without a path.

use plugbay::Grants;
use plugbay_tests::files::{Scene, mode, ways};

#[test]
fn no_magic_link_is_followed() {
    for way in ways() {
        let scene = Scene::new("magic");
        // A directory that nobody should grant.
        let grants = Grants::none().allow_read("/proc/self", "/proc").allow_read("/dev/fd/../..", "/any");
        let mut guest = way.link(grants).unwrap();
        let root = guest.root();
        let secret = format!("root{}", scene.outside("secret").display());
        for path in [
            "root",
            "root/",
            "root/etc/passwd",
            &secret,
            "cwd",
            "cwd/.",
            "exe",
            "task/../root/etc",
            "fd/0",
            "fd/../root/.",
        ] {
            for way in 0..3_u32 {
                let opened = match way {
                    0 => guest.open(root, path, 0, mode::READ).map(drop),
                    1 => guest.stat(root, true, path).map(drop),
                    _ => guest.ask::<_, String>("readlink-at", (root, path)).map(drop),
                };
                // `fd/0` holds no path, but a word such as `pipe:[1]`, which is read and leads nowhere.
                let harmless = path == "fd/0" && way == 2;
                assert!(opened.is_err() || harmless, "{path} {way}");
            }
        }
        // A regular file there is one.
        assert!(guest.read(root, "stat").is_ok());
        scene.is_unharmed();
    }
}
