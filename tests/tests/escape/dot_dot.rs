//! By `..`, from the granted directory and from those below it.

use plugbay_tests::files::{Scene, mode, ways};

#[test]
fn no_dots_lead_above_the_directory() {
    for way in ways() {
        let scene = Scene::new("dot-dot");
        let mut guest = way.link(scene.granted()).unwrap();
        let root = guest.root();
        for path in [
            "..",
            "../",
            "../.",
            "../out/secret",
            "../in/file",
            "../../../../../../../../etc/passwd",
            "sub/../../out/secret",
            "sub/../../in/file",
            "./../out/secret",
            "sub/./.././../out/secret",
            "sub//..//..//out/secret",
            "sub/deep/../../../out/secret",
        ] {
            if !path.contains("deep") {
                guest.reaches_nothing(root, path, "not-permitted");
            }
            guest.changes_nothing(root, path, "file");
        }
        // A directory that was opened below is a boundary of its own.
        let sub = guest.open(root, "sub", 0, mode::READ).unwrap();
        for path in ["..", "../file", "../sub/deep", "../../out/secret"] {
            guest.reaches_nothing(sub, path, "not-permitted");
            guest.changes_nothing(sub, path, "deep");
        }
        assert_eq!(guest.read(root, "sub/../file").unwrap(), b"inside");
        scene.is_unharmed();
    }
}
