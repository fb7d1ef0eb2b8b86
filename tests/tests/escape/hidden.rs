//! By going around what is hidden inside of a granted directory: links, renames, hard links, other cases.

use std::fs;
use std::os::unix::fs::symlink;

use plugbay_tests::files::{Scene, mode, ways};

#[test]
fn what_is_hidden_is_not_there() {
    for way in ways() {
        let scene = Scene::new("hidden");
        fs::write(scene.inside(".env"), "TOKEN").unwrap();
        fs::create_dir_all(scene.inside("sub/private/deep")).unwrap();
        fs::write(scene.inside("sub/private/deep/key"), "KEY").unwrap();
        symlink(".env", scene.inside("link")).unwrap();
        symlink("sub/private", scene.inside("door")).unwrap();
        let grants = scene.granted().deny_path("**/.env").deny_path("**/private");
        let mut guest = way.link(grants).unwrap();
        let root = guest.root();
        for path in [
            ".env",
            ".ENV",
            "./.env",
            "sub/../.env",
            "link",
            "sub/private",
            "sub/private/",
            "sub/private/deep/key",
            "sub/Private/deep",
            "door",
            "door/",
            "door/deep/key",
            ".env.",
            "door/../private/deep/key",
        ] {
            guest.reaches_hidden(root, path);
        }
        for path in [
            ".env",
            "sub/.env",
            "sub/private",
            "sub/private/deep/key",
            "door/deep/key",
            "sub/.Env",
            "private",
        ] {
            guest.changes_nothing(root, path, "file");
        }
        // Under another name, by the plugin's own links.
        guest.symlink(".env", root, "mine").unwrap();
        guest.reaches_hidden(root, "mine");
        assert_eq!(guest.link(root, "mine", root, "hard"), Ok(()), "the link itself");
        guest.reaches_hidden(root, "hard");
        // A folder with something hidden in it may be moved: that stays hidden, and the folder cannot be removed.
        guest.rename(root, "sub", root, "moved").unwrap();
        guest.reaches_hidden(root, "moved/private/deep/key");
        let moved = guest.open(root, "moved", 0, mode::READ).unwrap();
        guest.reaches_hidden(moved, "private/deep/key");
        assert_eq!(guest.names(moved).unwrap(), ["deep"]);
        assert_eq!(guest.at("unlink-file-at", root, "moved/deep"), Ok(()));
        assert_eq!(guest.at("remove-directory-at", root, "moved"), Err("not-empty"));
        assert_eq!(guest.names(root).unwrap(), ["door", "file", "hard", "link", "mine", "moved"]);
        assert_eq!(fs::read(scene.inside(".env")).unwrap(), b"TOKEN");
        scene.is_unharmed();
    }
}
